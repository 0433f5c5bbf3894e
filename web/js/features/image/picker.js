// Choosing a picture: the strip of our own digits and, where the site was built with them, test images.
// Radio buttons underneath, so the arrow keys walk along the strip.
import { datasets } from "../../state/datasets.js";
import { pickerAfterMs, stretchMs } from "../../state/timing.js";
import { choice, h } from "../../ui/dom.js";
import { Picture } from "../../picture/picture.js";
import { ownDigits } from "../../picture/strokes.js";

/** @typedef {import("../../ui/context").Context} Context */
/** @typedef {import("../../types").Sample} Sample */

/** @param {number} count */
const places = (count) => Array.from({ length: count }, () => h("span", { class: "tile-place" }));

/** @param {Context} context @param {number} packed how many test images the site has, to keep their room
 * @returns {import("../../ui/context").View} */
export function createPicker({ words, state, update }, packed) {
  const { dataset } = state();
  const { shape, digit } = datasets[dataset];
  /** @type {Map<string, HTMLInputElement>} */
  const inputs = new Map();
  let shown = 0;
  const own = h("div", { class: "strip" }, ...places(digit ? ownDigits.length : 0));
  const drawn = h("fieldset", {}, h("legend", {}, words.t("picker.own")), own);
  const test = h("div", { class: "strip" }, ...places(packed));
  const element = h(
    "div",
    { class: packed > 0 ? "picker" : "picker alone" },
    digit ? drawn : null,
    packed > 0 ? h("fieldset", {}, h("legend", {}, words.t("picker.test")), test) : null,
    digit ? null : drawn,
  );

  /** @param {Sample} sample */
  const nameOf = ({ id, label }) =>
    id.startsWith("test-")
      ? words.t("picker.testImage", {
          digit: label === null ? "" : words.className(dataset, label),
          index: id.slice(5),
        })
      : words.t("picker.sample", {
          digit: digit ? (label ?? "") : words.className(dataset, Number(label)),
          hand: id.slice(-1),
        });

  let due = false;
  /** @type {import("../../types").Snapshot | null} */
  let newest = null;
  const fill = () => {
    due = true;
    if (newest) render(newest);
  };
  let timer = setTimeout(fill, pickerAfterMs);

  /** @param {import("../../types").Snapshot} snapshot */
  function render(snapshot) {
    if (!due && !newest?.result && snapshot.result) requestAnimationFrame(() => setTimeout(fill));
    newest = snapshot;
    const { samples, image } = snapshot;
    const end = performance.now() + stretchMs;
    for (; due && shown < samples.length; shown++) {
      if (performance.now() > end) {
        clearTimeout(timer);
        timer = setTimeout(fill);
        break;
      }
      const sample = samples[shown];
      const picture = new Picture(shape, { "aria-hidden": "true" }).show(sample.pixels);
      const { element: tile, input } = choice(
        {
          name: "sample",
          value: sample.id,
          label: nameOf(sample),
          title: nameOf(sample),
          class: "tile",
          onchange: () => update({ sample: sample.id }),
        },
        picture.element,
      );
      inputs.set(sample.id, input);
      const strip = sample.id.startsWith("test-") ? test : own;
      const place = strip.querySelector(".tile-place");
      if (place) place.replaceWith(tile);
      else strip.append(tile);
    }
    for (const [id, input] of inputs) input.checked = id === image.id;
  }

  return { element, render };
}
