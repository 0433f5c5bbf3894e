// Where the picture comes from: tabs to pick a sample, to draw where digits are asked for, and to bring
// one's own. The tabs only show and hide; what is attacked changes when something is picked or drawn.
import { datasets, isOwnDataset } from "../../state/datasets.js";
import { openWith } from "../../state/incoming.js";
import { h } from "../../ui/dom.js";
import { LazyView } from "../../ui/lazy-view.js";
import { createTabs } from "../../ui/tabs.js";
import { createPicker } from "./picker.js";

/** @typedef {import("../../ui/context").ViewContext} ViewContext */
/** What stands behind a tab; sample: the id of what is of its making.
 * @typedef {{element: HTMLElement, sample: string, render: (shown: boolean) => void, hide?: () => void, remove?: () => void}} Place */

/** The tabs' places. @param {ViewContext} context @param {number} packed @returns {Record<string, Place>} */
function placesFor(context, packed) {
  const { dataset } = context.state();
  const { digit } = datasets[dataset];
  const picker = createPicker(context, packed);
  /** @param {string} sample @param {ConstructorParameters<typeof LazyView>[1]} load @returns {Place} */
  const later = (sample, load) => {
    const element = h("div", { class: "bring" });
    const view = new LazyView(element, load);
    return {
      element,
      sample,
      // Fetched when its tab is opened, or the state has something of its making.
      render: (shown) => view.render(shown || context.state().sample === sample, context),
      hide: () => view.hide(),
      remove: () => view.remove(),
    };
  };
  const pick = { ...picker, sample: "-", render: () => picker.render(context.snapshot()) };
  const upload = later("picture", () => import("../upload/index.js"));
  // What is there to pick for a model of other images, its visitor has to bring.
  if (isOwnDataset(dataset)) return { upload, pick };
  return {
    pick,
    ...(digit ? { draw: later("drawing", () => import("../draw/index.js")) } : {}),
    upload,
  };
}

/** @param {ViewContext} context @param {number} packed how many test images the site has
 * @returns {import("../../ui/context").View & {remove: () => void}} */
export function createSource(context, packed) {
  const { words, state, update } = context;
  const places = placesFor(context, packed);
  const names = Object.keys(places);
  const tabOf = (/** @type {string} */ sample) =>
    sample.startsWith("mine-")
      ? "pick"
      : (names.find((name) => places[name].sample === sample) ?? names[0]);
  let shown = tabOf(state().sample);
  const tabs = createTabs({
    names,
    title: (name) => words.t(`source.${name}`),
    tab: "tab",
    panel: "source",
    list: { class: "tabs", "aria-labelledby": "source-title" },
    choose: show,
  });
  const panels = names.map((name) =>
    h(
      "div",
      { role: "tabpanel", id: `source-${name}`, "aria-labelledby": `tab-${name}` },
      places[name].element,
    ),
  );

  /** @param {string} name */
  function show(name) {
    if (name !== shown) places[shown].hide?.();
    shown = name;
    tabs.show(name);
    places[name].render(true);
    panels.forEach((panel, i) => panel.toggleAttribute("data-away", names[i] !== name));
  }
  show(shown);
  openWith(() => {
    if (state().view !== "image") update({ view: "image" });
    show("upload");
  });

  let sample = state().sample;
  return {
    element: h(
      "section",
      { class: "panel source", "aria-labelledby": "source-title" },
      h("h2", { id: "source-title", class: "hidden" }, words.t("source.title")),
      tabs.element,
      h("div", { class: "stack" }, ...panels),
    ),
    render(snapshot) {
      // A sample that came from elsewhere (a link, the way back) brings its tab along.
      if (snapshot.state.sample !== sample) show(tabOf((sample = snapshot.state.sample)));
      for (const name of names) places[name].render(name === shown);
    },
    remove() {
      for (const name of names) places[name].remove?.();
    },
  };
}
