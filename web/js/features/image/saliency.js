// Where a model's loss changes fastest: its gradient at the original and at the adversarial image, as pictures.
// Worked out when one asks, and from then on for every result.
import { datasets } from "../../state/datasets.js";
import { changeOf } from "../../picture/pixels.js";
import { Picture } from "../../picture/picture.js";
import { h } from "../../ui/dom.js";

/** @typedef {import("../../ui/context").ViewContext} ViewContext */

/** @param {ViewContext} context @param {string} model @returns {import("./numbers.js").Item} */
export function createSaliency(context, model) {
  const { words, explorer } = context;
  const kinds = /** @type {const} */ (["clean", "attacked"]);
  const figures = kinds.map((kind) => createFigure(context, kind));
  const pictures = h("div", { class: "saliency" }, ...figures.map(({ element }) => element));
  const show = h(
    "button",
    {
      type: "button",
      "aria-label": words.t("saliency.show.label", { model: words.t(`model.${model}`, {}, model) }),
      onclick: () => explorer.explain(model),
    },
    words.t("saliency.show"),
  );
  const wait = h("span", { class: "value" }, "…");
  const element = h(
    "div",
    { "data-number": "saliency" },
    h("dt", {}, words.t("saliency.title")),
    h("dd", {}, pictures, wait, show, h("p", { class: "hint" }, words.t("saliency.about"))),
  );
  return {
    element,
    render({ analysis }, lane) {
      const found = analysis.saliency[model];
      show.hidden = !lane || found !== undefined;
      wait.hidden = !lane || found !== null;
      pictures.hidden = !lane || !found;
      if (!lane || !found) return;
      kinds.forEach((kind, i) => figures[i].show(found[kind]));
    },
  };
}

/** @param {ViewContext} context @param {"clean" | "attacked"} kind */
function createFigure({ words, state, scheme }, kind) {
  const { width, height, channels } = datasets[state().dataset].shape;
  const name = words.t(kind === "clean" ? "image.original" : "image.adversarial");
  const label = words.t("saliency.alt", { image: name });
  const picture = new Picture({ width, height, channels: 1 }, { role: "img", "aria-label": label });
  return {
    element: h("figure", {}, picture.element, h("figcaption", {}, name)),
    /** @param {Float32Array} gradient H·W·C */
    show(gradient) {
      const pixels = changeOf(gradient, new Float32Array(gradient.length), channels);
      const largest = pixels.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      picture.signed(pixels, largest, scheme());
    },
  };
}
