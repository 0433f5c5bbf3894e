// A confusion matrix as a drawing, for files: rows are labels, columns predictions, the darker the larger a cell's
// share of its row.
import { svg } from "../../../../ui/plot.js";
import { colourOf, writer } from "../../drawing.js";

const cell = 34,
  edge = 60;

/** @param {import("../../types").LabContext} context @param {ArrayLike<number>} counts
 * @returns {SVGSVGElement} */
export function drawMatrix({ words, classes, className }, counts) {
  const side = edge + classes * cell + 10;
  const [right, wrong] = ["blue", "orange"].map(colourOf);
  const { text, write } = writer(12);
  const numbers = Array.from({ length: classes }, (_, i) => i);
  const cells = numbers.flatMap((label) => {
    const row = numbers.map((k) => counts[label * classes + k]);
    const total = row.reduce((a, b) => a + b, 0);
    return row.flatMap((count, k) => {
      const x = edge + k * cell,
        y = edge + label * cell;
      const fill = k === label ? right : wrong;
      const share = total > 0 ? count / total : 0;
      const place = { x, y, width: cell - 1, height: cell - 1 };
      const names = `${className(label)} → ${className(k)}: ${count}`;
      return [
        svg(
          "rect",
          { ...place, fill, "fill-opacity": count > 0 ? (0.1 + 0.6 * share).toFixed(3) : 0.03 },
          svg("title", {}, names),
        ),
        ...(count > 0 ? [write(x + cell / 2, y + cell / 2 + 4, String(count))] : []),
      ];
    });
  });
  const middle = edge + (classes * cell) / 2;
  const down = svg(
    "text",
    { x: 14, y: middle, transform: `rotate(-90 14 ${middle})`, "text-anchor": "middle", ...text },
    words.t("confusion.original"),
  );
  const drawing = svg(
    "svg",
    { width: side, height: side, viewBox: `0 0 ${side} ${side}` },
    write(middle, 16, words.t("confusion.predicted")),
    down,
    ...numbers.flatMap((i) => [
      write(edge + (i + 0.5) * cell, edge - 8, String(i)),
      write(edge - 14, edge + (i + 0.5) * cell + 4, String(i)),
    ]),
    ...cells,
  );
  return /** @type {SVGSVGElement} */ (drawing);
}
