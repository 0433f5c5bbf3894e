// Figure of lesson 2: a digit's lead over the strongest other class, along the sign of the gradient, along random
// signs, and as the straight line that the gradient promises.
import { rasterise } from "../js/picture/raster.js";
import { ownDigits } from "../js/picture/strokes.js";
import { whenNear } from "./engine.js";
import { leadsAlong, promisedSlope } from "./leads.js";
import { svg } from "./svg.js";
import { numberIn } from "./words.js";

const most = 0.3,
  points = 31;
const width = 480,
  height = 260;
const margin = { left: 44, right: 12, top: 12, bottom: 36 };

/** @param {HTMLElement} place data-line: the sample @param {import("./words.js").Words} words */
export function createLine(place, words) {
  whenNear(place, words.board.failed, (model) => {
    const own = ownDigits.find(({ id }) => id === place.dataset.line) ?? ownDigits[0];
    const image = rasterise(own.strokes);
    const epsilons = Array.from({ length: points }, (_, i) => (most * i) / (points - 1));
    const attacked = leadsAlong(model, image, own.digit, epsilons, "gradient");
    const random = leadsAlong(model, image, own.digit, epsilons, "coin");
    const slope = promisedSlope(model, image, own.digit);
    draw(place, words, epsilons, [
      { kind: "promised", values: epsilons.map((epsilon) => attacked[0] - epsilon * slope) },
      { kind: "random", values: random },
      { kind: "attacked", values: attacked },
    ]);
  });
}

/** @param {HTMLElement} place @param {import("./words.js").Words} words @param {number[]} epsilons
 * @param {{kind: "promised" | "random" | "attacked", values: number[]}[]} lines */
function draw(place, words, epsilons, lines) {
  const [low, high] = [-35, 25];
  const x = (/** @type {number} */ epsilon) =>
    margin.left + (epsilon / most) * (width - margin.left - margin.right);
  const y = (/** @type {number} */ value) =>
    margin.top +
    ((high - Math.max(low, value)) / (high - low)) * (height - margin.top - margin.bottom);
  const { line } = words;
  const at = epsilons.findIndex((epsilon) => Math.abs(epsilon - 0.1) < 1e-9);
  const said = lines.map(({ kind, values }) => `${line[kind]}: ${numberIn(words, values[at], 1)}`);
  const drawing = svg("svg", {
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-label": `${line.lead}, ε = ${numberIn(words, 0.1, 1)}: ${said.join("; ")}`,
  });
  for (const value of [-30, -20, -10, 0, 10, 20])
    drawing.append(
      svg("line", {
        x1: x(0),
        x2: x(most),
        y1: y(value),
        y2: y(value),
        class: value === 0 ? "zero" : "axis",
      }),
      svg(
        "text",
        { x: margin.left - 6, y: y(value) + 4, "text-anchor": "end" },
        numberIn(words, value, 0),
      ),
    );
  for (const epsilon of [0, 0.1, 0.2, 0.3])
    drawing.append(
      svg(
        "text",
        { x: x(epsilon), y: height - 18, "text-anchor": "middle" },
        numberIn(words, epsilon, 1),
      ),
    );
  drawing.append(svg("text", { x: x(most), y: height - 3, "text-anchor": "end" }, line.epsilon));
  for (const { kind, values } of lines)
    drawing.append(
      svg("polyline", {
        class: kind,
        fill: "none",
        points: values
          .map((value, i) => [x(epsilons[i]), value])
          .filter(([, value]) => value >= low)
          .map(([across, value]) => `${across.toFixed(1)},${y(value).toFixed(1)}`)
          .join(" "),
      }),
    );
  const legend = document.createElement("ul");
  legend.className = "legend";
  for (const { kind } of lines) {
    const item = document.createElement("li");
    item.className = kind;
    item.textContent = line[kind];
    legend.append(item);
  }
  place.replaceChildren(drawing, legend);
}
