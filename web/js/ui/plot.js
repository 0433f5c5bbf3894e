// A line plot of our own in SVG: a few series over one axis, told apart by colour, dash and mark, with their
// numbers in a table beside. Drawn in real pixels, so that text keeps its size from 320 px to 4K.
import { h, styleSheet } from "./dom.js";

/** low and high: the ends of an interval around y.
 * @typedef {{x: number, y: number, low?: number, high?: number}} Point */
/** style: which colour, as in "series-0"; crosses: points that are marked with an ✗.
 * @typedef {{id: string, title: string, points: Point[], style: number, crosses?: Point[]}} Series */
/** Both axes begin at 0. said: the plot in words. cursor: where a line stands.
 * @typedef {{series: Series[], end: number, top?: number, said: string, cursor?: number | null}} Content */
/** legend: whether it has one. onpick: x where one points.
 * @typedef {{label: string, height: number, xName: string, yName: string, xText: (x: number) => string,
 *   yText: (y: number) => string, whole?: boolean, legend?: boolean, onpick?: (x: number) => void}} Options */

const svgSpace = "http://www.w3.org/2000/svg";

/** @param {string} tag @param {Record<string, string | number>} attributes @param {...(Node | string)} children */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(svgSpace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Marks of one size for each series in turn, as paths around (0, 0). */
const marks = [
  "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0",
  "M-4,-4h8v8h-8z",
  "M0,-5L5,4H-5z",
  "M0,-5.5L5.5,0L0,5.5L-5.5,0z",
  "M-5,-4H5L0,5z",
  "M-5,-1.6H-1.6V-5H1.6V-1.6H5V1.6H1.6V5H-1.6V1.6H-5z",
];
const dashes = ["", "7 4", "2 3", "10 3 2 3", "4 2", "1 4"];
/** With more points than this a line has no marks. */
const mostMarks = 40;
const margin = { left: 64, right: 14, top: 12, bottom: 44 };
/** A plot that is lower than this, in CSS pixels, has no names at its axes. */
const lowHeight = 120;

/** About `wanted` round numbers from 0 to `end`.
 * @param {number} end @param {number} wanted @param {boolean} [whole] only whole ones @returns {number[]} */
export function ticksOf(end, wanted, whole = false) {
  const rough = Math.max(end / wanted, whole ? 1 : 0),
    power = 10 ** Math.floor(Math.log10(rough));
  const step =
    [1, 2, 2.5, 5, 10]
      .map((factor) => factor * power)
      .find((size) => size >= rough * 0.999 && (!whole || Number.isInteger(size))) ?? power;
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, i) =>
    Number((i * step).toPrecision(10)),
  );
}

/** A round number that is no less than a value. @param {number} value */
export function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= value * 0.999) ?? 10);
}

export class Plot {
  #width = 0;
  /** @type {Content | null} */ #content = null;
  #cursor = svg("line", { class: "cursor", visibility: "hidden" });
  #body = svg("g", {});
  #legend;

  /** @param {Options} options */
  constructor(options) {
    this.options = options;
    styleSheet("css/later/plot.css");
    this.drawing = svg(
      "svg",
      { role: "img", "aria-label": options.label, class: "plot" },
      this.#body,
      this.#cursor,
    );
    this.#legend =
      options.legend === false ? null : h("ul", { class: "plot-legend", "aria-hidden": "true" });
    this.element = h(
      "div",
      { class: "plot-frame" },
      /** @type {any} */ (this.drawing),
      this.#legend,
    );
    this.element.style.setProperty("--plot-height", `${options.height}px`);
    this.observer = new ResizeObserver(([entry]) => {
      this.#width = Math.round(entry.contentRect.width);
      this.#paint();
    });
    this.observer.observe(this.element);
    if (options.onpick) this.#listen(options.onpick);
  }

  /** @param {Content} content */
  draw(content) {
    this.#content = content;
    this.#paint();
  }

  /** Moves the cursor alone. @param {number} x */
  point(x) {
    if (this.#content) this.#content.cursor = x;
    this.#paintCursor();
  }

  /** Puts the plot in words. @param {string} text */
  describe(text) {
    if (this.drawing.getAttribute("aria-label") !== text)
      this.drawing.setAttribute("aria-label", text);
  }

  remove() {
    this.observer.disconnect();
  }

  /** The drawing as a file: with its own colours, so that it stands alone. @returns {SVGSVGElement} */
  copy() {
    const copy = /** @type {SVGSVGElement} */ (this.drawing.cloneNode(true));
    const [from, to] = [this.drawing, copy].map((root) => [root, ...root.querySelectorAll("*")]);
    from.forEach((element, i) => {
      const style = getComputedStyle(element);
      for (const name of [
        "fill",
        "stroke",
        "stroke-width",
        "font-size",
        "font-family",
        "font-weight",
      ])
        to[i].setAttribute(name, style.getPropertyValue(name));
    });
    copy.setAttribute("xmlns", svgSpace);
    copy.setAttribute("width", String(this.#width));
    copy.setAttribute("height", String(this.options.height));
    return copy;
  }

  /** @param {(x: number) => void} onpick */
  #listen(onpick) {
    let dragging = false;
    const pick = (/** @type {PointerEvent} */ { clientX }) => {
      const { end = 0 } = this.#content ?? {};
      const box = this.drawing.getBoundingClientRect();
      const part =
        (clientX - box.left - margin.left) / (this.#width - margin.left - margin.right || 1);
      onpick(Math.min(end, Math.max(0, part * end)));
    };
    this.drawing.addEventListener("pointerdown", (/** @type {any} */ event) => {
      if (event.button !== 0 || !this.#content) return;
      dragging = true;
      this.drawing.setPointerCapture(event.pointerId);
      pick(event);
    });
    this.drawing.addEventListener(
      "pointermove",
      (/** @type {any} */ event) => dragging && pick(event),
    );
    for (const over of ["pointerup", "pointercancel"])
      this.drawing.addEventListener(over, () => {
        dragging = false;
      });
  }

  get #bottom() {
    return this.options.height < lowHeight ? 24 : margin.bottom;
  }

  /** @param {number} value */
  #x(value) {
    const { end = 1 } = this.#content ?? {};
    return margin.left + (value / (end || 1)) * (this.#width - margin.left - margin.right);
  }

  /** @param {number} value */
  #y(value) {
    const { top = 1 } = this.#content ?? {};
    const { height } = this.options;
    return (
      height - this.#bottom - (Math.min(value, top) / top) * (height - margin.top - this.#bottom)
    );
  }

  #paint() {
    if (!this.#content || this.#width < 50) return;
    const { series, said } = this.#content;
    this.drawing.setAttribute("viewBox", `0 0 ${this.#width} ${this.options.height}`);
    this.describe(said);
    this.#body.replaceChildren(...this.#axes(), ...series.flatMap((one, i) => this.#line(one, i)));
    this.#legend?.replaceChildren(...series.map((one, i) => this.#entry(one, i)));
    this.#paintCursor();
  }

  #paintCursor() {
    const { cursor = null } = this.#content ?? {};
    this.#cursor.setAttribute("visibility", cursor === null ? "hidden" : "visible");
    if (cursor === null || this.#width < 50) return;
    for (const name of ["x1", "x2"]) this.#cursor.setAttribute(name, this.#x(cursor).toFixed(1));
    this.#cursor.setAttribute("y1", String(margin.top));
    this.#cursor.setAttribute("y2", String(this.#y(0)));
  }

  #axes() {
    const { end, top = 1 } = /** @type {Content} */ (this.#content);
    const { height, xName, yName, xText, yText, whole } = this.options;
    const { left, right, top: above } = margin;
    const width = this.#width,
      floor = this.#y(0),
      middle = (above + height - this.#bottom) / 2;
    const across = Math.max(2, Math.min(8, Math.floor(width / 70)));
    const parts = [];
    for (const tick of ticksOf(top, height < 180 ? 2 : 4)) {
      const y = this.#y(tick);
      parts.push(
        svg("line", { x1: left, x2: width - right, y1: y, y2: y, class: "grid" }),
        svg("text", { x: left - 8, y: y + 4, "text-anchor": "end" }, yText(tick)),
      );
    }
    for (const tick of ticksOf(end, across, whole)) {
      const x = this.#x(tick);
      parts.push(
        svg("line", { x1: x, x2: x, y1: floor, y2: floor + 5, class: "axis-line" }),
        svg("text", { x, y: floor + 19, "text-anchor": "middle" }, xText(tick)),
      );
    }
    parts.push(
      svg("line", { x1: left, x2: width - right, y1: floor, y2: floor, class: "axis-line" }),
    );
    if (height < lowHeight) return parts;
    const name = { "text-anchor": "middle", class: "name" };
    parts.push(
      svg("text", { x: (left + width - right) / 2, y: height - 6, ...name }, xName),
      svg("text", { x: 13, y: middle, transform: `rotate(-90 13 ${middle})`, ...name }, yName),
    );
    return parts;
  }

  /** @param {Series} series @param {number} i */
  #line({ points, style, crosses = [] }, i) {
    if (points.length === 0) return [];
    const at = (/** @type {Point} */ { x, y }) =>
      `${this.#x(x).toFixed(1)},${this.#y(y).toFixed(1)}`;
    const kind = `series-${style}`;
    const intervals = points.map(({ x, low, high }) =>
      low === undefined || high === undefined ? "" : `M${at({ x, y: low })}L${at({ x, y: high })}`,
    );
    const few = points.length <= mostMarks;
    return [
      svg("path", { class: `interval ${kind}`, d: intervals.join("") }),
      svg("polyline", {
        class: `line ${kind}`,
        points: points.map(at).join(" "),
        "stroke-dasharray": dashes[i % dashes.length],
      }),
      ...(few ? points : []).map((point) =>
        svg("path", {
          class: `mark ${kind}`,
          d: marks[i % marks.length],
          transform: `translate(${at(point)})`,
        }),
      ),
      ...crosses.map((point) =>
        svg("path", {
          class: `cross ${kind}`,
          d: "M-6,-6L6,6M6,-6L-6,6",
          transform: `translate(${at(point)})`,
        }),
      ),
    ];
  }

  /** @param {Series} series @param {number} i */
  #entry({ title, points, style }, i) {
    const last = points.at(-1);
    const value = last ? h("b", {}, ` ${this.options.yText(last.y)}`) : null;
    return h("li", {}, /** @type {any} */ (keyOf(style, i)), title, value);
  }
}

/** A short piece of a series' line, for legends. @param {string | number} style @param {number} i */
export function keyOf(style, i) {
  return svg(
    "svg",
    { viewBox: "0 0 34 14", class: "key", "aria-hidden": "true" },
    svg("line", {
      x1: 0,
      x2: 34,
      y1: 7,
      y2: 7,
      class: `line series-${style}`,
      "stroke-dasharray": dashes[i % dashes.length],
    }),
    svg("path", {
      class: `mark series-${style}`,
      d: marks[i % marks.length],
      transform: "translate(17 7)",
    }),
  );
}
