// What a model looks at, as pictures of the original and the adversarial image: where its loss changes fastest (the
// gradient), and Grad-CAM. Worked out when one asks, and from then on for every result.
import { datasets } from "../../state/datasets.js";
import { changeOf } from "../../picture/pixels.js";
import { Picture } from "../../picture/picture.js";
import { h, setText } from "../../ui/dom.js";

/** @typedef {import("../../ui/context").ViewContext} ViewContext */

/** @param {ViewContext} context @param {string} model @returns {import("./numbers.js").Item} */
export const createSaliency = (context, model) => createMaps(context, "saliency", model);

/** @param {ViewContext} context @param {string} model @returns {import("./numbers.js").Item} */
export const createGradCam = (context, model) => createMaps(context, "gradCam", model);

/** @param {ViewContext} context @param {"saliency" | "gradCam"} of @param {string} model
 * @returns {import("./numbers.js").Item} */
function createMaps(context, of, model) {
  const { words, explorer } = context;
  const kinds = /** @type {const} */ (["clean", "attacked"]);
  const figures = kinds.map((kind) => createFigure(context, of, kind));
  const pictures = h("div", { class: "saliency" }, ...figures.map(({ element }) => element));
  const show = h(
    "button",
    {
      type: "button",
      "aria-label": words.t(`${of}.show.label`, { model: words.t(`model.${model}`, {}, model) }),
      onclick: () => explorer.explain(of, model),
    },
    words.t("saliency.show"),
  );
  const wait = h("span", { class: "value" }, "…"),
    why = h("span", { class: "value", lang: "en" });
  const element = h(
    "div",
    { "data-number": of },
    h("dt", {}, words.t(`${of}.title`)),
    h("dd", {}, pictures, wait, why, show, h("p", { class: "hint" }, words.t(`${of}.about`))),
  );
  return {
    element,
    render({ analysis }, lane) {
      const found = analysis[of][model];
      const isFound = Boolean(lane && found && typeof found === "object");
      show.hidden = !lane || found !== undefined;
      wait.hidden = !lane || found !== null;
      setText(why, typeof found === "string" ? found : "");
      pictures.hidden = !isFound;
      if (!isFound) return;
      const maps = /** @type {import("../../types").Saliency} */ (found);
      kinds.forEach((kind, i) => figures[i].show(maps[kind]));
    },
  };
}

/** @param {ViewContext} context @param {string} of @param {"clean" | "attacked"} kind */
function createFigure({ words, state, scheme }, of, kind) {
  const { width, height, channels } = datasets[state().dataset].shape;
  const name = words.t(kind === "clean" ? "image.original" : "image.adversarial");
  const label = words.t(`${of}.alt`, { image: name });
  const picture = new Picture({ width, height, channels: 1 }, { role: "img", "aria-label": label });
  return {
    element: h("figure", {}, picture.element, h("figcaption", {}, name)),
    /** @param {Float32Array} map a gradient, H·W·C, or Grad-CAM, H·W */
    show(map) {
      const depth = map.length === width * height ? 1 : channels;
      const pixels = changeOf(map, new Float32Array(map.length), depth);
      const largest = pixels.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      if (of === "saliency") picture.signed(pixels, largest, scheme());
      else picture.show(pixels.map((value) => value / (largest || 1)));
    },
  };
}
