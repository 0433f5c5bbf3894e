// What drawings for files share: the page's colours and type, written into them so that they stand alone.
import { svg } from "../../ui/plot.js";

/** A colour of the theme, as the browser computes it. @param {string} name */
export function colourOf(name) {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = `var(--${name})`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** @param {number} size in pixels */
export function writer(size) {
  const { fontFamily } = getComputedStyle(document.documentElement);
  const text = { fill: colourOf("text"), "font-size": size, "font-family": fontFamily };
  return {
    text,
    /** Around x, unless more says otherwise. @param {number} x @param {number} y @param {string} said
     * @param {Record<string, string | number>} [more] */
    write: (x, y, said, more = {}) =>
      svg("text", { x, y, "text-anchor": "middle", ...text, ...more }, said),
  };
}
