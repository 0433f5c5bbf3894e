// The page's language and theme.
import { h, setText, whenChanged } from "./dom.js";
import { languages } from "./i18n.js";

/** @typedef {Pick<import("./context").Context, "words" | "state" | "update" | "scheme">} Given */

/** @param {Given} context @returns {{elements: HTMLElement[], render: () => void}} */
export function createSettings(context) {
  const parts = [createLanguages(context), createTheme(context)];
  const render = whenChanged(() => parts.forEach((part) => part.render()));
  return {
    elements: parts.map(({ element }) => element),
    render: () => render(context.state().lang, context.state().theme, context.scheme()),
  };
}

/** @param {Given} context */
function createLanguages({ words, state, update }) {
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
    element: list,
    render() {
      list.value = state().lang;
    },
  };
}

/** A button that goes through the themes: first the other one, then the one that it was, then as the system has it.
 * @param {Given} context */
function createTheme({ words, state, update, scheme }) {
  const next = () => {
    const other = scheme() === "dark" ? "light" : "dark";
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const { theme } = state();
    return theme === "auto" ? other : theme === system ? "auto" : system;
  };
  const sign = h("span", { "aria-hidden": "true" });
  const button = h("button", {
    type: "button",
    class: "theme",
    onclick: () => update({ theme: next() }),
  });
  button.append(sign);
  return {
    element: button,
    render() {
      const { theme } = state();
      const title = words.t(`page.theme.${theme}`);
      setText(sign, { auto: "◐", dark: "●", light: "○" }[theme]);
      button.title = title;
      button.setAttribute("aria-label", title);
    },
  };
}
