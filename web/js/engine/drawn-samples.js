// Signs of our own drawing to pick from, one of each class: there without any dataset.
import { WorkerPort } from "./port.js";

/** @typedef {import("../types").Sample} Sample */

/** @typedef {import("../features/models/types").Images} Images */

/** Which ones: what a link names stays the same picture. */
export const drawnSigns = { dataset: "gtsrb", count: 43, seed: 3 };

/** Named drawn-0 to drawn-42, as their classes are. @param {Images} images @returns {Sample[]} */
export function samplesIn({ count, pixels, labels }) {
  const size = pixels.length / count;
  return Array.from({ length: count }, (_, i) => ({
    id: `drawn-${labels[i]}`,
    label: labels[i],
    pixels: Float32Array.from(pixels.subarray(i * size, (i + 1) * size), (value) => value / 255),
  }));
}

/** @type {Promise<Sample[]> | null} */
let signs = null;

/** @param {string} dataset @returns {Promise<Sample[]>} nothing of datasets that have samples of our own anyway, or
 *   where no worker starts: the page works without */
export async function drawnSamples(dataset) {
  if (dataset !== drawnSigns.dataset) return [];
  signs ??= drawSamples();
  return signs.catch(() => {
    signs = null;
    return [];
  });
}

/** @returns {Promise<Sample[]>} */
async function drawSamples() {
  const worker = new WorkerPort("unpack");
  try {
    return samplesIn(await worker.ask("draw", drawnSigns));
  } finally {
    worker.end(new Error("The signs are drawn."));
  }
}
