// What a tool is asked: which model, or several, and how many test images. The page's address holds it.
import { h } from "../../ui/dom.js";
import { createOneOf, createSomeOf } from "./choices.js";

/** @typedef {import("./types").LabContext} LabContext */

/** More models than this are not compared unless one asks. */
const first = 6;

/** @param {LabContext} context */
const idsOf = ({ lab }) => lab.models.map(({ id }) => id);

/** One framed part of a tool. @param {...(Node | string | null)} children */
export const panel = (...children) => h("div", { class: "panel" }, ...children);

/** A tool: what it is asked on top, below it what it shows.
 * @param {string} name @param {HTMLElement[]} asked @param {...HTMLElement} shown */
export const toolElement = (name, asked, ...shown) =>
  h("div", { class: `tool ${name}` }, h("div", { class: "panel ask" }, ...asked), ...shown);

/** Chips that show a value of the page's state. @template T @param {(options: any) => {element: HTMLElement, set: (value: T) => void}} create
 * @param {() => T} value @param {Record<string, unknown>} options */
function chipsOf(create, value, options) {
  const { element, set } = create({ ...options, value: value() });
  return { element, value, render: () => set(value()) };
}

/** One of the models. @param {LabContext} context @param {() => void} [onchange]
 * @returns {{element: HTMLElement, value: () => string, render: () => void}} */
export function createSubject(context, onchange) {
  const { words, shortOf, state, update } = context;
  const ids = idsOf(context);
  const value = () => (ids.includes(state().subject) ? state().subject : ids[0]);
  const take = (/** @type {string} */ id) => {
    update({ subject: id === ids[0] ? "" : id });
    onchange?.();
  };
  const legend = words.t("lab.model");
  return chipsOf(createOneOf, value, { legend, values: ids, label: shortOf, onchange: take });
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
  const take = (/** @type {string[]} */ chosen) => {
    update({ compared: chosen.join() === usual.join() ? [] : chosen });
    onchange?.();
  };
  const legend = words.t("lab.models");
  return chipsOf(createSomeOf, value, { legend, values: ids, label: shortOf, onchange: take });
}

/** How many test images. @param {LabContext} context @param {number[]} counts @param {number} usual
 * @returns {{element: HTMLElement, value: () => number, render: () => void}} */
export function createCount({ words, state, update, drawn }, counts, usual) {
  const values = [...new Set([usual, ...counts])].sort((a, b) => a - b);
  const value = () => (values.includes(state().count) ? state().count : usual);
  return chipsOf(createOneOf, value, {
    legend: words.t("lab.images"),
    values,
    label: (/** @type {number} */ count) =>
      count === drawn()
        ? words.t("lab.drawnCount", { count: words.number(count, 0) })
        : words.number(count, 0),
    onchange: (/** @type {number} */ count) => update({ count: count === usual ? 0 : count }),
  });
}
