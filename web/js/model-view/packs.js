// Whole test sets, and images to learn from, where the site was built with a dataset: fetched when they
// are first wanted, unpacked by the browser. tools/lib/packs.mjs says what a pack is.
import { EngineError } from "../worker-port.js";

/** @typedef {import("./types").Images} Images
 * @typedef {{file: string, count: number, bytes: number}} Pack
 * @typedef {{test: Pack[], train: Pack[]}} PackList */

/** @type {Promise<Record<string, PackList>> | null} */
let lists = null;
/** @type {Map<string, Promise<Images>>} */
const opened = new Map();

/** What the site has for a dataset; empty where it was built without.
 * @param {string} dataset @returns {Promise<PackList>} */
export async function packsOf(dataset) {
  if (document.documentElement.dataset.packs === undefined) return { test: [], train: [] };
  lists ??= fetch(new URL("samples/packs.json", document.baseURI)).then((response) => response.json());
  const all = await lists.catch(() => {
    lists = null;
    return /** @type {Record<string, PackList>} */ ({});
  });
  return all[dataset] ?? { test: [], train: [] };
}

/** Reads the IDX array of bytes that begins at `at`. Exported for its test.
 * @param {Uint8Array} bytes @param {number} at @returns {{shape: number[], values: Uint8Array, end: number}} */
export function readIdx(bytes, at) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rank = bytes[at + 3];
  if (at + 4 > bytes.length || view.getUint16(at) !== 0 || bytes[at + 2] !== 8 || at + 4 + 4 * rank > bytes.length) throw new Error("no IDX array of bytes");
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(at + 4 + 4 * i));
  const begin = at + 4 + 4 * rank, end = begin + shape.reduce((a, b) => a * b, 1);
  if (end > bytes.length) throw new Error("cut short");
  return { shape, values: bytes.subarray(begin, end), end };
}

/** @param {Uint8Array} bytes unpacked @returns {Images} */
export function readPack(bytes) {
  const images = readIdx(bytes, 0), labels = readIdx(bytes, images.end);
  const [count, height, width, channels = 1] = images.shape;
  if (labels.shape[0] !== count) throw new Error("not as many labels as images");
  return { count, shape: { height, width, channels }, pixels: images.values, labels: labels.values };
}

/** Unpacks gzip, unless the server's content encoding has had the browser do it already.
 * @param {ArrayBuffer} packed */
async function unpack(packed) {
  const bytes = new Uint8Array(packed);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Fetches a pack, once. @param {Pack} pack @returns {Promise<Images>} */
export function openPack({ file }) {
  let images = opened.get(file);
  if (!images) {
    images = fetch(new URL(file, document.baseURI)).then((response) => {
      if (!response.ok) throw new Error(String(response.status));
      return response.arrayBuffer();
    }).then(unpack).then(readPack).catch(() => {
      opened.delete(file);
      throw new EngineError("error.download", file.split("/").slice(-1)[0]);
    });
    opened.set(file, images);
  }
  return images;
}

/** Image number `index` as bytes. @param {Images} images @param {number} index @param {number} [count] */
export function pixelsOf({ pixels, shape }, index, count = 1) {
  const size = shape.height * shape.width * shape.channels;
  return pixels.slice(index * size, (index + count) * size);
}
