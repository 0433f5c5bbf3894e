// What one's own drawing or picture shows, where one says so; else each model's own reading counts as right.
import { datasets } from "../../state/datasets.js";
import { h } from "../../ui/dom.js";

/** @param {import("../../ui/context").ViewContext} context @param {"drawing" | "picture"} sample
 * @returns {{element: HTMLElement, render: () => void}} */
export function createTruth({ words, state, update }, sample) {
  const { dataset } = state();
  const id = `truth-${sample}`;
  const list = /** @type {HTMLSelectElement} */ (
    h(
      "select",
      { id, onchange: () => update({ label: list.value === "" ? null : Number(list.value) }) },
      h("option", { value: "" }, words.t("truth.read")),
      ...datasets[dataset].classes.map((_, i) =>
        h("option", { value: i }, words.className(dataset, i)),
      ),
    )
  );
  return {
    element: h("p", { class: "truth" }, h("label", { for: id }, words.t("truth.title")), " ", list),
    render() {
      const { sample: shown, label } = state();
      list.disabled = shown !== sample;
      list.value = shown === sample && label !== null ? String(label) : "";
    },
  };
}
