// Where the picture comes from: tabs to pick a sample, to draw where digits are asked for, and to bring
// one's own. The tabs only show and hide; what is attacked changes when something is picked or drawn.
import { datasets } from "../../state/datasets.js";
import { h } from "../../ui/dom.js";
import { openWith } from "../../state/incoming.js";
import { LazyView } from "../../ui/lazy-view.js";
import { createPicker } from "./picker.js";

/** @param {import("../../ui/context").ViewContext} context @param {number} packed how many test images the site has
 * @returns {import("../../ui/context").View & {remove: () => void}} */
export function createSource(context, packed) {
  const { words, state } = context;
  const { digit } = datasets[state().dataset];
  /** @type {LazyView[]} */
  const fetched = [];
  /** What is fetched when its tab is opened, or the state has something of its making.
   * @param {string} name @param {string} sample @param {ConstructorParameters<typeof LazyView>[1]} load */
  function later(name, sample, load) {
    const element = h("div", { class: "bring" });
    const view = new LazyView(element, load);
    fetched.push(view);
    return {
      element,
      render: () => view.render(names[shown] === name || state().sample === sample, context),
    };
  }
  const places = /** @type {Record<string, import("../../ui/context").View>} */ ({
    ...(digit || packed > 0 ? { pick: createPicker(context, packed) } : {}),
    ...(digit ? { draw: later("draw", "drawing", () => import("../draw/index.js")) } : {}),
    upload: later("upload", "picture", () => import("../upload/index.js")),
  });
  openWith(() => show(names.indexOf("upload")));
  const names = Object.keys(places);
  /** The tab that a sample belongs to. @param {string} id */
  const tabOf = (id) =>
    Math.max(0, names.indexOf(id === "drawing" ? "draw" : id === "picture" ? "upload" : "pick"));
  let shown = tabOf(state().sample);

  const tabs = names.map((name, i) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${name}`,
        "aria-controls": `source-${name}`,
        onclick: () => show(i),
        onkeydown: (/** @type {KeyboardEvent} */ event) => {
          const next = {
            ArrowLeft: Math.max(0, shown - 1),
            ArrowRight: Math.min(names.length - 1, shown + 1),
            Home: 0,
            End: names.length - 1,
          }[event.key];
          if (next === undefined) return;
          event.preventDefault();
          show(next);
          tabs[next].focus();
        },
      },
      words.t(`source.${name}`),
    ),
  );
  const panels = names.map((name) =>
    h(
      "div",
      { role: "tabpanel", id: `source-${name}`, "aria-labelledby": `tab-${name}` },
      places[name].element,
    ),
  );

  /** @param {number} which */
  function show(which) {
    shown = which;
    tabs.forEach((tab, i) => {
      tab.setAttribute("aria-selected", String(i === which));
      tab.tabIndex = i === which ? 0 : -1;
    });
    places[names[which]].render(context.snapshot());
    panels.forEach((panel, i) => panel.toggleAttribute("data-away", i !== which));
  }
  show(shown);

  let sample = state().sample;
  return {
    element: h(
      "section",
      { class: "panel source", "aria-labelledby": "source-title" },
      h("h2", { id: "source-title", class: "hidden" }, words.t("source.title")),
      h("div", { class: "tabs", role: "tablist", "aria-labelledby": "source-title" }, ...tabs),
      h("div", { class: "stack" }, ...panels),
    ),
    render(snapshot) {
      // A sample that came from elsewhere (a link, the way back) brings its tab along.
      if (snapshot.state.sample !== sample) show(tabOf((sample = snapshot.state.sample)));
      for (const view of Object.values(places)) view.render(snapshot);
    },
    remove() {
      for (const view of fetched) view.remove();
    },
  };
}
