// The compact page's controls in a row, made from the catalogue: attack, goal and the parameters that matter.
import { datasets } from "../../state/datasets.js";
import { createAttackList } from "../../ui/attack-list.js";
import { h } from "../../ui/dom.js";
import { createParameter } from "../../ui/parameter.js";

/** @typedef {import("../../ui/context").Context} Context */
/** @typedef {import("../../types").AttackInfo} AttackInfo */

/** Parameters that have a slider here; the others are the whole page's. */
const shown = ["epsilon", "steps", "queries"];

/** @param {Context} context @returns {import("../../ui/context").View} */
export function createControls(context) {
  const { words } = context;
  const attack = createAttackList(context, "attack");
  const target = createTargetList(context);
  const parameters = h("div", { class: "parameters" });
  /** @type {AttackInfo | undefined} */
  let built;
  /** @type {{element: HTMLElement, render: () => void}[]} */
  let sliders = [];
  return {
    element: h(
      "div",
      { class: "asked" },
      h(
        "div",
        { class: "lists" },
        h("div", {}, h("label", { for: "attack" }, words.t("attack.title")), attack.element),
        h("div", {}, h("label", { for: "target" }, words.t("target.title")), target.element),
      ),
      parameters,
    ),
    render(snapshot) {
      const now = snapshot.attacks.find(({ name }) => name === snapshot.state.attack);
      if (now && built !== now) {
        built = now;
        sliders = now.parameters
          .filter(({ name }) => shown.includes(name))
          .map((parameter) => createParameter(context, parameter));
        parameters.replaceChildren(...sliders.map(({ element }) => element));
      }
      attack.render(snapshot.attacks);
      target.render(snapshot);
      for (const slider of sliders) slider.render();
    },
  };
}

/** @param {Context} context @returns {import("../../ui/context").View} */
function createTargetList({ words, state, update }) {
  const { dataset } = state();
  const any = h("option", { value: "" }, words.t("target.none"));
  const list = /** @type {HTMLSelectElement} */ (
    h(
      "select",
      {
        id: "target",
        onchange: () => update({ target: list.value === "" ? null : Number(list.value) }),
      },
      any,
      ...datasets[dataset].classes.map((_, i) =>
        h("option", { value: i }, words.t("target.class", { digit: words.className(dataset, i) })),
      ),
    )
  );
  return {
    element: list,
    render({ attacks, image, result, state: { attack, target } }) {
      const now = attacks.find(({ name }) => name === attack);
      const label = image.label ?? result?.lanes[0]?.label ?? null;
      for (const option of list.options)
        option.disabled =
          option === any ? now?.untargeted === false : Number(option.value) === label;
      list.disabled = now?.targeted === false;
      list.value = target === null || target === label || list.disabled ? "" : String(target);
    },
  };
}
