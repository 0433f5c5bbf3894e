// The result as one picture for slides and papers: a row for each model with its three (or four) images,
// its verdict and its norms, in the page's colours. It draws; it decides nothing.
import { changeOf } from "../../picture/pixels.js";
import { Picture } from "../../picture/picture.js";
import { outcomeOf, sentenceOfLane, verdictOf } from "../../state/verdict.js";

/** @typedef {import("../../types").Lane} Lane */
/** names: the models'. smallest: the budget found for each, null where none was. attack: its name.
 * @typedef {{lanes: Lane[], request: import("../../types").ExploreRequest, shape: {width: number, height: number, channels: number},
 *   title: string, names: string[], smallest: (number | null)[], scale: number, attack: string,
 *   words: import("../../ui/i18n.js").Words, scheme: import("../../picture/colour.js").Scheme}} Content */

const width = 1200,
  row = 260,
  head = 76,
  foot = 74,
  left = 36,
  side = 182,
  gap = 34;

/** @param {Content} content
 * @returns {HTMLCanvasElement} */
export function drawFigure(content) {
  const pen = new Pen(head + row * content.lanes.length + foot);
  pen.write(content.title, left, 48, { room: width - 2 * left, weight: 700, size: 24 });
  const columns = content.lanes.some((lane) => lane.seen) ? 4 : 3;
  const start = width - left - columns * side - (columns - 1) * gap;
  content.lanes.forEach((lane, k) => {
    const top = head + row * k;
    pen.rule(top);
    drawVerdict(pen, content, k, top, start - left - 24);
    drawPictures(pen, content, lane, top, start);
  });
  drawLegend(pen, content, head + row * content.lanes.length);
  return pen.canvas;
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
  const noise = new Picture({ width: shape.width, height: shape.height });
  const shown = /** @type {[string, Picture, string][]} */ ([
    ["original", new Picture(shape).show(request.image), reading(lane.cleanLabel, lane.before)],
    [
      "perturbation",
      noise.signed(change, scale, scheme),
      scale > 0 ? words.t("image.scale", { factor: words.number(1 / scale, 1) }) : "",
    ],
    [
      "adversarial",
      new Picture(shape).show(lane.adversarial),
      reading(lane.adversarialLabel, lane.after),
    ],
    ...(lane.seen ? [["seen", new Picture(shape).show(lane.seen), ""]] : []),
  ]);
  shown.forEach(([name, picture, note], i) => {
    const x = start + i * (side + gap);
    pen.picture(picture, x, top + 20);
    pen.write(words.t(`image.${name}`), x, top + side + 40, { room: side, weight: 600, size: 14 });
    pen.write(note, x, top + side + 58, { room: side, size: 14, colour: "soft" });
  });
}

/** @param {Pen} pen @param {Content} content @param {number} top */
function drawLegend(pen, { scale, words, scheme }, top) {
  pen.rule(top);
  const ramp = Float32Array.from({ length: 257 }, (_, i) => i / 128 - 1);
  const picture = new Picture({ width: 257, height: 1 }).signed(ramp, 1, scheme);
  pen.context.drawImage(picture.element, left, top + 26, 240, 12);
  const said = words.t("figure.scale", {
    scale: words.number(scale, 3),
    factor: words.number(1 / scale, 1),
  });
  const look = { size: 14, colour: "soft" };
  if (scale > 0) pen.write(said, left + 256, top + 37, { ...look, room: width - 2 * left - 400 });
  pen.context.textAlign = "right";
  pen.write("Signflip", width - left, top + 37, { ...look, weight: 600, room: 140 });
}

/** @typedef {{room: number, size: number, weight?: number, colour?: string}} Look */

/** A canvas of the figure's width, and the theme's colours as the browser computes them. */
class Pen {
  /** @param {number} height */
  constructor(height) {
    const sharp = 2;
    this.canvas = document.createElement("canvas");
    this.canvas.width = width * sharp;
    this.canvas.height = height * sharp;
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.context.scale(sharp, sharp);
    this.context.imageSmoothingEnabled = false;
    this.family = getComputedStyle(document.body).fontFamily;
    this.context.fillStyle = this.#colour("panel");
    this.context.fillRect(0, 0, width, height);
  }

  /** @param {string} name */
  #colour(name) {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = `var(--${name})`;
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  }

  /** @param {Look} look */
  #take({ size, weight = 400, colour = "text" }) {
    this.context.font = `${weight} ${size}px ${this.family}`;
    this.context.fillStyle = this.#colour(colour);
  }

  /** Text that gives way to "…" where it is too long.
   * @param {string} text @param {number} x @param {number} y @param {Look} look */
  write(text, x, y, look) {
    this.#take(look);
    let short = text;
    while (short.length > 1 && this.context.measureText(short).width > look.room)
      short = `${short.slice(0, -2)}…`;
    this.context.fillText(short, x, y);
  }

  /** Text in as many lines as it takes. @param {string} text @param {number} x @param {number} y @param {Look} look
   * @returns {number} where its last line stands */
  paragraph(text, x, y, look) {
    this.#take(look);
    let line = "",
      at = y;
    for (const word of text.split(" ")) {
      const longer = line ? `${line} ${word}` : word;
      if (line && this.context.measureText(longer).width > look.room) {
        this.context.fillText(line, x, at);
        at += look.size * 1.3;
        line = word;
      } else line = longer;
    }
    this.context.fillText(line, x, at);
    return at;
  }

  /** @param {number} y */
  rule(y) {
    this.context.fillStyle = this.#colour("line");
    this.context.fillRect(left, y, width - 2 * left, 1);
  }

  /** @param {Picture} picture @param {number} x @param {number} y */
  picture({ element }, x, y) {
    this.context.drawImage(element, x, y, side, side);
    this.context.strokeStyle = this.#colour("soft");
    this.context.strokeRect(x + 0.5, y + 0.5, side - 1, side - 1);
  }
}
