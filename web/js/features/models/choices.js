// Rows of chips: one of several models, several of several, a number of images. Native radio buttons and
// checkboxes underneath.
import { choice, h } from "../../ui/dom.js";

let groups = 0;

/** One of several. @template {string | number} T
 * @param {{legend: string, values: T[], label: (value: T) => string, value: T, onchange: (value: T) => void}} options
 * @returns {{element: HTMLElement, value: () => T, set: (value: T) => void}} */
export function createOneOf({ legend, values, label, value, onchange }) {
  let chosen = value;
  const name = `lab-choice-${++groups}`;
  /** @type {Map<T, HTMLInputElement>} */
  const inputs = new Map();
  const chips = values.map((one) => {
    const { element, input } = choice(
      {
        name,
        value: String(one),
        label: label(one),
        onchange: () => {
          chosen = one;
          onchange(one);
        },
      },
      label(one),
    );
    input.checked = one === chosen;
    inputs.set(one, input);
    return element;
  });
  return {
    element: h(
      "fieldset",
      { class: "lab-choice" },
      h("legend", {}, legend),
      h("div", { class: "choices" }, ...chips),
    ),
    value: () => chosen,
    set(to) {
      const input = inputs.get(to);
      if (!input) return;
      chosen = to;
      input.checked = true;
    },
  };
}

/** Several of several; never none.
 * @param {{legend: string, values: string[], label: (value: string) => string, value: string[], onchange: (values: string[]) => void}} options
 * @returns {{element: HTMLElement, value: () => string[]}} */
export function createSomeOf({ legend, values, label, value, onchange }) {
  const chosen = new Set(value);
  const chips = values.map((one) => {
    const input = /** @type {HTMLInputElement} */ (
      h("input", {
        type: "checkbox",
        value: one,
        "aria-label": label(one),
        onchange: () => {
          if (input.checked) chosen.add(one);
          else if (chosen.size > 1) chosen.delete(one);
          else input.checked = true;
          onchange(values.filter((each) => chosen.has(each)));
        },
      })
    );
    input.checked = chosen.has(one);
    return h("label", { class: "choice chip" }, input, h("span", { class: "face" }, label(one)));
  });
  return {
    element: h(
      "fieldset",
      { class: "lab-choice" },
      h("legend", {}, legend),
      h("div", { class: "choices" }, ...chips),
    ),
    value: () => values.filter((one) => chosen.has(one)),
  };
}
