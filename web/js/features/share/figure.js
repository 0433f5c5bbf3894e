// The result as one picture for slides and papers: a row for each model with its three (or four) images,
// its verdict and its norms, in the page's colours. It draws; it decides nothing.
import { changeOf } from "../../picture/pixels.js";
import { Picture } from "../../picture/picture.js";
import { verdictOf } from "../../state/verdict.js";

/** @typedef {import("../../types").Lane} Lane */
/** @typedef {{lanes: Lane[], image: Float32Array, shape: {width: number, height: number, channels: number}, title: string, names: string[],
 *   smallest: (number | null)[], scale: number, className: (label: number) => string, words: import("../../ui/i18n.js").Words, scheme: import("../../picture/colour.js").Scheme}} Content */

const width = 1200,
  row = 260,
  head = 76,
  foot = 74,
  left = 36,
  side = 182,
  gap = 34;

/** The theme's colours as the browser computes them. */
function colours() {
  const probe = document.body.appendChild(document.createElement("i"));
  const of = (/** @type {string} */ name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const found = Object.fromEntries(
    ["panel", "text", "soft", "line", "blue", "orange"].map((name) => [name, of(name)]),
  );
  probe.remove();
  return found;
}

/** Text that gives way to "…" where it is too long.
 * @param {CanvasRenderingContext2D} context @param {string} text @param {number} x @param {number} y @param {number} room */
function write(context, text, x, y, room) {
  let short = text;
  while (short.length > 1 && context.measureText(short).width > room)
    short = `${short.slice(0, -2)}…`;
  context.fillText(short, x, y);
}

/** @param {Content} content
 * @returns {HTMLCanvasElement} */
export function drawFigure({
  lanes,
  image,
  shape,
  title,
  names,
  smallest,
  scale,
  className,
  words,
  scheme,
}) {
  const canvas = document.createElement("canvas");
  const height = head + row * lanes.length + foot,
    sharp = 2;
  canvas.width = width * sharp;
  canvas.height = height * sharp;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(sharp, sharp);
  const colour = colours();
  const family = getComputedStyle(document.body).fontFamily;
  const font = (/** @type {number} */ size, weight = 400) => {
    context.font = `${weight} ${size}px ${family}`;
  };
  context.fillStyle = colour.panel;
  context.fillRect(0, 0, width, height);
  context.fillStyle = colour.text;
  font(24, 700);
  write(context, title, left, 48, width - 2 * left);

  const plain = { width: shape.width, height: shape.height };
  const columns = lanes.some((lane) => lane.seen) ? 4 : 3;
  const start = width - left - columns * side - (columns - 1) * gap;
  lanes.forEach((lane, k) => {
    const top = head + row * k;
    const { kind, detail } = verdictOf(lane);
    context.fillStyle = colour.line;
    context.fillRect(left, top, width - 2 * left, 1);
    const figures = [
      {
        name: "original",
        picture: new Picture(shape).show(image),
        note: readingOf(lane.cleanLabel, lane.before),
      },
      {
        name: "perturbation",
        picture: new Picture(plain).signed(
          changeOf(lane.adversarial, image, shape.channels),
          scale,
          scheme,
        ),
        note: scale > 0 ? words.t("image.scale", { factor: words.number(1 / scale, 1) }) : "",
      },
      {
        name: "adversarial",
        picture: new Picture(shape).show(lane.adversarial),
        note: readingOf(lane.adversarialLabel, lane.after),
      },
      ...(lane.seen
        ? [{ name: "seen", picture: new Picture(shape).show(lane.seen), note: "" }]
        : []),
    ];
    const room = start - left - 24;
    context.fillStyle = colour.text;
    font(19, 700);
    write(context, names[k], left, top + 44, room);
    font(26, 700);
    write(
      context,
      lane.cleanLabel === lane.adversarialLabel
        ? words.t("verdict.still", { after: className(lane.adversarialLabel) })
        : words.t("verdict.reading", {
            before: className(lane.cleanLabel),
            after: className(lane.adversarialLabel),
          }),
      left,
      top + 88,
      room,
    );
    context.fillStyle =
      kind === "held" ? colour.blue : kind === "fooled" ? colour.orange : colour.soft;
    font(17, 600);
    write(
      context,
      words.t(`verdict.${detail}`, {
        label: className(lane.label),
        target: lane.target === null ? "" : className(lane.target),
      }),
      left,
      top + 116,
      room,
    );
    context.fillStyle = colour.soft;
    font(15);
    write(
      context,
      words.t("figure.norms", {
        linf: words.number(lane.linf, 3),
        l2: words.number(lane.l2, 2),
        l0: words.number(lane.l0, 0),
      }),
      left,
      top + 158,
      room,
    );
    const least = smallest[k];
    if (least !== null)
      write(
        context,
        words.t("figure.smallest", { epsilon: words.number(least, 3) }),
        left,
        top + 182,
        room,
      );
    figures.forEach(({ name, picture, note }, i) => {
      const x = start + i * (side + gap);
      context.imageSmoothingEnabled = false;
      context.drawImage(picture.element, x, top + 20, side, side);
      context.strokeStyle = colour.soft;
      context.strokeRect(x + 0.5, top + 20.5, side - 1, side - 1);
      context.fillStyle = colour.text;
      font(14, 600);
      write(context, words.t(`image.${name}`), x, top + 20 + side + 20, side);
      context.fillStyle = colour.soft;
      font(14);
      write(context, note, x, top + 20 + side + 38, side);
    });
  });

  const bottom = head + row * lanes.length;
  context.fillStyle = colour.line;
  context.fillRect(left, bottom, width - 2 * left, 1);
  const ramp = new Picture({ width: 257, height: 1 }).signed(
    Float32Array.from({ length: 257 }, (_, i) => i / 128 - 1),
    1,
    scheme,
  );
  context.drawImage(ramp.element, left, bottom + 26, 240, 12);
  context.fillStyle = colour.soft;
  font(14);
  if (scale > 0)
    write(
      context,
      words.t("figure.scale", {
        scale: words.number(scale, 3),
        factor: words.number(1 / scale, 1),
      }),
      left + 256,
      bottom + 37,
      width - 2 * left - 400,
    );
  context.textAlign = "right";
  font(14, 600);
  context.fillText("Signflip", width - left, bottom + 37);
  return canvas;

  /** @param {number} label @param {Float32Array} probabilities */
  function readingOf(label, probabilities) {
    return words.t("image.reading", {
      digit: className(label),
      percent: words.percent(probabilities[label]),
    });
  }
}
