// The attack that every tool of the view uses: which one, and its parameters, from the catalogue. It sets
// the page's state, which the view of one image shares; it runs nothing.
import { h, setText } from "../../ui/dom.js";
import { attackParameters, carriedOver, valueOf } from "../../state/state.js";
import { createParameter } from "../../ui/parameter.js";

/** @typedef {import("../../types").AttackInfo} AttackInfo */

/** Sliders that are always in sight; the other parameters are folded away. */
const foremost = ["epsilon", "steps", "queries"];

/** @param {import("../../ui/context").ViewContext} context with the view's words
 * @returns {{element: HTMLElement, equip: (attacks: AttackInfo[]) => void, fail: (sentence: string) => void, render: () => void,
 *            setup: () => import("./types").Setup | null, says: (setup: import("./types").Setup, budget?: boolean) => string}} */
export function createSetup(context) {
  const { words, state, update } = context;
  /** @type {AttackInfo[]} */
  let catalogue = [];
  let built = "";
  /** @type {{element: HTMLElement, render: () => void}[]} */
  let parameters = [];
  const title = (/** @type {AttackInfo} */ attack) =>
    words.t(`attack.${attack.name}`, {}, attack.title);
  const now = () => catalogue.find((attack) => attack.name === state().attack) ?? catalogue[0];

  const list = /** @type {HTMLSelectElement} */ (
    h("select", {
      id: "lab-attack",
      disabled: true,
      onchange: () => {
        const next = catalogue.find((attack) => attack.name === list.value);
        if (next) update({ attack: next.name, parameters: carriedOver(state(), now(), next) });
      },
    })
  );
  const about = h("p", { class: "about-attack" });
  const main = h("div", { class: "parameters" }, h("span", { class: "skeleton" }));
  const rest = h("div", {});
  const more = h(
    "details",
    { class: "more", hidden: true },
    h("summary", {}, words.t("attack.more")),
    rest,
    h(
      "button",
      { type: "button", onclick: () => update({ parameters: {} }) },
      words.t("attack.reset"),
    ),
  );
  const alert = h("p", { class: "alert", role: "alert", hidden: true });
  const element = h(
    "section",
    { class: "panel lab-setup", "aria-labelledby": "lab-setup-title" },
    h("h3", { id: "lab-setup-title" }, words.t("attack.title")),
    alert,
    h("label", { for: "lab-attack", class: "hidden" }, words.t("attack.choose")),
    list,
    about,
    main,
    more,
  );

  /** @param {AttackInfo} attack */
  function build(attack) {
    built = attack.name;
    list.value = attack.name;
    setText(about, words.t(`attack.${attack.name}.about`, {}, attack.summary ?? ""));
    const controls = attack.parameters.map((parameter) => ({
      name: parameter.name,
      ...createParameter(context, parameter, "lab"),
    }));
    const first = controls.filter(({ name }) => foremost.includes(name)),
      others = controls.filter(({ name }) => !foremost.includes(name));
    main.replaceChildren(...first.map((control) => control.element));
    if (first.length === 0)
      main.append(h("p", { class: "hint nothing" }, words.t("setup.noBudget")));
    rest.replaceChildren(...others.map((control) => control.element));
    more.hidden = others.length === 0;
    parameters = controls;
  }

  return {
    element,
    equip(attacks) {
      catalogue = attacks;
      const families = [...new Set(attacks.map((attack) => attack.family))];
      list.replaceChildren(
        ...families.map((family) =>
          h(
            "optgroup",
            { label: words.t(`family.${family}`, {}, family) },
            ...attacks
              .filter((attack) => attack.family === family)
              .map((attack) => h("option", { value: attack.name }, title(attack))),
          ),
        ),
      );
      list.disabled = false;
    },
    fail(sentence) {
      alert.hidden = false;
      setText(alert, sentence);
    },
    render() {
      if (catalogue.length === 0) return;
      if (built !== now().name) build(now());
      for (const parameter of parameters) parameter.render();
    },
    setup: () =>
      catalogue.length === 0
        ? null
        : { attack: now(), parameters: attackParameters(state(), now()) },
    /** An attack, and its budget unless that varies, in a few words: what a result was made with. */
    says({ attack, parameters: set }, budget = true) {
      const value = (/** @type {string} */ name) => {
        const parameter = attack.parameters.find((one) => one.name === name);
        return parameter && (set[name] ?? valueOf({ ...state(), parameters: set }, parameter));
      };
      const epsilon = value("epsilon"),
        steps = value("steps");
      return [
        title(attack),
        epsilon === undefined || !budget
          ? null
          : `ε = ${words.number(Number(epsilon), 3).replace(/0$/, "")}`,
        steps === undefined ? null : words.t("setup.steps", { steps: Number(steps) }),
      ]
        .filter(Boolean)
        .join(" · ");
    },
  };
}
