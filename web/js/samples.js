// The pictures that can be chosen: our own digits, always there, and real test images where
// tools/pack-samples found a dataset when the site was built (index.html then says how many).
import { rasterise } from "./raster.js";
import { ownDigits } from "./strokes.js";

/** @typedef {import("./types").Sample} Sample */

/** @returns {Sample[]} */
export function ownSamples() {
  return ownDigits.map(({ id, digit, strokes }) => ({ id, label: digit, pixels: rasterise(strokes) }));
}

/** How many test images the site was built with.
 * @returns {number} */
export function packedCount() {
  return Number(document.documentElement.dataset.samples ?? 0);
}

/** @param {string} base path without its ending, like "samples/mnist"
 * @returns {Promise<Sample[]>} nothing where they cannot be had: the page works without */
export async function packedSamples(base) {
  if (packedCount() === 0) return [];
  const [list, bytes] = await Promise.all([
    fetch(`${base}.json`).then((response) => response.json()),
    fetch(`${base}.bin`).then((response) => response.arrayBuffer()),
  ]).catch(() => [null, null]);
  if (!list || !bytes) return [];
  /** @type {{height: number, width: number, images: {index: number, label: number}[]}} */
  const { height, width, images } = list;
  return images.map(({ index, label }, i) => ({
    id: `test-${index}`, label,
    pixels: Float32Array.from(new Uint8Array(bytes, i * height * width, height * width), (value) => value / 255),
  }));
}
