// A slice of the decision surface: the plane through an image along the sign of its gradient and along random
// signs orthogonal to it, and what the model says at each point. It shows nothing.
import { pixelsOf } from "../../packs.js";
import { ToolModel } from "../../tool-model.js";

/** Points along each side; odd, so that the image itself is one of them. */
export const side = 61;
/** Rows in one job. */
const rows = 4;
/** Where an attack has no budget. */
const usualEpsilon = 0.2;

/** reach: how far the plane goes to either side. Labels are −1 where nothing is known yet.
 * @typedef {{model: string, index: number, label: number, epsilon: number, reach: number, labels: Int16Array, confidences: Float32Array, done: number}} Result */

/** How far a column or row lies from the image. @param {Result} of @param {number} i */
export const offset = ({ reach }, i) => (i / (side - 1) - 0.5) * 2 * reach;

/** The budget of an attack as it is set. @param {import("../../types").Setup | null} setup */
const epsilonOf = (setup) =>
  Number(
    setup?.parameters.epsilon ??
      setup?.attack.parameters.find(({ name }) => name === "epsilon")?.default,
  ) || usualEpsilon;

/** @extends {ToolModel<Result>} */
export class SliceModel extends ToolModel {
  /** Of the random direction. */ seed = 1;

  /** @param {import("../../lab.js").Lab} lab @param {number} count of test images */
  constructor(lab, count) {
    super(lab, "slice");
    this.count = count;
  }

  /** @param {string} model @param {number} index @param {import("../../types").Setup | null} setup
   * @param {import("../../run-bar.js").Running} running @param {() => void} changed */
  async run(model, index, setup, { signal, tell }, changed) {
    const { images } = await this.images(this.count, signal);
    const label = images.labels[index],
      image = pixelsOf(images, index),
      epsilon = epsilonOf(setup);
    const plane = await this.lab.pool.one(
      { type: "plane", body: { model, image, label, seed: this.seed }, models: [model] },
      { signal },
    );
    const into = this.remember({
      model,
      index,
      label,
      epsilon,
      // Twice the budget, so that there is a world outside the diamond.
      reach: 2 * epsilon,
      labels: new Int16Array(side * side).fill(-1),
      confidences: new Float32Array(side * side),
      done: 0,
    });
    await this.lab.pool.run(jobsOf(into, image, plane), {
      signal,
      result: (answer, { body }) => {
        body.cells.forEach((/** @type {number} */ cell, /** @type {number} */ i) => {
          into.labels[cell] = answer.labels[i];
          into.confidences[cell] = answer.confidences[i];
        });
        into.done += body.cells.length;
        tell(into.done, side * side, "slice.progress");
        changed();
      },
    });
  }
}

/** From the middle outwards: the image's surroundings first.
 * @param {Result} of @param {Uint8Array} image @param {any} plane */
function jobsOf(of, image, plane) {
  const away = (/** @type {number} */ block) => Math.abs(block * rows + 1.5 - side / 2);
  const order = Array.from({ length: Math.ceil(side / rows) }, (_, i) => i);
  order.sort((x, y) => away(x) - away(y));
  return () => {
    const block = order.shift();
    if (block === undefined) return null;
    const length = Math.min(rows, side - block * rows) * side;
    const cells = Array.from({ length }, (_, i) => i + block * rows * side);
    const a = Float32Array.from(cells, (i) => offset(of, i % side)),
      b = Float32Array.from(cells, (i) => offset(of, Math.floor(i / side)));
    const body = { model: of.model, image, plane, cells, a, b };
    return { type: "slice", models: [of.model], body };
  };
}

/** Where along the gradient the model's answer changes: stretches of columns of the middle row, as far as they
 * are known. @param {Int16Array} labels @returns {{label: number, from: number, to: number}[]} */
export function stretchesAlong(labels) {
  const row = ((side - 1) / 2) * side;
  /** @type {{label: number, from: number, to: number}[]} */
  const stretches = [];
  for (let column = 0; column < side; column++) {
    const label = labels[row + column],
      last = stretches.at(-1);
    if (label < 0) return [];
    if (last?.label === label) last.to = column;
    else stretches.push({ label, from: column, to: column });
  }
  return stretches;
}

/** Where each class's number may stand: in its largest region, at the cell farthest from its edge.
 * @param {Int16Array} labels rows from below @returns {{label: number, x: number, y: number}[]} */
export function regions(labels) {
  const size = Math.round(Math.sqrt(labels.length));
  // How far each cell is from a cell of another class, in steps: two sweeps.
  const depth = new Int16Array(labels.length);
  const same = (/** @type {number} */ i, /** @type {number} */ j) => labels[i] === labels[j];
  for (const backwards of [false, true]) {
    for (let n = 0; n < labels.length; n++) {
      const i = backwards ? labels.length - 1 - n : n,
        x = i % size,
        y = Math.floor(i / size);
      const across = backwards ? (x + 1 < size ? i + 1 : -1) : x > 0 ? i - 1 : -1,
        along = backwards ? (y + 1 < size ? i + size : -1) : y > 0 ? i - size : -1;
      const near = Math.min(
        across >= 0 && same(i, across) ? depth[across] + 1 : 1,
        along >= 0 && same(i, along) ? depth[along] + 1 : 1,
      );
      depth[i] = backwards ? Math.min(depth[i], near) : near;
    }
  }
  /** @type {Map<number, number>} */
  const best = new Map();
  labels.forEach((label, i) => {
    if (
      label >= 0 &&
      depth[i] >= 3 &&
      depth[i] > depth[best.get(label) ?? i] - (best.has(label) ? 0 : 1)
    )
      best.set(label, i);
  });
  return [...best].map(([label, i]) => ({ label, x: i % size, y: Math.floor(i / size) }));
}
