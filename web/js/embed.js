// The compact page for a frame in someone else's page (embed.html): the figure and the controls that
// matter. Its state comes from its address, or in a message from the page around it; it changes neither
// the address nor anything outside but its height, which it tells. Not the whole page: main.js.
//
// To the parent:   {type: "signflip:height", height}    CSS pixels, after each change of it
// From the parent: {type: "signflip:state", query}      the query string of another state
import { PageShell, place } from "./page-shell.js";
import { createControls } from "./features/embed/controls.js";
import { createLane } from "./features/image/lane.js";
import { createPicker } from "./features/image/picker.js";
import { datasets } from "./state/datasets.js";
import { packedCount } from "./state/samples.js";
import { readUrl, writeUrl } from "./state/state.js";
import { h, setText } from "./ui/dom.js";
import { wordsFor } from "./ui/i18n.js";

/** So many test images can be picked where there are no digits of our own. */
const tiles = 20;

const page = new PageShell({ render, shown: render });
/** @type {((snapshot: import("./types").Snapshot) => void)[]} */
let renderers = [];

/** The state that the page around it wants. @param {string} query */
function become(query) {
  const { state } = page;
  const next = readUrl(query, navigator.language);
  if (next.dataset !== state.dataset || next.lang !== state.lang || next.view !== "image")
    return location.replace(`?${query.replace(/^\?/, "")}`);
  page.change(next);
  if (next.model.join() !== state.model.join()) mount();
}

function mount() {
  const root = document.documentElement,
    { words, state } = page,
    { digit } = datasets[state.dataset];
  root.lang = state.lang;
  root.dataset.dataset = state.dataset;
  document.title = words.t("page.title");
  const context = page.context();
  const picker = createPicker(context, digit ? 0 : Math.min(tiles, packedCount(state.dataset)));
  const controls = createControls(context);
  const lanes = state.model.map((id) => createLane(context, id));
  const alert = h("p", { class: "alert", role: "alert", hidden: true });
  const link = h("a", { target: "_blank", rel: "noopener" }, words.t("embed.open"));
  place("embed").replaceChildren(
    h("h1", { class: "hidden" }, words.t("page.title")),
    h(
      "section",
      { class: "panel", "aria-labelledby": "asked-title" },
      h("h2", { class: "hidden", id: "asked-title" }, words.t("attack.title")),
      picker.element,
      controls.element,
    ),
    alert,
    h(
      "section",
      { id: "results", tabindex: -1, "aria-labelledby": "results-title" },
      h("h2", { class: "hidden", id: "results-title" }, words.t("results.title")),
      h("div", { class: "lanes" }, ...lanes.map(({ element }) => element)),
    ),
    h("p", { class: "foot" }, h("span", {}, words.t("footer.private")), link),
  );
  const pickable = (/** @type {import("./types").Sample[]} */ samples) =>
    digit ? samples.filter(({ id }) => !id.startsWith("test-")) : samples.slice(0, tiles);
  renderers = [
    (snapshot) => picker.render({ ...snapshot, samples: pickable(snapshot.samples) }),
    controls.render,
    ...lanes.map((lane) => lane.render),
    () => {
      const trouble = page.trouble();
      alert.hidden = trouble === "";
      setText(alert, trouble);
      link.setAttribute("href", `index.html?${writeUrl(page.state, navigator.language)}`);
    },
  ];
}

function render() {
  document.documentElement.dataset.theme = page.state.theme;
  for (const renderer of renderers) renderer(page.snapshot);
}

/** Tells the page around it how tall it wants to be, and listens to it. */
function talk() {
  if (parent === window) return;
  let told = 0;
  new ResizeObserver(() => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    // Whoever frames this page may know how tall it is, so no origin is asked for.
    if (height !== told) parent.postMessage({ type: "signflip:height", height }, "*");
    told = height;
  }).observe(document.body);
  addEventListener("message", ({ source, data }) => {
    if (source === parent && data?.type === "signflip:state" && typeof data.query === "string")
      become(data.query);
  });
}

// The built page is a classic script, in which nothing is awaited outside of functions.
async function begin() {
  page.words = await wordsFor(page.state.lang, page.state.dataset);
  page.enter();
  mount();
  render();
  talk();
  page.started.then((catalogue) => page.equip(catalogue), page.fail);
}

// A whole model wants the whole page.
if (page.state.view === "image") begin();
else location.replace(`index.html${location.search}`);
