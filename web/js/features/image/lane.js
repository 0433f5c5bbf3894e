// One model's lane: in a sentence what one sees and what the network says, the pictures, the probabilities that
// matter, and folded away the numbers. It shows a result, or one step on the way there; it computes none.
import { sourceOf, styleOf } from "../../state/datasets.js";
import { lanesOf } from "../../state/lanes.js";
import { outcomeOf, sentenceOfLane, verdictOf } from "../../state/verdict.js";
import { h, setText, whenChanged } from "../../ui/dom.js";
import { LazyView } from "../../ui/lazy-view.js";
import { createFigures } from "./figures.js";
import { createProbabilities } from "./probabilities.js";
import { createProgress } from "./progress.js";

/** @typedef {import("../../ui/context").ViewContext} ViewContext */
/** @typedef {import("../../types").Lane} Lane */
/** @typedef {import("../../types").Snapshot} Snapshot */

/** A part of a lane: shown for a lane, and emptied where there is none.
 * @typedef {{show: (lane: Lane, snapshot: Snapshot) => void, clear: (snapshot: Snapshot) => void}} Part */

/** @param {ViewContext} context @param {string} model
 * @returns {import("../../ui/context").View} */
export function createLane(context, model) {
  const { words } = context;
  const titleId = `lane-${model}`;
  const verdict = createVerdict(context, model);
  const figures = createFigures(context, model);
  const table = createProbabilities(context);
  const numbers = createNumbers(context, model);
  const progress = createProgress(context, model);
  const element = h(
    "section",
    { class: "panel lane", "aria-labelledby": titleId, "data-model": model },
    h(
      "header",
      {},
      h(
        "h3",
        { id: titleId },
        h("span", { class: `model-key series-${styleOf(model)}`, "aria-hidden": "true" }),
        words.t(`model.${model}`, {}, model),
      ),
      h(
        "p",
        { class: "hint" },
        words.t(`model.${model}.about`, {}, ""),
        " ",
        cardOf(context, model),
      ),
      progress.element,
    ),
    h("div", { class: "lane-body" }, verdict.element, ...figures.elements, table.element),
    numbers.element,
  );
  const parts = [verdict, figures, table];
  const inSight = whetherInSight(element);
  /** @type {Snapshot} */
  let now;
  const draw = whenChanged(() => {
    const { result } = now;
    const lane = lanesOf(now).find((one) => one.model === model);
    element.toggleAttribute("data-empty", !lane);
    if (lane && result) element.dataset.verdict = verdictOf(lane).kind;
    else delete element.dataset.verdict;
    for (const part of parts) {
      if (lane && result) part.show(lane, now);
      else part.clear(now);
    }
    numbers.show(lane ?? null);
  });
  return {
    element,
    render(snapshot) {
      const { result, image, files, analysis } = (now = snapshot);
      const { model: models, step } = snapshot.state;
      progress.render(snapshot);
      element.hidden = !models.includes(model);
      numbers.render();
      // Where nobody sees it, it waits for the last of the answers that come.
      if (result && !inSight() && !context.explorer.scheduler.idle) return;
      const trace = step === null ? null : analysis.traces[model];
      const coming = snapshot.awaited.has(snapshot.state.dataset);
      draw(result, image, coming, files[model], element.hidden, step, trace, context.scheme());
    },
  };
}

/** Tells whether an element is in the window or near it; where that is not known yet, yes.
 * @param {Element} element */
function whetherInSight(element) {
  let seen = true;
  new IntersectionObserver(([...entries]) => (seen = entries[entries.length - 1].isIntersecting), {
    rootMargin: "64px",
  }).observe(element);
  return () => seen;
}

/** A link to the model's card, where the site has one: how it was trained, and what it withstands.
 * @param {ViewContext} context @param {string} model */
function cardOf({ words, state }, model) {
  if (model.startsWith("own-")) return null;
  const { file } = sourceOf(state().dataset, model);
  const label = words.t("models.card.label", { model: words.t(`model.${model}`, {}, model) });
  const href = file.replace(/safetensors$/, "txt");
  return h(
    "a",
    { href, "aria-label": label, target: "_blank", rel: "noopener" },
    words.t("models.card"),
  );
}

/** What one sees, what the network says, and whether the attack did it.
 * @param {ViewContext} context @param {string} model @returns {Part & {element: HTMLElement}} */
function createVerdict({ words }, model) {
  const reading = h("span", { class: "reading" });
  const chip = h("span", { class: "verdict-chip" });
  return {
    element: h("p", { class: "verdict" }, reading, chip),
    show(lane, { result, attacks }) {
      const { request } = /** @type {NonNullable<typeof result>} */ (result);
      const attack = attacks.find(({ name }) => name === request.attack);
      setText(reading, sentenceOfLane(words, request, lane));
      setText(chip, outcomeOf(words, request, lane, attack ? words.attack(attack) : ""));
    },
    clear({ files, image, awaited, state }) {
      const missing = image.id === "" && !awaited.has(state.dataset);
      const waits = missing || image.id === "drawing";
      const key =
        files[model] === "failed" ? "models.failed" : waits ? "verdict.idle" : "models.loading";
      setText(reading, state.model.includes(model) ? words.t(key) : "");
      setText(chip, "");
    },
  };
}

/** How much was changed in a few words; norms, time and proofs, each explained, when one opens it.
 * @param {ViewContext} context @param {string} model */
function createNumbers(context, model) {
  const { words } = context;
  const said = h("span", { class: "hint" });
  const place = h("div", { class: "numbers-place" });
  const view = new LazyView(place, async () => {
    const { mountNumbers, messages } = await import("./numbers.js");
    return { messages, mount: (element, given) => mountNumbers(element, given, model) };
  });
  const element = /** @type {HTMLDetailsElement} */ (
    h(
      "details",
      { class: "lane-numbers", ontoggle: () => view.render(element.open, context) },
      h("summary", {}, words.t("numbers.title"), " ", said),
      place,
    )
  );
  return {
    element,
    render() {
      if (element.open) view.render(true, context);
    },
    /** @param {Lane | null} lane */
    show(lane) {
      setText(
        said,
        lane
          ? words.t("numbers.short", {
              pixels: words.number(lane.l0, 0),
              levels: words.levels(lane.linf),
            })
          : "",
      );
    },
  };
}
