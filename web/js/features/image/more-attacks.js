// The attacks beyond the buttons: a button "More" and the sheet that it opens, with one group for each
// family of the catalogue; what is chosen, it hands on. The sheet lies over the controls below, so that
// opening it moves nothing.
import { choice, h, setText } from "../../ui/dom.js";

/** @typedef {import("../../ui/context").Context} Context */
/** @typedef {import("../../types").AttackInfo} AttackInfo */

/** @param {Context} context
 * @param {{inputs: Map<string, HTMLInputElement>, taken: number, title: (attack: AttackInfo) => string, choose: (name: string) => void}} options
 *   inputs: where the radio buttons are noted; taken: so many attacks have a button elsewhere */
export function createMoreAttacks({ words }, { inputs, taken, title, choose }) {
  const label = h("span", {});
  const button = h(
    "button",
    {
      type: "button",
      class: "others",
      "aria-expanded": "false",
      "aria-controls": "others",
      onclick: () => show(sheet.hidden),
    },
    label,
    h("span", { class: "arrow", "aria-hidden": "true" }, "▾"),
  );
  const groups = h("div", { class: "groups" });
  const sheet = h(
    "div",
    {
      id: "others",
      class: "sheet",
      role: "group",
      "aria-label": words.t("attack.other"),
      hidden: true,
    },
    groups,
  );
  const inside = (/** @type {EventTarget | null} */ target) =>
    target instanceof Node && (sheet.contains(target) || button.contains(target));

  /** @param {boolean} open @param {boolean} [back] whether the focus goes back to the button */
  function show(open, back = false) {
    sheet.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) {
      document.addEventListener("pointerdown", outside);
      sheet.scrollIntoView({ block: "nearest" });
    } else {
      document.removeEventListener("pointerdown", outside);
      if (back) button.focus();
    }
  }
  const outside = (/** @type {Event} */ event) => {
    if (!inside(event.target)) show(false);
  };
  // Arrow keys choose and leave the sheet open; Enter, Escape or a click on a choice end it.
  sheet.addEventListener("click", (event) => {
    if (event.detail > 0 && event.target instanceof HTMLInputElement) show(false, true);
  });
  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (
      sheet.hidden ||
      !(
        event.key === "Escape" ||
        (event.key === "Enter" && event.target instanceof HTMLInputElement)
      )
    )
      return;
    event.preventDefault();
    show(false, true);
  };
  const left = (/** @type {FocusEvent} */ event) => {
    if (!sheet.hidden && event.relatedTarget && !inside(event.relatedTarget)) show(false);
  };
  for (const element of [button, sheet]) {
    element.addEventListener("keydown", keys);
    element.addEventListener("focusout", left);
  }

  let listed = 0;
  /** @param {AttackInfo[]} attacks */
  function list(attacks) {
    const had = sheet.contains(document.activeElement);
    groups.replaceChildren();
    for (const family of new Set(attacks.map((attack) => attack.family))) {
      groups.append(
        h(
          "fieldset",
          {},
          h("legend", {}, words.t(`family.${family}`, {}, family)),
          h(
            "div",
            { class: "choices" },
            ...attacks
              .filter((attack) => attack.family === family)
              .map((attack) => {
                const { element, input } = choice(
                  {
                    name: "attack",
                    value: attack.name,
                    label: title(attack),
                    onchange: () => choose(attack.name),
                  },
                  title(attack),
                );
                inputs.set(attack.name, input);
                return element;
              }),
          ),
        ),
      );
    }
    if (had) button.focus();
  }

  return {
    button,
    sheet,
    /** @param {import("../../types").Snapshot} snapshot */
    render({ state, attacks }) {
      const rest = attacks.slice(taken);
      if (rest.length !== listed) {
        listed = rest.length;
        list(rest);
      }
      const chosen = rest.find((attack) => attack.name === state.attack);
      setText(label, chosen ? title(chosen) : words.t("attack.others"));
      button.toggleAttribute("data-chosen", chosen !== undefined);
      // Read as "Other attacks: DeepFool".
      button.setAttribute(
        "aria-label",
        chosen ? `${words.t("attack.other")}: ${title(chosen)}` : words.t("attack.others"),
      );
      button.title = chosen ? title(chosen) : words.t("attack.other");
    },
  };
}
