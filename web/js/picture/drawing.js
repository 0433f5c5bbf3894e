// A visitor's drawing as a short text for the URL, and back: 9 bits a coordinate, three base64url
// letters a point, strokes joined by ".". It does not draw; raster.js does.
import { simplify } from "./raster.js";

/** @typedef {import("./raster.js").Stroke} Stroke */

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const levels = 511;
const longest = 400;

/** @param {number} coordinate in [0,1] */
const quantise = (coordinate) => Math.round(Math.min(1, Math.max(0, coordinate)) * levels);

/** @param {Stroke[]} strokes in the unit square
 * @returns {string} */
export function packDrawing(strokes) {
  return strokes
    .map((stroke) =>
      simplify(stroke)
        .slice(0, longest)
        .map(([x, y]) => {
          const bits = quantise(x) * (levels + 1) + quantise(y);
          return letters[bits >> 12] + letters[(bits >> 6) & 63] + letters[bits & 63];
        })
        .join(""),
    )
    .join(".");
}

/** Reads packDrawing's text; letters that do not belong there end the stroke they stand in.
 * @param {string} text
 * @returns {Stroke[]} */
export function unpackDrawing(text) {
  return text
    .split(".")
    .slice(0, longest)
    .map((packed) => {
      /** @type {Stroke} */
      const stroke = [];
      for (let i = 0; i + 3 <= packed.length && stroke.length < longest; i += 3) {
        const [a, b, c] = [0, 1, 2].map((k) => letters.indexOf(packed[i + k]));
        if (a < 0 || b < 0 || c < 0) break;
        const bits = (a << 12) | (b << 6) | c;
        stroke.push([(bits >> 9) / levels, (bits & levels) / levels]);
      }
      return stroke;
    })
    .filter((stroke) => stroke.length > 0);
}
