// "Behind a transform": a model with JPEG, blur, a median or fewer bits in front becomes one more model, in every view;
// its name, which the address holds, says all of it (state/datasets.js).
import { addTransformed, datasets, isDefended } from "../../state/datasets.js";
import { createClose, createDialogue, createSelect, open } from "../../ui/dialogue.js";
import { h, setText, styleSheet } from "../../ui/dom.js";

/** @typedef {import("../../ui/context").ViewContext} ViewContext */

/** own: it has a gradient of its own. The ranges are those of src/defence/input_transform.cpp.
 * @type {Record<string, {min: number, max: number, step: number, start: number, own: boolean}>} */
const transforms = {
  jpeg: { min: 1, max: 100, step: 1, start: 50, own: true },
  blur: { min: 0.1, max: 8, step: 0.1, start: 1, own: true },
  median: { min: 3, max: 9, step: 2, start: 3, own: false },
  bits: { min: 1, max: 8, step: 1, start: 3, own: false },
};

/** @param {ViewContext} context */
export async function openDefend(context) {
  const [words] = await Promise.all([
    context.words.with(["defend"]),
    styleSheet("css/later/panels.css"),
  ]);
  if (document.querySelector("dialog.defend")) return;
  open(layOut({ ...context, words }));
}

/** @param {ViewContext} context whose words hold those of this dialogue */
function layOut(context) {
  const { words, state } = context;
  const bases = datasets[state().dataset].models.filter((model) => !isDefended(model));
  const base = createSelect(
    bases.map(({ id }) => id),
    (id) => words.t(`model.${id}`, {}, id),
  );
  const kind = createSelect(Object.keys(transforms), (name) => words.t(`defend.${name}`), change);
  const strength = /** @type {HTMLInputElement} */ (
    h("input", { type: "number", required: true, inputmode: "decimal" })
  );
  const strengthName = h("span", {});
  const gradient = createSelect(["own", "bpda"], (name) => words.t(`defend.gradient.${name}`));
  const field = (/** @type {Node | string} */ name, /** @type {HTMLElement} */ input) =>
    h("label", {}, name, input);
  const gradientField = field(words.t("defend.gradient"), gradient);
  const about = h("p", { class: "hint" });
  const form = /** @type {HTMLFormElement} */ (
    h(
      "form",
      { method: "dialog", onsubmit: add },
      h(
        "div",
        { class: "fields" },
        field(words.t("defend.model"), base),
        field(words.t("defend.transform"), kind),
        field(strengthName, strength),
        gradientField,
      ),
      about,
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "submit", class: "primary" }, words.t("defend.add")),
        createClose(words.t("defend.close")),
      ),
    )
  );
  function change() {
    const { min, max, step, start, own } = transforms[kind.value];
    Object.assign(strength, { min, max, step, value: String(start) });
    setText(strengthName, words.t(`defend.${kind.value}.strength`));
    setText(about, words.t(`defend.${kind.value}.about`));
    gradientField.hidden = !own;
  }

  function add() {
    const { own } = transforms[kind.value];
    const way = own && gradient.value === "bpda" ? "-bpda" : "";
    const id = `${base.value}-${kind.value}${Number(strength.value)}${way}`;
    const { dataset, model } = state();
    addTransformed(dataset, id);
    context.update({ model: [...new Set([...model, id])], subject: id });
    context.announce(words.t("defend.added", { title: words.t(`model.${id}`) }));
  }

  change();
  const hint = h("p", { class: "hint" }, words.t("defend.hint"));
  return createDialogue("panel defend", words.t("defend.title"), hint, form);
}
