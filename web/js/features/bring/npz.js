// A test set in NumPy's .npz: images and labels under the names that MedMNIST, Keras and others use, as the command
// line reads them (src/data/layouts/arrays.cpp). The browser inflates; the module of the page has no zlib.
import { EngineError } from "../../engine/errors.js";

/** @typedef {import("../models/types").Images} Images */
/** A file in the archive: at: where its own header is.
 * @typedef {{method: number, crc: number, packed: number, size: number, at: number}} Entry */
/** @typedef {{type: string, shape: number[], data: DataView}} Stored  an array as it lies in the file */

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

/** How an element is read, by NumPy's name of its type.
 * @type {Record<string, [number, (data: DataView, at: number) => number]>} */
const types = {
  "|u1": [1, (data, at) => data.getUint8(at)],
  "|i1": [1, (data, at) => data.getInt8(at)],
  "<i2": [2, (data, at) => data.getInt16(at, true)],
  "<i4": [4, (data, at) => data.getInt32(at, true)],
  "<i8": [8, (data, at) => Number(data.getBigInt64(at, true))],
  "<f4": [4, (data, at) => data.getFloat32(at, true)],
  "<f8": [8, (data, at) => data.getFloat64(at, true)],
};

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

/** @param {ArrayBuffer} file @param {string} name @returns {Stored} */
function arrayOf(file, name) {
  const view = new DataView(file);
  if (file.byteLength < 12 || view.getUint32(0) !== 0x934e554d) throw damaged(name);
  const long = view.getUint8(6) > 1;
  const begin = (long ? 12 : 10) + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  if (begin > file.byteLength) throw damaged(name);
  const head = new TextDecoder().decode(new Uint8Array(file, 10, begin - 10));
  const type = /'descr': *'([^']+)'/.exec(head)?.[1] ?? "";
  const shape = (/'shape': *\(([\d, ]*)\)/.exec(head)?.[1] ?? "").match(/\d+/g)?.map(Number) ?? [];
  if (!(type in types) || /'fortran_order': *True/.test(head))
    throw new EngineError("data.type", name, { type });
  const count = shape.reduce((product, side) => product * side, 1);
  if (begin + count * types[type][0] !== file.byteLength) throw damaged(name);
  return { type, shape, data: new DataView(file, begin) };
}

/** @param {Stored} array @returns {Float64Array} */
function valuesOf({ type, shape, data }) {
  const [size, read] = types[type];
  const count = shape.reduce((product, side) => product * side, 1);
  return Float64Array.from({ length: count }, (_, i) => read(data, i * size));
}

/** Images N×H×W or N×H×W×C of bytes, or of numbers from 0 to 1. @param {Stored} array @param {string} name */
function imagesOf(array, name) {
  const [count, height, width, channels = 1] = array.shape;
  if (![3, 4].includes(array.shape.length) || ![1, 3].includes(channels) || count < 1)
    throw new EngineError("data.images", name, { shape: array.shape.join("×") });
  const values = valuesOf(array);
  const scale = array.type.startsWith("<f") ? 255 : 1;
  if (values.some((value) => !(value >= 0 && value * scale <= 255)))
    throw new EngineError("data.range", name);
  const pixels = Uint8Array.from(values, (value) => Math.round(value * scale));
  return { count, shape: { height, width, channels }, pixels };
}

/** In an order that does not depend on the labels: many files have class after class. The same in each visit.
 * @param {number} count */
function shuffled(count) {
  const order = Array.from({ length: count }, (_, i) => i);
  let state = 1;
  for (let i = count - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = state % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** @param {ArrayBuffer} bytes of an .npz @param {number} largest how many bytes an array may have
 * @returns {Promise<Images>} in a fixed random order; rejects with what is wrong */
export async function testSetIn(bytes, largest) {
  const zip = new DataView(bytes);
  const entries = entriesOf(zip);
  const pair = words
    .flatMap((word) => pairs.map((names) => names.map((name) => name.replace("*", word))))
    .find((names) => names.every((name) => entries.has(name)));
  if (!pair) throw new EngineError("data.names", [...entries.keys()].join(", "));
  const [images, labels] = await Promise.all(
    pair.map(async (name) =>
      arrayOf(await contentOf(zip, /** @type {any} */ (entries.get(name)), name, largest), name),
    ),
  );
  const { count, shape, pixels } = imagesOf(images, pair[0]);
  const numbers = valuesOf(labels);
  const flat = labels.shape.length === 1 || (labels.shape.length === 2 && labels.shape[1] === 1);
  const whole = numbers.every((value) => Number.isInteger(value) && value >= 0 && value < 256);
  if (!flat || numbers.length !== count || !whole)
    throw new EngineError("data.labels", pair[1], { shape: labels.shape.join("×"), count });
  const size = pixels.length / count;
  const order = shuffled(count);
  const sorted = new Uint8Array(pixels.length);
  order.forEach((from, to) =>
    sorted.set(pixels.subarray(from * size, (from + 1) * size), to * size),
  );
  return { count, shape, pixels: sorted, labels: Uint8Array.from(order, (from) => numbers[from]) };
}
