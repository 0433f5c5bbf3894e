// The transfer table as a drawing, for files: each cell with its interval, the darker the more is misread.
import { svg } from "../../../../ui/plot.js";
import { colourOf, writer } from "../../drawing.js";

const cell = { width: 132, height: 48 },
  names = 180,
  head = 78;

/** @typedef {{title: string, cells: {share: number, said: string, range: string, own: boolean}[]}} Row */

/** @param {{columns: string[], rows: Row[], across: string, down: string, made: string}} table share: what is read
 * rightly; across and down: what the columns and the rows are
 * @returns {SVGSVGElement} */
export function drawTable({ columns, rows, across, down, made }) {
  const { write } = writer(13);
  const small = { "font-size": 11 };
  const [ink, wrong] = ["text", "orange"].map(colourOf);
  const width = names + columns.length * cell.width + 10,
    height = head + rows.length * cell.height + 34;
  const left = (/** @type {number} */ k) => names + k * cell.width;
  const top = (/** @type {number} */ i) => head + i * cell.height;
  const cells = rows.flatMap(({ cells: those }, i) =>
    those.flatMap(({ share, said, range, own }, k) => {
      const place = { x: left(k), y: top(i), width: cell.width - 3, height: cell.height - 3 };
      const fill = { fill: wrong, "fill-opacity": (0.06 + 0.42 * (1 - share)).toFixed(3) };
      const middle = left(k) + cell.width / 2;
      return [
        svg("rect", { ...place, ...fill, ...(own ? { stroke: ink, "stroke-width": 2 } : {}) }),
        write(middle, top(i) + 20, said, { "font-weight": 600 }),
        write(middle, top(i) + 36, range, small),
      ];
    }),
  );
  const drawing = svg(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}` },
    write(names + (columns.length * cell.width) / 2, 20, across),
    write(8, head - 14, down, { "text-anchor": "start" }),
    ...columns.map((title, k) => write(left(k) + cell.width / 2, head - 14, title)),
    ...rows.map(({ title }, i) => write(8, top(i) + 27, title, { "text-anchor": "start" })),
    ...cells,
    write(8, height - 10, made, { "text-anchor": "start", ...small }),
  );
  return /** @type {SVGSVGElement} */ (drawing);
}
