// Arrays as files, for the tools: IDX is read, .npy written.
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** The bytes of an IDX file, packed or not, and its shape. */
export function readIdx(stem) {
  const file = ["", ".gz"].map((ending) => `${stem}${ending}`).find((one) => existsSync(one));
  if (!file) throw new Error(`There is no ${stem} and no ${stem}.gz.`);
  const packed = readFileSync(file);
  const bytes = file.endsWith(".gz") ? gunzipSync(packed) : packed;
  // Two zeros, the type (8: bytes), the number of dimensions, then each of them.
  if (bytes.readUInt16BE(0) !== 0 || bytes[2] !== 8)
    throw new Error(`${file} holds no bytes as IDX.`);
  const shape = Array.from({ length: bytes[3] }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  return { shape, bytes: bytes.subarray(4 + 4 * bytes[3]) };
}

/** Bytes as an .npy file; its header ends with a line feed at a multiple of 64. */
export function npyOf(bytes, shape) {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const header = `${text.padEnd(Math.ceil((11 + text.length) / 64) * 64 - 11)}\n`;
  const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, 0, 0]);
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header, "latin1"), bytes]);
}
