// What is wrong, once, in the page's language; and a way to try again where that can help.
import { h, setText } from "./dom.js";

/** @param {Pick<import("./context").Context, "words" | "retry">} context
 * @returns {{element: HTMLElement, render: (trouble: {text: string, final: boolean}) => void}} */
export function createAlert({ words, retry }) {
  const text = h("p", { role: "alert" });
  const again = h("button", { type: "button", onclick: retry }, words.t("view.retry"));
  const element = h("div", { class: "alert", hidden: true }, text, again);
  return {
    element,
    render(trouble) {
      element.hidden = trouble.text === "";
      again.hidden = trouble.final;
      setText(text, trouble.text);
    },
  };
}
