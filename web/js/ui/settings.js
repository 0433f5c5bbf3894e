// The page's language, and light or dark.
import { h } from "./dom.js";
import { languages } from "./i18n.js";

/** @param {Pick<import("./context").Context, "words" | "state" | "update" | "scheme">} context
 * @returns {{elements: HTMLElement[], render: () => void}} */
export function createSettings({ words, state, update, scheme }) {
  const theme = h(
    "button",
    {
      type: "button",
      class: "theme",
      title: words.t("page.dark"),
      "aria-label": words.t("page.dark"),
      onclick: () => update({ theme: scheme() === "dark" ? "light" : "dark" }),
    },
    h("span", { "aria-hidden": "true" }, "◐"),
  );
  const list = /** @type {HTMLSelectElement} */ (
    h(
      "select",
      {
        class: "language",
        "aria-label": words.t("page.language"),
        onchange: () => update({ lang: list.value }),
      },
      ...Object.entries(languages).map(([lang, name]) => h("option", { value: lang, lang }, name)),
    )
  );
  return {
    elements: [list, theme],
    render() {
      list.value = state().lang;
      theme.setAttribute("aria-pressed", String(scheme() === "dark"));
    },
  };
}
