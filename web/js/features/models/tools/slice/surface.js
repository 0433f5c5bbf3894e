// The drawing of a slice: each point in the colour of the class that the model reads there, stronger where it is
// surer. What an L∞ budget allows is the diamond |a| + |b| ≤ ε, and FGSM goes to its corner.
import { classColour } from "../../class-colours.js";
import { regions, side } from "./model.js";

/** @typedef {import("./model.js").Result} Result
 * @typedef {import("../../../../picture/colour.js").Scheme} Scheme */

export class Surface {
  /** @type {CanvasRenderingContext2D} */ #context;

  /** @param {HTMLCanvasElement} canvas square @param {number} classes */
  constructor(canvas, classes) {
    this.classes = classes;
    this.size = canvas.width;
    this.cell = this.size / side;
    this.#context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  }

  /** @param {Result | null} result @param {{column: number, row: number}} at which point is looked at
   * @param {Scheme} scheme */
  draw(result, at, scheme) {
    this.#context.clearRect(0, 0, this.size, this.size);
    if (!result) return;
    const [ink, paper] = scheme === "dark" ? ["#ffffff", "#000000"] : ["#000000", "#ffffff"];
    this.ink = ink;
    this.paper = paper;
    this.#drawCells(result, scheme);
    this.#drawBudget(result);
    for (const { label, x, y } of regions(result.labels))
      this.#write((x + 0.5) * this.cell, (side - 0.5 - y) * this.cell, String(label), "700 34px");
    const { cell } = this;
    this.#outline((path) => path.rect(at.column * cell, (side - 1 - at.row) * cell, cell, cell));
  }

  /** @param {Result} result @param {Scheme} scheme */
  #drawCells({ labels, confidences }, scheme) {
    const { classes, cell } = this;
    for (let i = 0; i < side * side; i++) {
      if (labels[i] < 0) continue;
      const sure = Math.max(0, (confidences[i] - 1 / classes) / (1 - 1 / classes));
      this.#context.fillStyle = classColour(labels[i], classes, scheme, 0.18 + 0.72 * sure);
      const x = Math.round((i % side) * cell),
        y = Math.round((side - 1 - Math.floor(i / side)) * cell);
      this.#context.fillRect(x, y, Math.ceil(cell), Math.ceil(cell));
    }
  }

  /** The image, all that the budget allows around it, and where FGSM goes. @param {Result} result */
  #drawBudget({ epsilon, reach }) {
    const middle = this.size / 2,
      arm = (epsilon / reach) * middle * (1 - 1 / side);
    const diamond = new Path2D(
      `M${middle + arm},${middle}l${-arm},${-arm}l${-arm},${arm}l${arm},${arm}z`,
    );
    this.#outline((path) => path.addPath(diamond), [10, 6]);
    const cross = new Path2D(`M${middle - 9},${middle}h18M${middle},${middle - 9}v18`);
    this.#outline((path) => path.addPath(cross));
    this.#outline((path) => path.arc(middle + arm, middle, 7, 0, 7));
    this.#write(middle + arm, middle - 16, "FGSM", "600 20px");
  }

  /** A line that is seen on every colour. @param {(path: Path2D) => void} along @param {number[]} [dash] */
  #outline(along, dash = []) {
    const context = this.#context,
      path = new Path2D();
    along(path);
    const strokes = /** @type {[string, number, number[]][]} */ ([
      [this.paper, 6, []],
      [this.ink, 2.5, dash],
    ]);
    for (const [colour, width, pattern] of strokes) {
      context.setLineDash(pattern);
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke(path);
    }
    context.setLineDash([]);
  }

  /** @param {number} x @param {number} y @param {string} text @param {string} font weight and size */
  #write(x, y, text, font) {
    const context = this.#context;
    context.font = `${font} system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = 5;
    context.strokeStyle = this.paper ?? "";
    context.strokeText(text, x, y);
    context.fillStyle = this.ink ?? "";
    context.fillText(text, x, y);
  }
}
