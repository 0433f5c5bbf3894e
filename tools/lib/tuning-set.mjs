// Test images that were attacked once, to be learnt from (tools/dev/reproduce, experiment d):
//
//   node tools/lib/tuning-set.mjs MNIST ADVERSARIAL.npy OUT [--with-clean]
//
// OUT gets x_train.npy, y_train.npy, x_test.npy and y_test.npy: both splits are the adversarial images, as bytes, with
// MNIST's test labels; --with-clean puts the clean training images before them to be learnt from.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** What follows the header of one of MNIST's files, packed or not. */
function idx(name, dimensions) {
  const file = ["", ".gz"].map((ending) => `${name}${ending}`).find((one) => existsSync(one));
  if (!file) throw new Error(`There is no ${name} and no ${name}.gz.`);
  const bytes = readFileSync(file);
  const unpacked = file.endsWith(".gz") ? gunzipSync(bytes) : bytes;
  if (unpacked.readUInt32BE(0) !== 0x800 + dimensions)
    throw new Error(`${file} is not as MNIST's.`);
  return unpacked.subarray(4 + 4 * dimensions);
}

/** Bytes as .npy; the header ends with a line feed at a multiple of 64. */
function npy(bytes, shape) {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const header = `${text.padEnd(Math.ceil((11 + text.length) / 64) * 64 - 11)}\n`;
  const start = Buffer.from([
    0x93,
    ...Buffer.from("NUMPY"),
    1,
    0,
    header.length & 255,
    header.length >> 8,
  ]);
  return Buffer.concat([start, Buffer.from(header, "latin1"), bytes]);
}

const [mnist, adversarial, out, extra] = process.argv.slice(2);
const file = readFileSync(adversarial);
const values = file.subarray(10 + file.readUInt16LE(8));
const pixels = Buffer.alloc(values.length / 4);
for (let i = 0; i < pixels.length; ++i) pixels[i] = Math.round(255 * values.readFloatLE(4 * i));
const labels = idx(`${mnist}/t10k-labels-idx1-ubyte`, 1);

const clean = extra === "--with-clean";
const before = clean
  ? [idx(`${mnist}/train-images-idx3-ubyte`, 3), idx(`${mnist}/train-labels-idx1-ubyte`, 1)]
  : [Buffer.alloc(0), Buffer.alloc(0)];
mkdirSync(out, { recursive: true });
for (const [split, images, classes] of [
  ["train", Buffer.concat([before[0], pixels]), Buffer.concat([before[1], labels])],
  ["test", pixels, labels],
]) {
  writeFileSync(`${out}/x_${split}.npy`, npy(images, [classes.length, 28, 28, 1]));
  writeFileSync(`${out}/y_${split}.npy`, npy(classes, [classes.length]));
}
