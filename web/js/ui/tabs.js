// A row of tabs: one tab stop, arrow keys, Home and End. It chooses; whoever made it shows the panels.
import { h } from "./dom.js";

/** @param {{names: string[], title: (name: string) => string, tab: string, panel: string, list: Record<string, string>,
 *   choose: (name: string) => void}} options  tab, panel: what the ids of tabs and panels begin with; list: attributes of the row
 * @returns {{element: HTMLElement, show: (name: string) => void}} */
export function createTabs({ names, title, tab, panel, list, choose }) {
  const tabs = names.map((name) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `${tab}-${name}`,
        "aria-controls": `${panel}-${name}`,
        onclick: () => choose(name),
      },
      title(name),
    ),
  );
  /** @param {KeyboardEvent} event */
  function onkeydown(event) {
    // From the tab that has the focus: what is shown may follow a moment later.
    const at = tabs.findIndex((one) => one === event.target);
    const moves = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 };
    const to = moves[/** @type {keyof typeof moves} */ (event.key)];
    if (to === undefined) return;
    event.preventDefault();
    const next = (to + names.length) % names.length;
    choose(names[next]);
    tabs[next].focus();
  }
  return {
    element: h("div", { role: "tablist", ...list, onkeydown }, ...tabs),
    show(name) {
      tabs.forEach((one, i) => {
        one.setAttribute("aria-selected", String(names[i] === name));
        one.tabIndex = names[i] === name ? 0 : -1;
      });
    },
  };
}
