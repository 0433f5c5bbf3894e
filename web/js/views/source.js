// Where the digit comes from: two tabs, one to pick a sample and one to draw. The tabs only show and
// hide; what is attacked changes when something is picked or drawn.
import { h } from "../dom.js";
import { createDrawPad } from "./draw-pad.js";
import { createPicker } from "./picker.js";

/** @param {import("./context").Context} context @param {number} packed how many test images the site has
 * @returns {import("./context").View} */
export function createSource(context, packed) {
  const { words, state } = context;
  const views = { pick: createPicker(context, packed), draw: createDrawPad(context) };
  const names = /** @type {const} */ (["pick", "draw"]);
  let shown = state().sample === "drawing" ? 1 : 0;

  const tabs = names.map((name, i) => h("button", {
    type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `source-${name}`, onclick: () => show(i),
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      const next = { ArrowLeft: 0, ArrowRight: 1, Home: 0, End: 1 }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      show(next);
      tabs[next].focus();
    },
  }, words.t(`source.${name}`)));
  const panels = names.map((name) => h("div", { role: "tabpanel", id: `source-${name}`, "aria-labelledby": `tab-${name}` },
    views[name].element));

  /** @param {number} which */
  function show(which) {
    shown = which;
    tabs.forEach((tab, i) => {
      tab.setAttribute("aria-selected", String(i === which));
      tab.tabIndex = i === which ? 0 : -1;
    });
    panels.forEach((panel, i) => panel.toggleAttribute("data-away", i !== which));
  }
  show(shown);

  let sample = state().sample;
  return {
    element: h("section", { class: "panel source", "aria-labelledby": "source-title" },
      h("h2", { id: "source-title", class: "hidden" }, words.t("source.title")),
      h("div", { class: "tabs", role: "tablist", "aria-labelledby": "source-title" }, ...tabs),
      h("div", { class: "stack" }, ...panels)),
    render(snapshot) {
      // A sample that came from elsewhere (a link, the way back) brings its tab along.
      if (snapshot.state.sample !== sample) show((sample = snapshot.state.sample) === "drawing" ? 1 : 0);
      views.pick.render(snapshot);
      views.draw.render(snapshot);
    },
  };
}
