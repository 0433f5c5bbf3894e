// An attack's parameters: the foremost in sight, the others folded away. Made anew for another attack.
import { h } from "./dom.js";
import { createParameter } from "./parameter.js";

/** @typedef {import("../types").AttackInfo} AttackInfo */
/** @typedef {import("../types").Parameter} Parameter */

/** Parameters that everyone wants to move, then whatever the catalogue names first. */
const foremost = ["epsilon", "steps", "queries"];
const inSight = 2;

/** @param {Parameter} parameter */
function rankOf({ name, kind, automatic }) {
  const place = foremost.indexOf(name);
  if (place >= 0) return place;
  return kind === "real" || kind === "integer" ? foremost.length + (automatic ? 1 : 0) : Infinity;
}

/** @param {import("./context").Context} context @param {string} prefix of the controls' ids
 * @returns {{main: HTMLElement, more: HTMLElement, render: (attack: AttackInfo | undefined) => void}} */
export function createAttackParameters(context, prefix) {
  const { words, update } = context;
  const main = h("div", { class: "parameters" }, h("span", { class: "skeleton" }));
  const rest = h("div", {});
  const reset = h(
    "button",
    { type: "button", onclick: () => update({ parameters: {} }) },
    words.t("attack.reset"),
  );
  const summary = h("summary", {}, words.t("attack.more"));
  const more = h("details", { class: "more", hidden: true }, summary, rest, reset);
  let built = "";
  /** @type {{element: HTMLElement, render: () => void}[]} */
  let controls = [];

  /** @param {AttackInfo} attack */
  function build({ name: attack, parameters }) {
    built = attack;
    const all = parameters.map((parameter) => ({
      name: parameter.name,
      ...createParameter(context, parameter, prefix),
    }));
    const ranked = [...parameters].sort((a, b) => rankOf(a) - rankOf(b) || 0);
    const seen = ranked.slice(0, inSight).map(({ name }) => name);
    const [first, others] = [true, false].map((wanted) =>
      all.filter(({ name }) => seen.includes(name) === wanted),
    );
    main.replaceChildren(...first.map(({ element }) => element));
    if (all.length === 1) main.append(h("p", { class: "hint nothing" }, words.t("attack.nothing")));
    rest.replaceChildren(...others.map(({ element }) => element));
    more.hidden = others.length === 0;
    controls = all;
  }

  return {
    main,
    more,
    render(attack) {
      if (attack && built !== attack.name) build(attack);
      for (const control of controls) control.render();
    },
  };
}
