// Rows of chips: one of several, several of several. Native radio buttons and checkboxes underneath.
import { choice, h } from "../../ui/dom.js";

let groups = 0;

/** @param {string} legend @param {HTMLElement[]} chips */
const row = (legend, chips) =>
  h(
    "fieldset",
    { class: "lab-choice" },
    h("legend", {}, legend),
    h("div", { class: "choices" }, ...chips),
  );

/** One of several. @template {string | number} T
 * @param {{legend: string, values: T[], label: (value: T) => string, value: T, onchange: (value: T) => void}} options
 * @returns {{element: HTMLElement, value: () => T, set: (value: T) => void}} */
export function createOneOf({ legend, values, label, value, onchange }) {
  let chosen = value;
  const name = `lab-choice-${++groups}`;
  const chips = values.map((one) => {
    const options = {
      name,
      value: String(one),
      label: label(one),
      onchange: () => onchange((chosen = one)),
    };
    return choice(options, label(one));
  });
  /** @param {T} to */
  function set(to) {
    const chip = chips[values.indexOf(to)];
    if (!chip) return;
    chosen = to;
    chip.input.checked = true;
  }
  set(value);
  const elements = chips.map(({ element }) => element);
  return { element: row(legend, elements), value: () => chosen, set };
}

/** Several of several; never none.
 * @param {{legend: string, values: string[], label: (value: string) => string, value: string[], onchange: (values: string[]) => void}} options
 * @returns {{element: HTMLElement, set: (values: string[]) => void}} */
export function createSomeOf({ legend, values, label, value, onchange }) {
  let chosen = value;
  const inputs = values.map(
    (one) =>
      /** @type {HTMLInputElement} */ (
        h("input", {
          type: "checkbox",
          value: one,
          "aria-label": label(one),
          onchange: () => {
            const now = values.filter((_, i) => inputs[i].checked);
            if (now.length === 0) return set(chosen);
            chosen = now;
            onchange(now);
          },
        })
      ),
  );
  /** @param {string[]} to */
  function set(to) {
    chosen = to;
    inputs.forEach((input, i) => {
      input.checked = to.includes(values[i]);
    });
  }
  set(value);
  const chips = inputs.map((input, i) =>
    h("label", { class: "choice chip" }, input, h("span", { class: "face" }, label(values[i]))),
  );
  return { element: row(legend, chips), set };
}
