// Pictures as numbers: a visitor's picture as text for the URL, how far one picture is from another, and
// which way each pixel went. Pure arithmetic; it draws nothing.

/** @param {ArrayLike<number>} bytes */
function base64url(bytes) {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** base64url of a picture's bytes. @param {ArrayLike<number>} pixels in [0,1] */
export const packPicture = (pixels) =>
  base64url(Array.from(pixels, (value) => Math.round(Math.min(1, Math.max(0, value)) * 255)));

/** base64url of a picture's values, float32 in little-endian order, where bytes would round them; otherwise
 * undefined. @param {Float32Array} pixels in [0,1] */
export function packExactly(pixels) {
  if (pixels.every((value) => value === Math.fround(Math.round(value * 255) / 255)))
    return undefined;
  const view = new DataView(new ArrayBuffer(4 * pixels.length));
  pixels.forEach((value, i) => view.setFloat32(4 * i, value, true));
  return base64url(new Uint8Array(view.buffer));
}

/** Reads packPicture's text; null where it is not a picture of that many values.
 * @param {string} text @param {number} size
 * @returns {Float32Array | null} */
export function unpackPicture(text, size) {
  if (!/^[\w-]*$/.test(text) || text.length !== Math.ceil((size * 4) / 3)) return null;
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Float32Array.from(binary, (letter) => letter.charCodeAt(0) / 255);
  } catch {
    return null;
  }
}

/** One number for each pixel of a change: of a colour picture the mean of its channels.
 * @param {ArrayLike<number>} changed @param {ArrayLike<number>} original @param {number} channels
 * @returns {Float32Array} */
export function changeOf(changed, original, channels) {
  const change = new Float32Array(original.length / channels);
  for (let i = 0; i < original.length; i++)
    change[Math.floor(i / channels)] += (changed[i] - original[i]) / channels;
  return change;
}

/** L0 counts pixels, whatever their channels; as the engine does.
 * @param {ArrayLike<number>} changed @param {ArrayLike<number>} original @param {number} channels
 * @returns {{l0: number, l2: number, linf: number}} */
export function normsOf(changed, original, channels) {
  let l0 = 0,
    squares = 0,
    linf = 0;
  for (let pixel = 0; pixel < original.length; pixel += channels) {
    let moved = false;
    for (let i = pixel; i < pixel + channels; i++) {
      const difference = Math.abs(changed[i] - original[i]);
      moved ||= difference > 0;
      squares += difference * difference;
      linf = Math.max(linf, difference);
    }
    if (moved) l0++;
  }
  return { l0, l2: Math.sqrt(squares), linf };
}
