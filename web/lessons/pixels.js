// The arithmetic of lesson 1's figure: which pixel to change. Pure functions; board.js is the figure.

/** What the loss would gain, to first order, if a pixel went to its better end: white where the slope is
 * positive, black where it is negative.
 * @param {number} value in [0,1] @param {number} slope of the loss */
const gain = (value, slope) => (slope > 0 ? slope * (1 - value) : -slope * value);

/** The pixel whose change to black or white promises the largest loss, and what it becomes.
 * @param {ArrayLike<number>} pixels @param {ArrayLike<number>} gradient of the loss
 * @returns {{index: number, value: 0 | 1}} */
export function steepest(pixels, gradient) {
  let index = 0;
  for (let i = 1; i < pixels.length; i++)
    if (gain(pixels[i], gradient[i]) > gain(pixels[index], gradient[index])) index = i;
  return { index, value: gradient[index] > 0 ? 1 : 0 };
}

/** A pixel's opposite: dark becomes white, bright becomes black. @param {number} value @returns {0 | 1} */
export const opposite = (value) => (value < 0.5 ? 1 : 0);

/** Numbers in [0, below), the same ones each time. @param {number} seed */
export function randomIndices(seed) {
  let state = seed;
  return (/** @type {number} */ below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(((state >>> 8) / 2 ** 24) * below);
  };
}
