// One model's lane: its verdict, the three pictures, its probabilities before and after, the norms.
// It shows a result; it does not compute one.
import { datasets } from "../datasets.js";
import { h, setText } from "../dom.js";
import { Picture } from "../picture.js";
import { side } from "../raster.js";
import { verdictOf } from "../verdict.js";
import { createProgress } from "./progress.js";

/** @typedef {import("./context").Context} Context */
/** @typedef {import("../types").Lane} Lane */

/** @param {Context} context @param {string} model
 * @returns {import("./context").View} */
export function createLane(context, model) {
  const { words, state, scheme } = context;
  const classes = datasets[state().dataset].classes;
  const titleId = `lane-${model}`;

  const reading = h("span", { class: "reading" });
  const chip = h("span", { class: "verdict-chip" });
  const figures = ["original", "perturbation", "adversarial"].map((name) => {
    const picture = new Picture(side, side, { role: "img", "aria-label": words.t("image.empty.alt") });
    const note = h("span", { class: "note" });
    return { picture, note, element: h("figure", { class: name }, picture.element,
      h("figcaption", {}, h("span", {}, words.t(`image.${name}`)), note)) };
  });
  const [original, perturbation, adversarial] = figures;
  const sign = (/** @type {string} */ text) => h("span", { class: "operator", "aria-hidden": "true" }, text);

  const scalePicture = new Picture(257, 1, { role: "img", class: "scale", "aria-label": words.t("image.empty.alt") });
  const low = h("span", {}), high = h("span", {});
  const word = (/** @type {string} */ key) => h("span", { class: "word" }, words.t(key));
  const legendNote = h("p", { class: "hint" });
  const ramp = Float32Array.from({ length: 257 }, (_, i) => i / 128 - 1);

  const rows = classes.map((name, i) => createRow(words, name, i));
  const table = h("table", { class: "probabilities" },
    h("caption", { class: "hidden" }, words.t("probabilities.caption")),
    h("thead", {}, h("tr", {},
      h("th", { scope: "col" }, h("span", { class: "hidden" }, words.t("probabilities.class"))),
      h("td", {}),
      h("th", { scope: "col", class: "before" }, words.t("probabilities.before")),
      h("th", { scope: "col", class: "after" }, words.t("probabilities.after")))),
    h("tbody", {}, ...rows.map((row) => row.element)));

  const norms = ["linf", "l2", "l0", "time"].map((name) => {
    const value = h("dd", {});
    return { name, value, element: h("div", { title: words.t(`norm.${name}.about`) },
      h("dt", {}, words.t(`norm.${name}`), h("span", { class: "hidden" }, ` (${words.t(`norm.${name}.about`)})`)), value) };
  });

  const progress = createProgress(context, model);
  const element = h("section", { class: "panel lane", "aria-labelledby": titleId, "data-model": model },
    h("header", {}, h("h3", { id: titleId }, words.t(`model.${model}`, {}, model)),
      h("p", { class: "hint" }, words.t(`model.${model}.about`, {}, "")), progress.element),
    h("p", { class: "verdict" }, reading, chip),
    h("div", { class: "trio" }, original.element, sign("+"), perturbation.element, sign("="), adversarial.element),
    h("div", { class: "legend" }, h("div", { class: "legend-row" }, low, word("legend.darker"), scalePicture.element, word("legend.brighter"), high), legendNote),
    table, h("dl", { class: "norms" }, ...norms.map((norm) => norm.element)));

  /** @param {Lane} lane @param {Float32Array} image @param {number} scale
   * @param {boolean} budget whether the attack has one: without, the colours' scale is only what came out */
  function show(lane, image, scale, budget) {
    const verdict = verdictOf(lane);
    element.dataset.verdict = verdict.kind;
    const name = (/** @type {number} */ label) => classes[label];
    setText(reading, lane.cleanLabel === lane.adversarialLabel
      ? words.t("verdict.still", { after: name(lane.adversarialLabel) })
      : words.t("verdict.reading", { before: name(lane.cleanLabel), after: name(lane.adversarialLabel) }));
    setText(chip, words.t(`verdict.${verdict.detail}`, { label: name(lane.label), target: lane.target === null ? "" : name(lane.target) }));

    const delta = lane.adversarial.map((value, i) => value - image[i]);
    original.picture.grey(image);
    perturbation.picture.signed(delta, scale, scheme());
    adversarial.picture.grey(lane.adversarial);
    const before = { digit: name(lane.cleanLabel), percent: words.percent(lane.before[lane.cleanLabel]) };
    const after = { digit: name(lane.adversarialLabel), percent: words.percent(lane.after[lane.adversarialLabel]) };
    setText(original.note, words.t("image.reading", before));
    setText(adversarial.note, words.t("image.reading", after));
    setText(perturbation.note, scale > 0 ? words.t("image.scale", { factor: words.number(1 / scale, 1) }) : "");
    original.picture.describe(words.t("image.original.alt", before));
    adversarial.picture.describe(words.t("image.adversarial.alt", after));
    const up = delta.reduce((count, d) => count + (d > 0 ? 1 : 0), 0);
    perturbation.picture.describe(words.t("image.perturbation.alt", { up, down: delta.reduce((count, d) => count + (d < 0 ? 1 : 0), 0) }));

    const digits = scale < 0.1 ? 3 : 2;
    setText(low, `−${words.number(scale, digits)}`);
    setText(high, `+${words.number(scale, digits)}`);
    scalePicture.signed(ramp, 1, scheme());
    scalePicture.describe(words.t("legend.label", { low: `−${words.number(scale, digits)}`, high: `+${words.number(scale, digits)}` }));
    setText(legendNote, scale > 0
      ? words.t(budget ? "legend.note" : "legend.measured", { factor: words.number(1 / scale, 1), scale: words.number(scale, digits) }) : words.t("legend.none"));

    rows.forEach((row, i) => row.render(lane, i));
    const values = { linf: words.number(lane.linf, 3), l2: words.number(lane.l2, 2), l0: words.number(lane.l0, 0),
      time: timeOf(lane.milliseconds) };
    for (const norm of norms) setText(norm.value, values[/** @type {keyof typeof values} */ (norm.name)]);
  }

  /** @param {number | null} milliseconds */
  function timeOf(milliseconds) {
    if (milliseconds === null) return words.t("norm.borrowed");
    if (milliseconds >= 1000) return words.t("norm.seconds", { value: words.number(milliseconds / 1000, 1) });
    return words.t("norm.milliseconds", { value: words.number(milliseconds, milliseconds < 10 ? 1 : 0) });
  }

  return {
    element,
    render(snapshot) {
      const { result, image, attacks, state: now } = snapshot;
      progress.render(snapshot);
      element.hidden = !now.model.includes(model);
      const lane = result?.lanes.find((l) => l.model === model);
      element.toggleAttribute("data-empty", !lane);
      if (lane && result) {
        const attack = attacks.find(({ name }) => name === result.request.attack);
        show(lane, result.request.image, scaleOf(result), attack?.parameters.some(({ name }) => name === "epsilon") ?? false);
      } else {
        delete element.dataset.verdict;
        setText(reading, image.id === "drawing" ? words.t("verdict.idle") : " ");
        setText(chip, "");
        for (const { picture } of figures) picture.grey(image.pixels);
      }
    },
  };
}

/** The ends of the colour scale: the largest change of any lane, which no budget exceeds.
 * @param {import("../types").ExploreResult} result */
function scaleOf({ lanes }) {
  return Math.max(...lanes.map((lane) => lane.linf));
}

/** A row of the table: a class, its two bars, its two numbers.
 * @param {import("../i18n.js").Words} words @param {string} name @param {number} index */
function createRow(words, name, index) {
  const bars = ["before", "after"].map((kind) => h("span", { class: `bar ${kind}` }));
  const numbers = ["before", "after"].map((kind) => h("td", { class: kind }));
  const goal = h("span", { class: "goal-mark" });
  const element = h("tr", { "data-class": index },
    h("th", { scope: "row" }, name, goal), h("td", { class: "bars", "aria-hidden": "true" }, ...bars), ...numbers);
  return {
    element,
    /** @param {Lane} lane @param {number} i */
    render(lane, i) {
      [lane.before, lane.after].forEach((probabilities, k) => {
        bars[k].style.transform = `scaleX(${probabilities[i].toFixed(4)})`;
        setText(numbers[k], words.percent(probabilities[i]));
      });
      element.classList.toggle("first-before", i === lane.cleanLabel);
      element.classList.toggle("first-after", i === lane.adversarialLabel);
      element.classList.toggle("truth", i === lane.label);
      setText(goal, i === lane.target ? ` ${words.t("probabilities.target")}` : "");
    },
  };
}
