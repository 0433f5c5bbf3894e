// One parameter of the catalogue as a control: a slider with a number field, a checkbox or a list.
// It knows parameters' kinds and ranges, not what they mean.
import { datasets } from "../state/datasets.js";
import { h, setText } from "./dom.js";
import { valueOf } from "../state/state.js";

/** @typedef {import("./context").Context} Context */
/** @typedef {import("../types").Parameter} Parameter */

/** The slider's end for a budget in L2. */
const longest = 5;

/** @param {Parameter} parameter @param {number} high */
function stepOf({ kind, step }, high) {
  return step || (kind === "integer" ? 1 : high <= 1 ? 0.01 : 0.05);
}

/** @param {Pick<Context, "words" | "state" | "update">} context @param {Parameter} parameter
 * @param {string} [prefix] of the control's id, where another view has the same parameter */
export function createParameter({ words, state, update }, parameter, prefix = "parameter") {
  const { name, kind } = parameter;
  const title = words.t(`parameter.${name}`, {}, parameter.title);
  const id = `${prefix}-${name}`;
  /** @param {number | boolean | string} value */
  const set = (value) => update({ parameters: { ...state().parameters, [name]: value } });

  if (kind === "boolean") {
    const box = /** @type {HTMLInputElement} */ (
      h("input", { type: "checkbox", id, onchange: () => set(box.checked) })
    );
    return {
      element: h("div", { class: "parameter check" }, h("label", { for: id }, box, title)),
      render: () => {
        box.checked = valueOf(state(), parameter) === true;
      },
    };
  }
  if (kind === "choice") {
    const list = /** @type {HTMLSelectElement} */ (
      h(
        "select",
        { id, onchange: () => set(list.value) },
        ...(parameter.choices ?? []).map((value) =>
          h("option", { value }, words.t(`choice.${value}`, {}, value)),
        ),
      )
    );
    return {
      element: h("div", { class: "parameter" }, h("label", { for: id }, title), list),
      render: () => {
        list.value = String(valueOf(state(), parameter));
      },
    };
  }

  const low = parameter.min ?? 0,
    high = parameter.max ?? 1;
  /** Where the slider ends: lengths in L2 are larger than changes of one pixel, and the page's own end is
   * none where the attack starts beyond it. */
  const endNow = () => {
    const ours = datasets[state().dataset].sliderMax[name] ?? 0;
    return name === "epsilon" && state().parameters.norm === "l2"
      ? Math.min(high, longest)
      : Math.min(high, ours > Number(parameter.default) ? ours : (parameter.slider ?? high));
  };
  const step = datasets[state().dataset].sliderStep[name] ?? stepOf(parameter, endNow());
  /** @param {HTMLInputElement} field */
  const read = (field) => {
    if (field.value !== "" && Number.isFinite(field.valueAsNumber)) {
      set(
        Math.min(
          high,
          Math.max(low, kind === "integer" ? Math.round(field.valueAsNumber) : field.valueAsNumber),
        ),
      );
    }
  };
  const slider = /** @type {HTMLInputElement} */ (
    h("input", { type: "range", id, min: low, max: endNow(), step, oninput: () => read(slider) })
  );
  const field = /** @type {HTMLInputElement} */ (
    h("input", {
      type: "number",
      min: low,
      max: high,
      step: kind === "integer" ? 1 : "any",
      inputmode: "decimal",
      "aria-label": words.t("parameter.number", { name: title }),
      oninput: () => read(field),
      onblur: () => {
        field.value = text();
      },
    })
  );
  const unit = name === "epsilon" || parameter.automatic ? h("span", { class: "unit" }) : null;
  const text = () => String(Number(Number(valueOf(state(), parameter)).toFixed(4)));
  /** @param {number} value */
  function unitOf(value) {
    if (parameter.automatic) return value === 0 ? words.t("parameter.automatic") : "";
    return state().parameters.norm === "l2"
      ? "L2"
      : words.t("parameter.epsilon.unit", { levels: words.number(value * 255, 0) });
  }
  return {
    element: h(
      "div",
      { class: "parameter", "data-parameter": name, title: parameter.help ?? null },
      h("label", { for: id }, title),
      unit,
      slider,
      field,
    ),
    render: () => {
      const value = Number(valueOf(state(), parameter)),
        end = endNow();
      if (Number(slider.max) !== end) slider.max = String(end);
      if (slider.valueAsNumber !== value) slider.value = String(value);
      slider.style.setProperty("--filled", String((Math.min(value, end) - low) / (end - low || 1)));
      if (document.activeElement !== field) field.value = text();
      if (unit) setText(unit, unitOf(value));
    },
  };
}
