// The loss along an attack's steps as lines, one for each model: apart by colour, dashes, the shape of
// their end, and their name beside it. It draws what it is given; the panel gathers it.

/** @typedef {{model: string, name: string, steps: number[], losses: ArrayLike<number>, fooled: number}} Line
 *  fooled: the step at which the model is first fooled; −1: never */

const space = "http://www.w3.org/2000/svg";
const height = 220,
  margin = { left: 46, right: 16, top: 14, bottom: 34 };
const dashes = ["", "7 4", "2 4", "10 4 2 4", "1 5"];

/** @param {string} tag @param {Record<string, string | number>} attributes @param {...(Node | string)} children */
function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Round numbers from 0 to at least `top`, about `count` of them.
 * @param {number} top @param {number} count */
export function ticksTo(top, count) {
  if (!(top > 0)) return [0, 1];
  const raw = top / count,
    power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999) ?? 10);
  return Array.from({ length: Math.ceil(top / step - 1e-9) + 1 }, (_, i) => i * step);
}

export class Chart {
  /** @param {import("../../ui/i18n.js").Words} words */
  constructor(words) {
    this.words = words;
    this.lines = s("g");
    this.axes = s("g", { class: "axes" });
    this.cursor = s("line", { class: "cursor", y1: margin.top, y2: height - margin.bottom });
    this.element = /** @type {SVGSVGElement} */ (
      s("svg", { role: "img", class: "chart" }, this.axes, this.lines, this.cursor)
    );
    this.width = 600;
    /** @type {Line[]} */
    this.shown = [];
  }

  /** @param {number} step @param {number} steps */
  #x(step, steps) {
    return margin.left + (step / Math.max(1, steps)) * (this.width - margin.left - margin.right);
  }

  /** The step under a place on the screen. @param {number} clientX @param {number} steps */
  stepAt(clientX, steps) {
    const box = this.element.getBoundingClientRect();
    const part =
      ((clientX - box.left) * (this.width / box.width) - margin.left) /
      (this.width - margin.left - margin.right);
    return Math.min(steps, Math.max(0, Math.round(part * steps)));
  }

  /** @param {Line[]} lines @param {number} steps the last step @param {number} width in CSS pixels */
  draw(lines, steps, width) {
    this.width = Math.max(240, width);
    this.shown = lines;
    const top = Math.max(
      1e-3,
      ...lines.flatMap(({ losses }) => Array.from(losses).filter(Number.isFinite)),
    );
    const ticks = ticksTo(top, 4),
      high = ticks[ticks.length - 1];
    const y = (/** @type {number} */ loss) =>
      height -
      margin.bottom -
      (Math.min(loss, high) / high) * (height - margin.top - margin.bottom);
    const x = (/** @type {number} */ step) => this.#x(step, steps);
    this.element.setAttribute("viewBox", `0 0 ${this.width} ${height}`);
    const digits = high < 1 ? 2 : high < 10 ? 1 : 0;
    const across = ticksTo(steps, Math.min(steps, this.width < 420 ? 4 : 10)).filter(
      (step) => step <= steps && Number.isInteger(step),
    );
    this.axes.replaceChildren(
      ...ticks.flatMap((loss) => [
        s("line", {
          class: "grid",
          x1: margin.left,
          x2: this.width - margin.right,
          y1: y(loss),
          y2: y(loss),
        }),
        s(
          "text",
          { x: margin.left - 8, y: y(loss) + 4, "text-anchor": "end" },
          this.words.number(loss, digits),
        ),
      ]),
      ...across.map((step) =>
        s(
          "text",
          { x: x(step), y: height - margin.bottom + 17, "text-anchor": "middle" },
          String(step),
        ),
      ),
      s(
        "text",
        { class: "axis-title", x: this.width - margin.right, y: height - 2, "text-anchor": "end" },
        this.words.t("steps.step"),
      ),
    );
    this.lines.replaceChildren(
      ...lines.map((line, k) => {
        const points = line.steps
          .map((step, i) => `${x(step).toFixed(1)},${y(line.losses[i]).toFixed(1)}`)
          .join(" ");
        const group = s(
          "g",
          { class: `line line-${k % dashes.length}` },
          s("polyline", { points, "stroke-dasharray": dashes[k % dashes.length] }),
        );
        if (line.steps.length <= 30)
          for (const [i, step] of line.steps.entries())
            group.append(s("circle", { cx: x(step), cy: y(line.losses[i]), r: 2.5 }));
        if (line.fooled >= 0) {
          const i = line.steps.indexOf(line.fooled);
          group.append(
            s(
              "path",
              {
                class: "fooled",
                d: `M${x(line.fooled) - 5} ${y(line.losses[i]) - 5}l10 10m0 -10l-10 10`,
              },
              s("title", {}, `${line.name}: ${this.words.t("steps.fooled")}`),
            ),
          );
        }
        return group;
      }),
    );
  }

  /** @param {number} step @param {number} steps */
  point(step, steps) {
    const x = this.#x(step, steps).toFixed(1);
    this.cursor.setAttribute("x1", x);
    this.cursor.setAttribute("x2", x);
  }

  /** @param {string} text */
  describe(text) {
    if (this.element.getAttribute("aria-label") !== text)
      this.element.setAttribute("aria-label", text);
  }
}

/** A short piece of a line, for the legend. @param {number} k */
export function sample(k) {
  return s(
    "svg",
    {
      class: `sample line line-${k % dashes.length}`,
      viewBox: "0 0 34 12",
      width: 34,
      height: 12,
      "aria-hidden": "true",
    },
    s("polyline", { points: "1,6 33,6", "stroke-dasharray": dashes[k % dashes.length] }),
  );
}
