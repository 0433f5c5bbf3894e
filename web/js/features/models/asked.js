// What a tool is asked: which model, or several, and how many test images. The page's address holds it.
import { createOneOf, createSomeOf } from "./choices.js";

/** @typedef {import("./types").LabContext} LabContext */

/** More models than this are not compared unless one asks. */
const first = 6;

/** @param {LabContext} context */
const idsOf = ({ lab }) => lab.models.map(({ id }) => id);

/** One of the models. @param {LabContext} context @param {() => void} [onchange]
 * @returns {{element: HTMLElement, value: () => string, render: () => void}} */
export function createSubject(context, onchange) {
  const { words, shortOf, state, update } = context;
  const ids = idsOf(context);
  const value = () => (ids.includes(state().subject) ? state().subject : ids[0]);
  const chips = createOneOf({
    legend: words.t("lab.model"),
    values: ids,
    label: shortOf,
    value: value(),
    onchange: (id) => {
      update({ subject: id === ids[0] ? "" : id });
      onchange?.();
    },
  });
  return { element: chips.element, value, render: () => chips.set(value()) };
}

/** Several of the models. @param {LabContext} context @param {() => void} [onchange]
 * @returns {{element: HTMLElement, value: () => string[], render: () => void}} */
export function createCompared(context, onchange) {
  const { words, shortOf, state, update } = context;
  const ids = idsOf(context);
  const usual = ids.slice(0, first);
  const value = () => {
    const chosen = ids.filter((id) => state().compared.includes(id));
    return chosen.length > 0 ? chosen : usual;
  };
  const chips = createSomeOf({
    legend: words.t("lab.models"),
    values: ids,
    label: shortOf,
    value: value(),
    onchange: (chosen) => {
      update({ compared: chosen.join() === usual.join() ? [] : chosen });
      onchange?.();
    },
  });
  return { element: chips.element, value, render: () => chips.set(value()) };
}

/** How many test images. @param {LabContext} context @param {number[]} counts @param {number} usual
 * @returns {{element: HTMLElement, value: () => number, render: () => void}} */
export function createCount({ words, state, update }, counts, usual) {
  const values = [...new Set([usual, ...counts])].sort((a, b) => a - b);
  const value = () => (values.includes(state().count) ? state().count : usual);
  const chips = createOneOf({
    legend: words.t("lab.images"),
    values,
    label: (count) => words.number(count, 0),
    value: value(),
    onchange: (count) => update({ count: count === usual ? 0 : count }),
  });
  return { element: chips.element, value, render: () => chips.set(value()) };
}
