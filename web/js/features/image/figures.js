// The pictures of a lane: original, perturbation, adversarial image, and what a defence makes of it; below them
// what the perturbation's colours mean. A click enlarges a picture; holding the adversarial one shows the
// original in its place.
import { datasets, isDefended } from "../../state/datasets.js";
import { scaleOf } from "../../state/lanes.js";
import { holdMs } from "../../state/timing.js";
import { changeOf } from "../../picture/pixels.js";
import { Picture } from "../../picture/picture.js";
import { h, setText, whenChanged } from "../../ui/dom.js";

/** @typedef {import("../../ui/context").ViewContext} ViewContext */
/** @typedef {import("../../types").Lane} Lane */
/** @typedef {{picture: Picture, note: HTMLElement, element: HTMLElement}} Figure */

/** @param {ViewContext} context @param {string} model
 * @returns {import("./lane.js").Part & {elements: HTMLElement[]}} */
export function createFigures(context, model) {
  const { words, state } = context;
  const { shape, models } = datasets[state().dataset];
  const four = models.some((one) => one.id === model && isDefended(one));
  const legend = createLegend(context);
  /** @type {{lane: Lane, image: Float32Array, scale: number} | null} */
  let shown = null;
  /** The original that is on its canvas. @type {Float32Array | null} */
  let painted = null;
  const make = (/** @type {string} */ kind) =>
    createFigure(context, kind, () => shown && enlarge(kind));
  const [original, perturbation, adversarial, seen] = [
    "original",
    "perturbation",
    "adversarial",
    "seen",
  ].map(make);
  const sign = (/** @type {string} */ text) =>
    h("span", { class: "operator", "aria-hidden": "true" }, text);
  const compare = hold(adversarial, (held) => {
    if (shown) adversarial.picture.show(held ? shown.image : shown.lane.adversarial);
    setText(adversarial.name, words.t(held ? "image.original" : "image.adversarial"));
  });

  /** @param {string} kind */
  async function enlarge(kind) {
    const { openZoom } = await import("./zoom.js");
    const title = words.t(`model.${model}`, {}, model);
    if (shown) openZoom(await zoomContext(context), { ...shown, title, kind, shape });
  }

  return {
    elements: [
      h(
        "div",
        { class: "pictures" },
        original.element,
        sign("+"),
        perturbation.element,
        sign("="),
        adversarial.element,
        legend.element,
      ),
      ...(four ? [seen.element] : []),
    ],
    show(lane, { result }) {
      const { request, lanes } = /** @type {NonNullable<typeof result>} */ (result);
      const { image } = request;
      const scale = scaleOf({ lanes });
      shown = { lane, image, scale };
      const delta = changeOf(lane.adversarial, image, shape.channels);
      if (painted !== image) original.picture.show((painted = image));
      perturbation.picture.signed(delta, scale, context.scheme());
      adversarial.picture.show(compare.held() ? image : lane.adversarial);
      seen.element.toggleAttribute("data-away", lane.seen === null);
      if (lane.seen) seen.picture.show(lane.seen);
      describe(context, { original, perturbation, adversarial, seen }, lane, delta, scale);
      legend.show(scale);
    },
    clear({ image }) {
      shown = null;
      for (const { note } of [original, perturbation, adversarial, seen]) setText(note, "");
      for (const { picture } of [original, perturbation, adversarial, seen])
        picture.describe(words.t("image.empty.alt"));
      original.picture.show((painted = image.pixels));
      seen.element.toggleAttribute("data-away", true);
      legend.clear();
    },
  };
}

/** The context with the words that an enlarged picture needs. @param {ViewContext} context */
const zoomContext = async (context) => ({
  ...context,
  words: await context.words.with(["zoom"]).catch(() => context.words),
});

/** @param {ViewContext} context @param {string} kind @param {() => void} enlarge
 * @returns {Figure & {name: HTMLElement, button: HTMLElement}} */
function createFigure({ words, state }, kind, enlarge) {
  const { width, height, channels } = datasets[state().dataset].shape;
  const picture = new Picture(
    { width, height, channels: kind === "perturbation" ? 1 : channels },
    { role: "img", "aria-label": words.t("image.empty.alt") },
  );
  const note = h("span", { class: "note" }),
    name = h("span", {}, words.t(`image.${kind}`));
  const button = h(
    "button",
    {
      type: "button",
      class: "enlarge",
      title: words.t(kind === "adversarial" ? "image.hold" : "image.enlarge"),
      onclick: enlarge,
    },
    picture.element,
  );
  const caption = h("figcaption", {}, name, note);
  return { picture, note, name, button, element: h("figure", { class: kind }, button, caption) };
}

/** Tells when a picture is held, by finger or mouse; the click that ends it enlarges nothing.
 * @param {{button: HTMLElement, element: HTMLElement}} figure @param {(held: boolean) => void} change */
function hold({ button, element }, change) {
  let held = false,
    ended = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @param {boolean} now */
  function become(now) {
    clearTimeout(timer);
    if (held === now) return;
    held = now;
    element.toggleAttribute("data-held", now);
    change(now);
  }
  button.addEventListener("pointerdown", (event) => {
    ended = false;
    if (event.button === 0) timer = setTimeout(() => become(true), holdMs);
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"])
    button.addEventListener(end, () => {
      ended ||= held;
      become(false);
    });
  button.addEventListener("contextmenu", (event) => held && event.preventDefault());
  button.addEventListener("click", (event) => ended && event.stopImmediatePropagation(), true);
  return { held: () => held };
}

/** Captions, and the pictures in words.
 * @param {ViewContext} context @param {Record<"original" | "perturbation" | "adversarial" | "seen", Figure>} figures
 * @param {Lane} lane @param {Float32Array} delta @param {number} scale */
function describe(
  { words, state },
  { original, perturbation, adversarial, seen },
  lane,
  delta,
  scale,
) {
  const reading = (/** @type {number} */ label, /** @type {Float32Array} */ probabilities) => ({
    digit: words.className(state().dataset, label),
    percent: words.percent(probabilities[label]),
  });
  const before = reading(lane.cleanLabel, lane.before),
    after = reading(lane.adversarialLabel, lane.after);
  setText(original.note, words.t("image.reading", before));
  setText(adversarial.note, words.t("image.reading", after));
  setText(
    perturbation.note,
    scale > 0 ? words.t("image.scale", { factor: words.number(1 / scale, 1) }) : "",
  );
  original.picture.describe(words.t("image.original.alt", before));
  adversarial.picture.describe(words.t("image.adversarial.alt", after));
  seen.picture.describe(words.t("image.seen.alt"));
  const count = (/** @type {number} */ sign) =>
    delta.reduce((sum, d) => sum + (Math.sign(d) === sign ? 1 : 0), 0);
  perturbation.picture.describe(
    words.t("image.perturbation.alt", { up: count(1), down: count(-1) }),
  );
}

/** What the perturbation's colours mean. @param {ViewContext} context */
function createLegend({ words, scheme }) {
  const ramp = Float32Array.from({ length: 257 }, (_, i) => i / 128 - 1);
  const picture = new Picture(
    { width: 257, height: 1 },
    { role: "img", class: "scale", "aria-label": words.t("image.empty.alt") },
  );
  const paint = whenChanged(() => picture.signed(ramp, 1, scheme()));
  const low = h("span", {}),
    high = h("span", {});
  const element = h(
    "div",
    { class: "legend" },
    h("span", { class: "word" }, words.t("legend.darker")),
    low,
    picture.element,
    high,
    h("span", { class: "word" }, words.t("legend.brighter")),
  );
  return {
    element,
    /** @param {number} scale */
    show(scale) {
      const [from, to] = ["−", "+"].map((sign) =>
        scale > 0 ? `${sign}${words.levels(scale)}` : "0",
      );
      setText(low, from);
      setText(high, to);
      paint(scheme());
      picture.describe(words.t("legend.label", { low: from, high: to }));
    },
    clear() {
      setText(low, "");
      setText(high, "");
      picture.describe(words.t("image.empty.alt"));
    },
  };
}
