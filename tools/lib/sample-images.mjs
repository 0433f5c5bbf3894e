// Three test images of classes that are far apart, the first of each, as IMAGES.npy and LABELS.npy:
//
//   node tools/lib/sample-images.mjs IMAGES_IDX LABELS_IDX IMAGES.npy LABELS.npy
//
// The IDX files are named without .gz.
import { writeFileSync } from "node:fs";
import { npyOf, readIdx } from "./arrays.mjs";

const [imagesFile, labelsFile, imagesOut, labelsOut] = process.argv.slice(2);
const { shape, bytes } = readIdx(imagesFile);
const labels = readIdx(labelsFile).bytes;
const [height, width, channels = 1] = shape.slice(1);
const size = height * width * channels;
const count = 3;
const stride = Math.floor((Math.max(...labels) + 1) / count);
const chosen = Array.from({ length: count }, (_, i) => labels.indexOf(i * stride));
const images = chosen.map((index) => bytes.subarray(index * size, (index + 1) * size));
writeFileSync(imagesOut, npyOf(Buffer.concat(images), [count, height, width, channels]));
writeFileSync(labelsOut, npyOf(Buffer.from(chosen.map((index) => labels[index])), [count]));
