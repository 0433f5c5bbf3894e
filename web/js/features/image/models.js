// Which models are shown side by side: one checkbox each, of which one at least stays checked. A model is
// fetched when it is first chosen.
import { datasets } from "../../state/datasets.js";
import { h } from "../../ui/dom.js";

/** @param {import("../../ui/context").Context} context
 * @returns {import("../../ui/context").View} */
export function createModels({ words, state, update }) {
  const { models } = datasets[state().dataset];
  const boxes = models.map(
    ({ id }) =>
      /** @type {HTMLInputElement} */ (
        h("input", {
          type: "checkbox",
          name: "model",
          value: id,
          onchange: () => {
            const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
            if (chosen.length > 0) update({ model: chosen });
            else boxes[models.findIndex((model) => model.id === id)].checked = true;
          },
        })
      ),
  );
  return {
    element: h(
      "fieldset",
      { class: "choices models", hidden: models.length < 2 },
      h("legend", {}, words.t("models.title")),
      ...boxes.map((box, i) =>
        h(
          "label",
          { class: "choice chip", title: words.t(`model.${models[i].id}.about`, {}, "") },
          box,
          h(
            "span",
            { class: "face" },
            h("span", { class: "tick", "aria-hidden": "true" }),
            words.t(`model.${models[i].id}.short`, {}, models[i].id),
          ),
        ),
      ),
    ),
    render({ state: { model }, files }) {
      for (const box of boxes) {
        box.checked = model.includes(box.value);
        // The last one cannot go; it says so, and stays in the tab order.
        box.setAttribute("aria-disabled", String(box.checked && model.length === 1));
        box.parentElement?.toggleAttribute(
          "data-loading",
          box.checked && files[box.value] === "loading",
        );
      }
    },
  };
}
