// Traffic signs without a dataset: our own drawings (sign-shapes.js) as a camera might have seen them, turned, in
// another light, before a ground of some colour, out of focus and with noise, 32×32 in colour. They are no
// photographs, and models that learnt from photographs read fewer of them.
import { ownDigits } from "../strokes.js";
import { Chance } from "./chance.js";
import { signShapes } from "./sign-shapes.js";

/** @typedef {[number, number, number]} Colour */
/** @typedef {import("../raster.js").Point} Point */
/** Whether a point of the square of 100 is in it. @typedef {(x: number, y: number) => boolean} Inside */

const side = 32;
const shape = { height: side, width: side, channels: 3 };
/** Of the drawing that signs are photographed from. */
const sharp = 96;

/** @type {Record<string, Colour>} */
const colours = {
  r: [0.74, 0.1, 0.14],
  w: [0.93, 0.93, 0.91],
  k: [0.07, 0.07, 0.08],
  b: [0.08, 0.27, 0.62],
  y: [0.96, 0.74, 0.1],
  g: [0.45, 0.45, 0.45],
};

/** Letters of STOP, as the digits' strokes are: in a square of 1. @type {Record<string, Point[][]>} */
const letters = {
  S: [
    [
      [0.75, 0.15],
      [0.5, 0.08],
      [0.28, 0.2],
      [0.32, 0.42],
      [0.68, 0.58],
      [0.72, 0.8],
      [0.5, 0.92],
      [0.25, 0.85],
    ],
  ],
  T: [
    [
      [0.2, 0.1],
      [0.8, 0.1],
    ],
    [
      [0.5, 0.1],
      [0.5, 0.92],
    ],
  ],
  O: [
    [
      [0.5, 0.08],
      [0.25, 0.25],
      [0.25, 0.75],
      [0.5, 0.92],
      [0.75, 0.75],
      [0.75, 0.25],
      [0.5, 0.08],
    ],
  ],
  P: [
    [
      [0.28, 0.92],
      [0.28, 0.1],
      [0.6, 0.1],
      [0.74, 0.3],
      [0.6, 0.5],
      [0.28, 0.5],
    ],
  ],
};

/** @param {Point[]} points @param {number} width @returns {Inside} */
const lineThrough = (points, width) => (x, y) => {
  for (let i = 0; i < Math.max(1, points.length - 1); i++) {
    const [ax, ay] = points[i],
      [bx, by] = points[Math.min(i + 1, points.length - 1)];
    const dx = bx - ax,
      dy = by - ay,
      length = dx * dx + dy * dy;
    const along =
      length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length));
    if ((x - ax - along * dx) ** 2 + (y - ay - along * dy) ** 2 <= (width / 2) ** 2) return true;
  }
  return false;
};

/** @param {Point[]} points @returns {Inside} */
const polygon = (points) => (x, y) => {
  let inside = false;
  for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
    const [ax, ay] = points[i],
      [bx, by] = points[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
};

/** @param {string} text @param {number} size @param {Point} middle @returns {Inside} */
function written(text, size, [cx, cy]) {
  const wide = size * (text.length > 2 ? 0.58 : 0.62);
  // A one takes half the room.
  const rooms = [...text].map((letter) => (letter === "1" ? wide / 2 : wide));
  let left = cx - rooms.reduce((sum, room) => sum + room, 0) / 2;
  const lines = [...text].flatMap((letter, i) => {
    const strokes =
      letters[letter] ?? ownDigits.find(({ id }) => id === `${letter}a`)?.strokes ?? [];
    const middle = left + rooms[i] / 2;
    left += rooms[i];
    return strokes.map((stroke) =>
      lineThrough(
        stroke.map(([x, y]) => [middle + 1.12 * (x - 0.5) * wide, cy + (y - 0.5) * size]),
        size / 5.5,
      ),
    );
  });
  return (x, y) => lines.some((line) => line(x, y));
}

/** What is painted, one over the other. @param {string} words @returns {{colour: Colour, inside: Inside}[]} */
function shapesOf(words) {
  const found = [];
  let colour = colours.k;
  const tokens = words.split(" ");
  let zoom = 1,
    around = [0, 0];
  const point = (/** @type {string} */ text) => {
    const [x, y, radius] = text.split(",").map(Number);
    return [around[0] + zoom * (x - around[0]), around[1] + zoom * (y - around[1]), zoom * radius];
  };
  for (let i = 0; i < tokens.length;) {
    const command = tokens[i++];
    if (command in colours) {
      colour = colours[command];
      continue;
    }
    if (command === "z") {
      zoom = Number(tokens[i++]);
      around = tokens[i++].split(",").map(Number);
    } else if (command === "o") {
      const [cx, cy, radius] = point(tokens[i++]);
      const disc = (/** @type {number} */ x, /** @type {number} */ y) =>
        (x - cx) ** 2 + (y - cy) ** 2 <= radius * radius;
      found.push({ colour, inside: disc });
    } else if (command === "t") {
      const [size, middle, text] = tokens.slice(i, (i += 3));
      const [x, y] = point(middle);
      found.push({ colour, inside: written(text, Number(size), [x, y]) });
    } else {
      const width = command === "l" ? zoom * Number(tokens[i++]) : 0;
      /** @type {Point[]} */
      const points = [];
      while (tokens[i]?.includes(",")) {
        const [x, y] = point(tokens[i++]);
        points.push([x, y]);
      }
      found.push({ colour, inside: width ? lineThrough(points, width) : polygon(points) });
    }
  }
  return found;
}

/** A sign as it was designed: colours, and whether a place belongs to it, sharp×sharp.
 * @param {number} label @returns {{rgb: Float32Array, mask: Uint8Array}} */
function designed(label) {
  const shapes = shapesOf(signShapes[label]);
  const rgb = new Float32Array(3 * sharp * sharp),
    mask = new Uint8Array(sharp * sharp);
  for (let i = 0; i < sharp * sharp; i++) {
    const x = (((i % sharp) + 0.5) / sharp) * 100,
      y = ((Math.floor(i / sharp) + 0.5) / sharp) * 100;
    for (let k = shapes.length - 1; k >= 0 && !mask[i]; k--) {
      if (!shapes[k].inside(x, y)) continue;
      rgb.set(shapes[k].colour, 3 * i);
      mask[i] = 1;
    }
  }
  return { rgb, mask };
}

/** A colour of what may stand behind a sign: sky, leaves, walls, dusk. @param {Chance} chance @returns {Colour} */
function ground(chance) {
  const kinds = [
    [0.62, 0.74, 0.88],
    [0.24, 0.34, 0.2],
    [0.5, 0.46, 0.42],
    [0.16, 0.17, 0.2],
    [0.85, 0.87, 0.9],
  ];
  const kind = kinds[Math.floor(chance.next() * kinds.length)];
  const light = chance.between(0.7, 1.1);
  return /** @type {Colour} */ (kind.map((value) => value * light + chance.around(0.04)));
}

/** One photograph of a sign. @param {ReturnType<typeof designed>} sign @param {Chance} chance @param {Uint8Array} pixels to be filled */
function photograph({ rgb, mask }, chance, pixels) {
  const turn = chance.around(0.05),
    scale = chance.between(0.76, 0.9),
    lean = [chance.around(0.04), chance.around(0.04)];
  const [wide, dx, dy] = [1 + chance.around(0.05), chance.around(0.03), chance.around(0.03)];
  const cos = Math.cos(turn) / scale,
    sin = Math.sin(turn) / scale;
  const grounds = [ground(chance), ground(chance)];
  const tilt = chance.between(-1, 1);
  const light = chance.between(0.45, 1.05),
    gradient = [chance.around(0.12), chance.around(0.12)],
    haze = chance.between(0, 0.12),
    tint = [1 + chance.around(0.04), 1, 1 + chance.around(0.04)];
  const noise = chance.between(0.004, 0.02),
    focus = chance.between(0.8, 1.7);
  const taps = 4;
  for (let at = 0; at < side * side; at++) {
    /** @type {Colour} */
    const sum = [0, 0, 0];
    const px = at % side,
      py = Math.floor(at / side);
    for (let tap = 0; tap < taps * taps; tap++) {
      // More of the neighbours where it is out of focus.
      const u = (px + 0.5 + (((tap % taps) + 0.5) / taps - 0.5) * focus) / side - 0.5 - dx,
        v = (py + 0.5 + ((Math.floor(tap / taps) + 0.5) / taps - 0.5) * focus) / side - 0.5 - dy;
      const near = 1 + lean[0] * u + lean[1] * v;
      const x = ((cos * u + sin * v) * wide) / near + 0.5,
        y = (cos * v - sin * u) / near + 0.5;
      const column = Math.floor(x * sharp),
        row = Math.floor(y * sharp);
      const place = row * sharp + column;
      const on = column >= 0 && column < sharp && row >= 0 && row < sharp && mask[place] === 1;
      const behind = grounds[v + tilt * u > 0 ? 1 : 0];
      for (let c = 0; c < 3; c++) sum[c] += on ? rgb[3 * place + c] : behind[c];
    }
    const lit = light * (1 + gradient[0] * (px / side - 0.5) + gradient[1] * (py / side - 0.5));
    for (let c = 0; c < 3; c++) {
      const seen = (sum[c] / (taps * taps)) * lit * tint[c];
      const value = seen * (1 - haze) + 0.6 * haze + chance.around(noise);
      pixels[3 * at + c] = Math.round(255 * Math.min(1, Math.max(0, value)));
    }
  }
}

/** So many signs, all 43 in turn; of the same seed always the same.
 * @param {number} count @param {number} seed @returns {import("../../features/models/types").Images} */
export function drawSigns(count, seed) {
  const size = 3 * side * side;
  const pixels = new Uint8Array(count * size),
    labels = new Uint8Array(count);
  const chance = new Chance(seed);
  const signs = signShapes.map((_, label) => designed(label));
  for (let i = 0; i < count; i++) {
    labels[i] = i % signs.length;
    photograph(signs[labels[i]], chance, pixels.subarray(i * size, (i + 1) * size));
  }
  return { count, shape, pixels, labels };
}
