// The colours of pixels: pictures as they are, and a diverging scale from green (darker) through a neutral
// middle to violet (brighter), which people with any common colour blindness can tell apart. No other thing on
// the page has these colours.

/** @typedef {"light" | "dark"} Scheme */

/** Stops from −1 to +1, evenly spaced, for each theme. @type {Record<Scheme, string>} */
const stops = {
  light: "006837 3c9e6a a9d8bb f7f7f5 dcc0e6 9c5fb4 5e1079",
  dark: "8ce4ac 3ca369 1d5539 1e2024 542e68 a35fbe e2abf6",
};

const tableSize = 257;

/** @param {Scheme} scheme */
function buildTable(scheme) {
  const colours = stops[scheme]
    .split(" ")
    .map((hex) => [16, 8, 0].map((shift) => (parseInt(hex, 16) >> shift) & 255));
  const table = new Uint8ClampedArray(tableSize * 3);
  for (let i = 0; i < tableSize; i++) {
    const position = (i / (tableSize - 1)) * (colours.length - 1);
    const lower = Math.min(colours.length - 2, Math.floor(position));
    for (let c = 0; c < 3; c++) {
      table[i * 3 + c] =
        colours[lower][c] + (position - lower) * (colours[lower + 1][c] - colours[lower][c]);
    }
  }
  return table;
}

const tables = { light: buildTable("light"), dark: buildTable("dark") };

/** Writes RGBA for values in [0,1].
 * @param {ArrayLike<number>} values H×W×C @param {number} channels 1 (grey) or 3 @param {Uint8ClampedArray} rgba */
export function paint(values, channels, rgba) {
  for (let i = 0; i < values.length / channels; i++) {
    for (let c = 0; c < 3; c++)
      rgba[4 * i + c] = values[channels * i + (channels === 1 ? 0 : c)] * 255;
    rgba[4 * i + 3] = 255;
  }
}

/** Writes RGBA for signed values; ±scale are the ends of the colour scale.
 * @param {ArrayLike<number>} values @param {number} scale @param {Scheme} scheme @param {Uint8ClampedArray} rgba */
export function paintSigned(values, scale, scheme, rgba) {
  const table = tables[scheme];
  for (let i = 0; i < values.length; i++) {
    const part = scale > 0 ? Math.min(1, Math.max(-1, values[i] / scale)) : 0;
    const at = 3 * Math.round(((part + 1) / 2) * (tableSize - 1)),
      to = 4 * i;
    for (let c = 0; c < 3; c++) rgba[to + c] = table[at + c];
    rgba[to + 3] = 255;
  }
}
