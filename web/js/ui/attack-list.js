// All attacks of the catalogue in one list, a group for each family: what is chosen becomes the state's.
import { carriedOver } from "../state/state.js";
import { h } from "./dom.js";

/** @typedef {import("../types").AttackInfo} AttackInfo */

/** @param {Pick<import("./context").Context, "words" | "state" | "update">} context @param {string} id
 * @returns {{element: HTMLSelectElement, render: (attacks: AttackInfo[]) => void}} */
export function createAttackList({ words, state, update }, id) {
  /** @type {AttackInfo[]} */
  let catalogue = [];
  const named = (/** @type {string} */ wanted) => catalogue.find(({ name }) => name === wanted);
  const list = /** @type {HTMLSelectElement} */ (
    h("select", {
      id,
      class: "attack-list",
      disabled: true,
      onchange: () => {
        const next = /** @type {AttackInfo} */ (named(list.value));
        update({
          attack: next.name,
          parameters: carriedOver(state(), named(state().attack), next),
        });
      },
    })
  );
  const option = (/** @type {AttackInfo} */ attack) =>
    h("option", { value: attack.name }, words.attack(attack));
  return {
    element: list,
    render(attacks) {
      if (attacks !== catalogue) {
        catalogue = attacks;
        const families = [...new Set(attacks.map(({ family }) => family))];
        list.replaceChildren(
          ...families.map((family) =>
            h(
              "optgroup",
              { label: words.t(`family.${family}`, {}, family) },
              ...attacks.filter((attack) => attack.family === family).map(option),
            ),
          ),
        );
        list.disabled = attacks.length === 0;
      }
      list.value = state().attack;
    },
  };
}
