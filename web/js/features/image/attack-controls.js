// The attack: which one, its parameters, its goal, and whose gradients. All of it made from the
// engine's catalogue, so that an attack added in C++ appears here by itself.
import { datasets } from "../../state/datasets.js";
import { choice, h, setText } from "../../ui/dom.js";
import { carriedOver } from "../../state/state.js";
import { createMoreAttacks } from "./more-attacks.js";
import { createParameter } from "../../ui/parameter.js";
import { createTargets } from "./targets.js";

/** @typedef {import("../../ui/context").Context} Context */
/** @typedef {import("../../types").AttackInfo} AttackInfo */

/** Parameters that everyone wants to move, then whatever the catalogue names first; the rest is folded away. */
const foremost = ["epsilon", "steps", "queries"];
const inSight = 2;
/** So many attacks have a button; the others share a sheet, so that the row keeps its height. */
const buttons = 3;

/** The budget gets a panel of its own, so that it can stay in sight on a narrow screen.
 * @param {Context} context
 * @returns {{method: HTMLElement, budget: HTMLElement, goal: HTMLElement, render: (snapshot: import("../../types").Snapshot) => void}} */
export function createAttackControls(context) {
  const { words, update, state } = context;
  /** @type {Map<string, HTMLInputElement>} */
  const methods = new Map();
  /** @type {{element: HTMLElement, render: () => void}[]} */
  let parameters = [];
  let built = "";

  /** @type {AttackInfo[]} */
  let catalogue = [];
  const named = (/** @type {string} */ name) => catalogue.find((attack) => attack.name === name);
  const title = (/** @type {AttackInfo} */ attack) =>
    words.t(`attack.${attack.name}`, {}, attack.title);
  const choose = (/** @type {string} */ name) =>
    update({
      attack: name,
      parameters: carriedOver(
        state(),
        named(state().attack),
        /** @type {AttackInfo} */ (named(name)),
      ),
    });
  const others = createMoreAttacks(context, { inputs: methods, taken: buttons, title, choose });
  const list = h("div", { class: "choices methods" }, h("span", { class: "skeleton" }));
  const about = h("p", { class: "about-attack" });
  const paper = h("p", { class: "hint paper" });
  const method = h(
    "section",
    { class: "panel method", "aria-labelledby": "attack-title" },
    h("h2", { id: "attack-title" }, words.t("attack.title")),
    h(
      "fieldset",
      {},
      h("legend", { class: "hidden" }, words.t("attack.choose")),
      list,
      others.sheet,
    ),
    about,
    paper,
  );

  const main = h("div", { class: "parameters" }, h("span", { class: "skeleton" }));
  const more = h("details", { class: "more", hidden: true });
  const budget = h("div", { class: "panel budget" }, main);

  const targets = createTargets(context);
  const { models } = datasets[state().dataset];
  const own = /** @type {HTMLInputElement} */ (
    h("input", {
      type: "checkbox",
      role: "switch",
      id: "transfer",
      "aria-describedby": "transfer-about",
      onchange: () =>
        update({
          from: own.checked
            ? (models.find(({ id }) => state().model.includes(id)) ?? models[0]).id
            : "",
        }),
    })
  );
  const ownAbout = h("p", { class: "hint", id: "transfer-about" });
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
  const gray = /** @type {HTMLInputElement} */ (
    h("input", {
      type: "checkbox",
      role: "switch",
      id: "gray-box",
      "aria-describedby": "gray-about",
      onchange: () => update({ grayBox: gray.checked }),
    })
  );
  const grayAbout = h("p", { class: "hint", id: "gray-about" });
  const graySwitch = h(
    "div",
    { class: "switch" },
    h("label", { for: "gray-box" }, gray, words.t("gray.title")),
    grayAbout,
  );
  const goal = h(
    "section",
    { class: "panel goal", "aria-labelledby": "goal-title" },
    h("h2", { id: "goal-title" }, words.t("target.title")),
    targets.element,
    h(
      "div",
      { class: "switch" },
      h("label", { for: "transfer" }, own, words.t("transfer.title")),
      ownAbout,
      from,
    ),
    graySwitch,
    more,
  );

  function buildMethods() {
    list.replaceChildren(
      ...catalogue.slice(0, buttons).map((attack) => {
        const { element, input } = choice(
          {
            name: "attack",
            value: attack.name,
            label: title(attack),
            onchange: () => choose(attack.name),
          },
          title(attack),
        );
        methods.set(attack.name, input);
        return element;
      }),
      others.button,
    );
  }

  /** @param {AttackInfo} attack */
  function buildParameters(attack) {
    const controls = attack.parameters.map((parameter) => ({
      name: parameter.name,
      ...createParameter(context, parameter),
    }));
    const rank = (/** @type {import("../../types").Parameter} */ { name, kind, automatic }) => {
      const place = foremost.indexOf(name);
      return place >= 0
        ? place
        : kind === "real" || kind === "integer"
          ? foremost.length + (automatic ? 1 : 0)
          : Infinity;
    };
    const ranked = [...attack.parameters]
      .sort((a, b) => rank(a) - rank(b) || 0)
      .slice(0, inSight)
      .map(({ name }) => name);
    const first = controls.filter(({ name }) => ranked.includes(name));
    const rest = controls.filter(({ name }) => !ranked.includes(name));
    main.replaceChildren(...first.map(({ element }) => element));
    if (controls.length === 1)
      main.append(h("p", { class: "hint nothing" }, words.t("attack.nothing")));
    more.replaceChildren(
      h("summary", {}, words.t("attack.more")),
      ...rest.map(({ element }) => element),
      h(
        "button",
        { type: "button", onclick: () => update({ parameters: {} }) },
        words.t("attack.reset"),
      ),
    );
    more.hidden = rest.length === 0;
    parameters = controls;
  }

  return {
    method,
    budget,
    goal,
    render(snapshot) {
      const { state: now, attacks } = snapshot;
      catalogue = attacks;
      if (methods.size === 0 && attacks.length > 0) buildMethods();
      others.render(snapshot);
      const attack = named(now.attack);
      if (attack && built !== attack.name) {
        built = attack.name;
        buildParameters(attack);
        setText(about, words.t(`attack.${attack.name}.about`, {}, attack.summary ?? attack.title));
        setText(paper, attack.paper ? `${words.t("attack.paper")}: ${attack.paper}` : "");
      }
      for (const [name, input] of methods) input.checked = name === now.attack;
      for (const parameter of parameters) parameter.render();

      targets.render(snapshot);
      own.checked = now.from !== "";
      setText(ownAbout, words.t(own.checked ? "transfer.on" : "transfer.off"));
      from.hidden = !own.checked;
      from.value = now.from;
      graySwitch.hidden = !models.some(
        ({ id, denoiser }) => denoiser && (now.model.includes(id) || now.from === id),
      );
      gray.checked = now.grayBox;
      setText(grayAbout, words.t(now.grayBox ? "gray.on" : "gray.off"));
    },
  };
}
