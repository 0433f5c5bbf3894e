// The attack: which one, its parameters, its goal, and whose gradients. All of it made from the
// engine's catalogue, so that an attack added in C++ appears here by itself.
import { datasets } from "../datasets.js";
import { choice, h, setText } from "../dom.js";
import { createParameter } from "./parameter.js";

/** @typedef {import("./context").Context} Context */
/** @typedef {import("../types").AttackInfo} AttackInfo */

/** Parameters that everyone wants to move; the rest is folded away. */
const foremost = ["epsilon", "steps"];
/** So many attacks have a button; the others share a list, so that the row keeps its height. */
const buttons = 3;

/** The budget gets a panel of its own, so that it can stay in sight on a narrow screen.
 * @param {Context} context
 * @returns {{method: HTMLElement, budget: HTMLElement, goal: HTMLElement, render: (snapshot: import("../types").Snapshot) => void}} */
export function createAttackControls(context) {
  const { words, update, state } = context;
  /** @type {Map<string, HTMLInputElement>} */
  const methods = new Map();
  /** @type {{element: HTMLElement, render: () => void}[]} */
  let parameters = [];
  let built = "";

  const others = /** @type {HTMLSelectElement} */ (h("select", {
    class: "others", "aria-label": words.t("attack.other"), onchange: () => update({ attack: others.value }),
  }));
  const list = h("div", { class: "choices methods" }, h("span", { class: "skeleton" }));
  const about = h("p", { class: "about-attack" });
  const paper = h("p", { class: "hint paper" });
  const method = h("section", { class: "panel method", "aria-labelledby": "attack-title" },
    h("h2", { id: "attack-title" }, words.t("attack.title")),
    h("fieldset", {}, h("legend", { class: "hidden" }, words.t("attack.choose")), list), about, paper);

  const main = h("div", { class: "parameters" }, h("span", { class: "skeleton" }));
  const more = h("details", { class: "more", hidden: true });
  const budget = h("div", { class: "panel budget" }, main);

  const { inputs: targets, element: targetList } = createTargets(context);
  const own = /** @type {HTMLInputElement} */ (h("input", {
    type: "checkbox", role: "switch", id: "transfer", "aria-describedby": "transfer-about",
    onchange: () => update({ from: own.checked ? datasets[state().dataset].models[0].id : "" }),
  }));
  const ownAbout = h("p", { class: "hint", id: "transfer-about" });
  const goal = h("section", { class: "panel goal", "aria-labelledby": "goal-title" },
    h("h2", { id: "goal-title" }, words.t("target.title")), targetList,
    h("div", { class: "switch" }, h("label", { for: "transfer" }, own, words.t("transfer.title")), ownAbout), more);

  /** @param {AttackInfo[]} attacks */
  function buildMethods(attacks) {
    list.replaceChildren();
    for (const attack of attacks.slice(0, buttons)) {
      const title = words.t(`attack.${attack.name}`, {}, attack.title);
      const { element, input } = choice({ name: "attack", value: attack.name, label: title,
        onchange: () => update({ attack: attack.name }) }, title);
      methods.set(attack.name, input);
      list.append(element);
    }
    if (attacks.length <= buttons) return;
    others.append(h("option", { value: "", disabled: true }, words.t("attack.others")),
      ...attacks.slice(buttons).map(({ name, title }) => h("option", { value: name }, words.t(`attack.${name}`, {}, title))));
    list.append(others);
  }

  /** @param {AttackInfo} attack */
  function buildParameters(attack) {
    const controls = attack.parameters.map((parameter) => ({ name: parameter.name, ...createParameter(context, parameter) }));
    const first = controls.filter(({ name }) => foremost.includes(name));
    const rest = controls.filter(({ name }) => !foremost.includes(name));
    main.replaceChildren(...first.map(({ element }) => element));
    if (first.length === 1) main.append(h("p", { class: "hint nothing" }, words.t("attack.nothing")));
    more.replaceChildren(h("summary", {}, words.t("attack.more")), ...rest.map(({ element }) => element),
      h("button", { type: "button", onclick: () => update({ parameters: {} }) }, words.t("attack.reset")));
    more.hidden = rest.length === 0;
    parameters = controls;
  }

  return {
    method, budget, goal,
    render({ state: now, attacks, result, image }) {
      if (methods.size === 0 && attacks.length > 0) buildMethods(attacks);
      const attack = attacks.find((a) => a.name === now.attack);
      if (attack && built !== attack.name) {
        built = attack.name;
        buildParameters(attack);
        setText(about, words.t(`attack.${attack.name}.about`, {}, attack.summary ?? attack.title));
        setText(paper, attack.paper ? `${words.t("attack.paper")}: ${attack.paper}` : "");
      }
      for (const [name, input] of methods) input.checked = name === now.attack;
      others.value = methods.has(now.attack) ? "" : now.attack;
      others.toggleAttribute("data-chosen", !methods.has(now.attack));
      for (const parameter of parameters) parameter.render();

      const label = image.label ?? result?.lanes[0]?.label ?? null;
      const aim = now.target === label ? null : now.target;
      for (const [target, input] of targets) {
        input.checked = target === aim;
        input.disabled = target === null ? attack?.untargeted === false : target === label || attack?.targeted === false;
        /** @type {HTMLElement} */ (input.parentElement).title =
          words.t(target === null ? "target.none" : target === label ? "target.self" : "target.class", { digit: target ?? "" });
      }
      own.checked = now.from !== "";
      setText(ownAbout, words.t(own.checked ? "transfer.on" : "transfer.off"));
    },
  };
}

/** @param {Context} context */
function createTargets({ words, state, update }) {
  /** @type {Map<number | null, HTMLInputElement>} */
  const inputs = new Map();
  const element = h("fieldset", { class: "choices targets" }, h("legend", { class: "hidden" }, words.t("target.title")));
  /** @param {number | null} target @param {string} text @param {string} label */
  const add = (target, text, label) => {
    const { element: chip, input } = choice({ name: "target", value: String(target ?? ""), label,
      class: target === null ? "chip any" : "chip digit", onchange: () => update({ target }) }, text);
    inputs.set(target, input);
    element.append(chip);
  };
  add(null, words.t("target.none"), words.t("target.none"));
  datasets[state().dataset].classes.forEach((name, i) => add(i, name, words.t("target.class", { digit: name })));
  return { inputs, element };
}
