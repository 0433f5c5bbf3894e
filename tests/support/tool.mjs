// What the tests of the command-line tool share: running it, and small files for it to read.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

export const root = join(fileURLToPath(import.meta.url), "../../..");
export const binary = join(root, "build/release/tools/signflip/signflip");

/** A folder of this test file's own, removed at the end. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "signflip-cli-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs the tool to its end: {status, stdout, stderr}. */
export const signflip = (...args) =>
  spawnSync(binary, args, { encoding: "utf8", env: { ...process.env, SIGNFLIP_DATA: "/nowhere" } });

/** A run that must end well. */
export function succeeds(...args) {
  const result = signflip(...args);
  assert.equal(result.status, 0, result.stderr);
  return result;
}

/** A run that must fail, with these words on stderr. */
export function refuses(args, pattern) {
  const { status, stderr } = signflip(...args);
  assert.notEqual(status, 0, args.join(" "));
  assert.match(stderr, pattern);
}

/** Starts the tool; the caller listens and waits. */
export const start = (...args) => spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"] });

/** An IDX file of unsigned bytes. */
export function idx(shape, values) {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head[2] = 8;
  head[3] = shape.length;
  shape.forEach((size, i) => head.writeUInt32BE(size, 4 + 4 * i));
  return Buffer.concat([head, Buffer.from(values)]);
}

/** An .npy file; `type` is as NumPy writes it. */
export function npy(type, shape, array) {
  const head = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.map((side) => `${side},`).join("")}), }`;
  const padded = head.padEnd(Math.ceil((head.length + 11) / 64) * 64 - 11) + "\n";
  const prefix = Buffer.from([
    0x93,
    0x4e,
    0x55,
    0x4d,
    0x50,
    0x59,
    1,
    0,
    padded.length & 255,
    padded.length >> 8,
  ]);
  return Buffer.concat([
    prefix,
    Buffer.from(padded, "latin1"),
    Buffer.from(array.buffer, array.byteOffset, array.byteLength),
  ]);
}

/** The float32 values of an .npy file. */
export function floatsOf(path) {
  const file = readFileSync(path);
  const start = 10 + file.readUInt16LE(8);
  return new Float32Array(
    file.buffer.slice(file.byteOffset + start, file.byteOffset + file.length),
  );
}

/** A dataset of 12×12 pictures in three classes, told apart by where a bright bar stands. */
export function writeBars(folder, { train = 600, test = 90 } = {}) {
  let state = 5;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  for (const [prefix, count] of [
    ["train", train],
    ["t10k", test],
  ]) {
    const labels = Array.from({ length: count }, () => Math.floor(3 * random()));
    const pixels = labels.flatMap((label) =>
      Array.from({ length: 144 }, (_, i) =>
        Math.floor((Math.floor((i % 12) / 4) === label ? 150 : 20) + 80 * random()),
      ),
    );
    writeFileSync(
      join(folder, `${prefix}-images-idx3-ubyte.gz`),
      gzipSync(idx([count, 12, 12], pixels)),
    );
    writeFileSync(join(folder, `${prefix}-labels-idx1-ubyte`), idx([count], labels));
  }
}

/** A temporary folder with the bars in `data` and one black image of 28×28 in image.npy, made before the tests. */
export function barsFolder() {
  const folder = temporaryFolder();
  const data = join(folder, "bars");
  const file = (/** @type {string} */ name) => join(folder, name);
  before(() => {
    mkdirSync(data);
    writeBars(data);
    writeFileSync(file("image.npy"), npy("<f4", [1, 28, 28, 1], new Float32Array(784)));
  });
  return { folder, data, file };
}
