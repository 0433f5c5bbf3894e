// Pictures in formats that the engine does not know (WebP, AVIF, HEIC where the system has it) but the
// browser does, as a PPM for the engine. It changes nothing but the format: cutting out and scaling stay
// the engine's.

/** A longer side than this is scaled down: more pixels than any network here looks at, and a canvas of
 * every browser holds it. */
const longest = 4096;

/** @param {Blob} file
 * @returns {Promise<ArrayBuffer | null>} null where this browser cannot read it either */
export async function decodedByBrowser(file) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  const canvas = bitmap && canvasOf(bitmap);
  return canvas && pnmOf(canvas);
}

/** @param {ImageBitmap} bitmap which is closed @returns {HTMLCanvasElement | null} null where there is nothing in it */
export function canvasOf(bitmap) {
  if (bitmap.width === 0 || bitmap.height === 0) return null;
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale)),
    height = Math.max(1, Math.round(bitmap.height * scale));
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) return null;
  // What is transparent lies on white paper, as the engine has it.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return canvas;
}

/** @param {HTMLCanvasElement} canvas opaque @returns {ArrayBuffer} */
export function pnmOf(canvas) {
  const { width, height } = canvas;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const { data } = context.getImageData(0, 0, width, height);
  const head = new TextEncoder().encode(`P6\n${width} ${height}\n255\n`);
  const bytes = new Uint8Array(head.length + 3 * width * height);
  bytes.set(head);
  for (let from = 0, to = head.length; from < data.length; from += 4) {
    bytes[to++] = data[from];
    bytes[to++] = data[from + 1];
    bytes[to++] = data[from + 2];
  }
  return bytes.buffer;
}
