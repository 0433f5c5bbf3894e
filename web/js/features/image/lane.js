// One model's lane: its verdict, the three pictures, its probabilities before and after, the norms. It
// shows a result, or one step on the way there; it does not compute one.
import { datasets } from "../../state/datasets.js";
import { h, setText } from "../../ui/dom.js";
import { Picture } from "../../picture/picture.js";
import { changeOf, normsOf } from "../../picture/pixels.js";
import { verdictOf } from "../../state/verdict.js";
import { createProbabilities } from "./probabilities.js";
import { createProgress } from "./progress.js";
import { createThresholds } from "./thresholds.js";

/** @typedef {import("../../ui/context").Context} Context */
/** @typedef {import("../../types").Lane} Lane */

/** The lane as it stood at a step of the attack.
 * @param {Lane} lane @param {import("../../types").Trace} trace @param {number} step @param {import("../../types").ExploreRequest} request @param {number} channels
 * @returns {Lane} */
export function laneAt(lane, trace, step, { image }, channels) {
  const last = trace.steps.length - 1;
  const nearest = trace.steps.findIndex((at) => at >= step);
  const i = nearest < 0 ? last : nearest;
  if (i === last) return lane;
  const classes = lane.before.length;
  const adversarial = trace.images.subarray(i * image.length, (i + 1) * image.length);
  return {
    ...lane,
    adversarial,
    seen: null,
    adversarialLabel: trace.labels[i],
    after: trace.probabilities.subarray(i * classes, (i + 1) * classes),
    ...normsOf(adversarial, image, channels),
  };
}

/** @param {Context} context @param {string} model
 * @returns {import("../../ui/context").View} */
export function createLane(context, model) {
  const { words, state, scheme } = context;
  const { dataset } = state();
  const { shape, models } = datasets[dataset];
  const name = (/** @type {number} */ label) => words.className(dataset, label);
  const titleId = `lane-${model}`;

  const reading = h("span", { class: "reading" });
  const chip = h("span", { class: "verdict-chip" });
  const plain = { width: shape.width, height: shape.height };
  const [original, perturbation, adversarial, seen] = [
    "original",
    "perturbation",
    "adversarial",
    "seen",
  ].map((kind) => {
    const picture = new Picture(kind === "perturbation" ? plain : shape, {
      role: "img",
      "aria-label": words.t("image.empty.alt"),
    });
    const note = h("span", { class: "note" });
    return {
      picture,
      note,
      element: h(
        "figure",
        { class: kind },
        picture.element,
        h("figcaption", {}, h("span", {}, words.t(`image.${kind}`)), note),
      ),
    };
  });
  const denoised = models.some(({ id, denoiser }) => id === model && denoiser);
  const sign = (/** @type {string} */ text) =>
    h("span", { class: "operator", "aria-hidden": "true" }, text);

  const scalePicture = new Picture(
    { width: 257, height: 1 },
    { role: "img", class: "scale", "aria-label": words.t("image.empty.alt") },
  );
  const low = h("span", {}),
    high = h("span", {});
  const word = (/** @type {string} */ key) => h("span", { class: "word" }, words.t(key));
  const legendNote = h("p", { class: "hint" });
  const ramp = Float32Array.from({ length: 257 }, (_, i) => i / 128 - 1);

  const table = createProbabilities(context);
  const norms = ["linf", "l2", "l0", "time"].map((kind) => {
    const value = h("dd", {});
    return {
      kind,
      value,
      element: h(
        "div",
        { title: words.t(`norm.${kind}.about`) },
        h(
          "dt",
          {},
          words.t(`norm.${kind}`),
          h("span", { class: "hidden" }, ` (${words.t(`norm.${kind}.about`)})`),
        ),
        value,
      ),
    };
  });
  const thresholds = createThresholds(context, model);

  const progress = createProgress(context, model);
  const element = h(
    "section",
    { class: "panel lane", "aria-labelledby": titleId, "data-model": model },
    h(
      "header",
      {},
      h("h3", { id: titleId }, words.t(`model.${model}`, {}, model)),
      h("p", { class: "hint" }, words.t(`model.${model}.about`, {}, "")),
      progress.element,
    ),
    h("p", { class: "verdict" }, reading, chip),
    h(
      "div",
      { class: denoised ? "trio four" : "trio" },
      original.element,
      sign("+"),
      perturbation.element,
      sign("="),
      adversarial.element,
      ...(denoised ? [sign("→"), seen.element] : []),
    ),
    h(
      "div",
      { class: "legend" },
      h(
        "div",
        { class: "legend-row" },
        low,
        word("legend.darker"),
        scalePicture.element,
        word("legend.brighter"),
        high,
      ),
      legendNote,
    ),
    table.element,
    h("dl", { class: "norms" }, ...norms.map((norm) => norm.element)),
    thresholds.element,
  );

  /** @param {Lane} lane @param {Float32Array} image @param {number} scale
   * @param {boolean} budget whether the attack has one: without, the colours' scale is only what came out */
  function show(lane, image, scale, budget) {
    const verdict = verdictOf(lane);
    element.dataset.verdict = verdict.kind;
    setText(
      reading,
      lane.cleanLabel === lane.adversarialLabel
        ? words.t("verdict.still", { after: name(lane.adversarialLabel) })
        : words.t("verdict.reading", {
            before: name(lane.cleanLabel),
            after: name(lane.adversarialLabel),
          }),
    );
    setText(
      chip,
      words.t(`verdict.${verdict.detail}`, {
        label: name(lane.label),
        target: lane.target === null ? "" : name(lane.target),
      }),
    );

    const delta = changeOf(lane.adversarial, image, shape.channels);
    original.picture.show(image);
    perturbation.picture.signed(delta, scale, scheme());
    adversarial.picture.show(lane.adversarial);
    seen.element.toggleAttribute("data-away", lane.seen === null);
    if (lane.seen) seen.picture.show(lane.seen);
    const before = {
      digit: name(lane.cleanLabel),
      percent: words.percent(lane.before[lane.cleanLabel]),
    };
    const after = {
      digit: name(lane.adversarialLabel),
      percent: words.percent(lane.after[lane.adversarialLabel]),
    };
    setText(original.note, words.t("image.reading", before));
    setText(adversarial.note, words.t("image.reading", after));
    setText(
      perturbation.note,
      scale > 0 ? words.t("image.scale", { factor: words.number(1 / scale, 1) }) : "",
    );
    original.picture.describe(words.t("image.original.alt", before));
    adversarial.picture.describe(words.t("image.adversarial.alt", after));
    seen.picture.describe(words.t("image.seen.alt"));
    const up = delta.reduce((count, d) => count + (d > 0 ? 1 : 0), 0);
    perturbation.picture.describe(
      words.t("image.perturbation.alt", {
        up,
        down: delta.reduce((count, d) => count + (d < 0 ? 1 : 0), 0),
      }),
    );

    const digits = scale < 0.1 ? 3 : 2;
    setText(low, `−${words.number(scale, digits)}`);
    setText(high, `+${words.number(scale, digits)}`);
    scalePicture.signed(ramp, 1, scheme());
    scalePicture.describe(
      words.t("legend.label", {
        low: `−${words.number(scale, digits)}`,
        high: `+${words.number(scale, digits)}`,
      }),
    );
    setText(
      legendNote,
      scale > 0
        ? words.t(budget ? "legend.note" : "legend.measured", {
            factor: words.number(1 / scale, 1),
            scale: words.number(scale, digits),
          })
        : words.t("legend.none"),
    );

    table.render(lane);
    const values = {
      linf: words.number(lane.linf, 3),
      l2: words.number(lane.l2, 2),
      l0: words.number(lane.l0, 0),
      time: timeOf(lane.milliseconds),
    };
    for (const norm of norms)
      setText(norm.value, values[/** @type {keyof typeof values} */ (norm.kind)]);
  }

  /** @param {number | null} milliseconds */
  function timeOf(milliseconds) {
    if (milliseconds === null) return words.t("norm.borrowed");
    if (milliseconds >= 1000)
      return words.t("norm.seconds", { value: words.number(milliseconds / 1000, 1) });
    return words.t("norm.milliseconds", {
      value: words.number(milliseconds, milliseconds < 10 ? 1 : 0),
    });
  }

  return {
    element,
    render(snapshot) {
      const { result, image, attacks, state: now, analysis, files } = snapshot;
      progress.render(snapshot);
      thresholds.render(snapshot);
      element.hidden = !now.model.includes(model);
      const lane = result?.lanes.find((l) => l.model === model);
      element.toggleAttribute("data-empty", !lane);
      if (lane && result) {
        const attack = attacks.find(({ name: one }) => one === result.request.attack);
        const trace = now.step === null ? undefined : analysis.traces[model];
        show(
          trace
            ? laneAt(lane, trace, /** @type {number} */ (now.step), result.request, shape.channels)
            : lane,
          result.request.image,
          scaleOf(result),
          attack?.parameters.some(({ name: one }) => one === "epsilon") ?? false,
        );
      } else {
        delete element.dataset.verdict;
        setText(
          reading,
          files[model] === "failed"
            ? words.t("models.failed")
            : files[model] === "loading" && !element.hidden && result
              ? words.t("models.loading")
              : image.id === "" || image.id === "drawing"
                ? words.t("verdict.idle")
                : " ",
        );
        setText(chip, "");
        for (const { picture } of [original, adversarial]) picture.show(image.pixels);
      }
    },
  };
}

/** The ends of the colour scale: the largest change of any lane, which no budget exceeds.
 * @param {import("../../types").ExploreResult} result */
function scaleOf({ lanes }) {
  return Math.max(...lanes.map((lane) => lane.linf));
}
