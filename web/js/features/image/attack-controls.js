// The attack: which one, its parameters, its goal, and whose gradients. All of it made from the
// engine's catalogue, so that an attack added in C++ appears here by itself.
import { datasets, isDefended } from "../../state/datasets.js";
import { createAttackList } from "../../ui/attack-list.js";
import { createAttackParameters } from "../../ui/attack-parameters.js";
import { h, setText } from "../../ui/dom.js";
import { createTargets } from "./targets.js";

/** @typedef {import("../../ui/context").Context} Context */
/** @typedef {import("../../ui/context").View} View */

/** The budget gets a panel of its own, so that it can stay in sight on a narrow screen.
 * @param {Context} context
 * @returns {{elements: HTMLElement[], render: View["render"]}} */
export function createAttackControls(context) {
  const { words } = context;
  const method = createMethod(context);
  const parameters = createAttackParameters(context, "parameter");
  const targets = createTargets(context);
  const transfer = createTransfer(context);
  const gray = createGrayBox(context);
  const goal = h(
    "section",
    { class: "panel goal", "aria-labelledby": "goal-title" },
    h("h2", { id: "goal-title" }, words.t("target.title")),
    targets.element,
    transfer.element,
    gray.element,
    parameters.more,
  );
  return {
    elements: [method.element, h("div", { class: "panel budget" }, parameters.main), goal],
    render(snapshot) {
      const { state, attacks } = snapshot;
      parameters.render(attacks.find(({ name }) => name === state.attack));
      for (const view of [method, targets, transfer, gray]) view.render(snapshot);
    },
  };
}

/** Which attack, in a sentence, and where it comes from. @param {Context} context @returns {View} */
function createMethod(context) {
  const { words } = context;
  const list = createAttackList(context, "attack");
  const about = h("p", { class: "about-attack" });
  const paper = h("p", { class: "hint paper" });
  return {
    element: h(
      "section",
      { class: "panel method", "aria-labelledby": "attack-title" },
      h("h2", { id: "attack-title" }, words.t("attack.title")),
      h("label", { class: "hidden", for: "attack" }, words.t("attack.choose")),
      list.element,
      about,
      paper,
    ),
    render({ attacks, state: { attack: chosen } }) {
      list.render(attacks);
      const attack = attacks.find(({ name }) => name === chosen);
      if (!attack || about.dataset.of === chosen) return;
      about.dataset.of = chosen;
      setText(about, words.t(`attack.${chosen}.about`, {}, attack.summary ?? attack.title));
      const [, who, number] = /^(.*?)(?:, arXiv:([\d.]+))?$/.exec(attack.paper) ?? [];
      const link = { href: `https://arxiv.org/abs/${number}`, rel: "noopener" };
      paper.replaceChildren(
        `${words.t("attack.paper")}: `,
        number ? h("a", link, who) : String(who),
      );
    },
  };
}

/** A switch with a line about what it does now.
 * @param {{id: string, title: string, onchange: (on: boolean) => void}} options @param {...HTMLElement} more */
function createSwitch({ id, title, onchange }, ...more) {
  const input = /** @type {HTMLInputElement} */ (
    h("input", {
      type: "checkbox",
      role: "switch",
      id,
      "aria-describedby": `${id}-about`,
      onchange: () => onchange(input.checked),
    })
  );
  const about = h("p", { class: "hint", id: `${id}-about` });
  const label = h("label", { for: id }, input, title);
  return { element: h("div", { class: "switch" }, label, about, ...more), input, about };
}

/** One model's image for all. @param {Context} context @returns {View} */
function createTransfer({ words, state, update }) {
  const { models } = datasets[state().dataset];
  const from = /** @type {HTMLSelectElement} */ (
    h(
      "select",
      {
        id: "from",
        "aria-label": words.t("transfer.from"),
        onchange: () => update({ from: from.value }),
      },
      ...models.map(({ id }) => h("option", { value: id }, words.t(`model.${id}`, {}, id))),
    )
  );
  const first = () => (models.find(({ id }) => state().model.includes(id)) ?? models[0]).id;
  const { element, input, about } = createSwitch(
    {
      id: "transfer",
      title: words.t("transfer.title"),
      onchange: (on) => update({ from: on ? first() : "" }),
    },
    from,
  );
  return {
    element,
    render({ state: now }) {
      input.checked = now.from !== "";
      setText(about, words.t(input.checked ? "transfer.on" : "transfer.off"));
      from.hidden = !input.checked;
      from.value = now.from;
    },
  };
}

/** Whether the attack knows of a model's defence. @param {Context} context @returns {View} */
function createGrayBox({ words, state, update }) {
  const { models } = datasets[state().dataset];
  const { element, input, about } = createSwitch({
    id: "gray-box",
    title: words.t("gray.title"),
    onchange: (grayBox) => update({ grayBox }),
  });
  return {
    element,
    render({ state: now }) {
      element.hidden = !models.some(
        (model) => isDefended(model) && (now.model.includes(model.id) || now.from === model.id),
      );
      input.checked = now.grayBox;
      setText(about, words.t(now.grayBox ? "gray.on" : "gray.off"));
    },
  };
}
