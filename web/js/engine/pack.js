// What a pack is: labelled images as IDX arrays of bytes, packed by gzip (tools/lib/packs.mjs makes them).
// No page and no network: the workers and the tests read packs with it, too.

/** @typedef {import("../features/models/types").Images} Images */

/** Reads the IDX array of bytes that begins at `at`.
 * @param {Uint8Array} bytes @param {number} at @returns {{shape: number[], values: Uint8Array, end: number}} */
function readIdx(bytes, at) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rank = bytes[at + 3];
  if (
    at + 4 > bytes.length ||
    view.getUint16(at) !== 0 ||
    bytes[at + 2] !== 8 ||
    at + 4 + 4 * rank > bytes.length
  )
    throw new Error("no IDX array of bytes");
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(at + 4 + 4 * i));
  const begin = at + 4 + 4 * rank,
    end = begin + shape.reduce((a, b) => a * b, 1);
  if (end > bytes.length) throw new Error("cut short");
  return { shape, values: bytes.subarray(begin, end), end };
}

/** @param {Uint8Array} bytes unpacked @returns {Images} views of them */
export function readPack(bytes) {
  const images = readIdx(bytes, 0),
    labels = readIdx(bytes, images.end);
  const [count, height, width, channels = 1] = images.shape;
  if (labels.shape[0] !== count) throw new Error("not as many labels as images");
  return {
    count,
    shape: { height, width, channels },
    pixels: images.values,
    labels: labels.values,
  };
}

/** Unpacks gzip, unless the server's content encoding has had the browser do it already. Takes up to half
 * a second and holds its thread for much of it: for workers. @param {Blob} packed */
export async function unpack(packed) {
  const [first, second] = new Uint8Array(await packed.slice(0, 2).arrayBuffer());
  const stream = packed.stream();
  return new Uint8Array(
    await new Response(
      first === 0x1f && second === 0x8b
        ? stream.pipeThrough(new DecompressionStream("gzip"))
        : stream,
    ).arrayBuffer(),
  );
}
