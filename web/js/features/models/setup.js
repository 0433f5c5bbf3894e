// The attack that every tool of the view uses: which one, and its parameters, from the catalogue. It sets
// the page's state, which the view of one image shares; it runs nothing.
import { attackParameters, valueOf } from "../../state/state.js";
import { createAttackList } from "../../ui/attack-list.js";
import { createAttackParameters } from "../../ui/attack-parameters.js";
import { h, setText } from "../../ui/dom.js";

/** @typedef {import("../../types").AttackInfo} AttackInfo */
/** @typedef {import("./types").Setup} Setup */

/** @param {import("../../ui/context").ViewContext} context with the view's words
 * @returns {{element: HTMLElement, equip: (attacks: AttackInfo[]) => void, fail: (sentence: string) => void, render: () => void,
 *            setup: () => Setup | null, says: (setup: Setup, budget?: boolean) => string}} */
export function createSetup(context) {
  const { words, state } = context;
  /** @type {AttackInfo[]} */
  let catalogue = [];
  const now = () => catalogue.find(({ name }) => name === state().attack) ?? catalogue[0];
  const list = createAttackList(context, "lab-attack");
  const parameters = createAttackParameters(context, "lab");
  const about = h("p", { class: "about-attack" });
  const alert = h("p", { class: "alert", role: "alert", hidden: true });
  const element = h(
    "section",
    { class: "panel lab-setup", "aria-labelledby": "lab-setup-title" },
    h("h3", { id: "lab-setup-title" }, words.t("attack.title")),
    alert,
    h("label", { for: "lab-attack", class: "hidden" }, words.t("attack.choose")),
    list.element,
    about,
    parameters.main,
    parameters.more,
  );
  return {
    element,
    equip(attacks) {
      catalogue = attacks;
    },
    fail(sentence) {
      alert.hidden = false;
      setText(alert, sentence);
    },
    render() {
      if (catalogue.length === 0) return;
      const attack = now();
      list.render(catalogue);
      setText(about, words.t(`attack.${attack.name}.about`, {}, attack.summary ?? ""));
      parameters.render(attack);
    },
    setup: () =>
      catalogue.length === 0
        ? null
        : { attack: now(), parameters: attackParameters(state(), now()) },
    says: (setup, budget = true) => says(context, setup, budget),
  };
}

/** An attack, and its budget unless that varies, in a few words: what a result was made with.
 * @param {import("../../ui/context").ViewContext} context @param {Setup} setup @param {boolean} budget */
function says({ words, state }, { attack, parameters: set }, budget) {
  const value = (/** @type {string} */ name) => {
    const parameter = attack.parameters.find((one) => one.name === name);
    return parameter && (set[name] ?? valueOf({ ...state(), parameters: set }, parameter));
  };
  const epsilon = value("epsilon"),
    steps = value("steps");
  const said = words.number(Number(epsilon), 3).replace(/0$/, "");
  return [
    words.attack(attack),
    epsilon === undefined || !budget ? null : `ε = ${said}`,
    steps === undefined ? null : words.t("setup.steps", { steps: Number(steps) }),
  ]
    .filter(Boolean)
    .join(" · ");
}
