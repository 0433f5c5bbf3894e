// The archive of a test set in NumPy's .npz: images and labels under the names that MedMNIST, Keras and others use, as
// the command line finds them (src/data/layouts/arrays.cpp). The browser inflates, as the modules of the page have no
// zlib; what is in the arrays the import module reads, as the command line does.
import { EngineError } from "../../engine/errors.js";

/** A file in the archive: at: where its own header is.
 * @typedef {{method: number, crc: number, packed: number, size: number, at: number}} Entry */
/** An array's .npy file. @typedef {{name: string, bytes: ArrayBuffer}} NamedArray */

/** Names of images and labels; "*": the split's word. */
const pairs = [
  ["*_images", "*_labels"],
  ["x_*", "y_*"],
  ["X_*", "y_*"],
  ["X_*", "Y_*"],
  ["*_data", "*_labels"],
  ["images_*", "labels_*"],
  ["*_x", "*_y"],
  ["*_X", "*_y"],
];
const words = ["test", "t10k"];

/** @param {string} why @returns {EngineError} */
const damaged = (why) => new EngineError("data.damaged", why);

/** The directory at the archive's end. @param {DataView} zip @returns {Map<string, Entry>} */
function entriesOf(zip) {
  let end = zip.byteLength - 22;
  while (end >= 0 && zip.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw damaged("ZIP");
  const entries = new Map();
  let at = zip.getUint32(end + 16, true);
  for (let left = zip.getUint16(end + 10, true); left > 0; left--) {
    if (at + 46 > end || zip.getUint32(at, true) !== 0x02014b50) throw damaged("ZIP");
    const length = zip.getUint16(at + 28, true);
    const name = new TextDecoder().decode(new Uint8Array(zip.buffer, at + 46, length));
    entries.set(name.replace(/\.npy$/, "").replaceAll("-", "_"), {
      method: zip.getUint16(at + 10, true),
      crc: zip.getUint32(at + 16, true),
      packed: zip.getUint32(at + 20, true),
      size: zip.getUint32(at + 24, true),
      at: zip.getUint32(at + 42, true),
    });
    at += 46 + length + zip.getUint16(at + 30, true) + zip.getUint16(at + 32, true);
  }
  return entries;
}

/** CRC-32 of a byte. */
const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  return value;
});

/** CRC-32, as ZIP has it. @param {ArrayBuffer} content */
function checksumOf(content) {
  let value = 0xffffffff;
  for (const byte of new Uint8Array(content))
    value = (value >>> 8) ^ remainders[(value ^ byte) & 255];
  return ~value >>> 0;
}

/** @param {DataView} zip @param {Entry} entry @param {string} name
 * @param {number} largest bytes @returns {Promise<ArrayBuffer>} */
async function contentOf(zip, { method, crc, packed, size, at }, name, largest) {
  if (size > largest) throw new EngineError("data.large", name);
  if (at + 30 > zip.byteLength || zip.getUint32(at, true) !== 0x04034b50) throw damaged(name);
  const begin = at + 30 + zip.getUint16(at + 26, true) + zip.getUint16(at + 28, true);
  if (begin + packed > zip.byteLength || ![0, 8].includes(method)) throw damaged(name);
  const buffer = /** @type {ArrayBuffer} */ (zip.buffer);
  const bytes = new Blob([buffer.slice(begin, begin + packed)]);
  const stream =
    method === 0 ? bytes : bytes.stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const content = await new Response(stream).arrayBuffer().catch(() => null);
  if (content?.byteLength !== size || checksumOf(content) !== crc) throw damaged(name);
  return content;
}

/** The arrays of a test set in an archive. @param {ArrayBuffer} bytes of an .npz @param {number} largest how many
 * bytes an array may have
 * @returns {Promise<{images: NamedArray, labels: NamedArray}>} rejects with what is wrong */
export async function testArraysIn(bytes, largest) {
  const zip = new DataView(bytes);
  const entries = entriesOf(zip);
  const pair = words
    .flatMap((word) => pairs.map((names) => names.map((name) => name.replace("*", word))))
    .find((names) => names.every((name) => entries.has(name)));
  if (!pair) throw new EngineError("data.names", [...entries.keys()].join(", "));
  const [images, labels] = await Promise.all(
    pair.map(async (name) => ({
      name,
      bytes: await contentOf(zip, /** @type {Entry} */ (entries.get(name)), name, largest),
    })),
  );
  return { images, labels };
}
