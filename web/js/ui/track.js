// A progress bar: which part of something is done.
import { h } from "./dom.js";

/** show() moves the bar, tell() also tells assistive technology; both take a part from 0 to 1.
 * @param {string} style the element's class @param {string} label */
export function createTrack(style, label) {
  const bar = h("span", {});
  const element = h(
    "div",
    {
      class: style,
      role: "progressbar",
      "aria-label": label,
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-valuenow": 0,
    },
    bar,
  );
  const show = (/** @type {number} */ part) => {
    bar.style.transform = `scaleX(${part.toFixed(3)})`;
  };
  return {
    element,
    show,
    tell(/** @type {number} */ part) {
      element.setAttribute("aria-valuenow", String(Math.round(100 * part)));
      show(part);
    },
  };
}
