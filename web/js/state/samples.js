// The pictures that can be chosen: our own digits, always there, and real test images where
// tools/dev/pack-samples found a dataset when the site was built (index.html then says how many).
import { datasets } from "./datasets.js";
import { unpackDrawing } from "../picture/drawing.js";
import { unpackPicture } from "../picture/pixels.js";
import { rasterise } from "../picture/raster.js";
import { ownDigits } from "../picture/strokes.js";

/** @typedef {import("../types").Sample} Sample */

/** Each is drawn when it is first looked at: the first attack waits for no more than its own.
 * @returns {Sample[]} */
export function ownSamples() {
  return ownDigits.map((own) => {
    /** @type {Float32Array | undefined} */
    let drawn;
    return {
      id: own.id,
      label: own.digit,
      get pixels() {
        return (drawn ??= rasterise(own.strokes));
      },
    };
  });
}

/** So many of a visitor's test images are there to choose from. */
const mostOfVisitors = 40;

/** The first test images that a visitor brought. @param {import("../features/models/types").Images} images
 * @returns {Sample[]} */
export function samplesOf({ count, pixels, labels }) {
  const size = pixels.length / count;
  return Array.from({ length: Math.min(count, mostOfVisitors) }, (_, i) => ({
    id: `mine-${i}`,
    label: labels[i],
    pixels: Float32Array.from(pixels.subarray(i * size, (i + 1) * size), (value) => value / 255),
  }));
}

/** The picture that the state names; the dataset's first where there is none of that name.
 * @param {import("../types").State} state @param {Sample[]} samples of its dataset @returns {Sample} */
export function imageOf(state, samples) {
  const {
    shape: { height, width, channels },
    sample: fallback,
    digit,
  } = datasets[state.dataset];
  const size = height * width * channels;
  // Nothing but digits is drawn, whatever the address says.
  if (state.sample === "drawing" && digit)
    return { id: "drawing", label: state.label, pixels: rasterise(unpackDrawing(state.drawing)) };
  const own = state.sample === "picture" ? unpackPicture(state.picture, size) : null;
  if (own) return { id: "picture", label: state.label, pixels: own };
  return (
    samples.find((s) => s.id === state.sample) ??
    samples.find((s) => s.id === fallback) ??
    samples[0] ?? { id: "", label: null, pixels: new Float32Array(size) }
  );
}

/** How many of a dataset's test images the site was built with.
 * @param {string} dataset
 * @returns {number} */
export function packedCount(dataset) {
  const counts = new URLSearchParams(document.documentElement.dataset.samples ?? "");
  return Number(counts.get(dataset) ?? 0);
}

/** @param {string} dataset @param {(path: string) => Promise<ArrayBuffer>} siteFile gets a file of the site
 * @returns {Promise<Sample[]>} nothing where they cannot be had: the page works without */
export async function packedSamples(dataset, siteFile) {
  if (packedCount(dataset) === 0) return [];
  const base = datasets[dataset].samples;
  const [list, bytes] = await Promise.all([
    siteFile(`${base}.json`).then((text) => JSON.parse(new TextDecoder().decode(text))),
    siteFile(`${base}.bin`),
  ]).catch(() => [null, null]);
  if (!list || !bytes) return [];
  /** @type {{height: number, width: number, channels?: number, images: {index: number, label: number}[]}} */
  const { height, width, channels = 1, images } = list;
  const size = height * width * channels;
  return images.map(({ index, label }, i) => ({
    id: `test-${index}`,
    label,
    pixels: Float32Array.from(new Uint8Array(bytes, i * size, size), (value) => value / 255),
  }));
}
