// "Explore an image": a lane for each model and the attack's steps at the pictures that they move; then the
// controls, and the text. It puts views together; each renders itself.
import { datasets, isOwnDataset } from "../../state/datasets.js";
import { createAlert } from "../../ui/alert.js";
import { staleAfterMs } from "../../state/timing.js";
import { h } from "../../ui/dom.js";
import { LazyView } from "../../ui/lazy-view.js";
import { createAttackControls } from "./attack-controls.js";
import { createCaption } from "./caption.js";
import { createLane } from "./lane.js";
import { createModels } from "./models.js";
import { createSource } from "./source.js";

/** @typedef {import("../../ui/context").ViewContext} ViewContext */
/** @typedef {import("../../types").Snapshot} Snapshot */

/** @param {ViewContext} context @param {HTMLElement} place
 * @param {number} packed how many test images the site has
 * @returns {import("../../ui/context").MountedView} */
export function createImageView(context, place, packed) {
  const { words } = context;
  const source = createSource(context, packed);
  const attack = createAttackControls(context);
  const models = createModels(context);
  const lanes = createLanes(context);
  const alert = createAlert(context);
  const caption = createCaption(context);
  const steps = createSteps(context);
  const guide = createGuide(context);
  const share = h("section", { class: "panel share-panel", "aria-labelledby": "share-title" });
  const about = h("div", { class: "about" });
  // Below the fold: fetched when the first result is there and one comes near them.
  const later = [
    new LazyView(share, () => import("../share/index.js"), { whenNear: true, skeletons: 2 }),
  ];
  // The text is of the site's own models.
  if (!isOwnDataset(context.state().dataset))
    later.push(
      new LazyView(about, () => import("../about/index.js"), { whenNear: true, skeletons: 6 }),
    );
  const results = h(
    "section",
    { id: "results", class: "results", tabindex: -1, "aria-labelledby": "results-title" },
    h("h2", { id: "results-title", class: "hidden" }, words.t("results.title")),
    guide.element,
    h("p", { class: "lead" }, words.t("page.lead")),
    models.element,
    alert.element,
    steps.element,
    lanes.element,
    caption.element,
  );
  const controls = h(
    "div",
    { id: "controls", class: "sidebar", tabindex: -1 },
    source.element,
    ...attack.elements,
  );
  // In a part of their own, beyond which the controls do not stay in sight.
  place.replaceChildren(h("div", { class: "workbench" }, results, controls, share), about);
  let begun = false;
  const stale = staleMark(results);
  return {
    render(snapshot) {
      for (const view of [source, attack, guide, models, lanes, steps, caption])
        view.render(snapshot);
      alert.render(context.trouble());
      stale(snapshot);
      if (snapshot.run.state === "slow") results.setAttribute("aria-busy", "true");
      else results.removeAttribute("aria-busy");
      begun ||= snapshot.result !== null;
      if (begun) for (const view of later) view.render(true, context);
    },
    remove() {
      source.remove();
      for (const view of [steps, guide, ...later]) view.remove();
    },
  };
}

/** Marks what is shown as an older question's, where the next answer does not come at once.
 * @param {HTMLElement} results */
function staleMark(results) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Snapshot["result"]} */
  let last = null;
  return (/** @type {Snapshot} */ { result, current }) => {
    if (current || result !== last) {
      clearTimeout(timer);
      timer = undefined;
      results.toggleAttribute("data-stale", false);
    }
    last = result;
    if (result && !current)
      timer ??= setTimeout(() => results.toggleAttribute("data-stale", true), staleAfterMs);
  };
}

/** The lanes, in the models' order; each is made when its model is first shown. What is unfolded in one is
 * unfolded in all, so that they stay in line. @param {ViewContext} context */
function createLanes(context) {
  const { models } = datasets[context.state().dataset];
  /** @type {Map<string, import("../../ui/context").View>} */
  const lanes = new Map();
  const element = h("div", { class: "lanes" });
  let open = false;
  element.addEventListener(
    "toggle",
    ({ target }) => {
      if (!(target instanceof HTMLDetailsElement) || target.open === open) return;
      open = target.open;
      for (const details of element.querySelectorAll("details")) details.open = open;
    },
    true,
  );
  /** @param {string[]} shown */
  function make(shown) {
    if (shown.every((id) => lanes.has(id))) return;
    for (const id of shown) if (!lanes.has(id)) lanes.set(id, createLane(context, id));
    // Never moved: that would take the focus from what is in them.
    let next = element.firstElementChild;
    for (const { id } of models) {
      const lane = lanes.get(id)?.element;
      if (lane && lane === next) next = next.nextElementSibling;
      else if (lane) element.insertBefore(lane, next);
    }
    for (const details of element.querySelectorAll("details")) details.open = open;
  }
  return {
    element,
    /** @param {Snapshot} snapshot */
    render(snapshot) {
      make(snapshot.state.model);
      for (const lane of lanes.values()) lane.render(snapshot);
    },
  };
}

/** A panel that is hidden until there is something to show in it. @param {string} name @param {string} kind */
const unseen = (name, kind) =>
  h("section", { class: `panel ${kind}`, "aria-labelledby": `${name}-title`, hidden: true });

/** The guided start, where the address has one. @param {ViewContext} context */
function createGuide(context) {
  const element = unseen("guide", "guide");
  const view = new LazyView(element, () => import("../guide/index.js"), { skeletons: 1 });
  return {
    element,
    render: () => view.render(context.state().guide > 0 && datasets.mnist !== undefined, context),
    remove: () => view.remove(),
  };
}

/** The steps of the attack, where it takes more than one. @param {ViewContext} context */
function createSteps(context) {
  const element = unseen("steps", "steps-panel");
  const view = new LazyView(element, () => import("../steps/index.js"), { skeletons: 2 });
  return {
    element,
    /** @param {Snapshot} snapshot */
    render({ attacks, result }) {
      const attack = attacks.find(({ name }) => name === result?.request.attack);
      view.render(attack?.parameters.some(({ name }) => name === "steps") ?? false, context);
    },
    remove: () => view.remove(),
  };
}
