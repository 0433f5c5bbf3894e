// The goal: any other class, or the one that is clicked. Few classes are a row of names; many are tiles,
// each with a test image of its class where there is one, and the chosen one's name below.
import { datasets, isOwnDataset } from "../../state/datasets.js";
import { choice, h, setText, whenChanged } from "../../ui/dom.js";
import { Picture } from "../../picture/picture.js";

/** With more classes than this, names do not fit. */
const few = 12;

/** @param {import("../../ui/context").Context} context
 * @returns {import("../../ui/context").View} */
export function createTargets({ words, state, update }) {
  const { dataset } = state();
  const { classes, shape } = datasets[dataset];
  const many = classes.length > few || isOwnDataset(dataset);
  /** @type {Map<number | null, HTMLInputElement>} */
  const inputs = new Map();
  /** @type {Map<number, HTMLElement>} */
  const faces = new Map();
  const list = h(
    "fieldset",
    { class: many ? "choices targets many" : "choices targets" },
    h("legend", { class: "hidden" }, words.t("target.title")),
  );
  const chosen = h("p", { class: "hint chosen" });
  /** @param {number | null} target @param {string} text @param {string} label */
  const add = (target, text, label) => {
    const { element: chip, input } = choice(
      {
        name: "target",
        value: String(target ?? ""),
        label,
        class: target === null ? "chip any" : many ? "chip class-tile" : "chip digit",
        onchange: () => update({ target }),
      },
      text,
    );
    inputs.set(target, input);
    if (target !== null)
      faces.set(target, /** @type {HTMLElement} */ (chip.querySelector(".face")));
    list.append(chip);
  };
  add(null, words.t("target.none"), words.t("target.none"));
  classes.forEach((name, i) =>
    add(i, name, words.t("target.class", { digit: words.className(dataset, i) })),
  );
  let pictured = 0;
  /** @type {{label: number | null, aim: number | null, attack: import("../../types").AttackInfo | undefined}} */
  let asked = { label: null, aim: null, attack: undefined };
  const offer = whenChanged(() => {
    const { label, aim, attack } = asked;
    for (const [target, input] of inputs) {
      input.checked = target === aim;
      input.disabled =
        target === null
          ? attack?.untargeted === false
          : target === label || attack?.targeted === false;
      /** @type {HTMLElement} */ (input.parentElement).title = words.t(
        target === null ? "target.none" : target === label ? "target.self" : "target.class",
        { digit: target === null ? "" : words.className(dataset, target) },
      );
    }
    setText(
      chosen,
      aim === null
        ? words.t("target.pick")
        : words.t("target.class", { digit: words.className(dataset, aim) }),
    );
  });

  return {
    element: h("div", {}, list, many ? chosen : null),
    render({ state: { target: wanted, attack: name }, attacks, result, image, samples }) {
      const attack = attacks.find((one) => one.name === name);
      if (many && samples.length !== pictured) {
        pictured = samples.length;
        for (const [target, face] of faces) {
          const sample = samples.find(({ label }) => label === target);
          if (sample)
            face.replaceChildren(
              new Picture(shape, { "aria-hidden": "true" }).show(sample.pixels).element,
            );
        }
      }
      const label = image.label ?? result?.lanes[0]?.label ?? null;
      const aim = wanted === label ? null : wanted;
      asked = { label, aim, attack };
      offer(label, aim, attack);
    },
  };
}
