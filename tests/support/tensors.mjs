// Safetensors files, taken apart and put together.
import { readFileSync, writeFileSync } from "node:fs";

/** {metadata, tensors: {name: {dtype, shape, bytes}}} of a safetensors file. */
export function readTensors(path) {
  const content = readFileSync(path);
  const start = 8 + Number(content.readBigUInt64LE(0));
  const { __metadata__: metadata, ...entries } = JSON.parse(content.toString("utf8", 8, start));
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets: at }] of Object.entries(entries))
    tensors[name] = { dtype, shape, bytes: content.subarray(start + at[0], start + at[1]) };
  return { metadata, tensors };
}

/** Writes such tensors, without metadata. */
export function writeTensors(path, tensors) {
  const head = {};
  let size = 0;
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    head[name] = { dtype, shape, data_offsets: [size, size + bytes.length] };
    size += bytes.length;
  }
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const parts = Object.values(tensors).map(({ bytes }) => bytes);
  writeFileSync(path, Buffer.concat([length, text, ...parts]));
}
