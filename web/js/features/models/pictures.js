// Small pictures of stored bytes, grey or colour, one canvas pixel for each; CSS enlarges them.
import { h } from "../../ui/dom.js";

/** @param {{height: number, width: number}} shape @param {Record<string, string>} [attributes] */
export function createThumbnail({ height, width }, attributes = {}) {
  return /** @type {HTMLCanvasElement} */ (
    h("canvas", { width, height, class: "pixels", ...attributes })
  );
}

/** @param {HTMLCanvasElement} canvas @param {Uint8Array} bytes H×W×C @param {number} channels */
export function paint(canvas, bytes, channels) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const data = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < canvas.width * canvas.height; i++) {
    for (let c = 0; c < 3; c++)
      data.data[4 * i + c] = bytes[i * channels + (channels === 3 ? c : 0)];
    data.data[4 * i + 3] = 255;
  }
  context.putImageData(data, 0, 0);
}
