// The top of the page: its name, the language, and light or dark.
import { languages } from "../i18n.js";
import { h, setText } from "../dom.js";

/** @param {import("./context").Context} context
 * @returns {{elements: HTMLElement[], render: () => void}} */
export function createMasthead({ words, state, update, scheme }) {
  const theme = h("button", {
    type: "button", class: "theme", title: words.t("page.dark"), "aria-label": words.t("page.dark"),
    onclick: () => update({ theme: scheme() === "dark" ? "light" : "dark" }),
  }, h("span", { "aria-hidden": "true" }, "◐"));
  const list = /** @type {HTMLSelectElement} */ (h("select", {
    class: "language", "aria-label": words.t("page.language"), onchange: () => update({ lang: list.value }),
  }, ...Object.entries(languages).map(([lang, messages]) => h("option", { value: lang, lang }, messages.language))));
  const tagline = h("p", { class: "tagline" });
  setText(tagline, words.t("page.tagline"));
  return {
    elements: [
      h("a", { class: "skip", href: "#results" }, words.t("page.skip")),
      h("div", { class: "brand" }, h("h1", {}, "Signflip"),
        h("span", { class: "mark", "aria-hidden": "true" }, h("b", { class: "minus" }, "−"), h("b", { class: "plus" }, "+")), tagline),
      h("div", { class: "settings" }, list, theme),
    ],
    render() {
      list.value = state().lang;
      theme.setAttribute("aria-pressed", String(scheme() === "dark"));
    },
  };
}
