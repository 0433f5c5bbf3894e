// The pictures that can be chosen: our own digits, always there, and real test images where
// tools/pack-samples found a dataset when the site was built (index.html then says how many).
import { datasets } from "./datasets.js";
import { rasterise } from "./raster.js";
import { ownDigits } from "./strokes.js";

/** @typedef {import("./types").Sample} Sample */

/** @returns {Sample[]} */
export function ownSamples() {
  return ownDigits.map(({ id, digit, strokes }) => ({ id, label: digit, pixels: rasterise(strokes) }));
}

/** How many of a dataset's test images the site was built with.
 * @param {string} dataset
 * @returns {number} */
export function packedCount(dataset) {
  const counts = new URLSearchParams(document.documentElement.dataset.samples ?? "");
  return Number(counts.get(dataset) ?? 0);
}

/** @param {string} dataset
 * @returns {Promise<Sample[]>} nothing where they cannot be had: the page works without */
export async function packedSamples(dataset) {
  if (packedCount(dataset) === 0) return [];
  const base = datasets[dataset].samples;
  const [list, bytes] = await Promise.all([
    fetch(`${base}.json`).then((response) => response.json()),
    fetch(`${base}.bin`).then((response) => response.arrayBuffer()),
  ]).catch(() => [null, null]);
  if (!list || !bytes) return [];
  /** @type {{height: number, width: number, channels?: number, images: {index: number, label: number}[]}} */
  const { height, width, channels = 1, images } = list;
  const size = height * width * channels;
  return images.map(({ index, label }, i) => ({
    id: `test-${index}`, label,
    pixels: Float32Array.from(new Uint8Array(bytes, i * size, size), (value) => value / 255),
  }));
}
