// Which classes turn into which under attack, the most frequent first; each opens its images.
import { h, setText } from "../../../../ui/dom.js";

/** So many pairs of classes. */
const most = 6;

/** @param {import("../../types").LabContext} context @param {(from: number, to: number) => void} open
 * @returns {{element: HTMLElement, render: (tally: import("../../counts.js").Tally) => void}} */
export function createTurns({ words, className }, open) {
  const list = h("ol", { class: "top-confusions" });
  const none = h("p", { class: "hint" }, words.t("test.none"));
  const create = () => {
    const bar = h("span", { class: "share-bar", "aria-hidden": "true" });
    const button = h("button", { type: "button" }, h("span", {}), bar);
    button.addEventListener("click", () =>
      open(Number(button.dataset.from), Number(button.dataset.to)),
    );
    list.append(h("li", {}, button));
    return button;
  };
  return {
    element: h("div", {}, h("h4", {}, words.t("test.turns")), none, list),
    render(tally) {
      const top = tally.topConfusions(most);
      none.hidden = top.length > 0;
      while (list.children.length > top.length) list.lastElementChild?.remove();
      top.forEach(({ label, predicted, count, share }, i) => {
        const button = /** @type {HTMLElement} */ (list.children[i]?.firstElementChild ?? create());
        button.dataset.from = String(label);
        button.dataset.to = String(predicted);
        button.style.setProperty("--share", String(share));
        const names = { label: className(label), predicted: className(predicted) };
        const text = words.t("test.turn", { ...names, count, share: words.percent(share) });
        setText(/** @type {Element} */ (button.firstElementChild), text);
      });
    },
  };
}
