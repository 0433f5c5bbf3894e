// Written digits without a dataset: the strokes of our own hands (strokes.js), each time with another slant, size,
// bend and tremor, made a picture as MNIST would have made it. They are easier than MNIST's.
import { rasterise } from "../raster.js";
import { ownDigits } from "../strokes.js";
import { Chance } from "./chance.js";

/** @typedef {import("../raster.js").Point} Point */

const shape = { height: 28, width: 28, channels: 1 };

/** Another writing of the same strokes. @param {Point[][]} strokes @param {Chance} chance @returns {Point[][]} */
function written(strokes, chance) {
  const turn = chance.around(0.16),
    slant = chance.around(0.24),
    wide = Math.exp(chance.around(0.22));
  // A bend that is the same for points that are close, and a tremor of each.
  const bends = Array.from({ length: 4 }, () => [
    chance.around(0.065),
    chance.between(2, 7),
    chance.between(0, 6.3),
  ]);
  const cos = Math.cos(turn),
    sin = Math.sin(turn);
  return strokes.map((stroke) => {
    const shift = [chance.around(0.03), chance.around(0.03)];
    return stroke.map(([x, y]) => {
      const [a, b, c, d] = bends;
      const u =
        (x - 0.5 + shift[0] + a[0] * Math.sin(a[1] * y + a[2]) + b[0] * Math.sin(b[1] * x + b[2])) *
        wide;
      const v =
        y - 0.5 + shift[1] + c[0] * Math.sin(c[1] * x + c[2]) + d[0] * Math.sin(d[1] * y + d[2]);
      const leaning = u - slant * v;
      return /** @type {Point} */ ([0.5 + cos * leaning - sin * v, 0.5 + sin * leaning + cos * v]);
    });
  });
}

/** So many digits, all ten in turn; of the same seed always the same.
 * @param {number} count @param {number} seed @returns {import("../../features/models/types").Images} */
export function drawDigits(count, seed) {
  const size = shape.height * shape.width;
  const pixels = new Uint8Array(count * size),
    labels = new Uint8Array(count);
  const chance = new Chance(seed);
  for (let i = 0; i < count; i++) {
    const label = i % 10;
    const hands = ownDigits.filter(({ digit }) => digit === label);
    const { strokes } = hands[Math.floor(chance.next() * hands.length)];
    const ink = chance.between(0.85, 1.1);
    rasterise(written(strokes, chance)).forEach((value, at) => {
      pixels[i * size + at] = Math.round(255 * Math.min(1, value * ink));
    });
    labels[i] = label;
  }
  return { count, shape, pixels, labels };
}
