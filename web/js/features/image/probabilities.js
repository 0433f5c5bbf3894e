// A model's probabilities before and after the attack, as bars and numbers: the classes that matter, then all the
// others in one row, and each of them when one asks.
import { datasets } from "../../state/datasets.js";
import { h, setText } from "../../ui/dom.js";

/** So many classes always have a row. */
const first = 3;

/** @typedef {import("../../types").Lane} Lane */

/** The classes that get a row: what the model read, what it should, the goal, then the likeliest.
 * @param {Pick<Lane, "before" | "after" | "label" | "target" | "cleanLabel" | "adversarialLabel">} lane @param {number} count
 * @returns {number[]} in the classes' order */
export function foremost({ before, after, label, target, cleanLabel, adversarialLabel }, count) {
  const chosen = new Set([
    label,
    cleanLabel,
    adversarialLabel,
    ...(target === null ? [] : [target]),
  ]);
  const likely = Array.from(before, (_, i) => i).sort(
    (a, b) => Math.max(before[b], after[b]) - Math.max(before[a], after[a]) || a - b,
  );
  for (const i of likely) if (chosen.size < count) chosen.add(i);
  return [...chosen].slice(0, count).sort((a, b) => a - b);
}

/** @param {import("../../ui/context").Context} context
 * @returns {import("./lane.js").Part & {element: HTMLElement}} */
export function createProbabilities({ words, state }) {
  const { dataset } = state();
  const { classes } = datasets[dataset];
  /** So few that none is left for a row of the others. */
  const few = classes.length <= first;
  let all = few;
  /** @type {Lane | null} */
  let shown = null;
  const rows = classes.map(() => createRow(words));
  const rest = createRow(words);
  const button = h("button", {
    type: "button",
    hidden: few,
    class: "fold",
    onclick: () => {
      all = !all;
      render();
    },
  });
  const column = (/** @type {string} */ when) =>
    h("th", { scope: "col", class: when }, words.t(`probabilities.${when}`));
  const name = h("span", { class: "hidden" }, words.t("probabilities.class"));
  const table = h(
    "table",
    { class: "probabilities" },
    h("caption", { class: "hidden" }, words.t("probabilities.caption")),
    h(
      "thead",
      {},
      h("tr", {}, h("th", { scope: "col" }, name), column("before"), column("after"), h("td", {})),
    ),
    h("tbody", {}, ...rows.map(({ element }) => element), rest.element),
  );

  function render() {
    const count = all ? classes.length : first;
    const chosen = shown ? foremost(shown, count) : classes.map((_, i) => i).slice(0, count);
    rows.forEach((row, k) => {
      row.element.hidden = k >= count;
      if (k < count) row.render(shown, chosen[k], words.className(dataset, chosen[k]));
    });
    rest.element.hidden = all;
    const sum = (/** @type {Float32Array | undefined} */ p) =>
      p && Math.max(0, 1 - chosen.reduce((total, i) => total + p[i], 0));
    rest.fill(sum(shown?.before), sum(shown?.after));
    rest.name(words.t("probabilities.others", { count: classes.length - count }));
    setText(button, words.t(all ? "probabilities.fewer" : "probabilities.all"));
    button.setAttribute("aria-expanded", String(all));
  }
  render();
  return {
    element: h("div", { class: "chances" }, table, button),
    show(lane) {
      shown = lane;
      render();
    },
    clear() {
      shown = null;
      render();
    },
  };
}

/** A row of the table: a class, its two numbers, its two bars.
 * @param {import("../../ui/i18n.js").Words} words */
function createRow(words) {
  const bars = ["before", "after"].map((kind) => h("span", { class: `bar ${kind}` }));
  const numbers = ["before", "after"].map((kind) => h("td", { class: kind }));
  const title = h("span", { class: "class-name" });
  const goal = h("span", { class: "goal-mark" });
  const element = h(
    "tr",
    {},
    h("th", { scope: "row" }, title, goal),
    ...numbers,
    h("td", { class: "bars", "aria-hidden": "true" }, ...bars),
  );
  /** @param {...(number | undefined)} probabilities before and after; none: nothing is known */
  function fill(...probabilities) {
    probabilities.forEach((p, k) => {
      bars[k].style.transform = `scaleX(${(p ?? 0).toFixed(4)})`;
      setText(numbers[k], p === undefined ? "" : words.percent(p));
    });
  }
  return {
    element,
    fill,
    /** @param {string} text */
    name: (text) => setText(title, text),
    /** @param {Lane | null} lane @param {number} i @param {string} className */
    render(lane, i, className) {
      fill(lane?.before[i], lane?.after[i]);
      setText(title, className);
      element.dataset.class = String(i);
      element.classList.toggle("first-before", i === lane?.cleanLabel);
      element.classList.toggle("first-after", i === lane?.adversarialLabel);
      element.classList.toggle("truth", i === lane?.label);
      setText(goal, lane && i === lane.target ? ` ${words.t("probabilities.target")}` : "");
    },
  };
}
