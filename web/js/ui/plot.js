// A line plot of our own in SVG: a few series over one axis, told apart by colour, dash and mark, with their
// numbers in a table beside. Drawn in real pixels, so that text keeps its size from 320 px to 4K.
import { h } from "./dom.js";

/** @typedef {{x: number, y: number}} Point
 * @typedef {{id: string, title: string, points: Point[]}} Series */

const svgSpace = "http://www.w3.org/2000/svg";

/** @param {string} tag @param {Record<string, string | number>} attributes @param {...(Node | string)} children */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(svgSpace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Marks of one size for each series in turn, as paths around (0, 0). */
export const marks = [
  "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0",
  "M-4,-4h8v8h-8z",
  "M0,-5L5,4H-5z",
  "M0,-5.5L5.5,0L0,5.5L-5.5,0z",
  "M-5,-4H5L0,5z",
  "M-5,-1.6H-1.6V-5H1.6V-1.6H5V1.6H1.6V5H-1.6V1.6H-5z",
];
const dashes = ["", "7 4", "2 3", "10 3 2 3", "4 2", "1 4"];

/** About `wanted` round numbers from 0 to `end`. Exported for its test.
 * @param {number} end @param {number} wanted @returns {number[]} */
export function ticksOf(end, wanted) {
  const rough = end / wanted,
    power = 10 ** Math.floor(Math.log10(rough));
  const step =
    [1, 2, 2.5, 5, 10]
      .map((factor) => factor * power)
      .find((candidate) => candidate >= rough * 0.999) ?? power;
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, i) =>
    Number((i * step).toPrecision(10)),
  );
}

/** @param {{label: string, height: number, xName: string, yName: string, xText: (x: number) => string, yText: (y: number) => string}} options
 *   y goes from 0 to 1
 * @returns {{element: HTMLElement, draw: (series: Series[], end: number, summary: string) => void, remove: () => void}} */
export function createPlot({ label, height, xName, yName, xText, yText }) {
  const drawing = svg("svg", { role: "img", "aria-label": label, class: "plot" });
  const legend = h("ul", { class: "plot-legend", "aria-hidden": "true" });
  const element = h(
    "div",
    { class: "plot-frame", style: null },
    /** @type {any} */ (drawing),
    legend,
  );
  element.style.setProperty("--plot-height", `${height}px`);
  let width = 0;
  /** @type {[Series[], number, string] | null} */
  let last = null;

  /** @param {Series[]} series @param {number} end @param {string} summary */
  function draw(series, end, summary) {
    last = [series, end, summary];
    if (width < 50) return;
    const left = 64,
      right = 14,
      top = 12,
      bottom = 44;
    const x = (/** @type {number} */ value) => left + (value / end) * (width - left - right);
    const y = (/** @type {number} */ value) => height - bottom - value * (height - top - bottom);
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    drawing.setAttribute("aria-label", summary);
    const parts = [];
    for (const tick of [0, 0.25, 0.5, 0.75, 1]) {
      parts.push(
        svg("line", { x1: left, x2: width - right, y1: y(tick), y2: y(tick), class: "grid" }),
        svg("text", { x: left - 8, y: y(tick) + 4, "text-anchor": "end" }, yText(tick)),
      );
    }
    for (const tick of ticksOf(end, Math.max(2, Math.min(8, Math.floor(width / 70))))) {
      parts.push(
        svg("line", { x1: x(tick), x2: x(tick), y1: y(0), y2: y(0) + 5, class: "axis-line" }),
        svg("text", { x: x(tick), y: y(0) + 19, "text-anchor": "middle" }, xText(tick)),
      );
    }
    parts.push(
      svg("line", { x1: left, x2: width - right, y1: y(0), y2: y(0), class: "axis-line" }),
      svg(
        "text",
        { x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle", class: "name" },
        xName,
      ),
      svg(
        "text",
        {
          x: 13,
          y: (top + height - bottom) / 2,
          "text-anchor": "middle",
          class: "name",
          transform: `rotate(-90 13 ${(top + height - bottom) / 2})`,
        },
        yName,
      ),
    );
    series.forEach(({ points }, i) => {
      if (points.length === 0) return;
      const kind = `series-${i % marks.length}`;
      parts.push(
        svg("polyline", {
          class: `line ${kind}`,
          points: points.map((point) => `${x(point.x)},${y(point.y)}`).join(" "),
          "stroke-dasharray": dashes[i % dashes.length],
        }),
      );
      if (points.length <= 40)
        for (const point of points)
          parts.push(
            svg("path", {
              class: `mark ${kind}`,
              d: marks[i % marks.length],
              transform: `translate(${x(point.x)} ${y(point.y)})`,
            }),
          );
    });
    drawing.replaceChildren(...parts);
    legend.replaceChildren(
      ...series.map(({ title, points }, i) =>
        h(
          "li",
          {},
          /** @type {any} */ (
            svg(
              "svg",
              { viewBox: "0 0 34 14", class: "key" },
              svg("line", {
                x1: 0,
                x2: 34,
                y1: 7,
                y2: 7,
                class: `line series-${i % marks.length}`,
                "stroke-dasharray": dashes[i % dashes.length],
              }),
              svg("path", {
                class: `mark series-${i % marks.length}`,
                d: marks[i % marks.length],
                transform: "translate(17 7)",
              }),
            )
          ),
          title,
          points.length > 0 ? h("b", {}, ` ${yText(points[points.length - 1].y)}`) : null,
        ),
      ),
    );
  }

  const observer = new ResizeObserver(([entry]) => {
    width = Math.round(entry.contentRect.width);
    if (last) draw(...last);
  });
  observer.observe(element);
  return { element, draw, remove: () => observer.disconnect() };
}
