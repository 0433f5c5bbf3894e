// The compact page for a frame in someone else's page (embed.html): the figure and the controls that
// matter. Its state comes from its address, or in a message from the page around it (features/embed/host.js);
// it does not change the address. Not the whole page: main.js.
import { PageShell, place } from "./page-shell.js";
import { Host } from "./features/embed/host.js";
import { createCaption } from "./features/image/caption.js";
import { createControls } from "./features/embed/controls.js";
import { createLane } from "./features/image/lane.js";
import { createPicker } from "./features/image/picker.js";
import { EngineError } from "./engine/errors.js";
import { SharedClient, isShared } from "./engine/shared/guest.js";
import { datasets } from "./state/datasets.js";
import { packedCount } from "./state/samples.js";
import { readUrl, writeUrl } from "./state/state.js";
import { createAlert } from "./ui/alert.js";
import { h } from "./ui/dom.js";
import { createSettings } from "./ui/settings.js";
import { wordsFor } from "./ui/i18n.js";

/** So many test images can be picked where there are no digits of our own. */
const tiles = 20;

const page = new PageShell({
  render,
  shown(result) {
    render();
    host.result(result);
  },
  changed: () => host.runChanged(),
  ...(isShared() && { Client: SharedClient }),
});
const host = new Host(page, {
  wanted: () => wanted ?? writeUrl(page.state, navigator.language),
  become,
  picture,
});
/** @type {((snapshot: import("./types").Snapshot) => void)[]} */
let renderers = [];
/** The state that is on its way while its words are fetched. @type {string | null} */
let wanted = null;

/** The state that the page around it wants. @param {string} query */
async function become(query) {
  const next = readUrl(query, navigator.language);
  if (next.view !== "image") {
    host.leave(next);
    return location.replace(`?${query.replace(/^\?/, "")}`);
  }
  const said = [page.state.lang, page.state.dataset].join();
  if (wanted !== null || [next.lang, next.dataset].join() !== said) {
    wanted = query;
    const words = await wordsFor(next.lang, next.dataset);
    if (wanted !== query) return; // overtaken
    wanted = null;
    if (words.lacking) return page.fail(new EngineError("error.words", ""));
    page.words = words;
  }
  const { dataset, model, lang } = page.state;
  if (next.dataset === dataset) page.change(next);
  else {
    page.become(next);
    page.enter();
    page.explorer.ask();
  }
  if ([next.dataset, next.lang, next.model].join() !== [dataset, lang, model].join()) mount();
  render();
}

/** @param {string} type */
async function picture(type) {
  const [{ pictureOf }, words] = await Promise.all([
    import("./features/share/still.js"),
    page.words.with(["share"]),
  ]);
  return pictureOf({ ...page.context(), words }, type);
}

function mount() {
  const root = document.documentElement,
    { words, state } = page,
    { digit } = datasets[state.dataset];
  root.lang = state.lang;
  root.dataset.dataset = state.dataset;
  document.title = words.t("page.title");
  const context = page.context();
  const picker = createPicker(
    context,
    digit ? 0 : Math.min(tiles, packedCount(state.dataset)),
    ({ id }, index) => (digit ? !id.startsWith("test-") : index < tiles),
  );
  const controls = createControls(context);
  const lanes = state.model.map((id) => createLane(context, id));
  const alert = createAlert(context);
  // One file alone has no whole page beside it, and nothing around it that chooses language and theme.
  const alone = "single" in root.dataset;
  const update = (/** @type {Partial<import("./types").State>} */ patch) =>
    become(writeUrl({ ...page.state, ...patch }, navigator.language));
  const settings = alone ? createSettings({ ...context, update }) : null;
  const link = h("a", { target: "_blank", rel: "noopener" }, words.t("embed.open"));
  const caption = createCaption(context);
  const foot = h(
    "p",
    { class: "foot" },
    h("span", {}, words.t("footer.private")),
    settings ? h("span", { class: "settings" }, ...settings.elements) : link,
  );
  place("embed").replaceChildren(
    h("h1", { class: "hidden" }, words.t("page.title")),
    h(
      "section",
      { class: "panel", "aria-labelledby": "asked-title" },
      h("h2", { class: "hidden", id: "asked-title" }, words.t("attack.title")),
      picker.element,
      controls.element,
    ),
    alert.element,
    h(
      "section",
      { id: "results", tabindex: -1, "aria-labelledby": "results-title" },
      h("h2", { class: "hidden", id: "results-title" }, words.t("results.title")),
      h("div", { class: "lanes" }, ...lanes.map(({ element }) => element)),
    ),
    foot,
    caption.element,
  );
  renderers = [
    picker.render,
    controls.render,
    () => settings?.render(),
    caption.render,
    ...lanes.map((lane) => lane.render),
    () => {
      alert.render(context.trouble());
      link.setAttribute(
        "href",
        `index.html?${writeUrl({ ...page.state, hide: [] }, navigator.language)}`,
      );
    },
  ];
}

function render() {
  const { dataset } = document.documentElement;
  dataset.theme = page.state.theme;
  dataset.hide = page.state.hide.join(" ");
  for (const renderer of renderers) renderer(page.snapshot);
  host.follow();
}

// The built page is a classic script, in which nothing is awaited outside of functions.
async function begin() {
  page.words = await wordsFor(page.state.lang, page.state.dataset);
  page.enter();
  mount();
  render();
  host.followHeight();
  page.started.then((catalogue) => {
    page.equip(catalogue);
    host.ready();
  }, page.fail);
}

// A whole model wants the whole page.
if (page.state.view === "image") begin();
else location.replace(`index.html${location.search}`);
