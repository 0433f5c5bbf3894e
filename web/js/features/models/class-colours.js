// A colour for each class, far apart for neighbours, and never alone: wherever they are used the class's
// number stands beside or in them.

/** Ten hues that stay apart for most colour-blind people by their lightness too; more classes go around the
 * circle by the golden angle. Each in OKLCH: lightness for the light theme and for the dark, chroma, hue. */
const ten = [
  [0.52, 0.74, 0.16, 255],
  [0.62, 0.8, 0.15, 60],
  [0.5, 0.7, 0.13, 150],
  [0.55, 0.72, 0.19, 25],
  [0.48, 0.68, 0.17, 300],
  [0.6, 0.8, 0.11, 200],
  [0.58, 0.76, 0.18, 345],
  [0.5, 0.72, 0.1, 100],
  [0.42, 0.62, 0.15, 275],
  [0.45, 0.66, 0.1, 45],
];

/** @param {number} label @param {number} classes @param {import("../../picture/colour.js").Scheme} scheme @param {number} [alpha]
 * @returns {string} a CSS colour */
export function classColour(label, classes, scheme, alpha = 1) {
  const [light, dark, chroma, hue] =
    classes <= 10
      ? ten[label % 10]
      : [0.45 + 0.06 * (label % 4), 0.66 + 0.05 * (label % 4), 0.14, (label * 137.508) % 360];
  return `oklch(${scheme === "dark" ? dark : light} ${chroma} ${hue.toFixed(1)} / ${alpha})`;
}
