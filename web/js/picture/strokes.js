// Twenty digits of our own making, as pen strokes in a unit square: two hands for each digit, so that
// the page has something to attack without any dataset. Data only; raster.js turns it into pictures.
import { curve } from "./raster.js";

/** @typedef {import("./raster.js").Stroke} Stroke */
/** @typedef {{digit: number, hand: "a" | "b", strokes: string[]}} Drawn */

// A stroke is a list of "x,y" in hundredths. "~" in front: a smooth curve through the points;
// without it straight lines. Hand a is upright and round, hand b quick and slanted.
/** @type {Record<string, string[]>} */
const hands = {
  "0a": ["~52,8 32,18 22,48 30,80 50,92 70,80 78,50 70,20 52,8 44,10"],
  "0b": ["~66,10 44,16 26,42 22,74 38,90 60,80 76,52 78,24 64,9 54,12"],
  "1a": ["50,8 50,92"],
  "1b": ["~64,8 56,36 46,66 38,92"],
  "2a": ["~26,28 34,12 54,8 70,20 68,40 50,62 26,88", "26,88 50,88 76,87"],
  "2b": ["~28,26 44,10 64,12 70,28 58,52 34,78 22,88 34,80 50,84 64,90 82,84"],
  "3a": ["~28,16 48,8 68,16 68,34 46,46 40,47 48,47 70,56 74,74 58,90 38,91 24,82"],
  "3b": ["~32,14 54,8 72,18 66,36 46,46 42,47 62,52 68,68 56,86 34,92 20,86"],
  "4a": ["30,10 26,54 74,54", "68,10 66,92"],
  "4b": ["~36,12 28,36 24,52 44,54 78,48", "~72,14 62,52 54,92"],
  "5a": ["~74,10 52,10 34,12 32,28 30,44 50,40 70,50 74,68 62,86 42,91 24,84"],
  "5b": ["82,10 46,12", "~46,12 40,28 36,42 54,42 66,56 60,76 42,90 20,88"],
  "6a": ["~60,8 42,22 30,46 27,70 38,88 56,91 71,78 68,60 54,53 38,60 29,74"],
  "6b": ["~72,8 48,24 30,54 28,80 44,92 62,80 66,62 52,56 36,68 30,80"],
  "7a": ["~24,14 46,15 76,12", "~76,12 62,38 50,66 44,92"],
  "7b": ["~22,20 40,14 60,14 78,12 68,34 52,60 38,92"],
  "8a": ["~66,16 50,8 34,16 34,32 50,46 68,62 68,82 50,92 32,82 32,64 50,47 66,32 66,16"],
  "8b": ["~74,18 58,10 42,20 42,36 54,48 60,66 50,86 34,90 26,76 36,58 60,42 76,26 72,16"],
  "9a": ["~70,30 58,12 40,12 29,28 34,46 50,52 66,42 70,28", "~70,28 69,50 66,72 62,92"],
  "9b": ["~76,20 60,9 42,16 32,36 42,50 60,42 74,22 66,50 56,74 48,92"],
};

/** @param {string} text
 * @returns {Stroke} */
function parse(text) {
  const smooth = text.startsWith("~");
  const points = text
    .replace("~", "")
    .split(" ")
    .map((pair) => {
      const [x, y] = pair.split(",").map(Number);
      return /** @type {import("./raster.js").Point} */ ([x / 100, y / 100]);
    });
  return smooth ? curve(points) : points;
}

/** Our own digits, one hand after the other: the names that the page's state calls them by, and their strokes.
 * @type {{id: string, digit: number, strokes: Stroke[]}[]} */
export const ownDigits = ["a", "b"]
  .flatMap((hand) => Object.keys(hands).filter((id) => id[1] === hand))
  .map((id) => ({
    id,
    digit: Number(id[0]),
    get strokes() {
      return hands[id].map(parse);
    },
  }));
