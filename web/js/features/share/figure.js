// The result as one picture for slides and papers: a row for each model with its three (or four) images,
// its verdict and its norms, in the page's colours. It draws with a pen, on a canvas (canvas-pen.js) or into an SVG
// (tools/poster); it decides nothing.
import { paint, paintSigned } from "../../picture/colour.js";
import { changeOf } from "../../picture/pixels.js";
import { outcomeOf, sentenceOfLane, verdictOf } from "../../state/verdict.js";

/** @typedef {import("../../types").Lane} Lane */
/** Text of a size in pixels and a weight, in a colour of the theme, in so much room.
 * @typedef {{room: number, size: number, weight?: number, colour?: string, align?: "right"}} Look */
/** Pixels as the eye has them, RGBA. @typedef {{width: number, height: number, rgba: Uint8ClampedArray}} Pixels */
/** write: in one line, with "…" where it is too long; paragraph: in as many as it takes, and gives where the last
 * one stands.
 * @typedef {{write: (text: string, x: number, y: number, look: Look) => void,
 *   paragraph: (text: string, x: number, y: number, look: Look) => number,
 *   fill: (colour: string, x: number, y: number, width: number, height: number) => void,
 *   frame: (colour: string, x: number, y: number, width: number, height: number) => void,
 *   picture: (pixels: Pixels, x: number, y: number, width: number, height: number) => void}} Pen */
/** names: the models'. address: of the page that shows the same, "" for none. smallest: the budget found for each, null where none was. attack: its name.
 * @typedef {{lanes: Lane[], request: import("../../types").ExploreRequest, shape: {width: number, height: number, channels: number},
 *   title: string, address: string, names: string[], smallest: (number | null)[], scale: number, attack: string,
 *   words: import("../../ui/i18n.js").Words, scheme: import("../../picture/colour.js").Scheme}} Content */

const width = 1200,
  row = 260,
  head = 76,
  foot = 74,
  left = 36,
  side = 182,
  gap = 34;

/** @param {Content} content @returns {[number, number]} width and height */
export const sizeOf = ({ lanes }) => [width, head + row * lanes.length + foot];

/** @param {Content} content @param {Pen} pen */
export function drawFigure(content, pen) {
  pen.fill("panel", 0, 0, ...sizeOf(content));
  pen.write(content.title, left, 48, { room: width - 2 * left, weight: 700, size: 24 });
  const columns = content.lanes.some((lane) => lane.seen) ? 4 : 3;
  const start = width - left - columns * side - (columns - 1) * gap;
  content.lanes.forEach((lane, k) => {
    const top = head + row * k;
    pen.fill("line", left, top, width - 2 * left, 1);
    drawVerdict(pen, content, k, top, start - left - 24);
    drawPictures(pen, content, lane, top, start);
  });
  drawLegend(pen, content, head + row * content.lanes.length);
}

/** Model, verdict and norms, left of the pictures.
 * @param {Pen} pen @param {Content} content @param {number} k which lane @param {number} top @param {number} room */
function drawVerdict(pen, { lanes, request, names, smallest, words, attack }, k, top, room) {
  const lane = lanes[k];
  pen.write(names[k], left, top + 40, { room, weight: 700, size: 19 });
  const sentence = sentenceOfLane(words, request, lane);
  let at = pen.paragraph(sentence, left, top + 72, { room, weight: 700, size: 20 });
  const colour = { held: "blue", fooled: "orange", misread: "soft" }[verdictOf(lane).kind];
  const outcome = outcomeOf(words, request, lane, attack);
  pen.write(outcome, left, (at += 26), { room, weight: 600, size: 17, colour });
  const norms = words.t("figure.norms", {
    linf: words.number(lane.linf, 3),
    l2: words.number(lane.l2, 2),
    l0: words.number(lane.l0, 0),
  });
  pen.write(norms, left, (at += 26), { room, size: 15, colour: "soft" });
  const least = smallest[k];
  if (least === null) return;
  const said = words.t("figure.smallest", { attack, epsilon: words.number(least, 3) });
  pen.write(said, left, at + 22, { room, size: 15, colour: "soft" });
}

/** @param {Pen} pen @param {Content} content @param {Lane} lane @param {number} top @param {number} start */
function drawPictures(pen, { request, shape, scale, words, scheme }, lane, top, start) {
  const reading = (/** @type {number} */ label, /** @type {Float32Array} */ probabilities) =>
    words.t("image.reading", {
      digit: words.className(request.dataset, label),
      percent: words.percent(probabilities[label]),
    });
  const change = changeOf(lane.adversarial, request.image, shape.channels);
  const { width: columns, height } = shape;
  const made = (/** @type {(rgba: Uint8ClampedArray) => void} */ put) => {
    const rgba = new Uint8ClampedArray(4 * columns * height);
    put(rgba);
    return { width: columns, height, rgba };
  };
  const plain = (/** @type {ArrayLike<number>} */ values) =>
    made((rgba) => paint(values, shape.channels, rgba));
  const shown = /** @type {[string, Pixels, string][]} */ ([
    ["original", plain(request.image), reading(lane.cleanLabel, lane.before)],
    [
      "perturbation",
      made((rgba) => paintSigned(change, scale, scheme, rgba)),
      scale > 0 ? words.t("image.scale", { factor: words.number(1 / scale, 1) }) : "",
    ],
    ["adversarial", plain(lane.adversarial), reading(lane.adversarialLabel, lane.after)],
    ...(lane.seen ? [["seen", plain(lane.seen), ""]] : []),
  ]);
  shown.forEach(([name, picture, note], i) => {
    const x = start + i * (side + gap);
    const [w, h] = [columns, height].map((length) => (side * length) / Math.max(columns, height));
    const [px, py] = [x + (side - w) / 2, top + 20 + (side - h) / 2];
    pen.picture(picture, px, py, w, h);
    pen.frame("soft", px, py, w, h);
    pen.write(words.t(`image.${name}`), x, top + side + 40, { room: side, weight: 600, size: 14 });
    pen.write(note, x, top + side + 58, { room: side, size: 14, colour: "soft" });
  });
}

/** @param {Pen} pen @param {Content} content @param {number} top */
function drawLegend(pen, { scale, words, scheme, address }, top) {
  pen.fill("line", left, top, width - 2 * left, 1);
  const ramp = { width: 257, height: 1, rgba: new Uint8ClampedArray(4 * 257) };
  paintSigned(
    Float32Array.from({ length: 257 }, (_, i) => i / 128 - 1),
    1,
    scheme,
    ramp.rgba,
  );
  pen.picture(ramp, left, top + 26, 240, 12);
  const said = words.t("figure.scale", {
    scale: words.number(scale, 3),
    factor: words.number(1 / scale, 1),
  });
  /** @type {Look} */
  const look = { size: 14, colour: "soft", room: width - 2 * left - 400 };
  if (scale > 0) pen.write(said, left + 256, top + 37, look);
  if (address) pen.write(address, left, top + 62, { ...look, size: 13, room: width - 2 * left });
  pen.write("Signflip", width - left, top + 37, { ...look, weight: 600, align: "right" });
}
