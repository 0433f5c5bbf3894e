// The arithmetic of lesson 2's figure: a digit's lead, its logit less the largest other one, when every pixel moves by
// ε. Pure but for the model that it asks.
import { randomIndices } from "./pixels.js";

/** The part of a model that is asked; both take and give what js/engine/model.js says.
 * @typedef {Pick<import("../js/engine/model.js").Model, "predict" | "gradient">} Asked */

/** @param {ArrayLike<number>} logits @param {number} label */
export function leadOf(logits, label) {
  let best = -Infinity;
  for (let k = 0; k < logits.length; k++) if (k !== label) best = Math.max(best, logits[k]);
  return logits[label] - best;
}

/** The strongest other class. @param {ArrayLike<number>} logits @param {number} label */
export function rivalOf(logits, label) {
  let rival = label === 0 ? 1 : 0;
  for (let k = 0; k < logits.length; k++) if (k !== label && logits[k] > logits[rival]) rival = k;
  return rival;
}

/** How much lead a unit of ε costs, to first order: the slopes of the lead, added up over all pixels that can move
 * (a black pixel gets no darker). The lead's gradient is that of the rival's cross-entropy, as long as the
 * label's probability is 1.
 * @param {Asked} model @param {Float32Array} image @param {number} label */
export function promisedSlope(model, image, label) {
  const rival = rivalOf(model.predict(image).logits, label);
  const gradient = model.gradient(image, [rival]);
  return gradient.reduce((total, slope, i) => {
    const free = slope > 0 ? image[i] > 0 : image[i] < 1;
    return total + (free ? Math.abs(slope) : 0);
  }, 0);
}

/** +1 or −1 for each pixel by the toss of a coin, the same each time. @param {number} size @param {number} seed */
export function coinSigns(size, seed) {
  const next = randomIndices(seed);
  return Float32Array.from({ length: size }, () => (next(2) === 0 ? -1 : 1));
}

/** The lead at clip(image + ε · signs) for each ε.
 * @param {Asked} model @param {Float32Array} image @param {number} label @param {number[]} epsilons
 * @param {"gradient" | "coin"} direction @returns {number[]} */
export function leadsAlong(model, image, label, epsilons, direction) {
  const signs =
    direction === "coin"
      ? coinSigns(image.length, 1)
      : model.gradient(image, [label]).map((slope) => Math.sign(slope));
  const images = new Float32Array(image.length * epsilons.length);
  epsilons.forEach((epsilon, n) =>
    images.set(
      image.map((value, i) => Math.min(1, Math.max(0, value + epsilon * signs[i]))),
      n * image.length,
    ),
  );
  const { logits } = model.predict(images);
  const classes = logits.length / epsilons.length;
  return epsilons.map((_, n) => leadOf(logits.subarray(n * classes, (n + 1) * classes), label));
}
