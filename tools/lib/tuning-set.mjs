// Test images that were attacked once, to be learnt from (tools/dev/reproduce, experiment d):
//
//   node tools/lib/tuning-set.mjs MNIST ADVERSARIAL.npy OUT [--with-clean]
//
// OUT gets x_train.npy, y_train.npy, x_test.npy and y_test.npy: both splits are the adversarial images, as bytes, with
// MNIST's test labels; --with-clean puts the clean training images before them to be learnt from.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { npyOf, readIdx } from "./arrays.mjs";

const [mnist, adversarial, out, extra] = process.argv.slice(2);
const file = readFileSync(adversarial);
const values = file.subarray(10 + file.readUInt16LE(8));
const pixels = Buffer.alloc(values.length / 4);
for (let i = 0; i < pixels.length; ++i) pixels[i] = Math.round(255 * values.readFloatLE(4 * i));
const labels = readIdx(`${mnist}/t10k-labels-idx1-ubyte`).bytes;

const before =
  extra === "--with-clean"
    ? ["images-idx3", "labels-idx1"].map((part) => readIdx(`${mnist}/train-${part}-ubyte`).bytes)
    : [Buffer.alloc(0), Buffer.alloc(0)];
mkdirSync(out, { recursive: true });
for (const [split, images, classes] of [
  ["train", Buffer.concat([before[0], pixels]), Buffer.concat([before[1], labels])],
  ["test", pixels, labels],
]) {
  writeFileSync(`${out}/x_${split}.npy`, npyOf(images, [classes.length, 28, 28, 1]));
  writeFileSync(`${out}/y_${split}.npy`, npyOf(classes, [classes.length]));
}
