// Which models are shown side by side: one checkbox each, of which one at least stays checked. A model is
// fetched when it is first chosen. And the ways to another: to bring one, or to put a transform in front of one.
import { datasets } from "../../state/datasets.js";
import { h } from "../../ui/dom.js";
import { bring } from "../bring/open.js";
import { defend } from "../defend/open.js";

/** @param {import("../../ui/context").Context} context
 * @returns {import("../../ui/context").View} */
export function createModels(context) {
  const { words, state, update } = context;
  const { models } = datasets[state().dataset];
  /** @type {HTMLInputElement[]} */
  let boxes = [];
  const legend = h("legend", {}, words.t("models.title"));
  const element = h("fieldset", { class: "choices models" }, legend);
  const own = h("button", { type: "button", onclick: () => bring(context) }, words.t("models.own"));
  const behind = h(
    "button",
    { type: "button", onclick: () => defend(context) },
    words.t("models.behind"),
  );

  function choose() {
    const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
    update({ model: chosen.length > 0 ? chosen : state().model });
  }

  /** A visitor may train or bring another. */
  function build() {
    boxes = models.map(
      ({ id }) =>
        /** @type {HTMLInputElement} */ (
          h("input", { type: "checkbox", name: "model", value: id, onchange: choose })
        ),
    );
    const chips = boxes.map((box, i) => {
      const tick = h("span", { class: "tick", "aria-hidden": "true" });
      const name = words.t(`model.${models[i].id}.short`, {}, models[i].id);
      const title = words.t(`model.${models[i].id}.about`, {}, "");
      return h(
        "label",
        { class: "choice chip", title },
        box,
        h("span", { class: "face" }, tick, name),
      );
    });
    element.replaceChildren(legend, ...chips, own, behind);
  }

  return {
    element,
    render({ state: { model }, files }) {
      if (boxes.length !== models.length) build();
      for (const box of boxes) {
        box.checked = model.includes(box.value);
        // The last one cannot go; it says so, and stays in the tab order.
        box.setAttribute("aria-disabled", String(box.checked && model.length === 1));
        const loading = box.checked && files[box.value] === "loading";
        box.parentElement?.toggleAttribute("data-loading", loading);
      }
    },
  };
}
