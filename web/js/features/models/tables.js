// Tables of the tools, and what stands in them.
import { h } from "../../ui/dom.js";

/** A table that may be wider than its place; it scrolls by itself, also by keyboard.
 * @param {string} label @param {HTMLElement} table */
export const scrollable = (label, table) =>
  h("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": label }, table);

/** @param {string[]} names */
export const headRow = (names) =>
  h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name)));

/** @param {string} name @param {(string | HTMLElement)[]} cells */
export const bodyRow = (name, cells) =>
  h(
    "tr",
    {},
    h("th", { scope: "row" }, name),
    ...cells.map((cell) => (typeof cell === "string" ? h("td", {}, cell) : cell)),
  );

/** Wilson's interval in words. @param {import("../../ui/i18n.js").Words} words @param {number} low @param {number} high */
export const intervalText = (words, low, high) =>
  words.t("interval", { low: words.percent(low), high: words.percent(high) });

/** Which test images figures are of: the first so many, or where a run was broken off, how many of these for each.
 * @param {import("../../ui/i18n.js").Words} words @param {number} count @param {{title: string, images: number}[]} done */
export function imagesText(words, count, done) {
  const some = done.filter(({ images }) => images > 0);
  const of = { count: words.number(count, 0) };
  if (some.every(({ images }) => images === count)) return words.t("images.first", of);
  const counts = some.map(({ title, images }) => `${title}: ${words.number(images, 0)}`);
  return words.t("images.some", { ...of, counts: counts.join(", ") });
}

/** Names and values, one under the other: of is the class of the pair, range what stands below the value.
 * @param {{name: string, value: HTMLElement, of?: string, range?: HTMLElement}[]} pairs */
export const figures = (pairs) =>
  h(
    "dl",
    { class: "stats" },
    ...pairs.map(({ name, value, of, range = null }) =>
      h("div", { class: of ?? null }, h("dt", {}, name), value, range),
    ),
  );
