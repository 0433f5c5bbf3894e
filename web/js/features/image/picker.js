// Choosing a picture: the strip of our own digits and, where the site was built with them, test images.
// Radio buttons underneath, so the arrow keys walk along the strip.
import { datasets, isOwnDataset } from "../../state/datasets.js";
import { pickerAfterMs, stretchMs } from "../../state/timing.js";
import { choice, h } from "../../ui/dom.js";
import { Picture } from "../../picture/picture.js";
import { ownDigits } from "../../picture/strokes.js";

/** @typedef {import("../../ui/context").Context} Context */
/** @typedef {import("../../types").Sample} Sample */

/** @param {number} count */
const places = (count) => Array.from({ length: count }, () => h("span", { class: "tile-place" }));

/** The strips of tiles, each under its name. @param {Context} context @param {number} packed */
function createStrips({ words, state }, packed) {
  const { dataset } = state();
  const { digit } = datasets[dataset];
  const part = (/** @type {string} */ name, /** @type {HTMLElement} */ strip) =>
    h("fieldset", {}, h("legend", {}, words.t(`picker.${name}`)), strip);
  const own = h("div", { class: "strip" }, ...places(digit ? ownDigits.length : 0));
  const test = h("div", { class: "strip" }, ...places(packed));
  const mine = h("div", { class: "strip" });
  const brought = part("mine", mine);
  const none = h("p", { class: "hint" }, words.t("picker.none"));
  const drawn = part("own", own);
  // The page has no pictures for a model of other images.
  const foreign = isOwnDataset(dataset);
  return {
    element: h(
      "div",
      { class: packed > 0 ? "picker" : "picker alone" },
      brought,
      digit ? drawn : null,
      packed > 0 ? part("test", test) : null,
      digit || foreign ? null : drawn,
      foreign ? none : null,
    ),
    /** Where a picture's tile is. @param {string} id */
    of: (id) => (id.startsWith("mine-") ? mine : id.startsWith("test-") ? test : own),
    empty() {
      for (const strip of [own, test, mine]) strip.replaceChildren();
    },
    render() {
      brought.hidden = mine.childElementCount === 0;
      none.hidden = !brought.hidden;
    },
  };
}

/** What a picture is called. @param {Context} context @returns {(sample: Sample) => string} */
function namesFor({ words, state }) {
  const { dataset } = state();
  return ({ id, label }) => {
    const kind = /^(mine|test)-/.exec(id)?.[1] ?? "";
    const key = { mine: "picker.mineImage", test: "picker.testImage" }[kind] ?? "picker.sample";
    const digit = label === null ? "" : words.className(dataset, label);
    return words.t(key, { digit, index: id.slice(5), hand: id.slice(-1) });
  };
}

/** @param {Context} context @param {number} packed how many test images the site has, to keep their room
 * @param {(sample: Sample, index: number) => boolean} [offered] which of them are there to choose
 * @returns {import("../../ui/context").View} */
export function createPicker(context, packed, offered = () => true) {
  const { state, update } = context;
  const { shape } = datasets[state().dataset];
  /** @type {Map<string, HTMLInputElement>} */
  const inputs = new Map();
  let shown = 0;
  const strips = createStrips(context, packed);
  const nameOf = namesFor(context);

  let due = false;
  /** @type {import("../../types").Snapshot | null} */
  let newest = null;
  const fill = () => {
    due = true;
    if (newest) render(newest);
  };
  let timer = setTimeout(fill, pickerAfterMs);

  /** @type {Sample[] | null} those that are shown */
  let shelf = null;
  /** Others are shown from now on. @param {Sample[]} samples */
  function empty(samples) {
    if (shelf) strips.empty();
    shelf = samples;
    inputs.clear();
    shown = 0;
  }

  /** @param {import("../../types").Snapshot} snapshot */
  function render(snapshot) {
    if (!due && !newest?.result && snapshot.result) requestAnimationFrame(() => setTimeout(fill));
    newest = snapshot;
    const { samples, image } = snapshot;
    if (samples !== shelf) empty(samples);
    const end = performance.now() + stretchMs;
    for (; due && shown < samples.length; shown++) {
      if (performance.now() > end) {
        clearTimeout(timer);
        timer = setTimeout(fill);
        break;
      }
      const sample = samples[shown];
      if (!offered(sample, shown)) continue;
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
      const strip = strips.of(sample.id);
      const place = strip.querySelector(".tile-place");
      if (place) place.replaceWith(tile);
      else strip.append(tile);
    }
    strips.render();
    for (const [id, input] of inputs) input.checked = id === image.id;
  }

  return { element: strips.element, render };
}
