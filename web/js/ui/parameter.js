// One parameter of the catalogue as a control: a slider with a number field, a checkbox or a list.
// It knows parameters' kinds and ranges, not what they mean.
import { datasets } from "../state/datasets.js";
import { lengthsOf, valueOf } from "../state/state.js";
import { h, setText } from "./dom.js";

/** @typedef {import("./context").Context} Context */
/** @typedef {import("../types").Parameter} Parameter */
/** @typedef {{element: HTMLElement, render: () => void}} Control */
/** What every kind of control is made of.
 * @typedef {{context: Pick<Context, "words" | "state" | "update">, parameter: Parameter, id: string, title: string,
 *   set: (value: number | boolean | string) => void}} Given */

/** @param {Pick<Context, "words" | "state" | "update">} context
 * @param {Parameter} parameter @param {string} [prefix] of the control's id, where another view has the same parameter
 * @returns {Control} */
export function createParameter(context, parameter, prefix = "parameter") {
  const { words, state, update } = context;
  const { name, kind } = parameter;
  const given = {
    context,
    parameter,
    id: `${prefix}-${name}`,
    title: words.t(`parameter.${name}`, {}, parameter.title),
    set(/** @type {number | boolean | string} */ value) {
      const { epsilon, ...others } = state().parameters;
      // In another norm a budget means something else: it starts anew.
      const kept = name === "norm" || epsilon === undefined ? others : { ...others, epsilon };
      update({ parameters: { ...kept, [name]: value } });
    },
  };
  if (kind === "boolean") return createBox(given);
  return kind === "choice" ? createList(given) : createSlider(given);
}

/** @param {Given} given @returns {Control} */
function createBox({ context: { state }, parameter, id, title, set }) {
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

/** @param {Given} given @returns {Control} */
function createList({ context: { words, state }, parameter, id, title, set }) {
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

/** Where a slider ends: lengths in L2 are larger than changes of one pixel, and the page's own end is none where
 * the attack starts beyond it. @param {import("../types").State} state @param {Parameter} parameter */
function endOf(state, { name, max: high = 1, slider, default: usual }) {
  const lengths = name === "epsilon" ? lengthsOf(state) : null;
  const ours = lengths?.max ?? datasets[state.dataset].sliderMax[name] ?? 0;
  return Math.min(high, ours > Number(usual) ? ours : (slider ?? high));
}

/** @param {import("../types").State} state @param {Parameter} parameter @param {number} end */
const stepOf = (state, { name, kind, step }, end) =>
  datasets[state.dataset].sliderStep[name] ||
  step ||
  (kind === "integer" ? 1 : end <= 1 ? 0.01 : 0.05);

/** @param {Given} given @returns {Control} */
function createSlider({ context: { words, state }, parameter, id, title, set }) {
  const { name, kind, min: low = 0, max: high = 1, automatic } = parameter;
  const whole = kind === "integer";
  /** @param {HTMLInputElement} field */
  const read = (field) => {
    const value = field.valueAsNumber;
    if (Number.isFinite(value))
      set(Math.min(high, Math.max(low, whole ? Math.round(value) : value)));
  };
  const slider = /** @type {HTMLInputElement} */ (
    h("input", { type: "range", id, min: low, step: "any", oninput: () => read(slider) })
  );
  const text = () => String(Number(Number(valueOf(state(), parameter)).toFixed(4)));
  const field = /** @type {HTMLInputElement} */ (
    h("input", {
      type: "number",
      min: low,
      max: high,
      step: whole ? 1 : "any",
      inputmode: "decimal",
      "aria-label": words.t("parameter.number", { name: title }),
      oninput: () => read(field),
      onblur: () => {
        field.value = text();
      },
    })
  );
  const unit = name === "epsilon" || automatic ? h("span", { class: "unit" }) : null;
  /** @param {number} value */
  function unitOf(value) {
    if (automatic) return value === 0 ? words.t("parameter.automatic") : "";
    return lengthsOf(state()) ? words.t("choice.l2") : words.levels(value);
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
      const now = state();
      const value = Number(valueOf(now, parameter)),
        end = endOf(now, parameter);
      if (Number(slider.max) !== end) {
        slider.max = String(end);
        slider.step = String(stepOf(now, parameter, end));
      }
      if (slider.valueAsNumber !== value) slider.value = String(value);
      slider.style.setProperty("--filled", String((Math.min(value, end) - low) / (end - low || 1)));
      if (document.activeElement !== field) field.value = text();
      if (unit) setText(unit, unitOf(value));
    },
  };
}
