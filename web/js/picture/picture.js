// A small picture on a canvas, one canvas pixel for each image pixel; CSS enlarges it without blur.
import { paint, paintSigned } from "./colour.js";
import { h } from "../ui/dom.js";

export class Picture {
  /** @param {{width: number, height: number, channels?: number}} shape @param {Record<string, string>} [attributes] */
  constructor({ width, height, channels = 1 }, attributes = {}) {
    this.channels = channels;
    this.element = /** @type {HTMLCanvasElement} */ (
      h("canvas", { width, height, class: "pixels", ...attributes })
    );
    this.context = /** @type {CanvasRenderingContext2D} */ (this.element.getContext("2d"));
    this.data = this.context.createImageData(width, height);
  }

  /** @param {ArrayLike<number>} values in [0,1], H×W×C */
  show(values) {
    paint(values, this.channels, this.data.data);
    this.context.putImageData(this.data, 0, 0);
    return this;
  }

  /** @param {ArrayLike<number>} values @param {number} scale @param {import("./colour.js").Scheme} scheme */
  signed(values, scale, scheme) {
    paintSigned(values, scale, scheme, this.data.data);
    this.context.putImageData(this.data, 0, 0);
    return this;
  }

  /** Says in words what the picture shows. @param {string} text */
  describe(text) {
    if (this.element.getAttribute("aria-label") !== text)
      this.element.setAttribute("aria-label", text);
  }
}
