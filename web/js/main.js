// The page: one state, mirrored in the URL; views that render from it; an engine in a worker that answers
// what the state asks. It holds no mathematics. What it shares with the compact page is page-shell.js; the
// first result leaves the performance mark "signflip:first".
import { PageShell, place } from "./page-shell.js";
import { EngineError } from "./engine/errors.js";
import { Address } from "./state/address.js";
import { listen } from "./state/incoming.js";
import { packedCount } from "./state/samples.js";
import { defaultState, readUrl } from "./state/state.js";
import { mountAfterMs, revealAfterMs } from "./state/timing.js";
import { wordsFor } from "./ui/i18n.js";
import { LazyView } from "./ui/lazy-view.js";
import { createFooter, createMasthead } from "./ui/masthead.js";
import { bring } from "./features/bring/open.js";
import { createImageView } from "./features/image/image-view.js";

/** @typedef {import("./types").State} State */

const page = new PageShell({
  render,
  update,
  shown,
  changed,
  analysis: () => import("./engine/analysis.js"),
});
const address = new Address(navigator.language, () => page.state);
const modelView = new LazyView(place("view-model"), () => import("./features/models/index.js"));
/** @type {import("./ui/context").ViewContext} */
let context;
/** @type {((snapshot: import("./types").Snapshot) => void)[]} */
let renderers = [];
/** @type {import("./ui/context").MountedView | null} */
let imageView = null;

/** @type {Promise<void> | undefined} */
let restored;
/** Whether the page may be put together. */
let begun = false;
/** What is on its way to another dataset or language, while the words are. @type {Partial<State>} */
let wanted = {};

/** @param {Partial<State>} patch */
function update(patch) {
  const before = page.state;
  // Another view or dataset is a place that one may want to come back from.
  const left = ["view", "dataset"].some(
    (name) => name in patch && Reflect.get(patch, name) !== Reflect.get(before, name),
  );
  change(patch, () => (left ? address.leave() : address.follow()));
}

/** @param {Partial<State>} patch @param {() => void} changed when it is done */
function change(patch, changed) {
  const { dataset, lang } = page.state;
  if ("dataset" in patch || "lang" in patch) {
    // The newest choice counts, of a dataset as of a language.
    wanted = { ...("dataset" in patch ? { lang: wanted.lang ?? lang } : wanted), ...patch };
    patch = { dataset, lang, ...wanted };
    if (patch.dataset !== dataset || patch.lang !== lang) return void turn(wanted, patch, changed);
    wanted = {};
  }
  page.change(patch);
  changed();
}

/** Another dataset or language: the words are fetched first, then everything is put together anew.
 * @param {Partial<State>} mine what is wanted, unless it is overtaken
 * @param {Partial<State>} patch the same, with dataset and language @param {() => void} changed */
async function turn(mine, patch, changed) {
  const { dataset = "", lang = "" } = patch;
  const found = await wordsFor(lang, dataset);
  if (mine !== wanted) return;
  wanted = {};
  const { state } = page;
  const { theme, view, experiment, attack } = state;
  const anew = dataset !== state.dataset;
  const start = anew
    ? { ...defaultState(navigator.language, dataset), theme, view, experiment, attack, lang }
    : state;
  if (found.lacking) page.fail(new EngineError("error.words", ""));
  else {
    page.become({ ...start, ...patch });
    page.words = found;
    if (anew) page.enter();
  }
  mount();
  const focus = anew ? `input[name=dataset][value="${dataset}"]` : "select.language";
  /** @type {HTMLElement | null} */ (document.querySelector(focus))?.focus();
  page.explorer.ask();
  render();
  if (!found.lacking) changed();
}

/** Puts the page together in the state's language; nothing is kept from before but the state. */
function mount() {
  const { state, words } = page;
  document.documentElement.lang = state.lang;
  document.documentElement.dataset.dataset = state.dataset;
  document.title = words.t("page.title");
  context = { ...page.context(), link: () => address.link() };
  const masthead = createMasthead(context);
  imageView?.remove?.();
  imageView = createImageView(context, place("view-image"), packedCount(state.dataset));
  modelView.reset();
  place("masthead").replaceChildren(...masthead.elements);
  place("footer").replaceChildren(...createFooter(context));
  renderers = [masthead.render, imageView.render];
}

function render() {
  if (!begun) return;
  if (!imageView) mount();
  const { state, snapshot } = page;
  document.documentElement.dataset.theme = state.theme;
  place("view-image").hidden = state.view !== "image";
  for (const renderer of renderers) renderer(snapshot);
  modelView.render(state.view === "model", context);
}

/** Lets the page be seen. */
function reveal() {
  document.documentElement.dataset.ready = "";
}

function shown() {
  begun = true;
  render();
  reveal();
  if (performance.getEntriesByName("signflip:first").length === 0)
    performance.mark("signflip:first");
  page.loadTestImages();
  restored ??= restore();
}

/** @param {import("./types").Run["state"]} before */
function changed(before) {
  const { state } = page.snapshot.run;
  if (state === "slow") page.loadTestImages();
  if (state === before) return;
  if (state === "slow") page.dropVerdicts();
  if (state !== "idle")
    page.announce(page.words.t(state === "slow" ? "progress.status" : "progress.cancelled"));
}

/** Adds the nets that the visitor trained before, where there are some. */
async function restore() {
  try {
    if (localStorage.getItem("signflip-own") === null) return;
  } catch {
    return; // no storage here
  }
  const { restoreOwn } = await import("./features/models/own.js");
  if ((await restoreOwn()) > 0) page.schedule();
}

listen((files) => bring(context, files));
// The address is already right: no further entry for it.
address.listen((now) => change(now, () => address.follow()));
/** Not awaited here: what is fetched meanwhile may need this module. */
async function begin() {
  if (/[=,]own-/.test(location.search)) {
    await (restored = restore());
    page.become(readUrl(location.search, navigator.language));
  }
  page.words = await wordsFor(page.state.lang, page.state.dataset);
  page.enter();
  page.started.then((catalogue) => page.equip(catalogue), page.fail);
  setTimeout(reveal, revealAfterMs);
  // A worker's start needs this thread now and then: the page is put together when that is over, while the
  // engine is at the first question.
  await new Promise((resolve) => {
    setTimeout(resolve, mountAfterMs);
    page.started.catch(() => {}).then(() => setTimeout(resolve));
  });
  begun = true;
  render();
  if (page.state.view !== "image") reveal();
}
begin();
