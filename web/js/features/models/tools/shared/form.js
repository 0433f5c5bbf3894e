// What is asked of a change for all: a perturbation or a patch, and what each can be told.
import { datasets } from "../../../../state/datasets.js";
import { h } from "../../../../ui/dom.js";
import { createOneOf } from "../../choices.js";

/** @typedef {import("../../../../engine/full.js").SharedOptions} SharedOptions
 * @typedef {import("../../types").LabContext} LabContext */
/** The fields of one kind of change. @typedef {{element: HTMLElement, options: () => SharedOptions, says: () => string}} Fields */

/** Images per step: of a hundred images, seven steps in each pass. */
const batch = 16;

/** @param {string} name @param {number} value @param {{min: number, max: number, step: number | "any"}} range */
function numberField(name, value, range) {
  const given = { type: "number", name, required: true, inputmode: "decimal", ...range };
  const input = /** @type {HTMLInputElement} */ (h("input", given));
  input.value = String(value);
  return input;
}

/** @param {string[]} values @param {(value: string) => string} label @param {() => void} [onchange] */
const listField = (values, label, onchange) =>
  /** @type {HTMLSelectElement} */ (
    h("select", { onchange }, ...values.map((value) => h("option", { value }, label(value))))
  );

/** @param {LabContext} context @param {Record<string, HTMLElement>} inputs by the keys of their names */
function fieldsOf({ words }, inputs) {
  const labels = Object.entries(inputs).map(([key, input]) =>
    h("label", {}, words.t(`shared.${key}`), input),
  );
  return h("div", { class: "fields" }, ...labels);
}

/** @param {LabContext} context @returns {Fields} */
function createPerturbation(context) {
  const { words, state } = context;
  const { defaults, l2 } = datasets[state().dataset];
  const starts = { linf: Number(defaults.epsilon ?? 0.1), l2: l2.epsilon };
  const now = () => /** @type {"linf" | "l2"} */ (norm.value);
  const norm = listField(
    ["linf", "l2"],
    (value) => words.t(`choice.${value}`),
    () => {
      epsilon.max = now() === "l2" ? "100" : "1";
      epsilon.value = String(starts[now()]);
    },
  );
  const epsilon = numberField("epsilon", starts.linf, { min: 0.001, max: 1, step: "any" });
  return {
    element: fieldsOf(context, { norm, epsilon }),
    options: () => ({ norm: now(), epsilon: epsilon.valueAsNumber }),
    says: () =>
      words.t("shared.says.perturbation", {
        norm: words.t(`curve.${now()}`),
        epsilon: words.number(epsilon.valueAsNumber, 3),
      }),
  };
}

/** @param {LabContext} context @returns {Fields} */
function createPatch(context) {
  const { words, state } = context;
  const { height, width } = datasets[state().dataset].shape;
  const side = Math.min(height, width);
  const times = /** @type {const} */ ({ min: 0.1, max: 10, step: "any" });
  const size = numberField("size", Math.round(side / 4), { min: 1, max: side, step: 1 });
  const place = listField(
    ["", "at"],
    (value) => words.t(value ? "shared.at" : "shared.anywhere"),
    () => show(),
  );
  const row = numberField("row", 0, { min: 0, max: height - 1, step: 1 });
  const column = numberField("column", 0, { min: 0, max: width - 1, step: 1 });
  const rotation = numberField("rotation", 0, { min: 0, max: 180, step: "any" });
  const smallest = numberField("smallest", 1, times),
    largest = numberField("largest", 1, times);
  const element = fieldsOf(context, { size, place, row, column, rotation, smallest, largest });
  function show() {
    for (const input of [row, column])
      /** @type {HTMLElement} */ (input.parentElement).hidden = place.value === "";
  }
  show();
  return {
    element,
    options: () => ({
      patch: size.valueAsNumber,
      at: place.value === "" ? null : [row.valueAsNumber, column.valueAsNumber],
      rotation: rotation.valueAsNumber,
      scale: [smallest.valueAsNumber, largest.valueAsNumber],
    }),
    says: () => words.t("shared.says.patch", { size: size.value }),
  };
}

/** @param {LabContext} context
 * @returns {{element: HTMLElement, options: () => SharedOptions | null, says: () => string}} options: null where a
 *   field's value is out of its range, which the field then says */
export function createForm(context) {
  const { words, className, classes } = context;
  /** @type {Record<string, Fields>} */
  const kinds = { perturbation: createPerturbation(context), patch: createPatch(context) };
  const kind = createOneOf({
    legend: words.t("shared.kind"),
    values: Object.keys(kinds),
    label: (value) => words.t(`shared.${value}`),
    value: "perturbation",
    onchange: () => show(),
  });
  const target = listField(
    ["", ...Array.from({ length: classes }, (_, i) => String(i))],
    (value) => (value === "" ? words.t("shared.untargeted") : className(Number(value))),
  );
  const epochs = numberField("epochs", 10, { min: 1, max: 100, step: 1 });
  const asked = () => kinds[kind.value()];
  function show() {
    for (const fields of Object.values(kinds)) fields.element.hidden = fields !== asked();
  }
  show();
  return {
    element: h(
      "div",
      { class: "shared-form" },
      kind.element,
      ...Object.values(kinds).map((fields) => fields.element),
      fieldsOf(context, { target, epochs }),
    ),
    options() {
      const shown = (/** @type {HTMLElement} */ input) => !input.closest("[hidden]");
      const inputs = [...asked().element.querySelectorAll("input"), epochs].filter(shown);
      if (!inputs.every((input) => input.reportValidity())) return null;
      const goal = target.value === "" ? null : Number(target.value);
      return { ...asked().options(), target: goal, epochs: epochs.valueAsNumber, batch };
    },
    says: () =>
      asked().says() + (target.value === "" ? "" : ` → ${className(Number(target.value))}`),
  };
}
