// A model's probabilities before and after the attack, as bars and numbers. Few classes have a row each;
// of many the likeliest are shown, with one row for all the others together, so that nothing is hidden.
import { datasets } from "../../state/datasets.js";
import { h, setText } from "../../ui/dom.js";

/** With more classes than this, only so many rows. */
const few = 12,
  rowsOfMany = 8;

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
 * @returns {{element: HTMLElement, render: (lane: Lane) => void}} */
export function createProbabilities({ words, state }) {
  const { dataset } = state();
  const { classes } = datasets[dataset];
  const many = classes.length > few;
  const rows = Array.from({ length: many ? rowsOfMany : classes.length }, (_, i) =>
    createRow(words, many ? "" : words.className(dataset, i)),
  );
  const rest = many
    ? createRow(words, words.t("probabilities.others", { count: classes.length - rowsOfMany }))
    : null;
  return {
    element: h(
      "table",
      { class: many ? "probabilities many" : "probabilities" },
      h("caption", { class: "hidden" }, words.t("probabilities.caption")),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, h("span", { class: "hidden" }, words.t("probabilities.class"))),
          h("td", {}),
          h("th", { scope: "col", class: "before" }, words.t("probabilities.before")),
          h("th", { scope: "col", class: "after" }, words.t("probabilities.after")),
        ),
      ),
      h("tbody", {}, ...rows.map((row) => row.element), rest?.element ?? null),
    ),
    render(lane) {
      const shown = many ? foremost(lane, rowsOfMany) : classes.map((_, i) => i);
      rows.forEach((row, k) => row.render(lane, shown[k], words.className(dataset, shown[k])));
      if (!rest) return;
      const sum = (/** @type {Float32Array} */ p) =>
        Math.max(0, 1 - shown.reduce((total, i) => total + p[i], 0));
      rest.fill([sum(lane.before), sum(lane.after)]);
    },
  };
}

/** A row of the table: a class, its two bars, its two numbers.
 * @param {import("../../ui/i18n.js").Words} words @param {string} name */
function createRow(words, name) {
  const bars = ["before", "after"].map((kind) => h("span", { class: `bar ${kind}` }));
  const numbers = ["before", "after"].map((kind) => h("td", { class: kind }));
  const title = h("span", { class: "class-name" }, name);
  const goal = h("span", { class: "goal-mark" });
  const element = h(
    "tr",
    {},
    h("th", { scope: "row" }, title, goal),
    h("td", { class: "bars", "aria-hidden": "true" }, ...bars),
    ...numbers,
  );
  /** @param {number[]} probabilities before and after */
  function fill(probabilities) {
    probabilities.forEach((p, k) => {
      bars[k].style.transform = `scaleX(${p.toFixed(4)})`;
      setText(numbers[k], words.percent(p));
    });
  }
  return {
    element,
    fill,
    /** @param {Lane} lane @param {number} i @param {string} className */
    render(lane, i, className) {
      fill([lane.before[i], lane.after[i]]);
      setText(title, className);
      title.title = className;
      element.dataset.class = String(i);
      element.classList.toggle("first-before", i === lane.cleanLabel);
      element.classList.toggle("first-after", i === lane.adversarialLabel);
      element.classList.toggle("truth", i === lane.label);
      setText(goal, i === lane.target ? ` ${words.t("probabilities.target")}` : "");
    },
  };
}
