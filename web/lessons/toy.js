// The network of lesson 6 that one can compute by hand: two inputs, two neurons with ReLU, and the difference
// of two logits, A − B. Its interval bounds, and what is truly reachable. Pure functions; boxes.js is the figure.
//
//   h1 = ReLU(x1 + x2 − 0.4)    h2 = ReLU(x1 − x2)    d = A − B = h1 − h2

/** @typedef {[number, number]} Interval lower and upper end */
/** @typedef {{weights: number[], bias: number}} Neuron */

export const input = [0.6, 0.3];
/** @type {Neuron[]} */
const hidden = [
  { weights: [1, 1], bias: -0.4 },
  { weights: [1, -1], bias: 0 },
];
/** @type {Neuron} */
const difference = { weights: [1, -1], bias: 0 };

/** The bounds of a weighted sum: each input at the end that its weight's sign asks for.
 * @param {Neuron} neuron @param {Interval[]} inputs @returns {Interval} */
function bounds({ weights, bias }, inputs) {
  let [low, high] = [bias, bias];
  weights.forEach((w, i) => {
    low += w * inputs[i][w > 0 ? 0 : 1];
    high += w * inputs[i][w > 0 ? 1 : 0];
  });
  return [low, high];
}

/** @param {Neuron} neuron @param {number[]} values */
const sum = ({ weights, bias }, values) =>
  weights.reduce((total, w, i) => total + w * values[i], bias);

/** @param {number[]} x two inputs @returns {number} A − B */
export const outputOf = (x) =>
  sum(
    difference,
    hidden.map((neuron) => Math.max(0, sum(neuron, x))),
  );

/** Interval bounds, layer by layer.
 * @param {number} epsilon @returns {{inputs: Interval[], hidden: Interval[], difference: Interval}} */
export function intervals(epsilon) {
  const inputs = input.map((x) => /** @type {Interval} */ ([x - epsilon, x + epsilon]));
  const after = hidden.map((neuron) => {
    const [low, high] = bounds(neuron, inputs);
    return /** @type {Interval} */ ([Math.max(0, low), Math.max(0, high)]);
  });
  return { inputs, hidden: after, difference: bounds(difference, after) };
}

/** Points along each side of the box that are tried, its corners among them. */
const points = 41;

/** The smallest and the largest A − B over the whole box. It is piecewise linear, and as long as no ReLU
 * switches, which holds up to ε = 0.15, its ends are at corners.
 * @param {number} epsilon @returns {Interval} */
export function reachable(epsilon) {
  let low = Infinity,
    high = -Infinity;
  for (let i = 0; i < points; i++)
    for (let k = 0; k < points; k++) {
      const at = (/** @type {number} */ n) => epsilon * ((2 * n) / (points - 1) - 1);
      const d = outputOf([input[0] + at(i), input[1] + at(k)]);
      low = Math.min(low, d);
      high = Math.max(high, d);
    }
  return [low, high];
}

/** Sums of decimals miss zero by a little. */
const zero = 1e-9;

/** What is known at a budget: proved, open (no proof, no attack), or fooled; where A and B are level, A has not won.
 * @param {number} epsilon @returns {"proved" | "open" | "fooled"} */
export function verdictAt(epsilon) {
  if (intervals(epsilon).difference[0] > zero) return "proved";
  return reachable(epsilon)[0] > zero ? "open" : "fooled";
}
