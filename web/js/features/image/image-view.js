// "Explore an image": the controls at the side, a lane for each model, what was found out below them,
// and the text. It puts views together; each renders itself.
import { datasets } from "../../state/datasets.js";
import { h, setText } from "../../ui/dom.js";
import { LazyView } from "../../ui/lazy-view.js";
import { createAttackControls } from "./attack-controls.js";
import { createCaption } from "./caption.js";
import { createLane } from "./lane.js";
import { createModels } from "./models.js";
import { createSource } from "./source.js";

/** @param {import("../../ui/context").ViewContext} context @param {HTMLElement} place
 * @param {number} packed how many test images the site has
 * @returns {import("../../ui/context").MountedView} */
export function createImageView(context, place, packed) {
  const { words, state } = context;
  const source = createSource(context, packed);
  const attack = createAttackControls(context);
  const models = createModels(context);
  const { models: all } = datasets[state().dataset];
  /** A model's lane is made when the model is first shown. @type {Map<string, import("../../ui/context").View>} */
  const lanes = new Map();
  const alert = h("p", { role: "alert", class: "alert", hidden: true });
  const lanesElement = h("div", { class: "lanes" });
  const caption = createCaption(context);
  const results = h(
    "section",
    { id: "results", class: "results", tabindex: -1, "aria-labelledby": "results-title" },
    h("h2", { id: "results-title", class: "hidden" }, words.t("results.title")),
    models.element,
    alert,
    lanesElement,
    caption.element,
  );
  // Below the fold: fetched when the first result is there and one comes near them.
  const stepsElement = h("section", {
    class: "panel steps-panel",
    "aria-labelledby": "steps-title",
  });
  const shareElement = h("section", {
    class: "panel share-panel",
    "aria-labelledby": "share-title",
  });
  results.append(stepsElement, shareElement);
  const about = h("div", { class: "about" });
  const steps = new LazyView(stepsElement, () => import("../steps/index.js"), { whenNear: true });
  const later = [
    steps,
    new LazyView(shareElement, () => import("../share/index.js"), { whenNear: true, skeletons: 2 }),
    new LazyView(about, () => import("../about/index.js"), { whenNear: true, skeletons: 6 }),
  ];
  // A link to a step needs the steps at once.
  if (state().step !== null) steps.approach();
  place.replaceChildren(
    h("div", { class: "sidebar" }, source.element, attack.method, attack.budget, attack.goal),
    results,
    about,
  );

  const denoised = all.filter(({ denoiser }) => denoiser).map(({ id }) => id);
  /** @param {string[]} shown */
  function makeLanes(shown) {
    if (shown.every((id) => lanes.has(id))) return;
    for (const id of shown) if (!lanes.has(id)) lanes.set(id, createLane(context, id));
    // In the models' order, and never moved: that would take the focus from what is in them.
    let next = lanesElement.firstElementChild;
    for (const { id } of all) {
      const lane = lanes.get(id)?.element;
      if (lane && lane === next) next = next.nextElementSibling;
      else if (lane) lanesElement.insertBefore(lane, next);
    }
  }
  let begun = false;
  return {
    render(snapshot) {
      makeLanes(snapshot.state.model);
      for (const view of [source, attack, models, caption, ...lanes.values()])
        view.render(snapshot);
      const shown = [...lanes.values()].filter((lane) => !lane.element.hidden).length;
      lanesElement.dataset.count = String(shown);
      lanesElement.toggleAttribute(
        "data-four",
        denoised.some((id) => snapshot.state.model.includes(id)),
      );
      if (snapshot.run.state === "slow") results.setAttribute("aria-busy", "true");
      else results.removeAttribute("aria-busy");
      const sentence = [snapshot.error, ...snapshot.state.model.map((id) => snapshot.troubles[id])]
        .filter(Boolean)
        .join(" ");
      alert.hidden = sentence === "";
      setText(alert, sentence);
      begun ||= snapshot.result !== null;
      if (begun) for (const view of later) view.render(true, context);
    },
    remove() {
      source.remove();
      for (const view of later) view.remove();
    },
  };
}
