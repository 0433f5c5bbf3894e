// The page: one state, mirrored in the URL; views that render from it; an engine in a worker that answers
// what the state asks. It holds no mathematics.
//
// For tests and the curious: window.signflipPage = {state, snapshot, client, explorer, update}, and document
// fires "signflip:result" with detail {request, lanes} (js/types.d.ts) whenever a result is shown;
// the first one leaves the performance mark "signflip:first".
import { Address } from "./state/address.js";
import { datasets, sourceOf } from "./state/datasets.js";
import { oncePerFrame } from "./ui/dom.js";
import { EngineClient } from "./engine/client.js";
import { Explorer } from "./engine/explorer.js";
import { Words, wordsFor } from "./ui/i18n.js";
import { listen } from "./state/incoming.js";
import { LazyView } from "./ui/lazy-view.js";
import { imageOf, ownSamples, packedCount, packedSamples } from "./state/samples.js";
import { defaultState, readUrl } from "./state/state.js";
import { sayVerdicts } from "./state/verdict.js";
import { createImageView } from "./features/image/image-view.js";
import { createFooter, createMasthead } from "./ui/masthead.js";
import { sentenceOf } from "./engine/errors.js";

/** @typedef {import("./types").State} State */
/** @typedef {import("./types").Snapshot} Snapshot */
/** @typedef {import("./types").Sample} Sample */

/** How long the slider must rest before verdicts are announced. */
const calm = 700;
/** After so many milliseconds the page is put together, or shown, even if the engine has not started, or
 * there is no first result: doing either earlier, or twice, would take the processor from the attack. */
const startup = 250,
  patience = 400;
const place = (/** @type {string} */ id) =>
  /** @type {HTMLElement} */ (document.getElementById(id));
const darkQuery = matchMedia("(prefers-color-scheme: dark)");

let state = readUrl(location.search, navigator.language);
const address = new Address(navigator.language, () => state);
const client = new EngineClient(state.model.map((id) => sourceOf(state.dataset, id)));
const started = client.start();
/** The pictures of each dataset; the test images come later. @type {Record<string, Sample[]>} */
const shelves = {};
/** @type {Snapshot} */
const snapshot = {
  state,
  attacks: [],
  files: {},
  samples: [],
  image: { id: "", label: null, pixels: new Float32Array(0) },
  result: null,
  analysis: { traces: {}, smallest: {}, certified: {} },
  error: "",
  troubles: {},
  run: { state: "idle", progress: {} },
};
let words = new Words(state.lang);
const modelView = new LazyView(place("view-model"), () => import("./features/models/index.js"));
/** @type {import("./ui/context").ViewContext} */
let context;
/** @type {((snapshot: Snapshot) => void)[]} */
let renderers = [];
const { schedule } = oncePerFrame(render);
/** @type {import("./ui/context").MountedView | null} */
let imageView = null;
const explorer = new Explorer(
  client,
  snapshot,
  { changed, shown, failed: fail, sentence },
  () => import("./engine/analysis.js"),
);

/** @returns {import("./picture/colour.js").Scheme} */
function scheme() {
  return state.theme === "auto" ? (darkQuery.matches ? "dark" : "light") : state.theme;
}

/** @param {Partial<State>} patch */
function update(patch) {
  const { dataset = state.dataset, lang = state.lang } = patch;
  if (dataset !== state.dataset || lang !== state.lang) return void turn(dataset, lang, patch);
  const before = state;
  // Whatever else is changed, the result is what one wants to see of it.
  const looked =
    "step" in patch || Object.keys(patch).every((name) => ["theme", "view"].includes(name));
  state = snapshot.state = { ...state, ...(looked ? {} : { step: null }), ...patch };
  if (
    ["sample", "drawing", "picture"].some(
      (name) => Reflect.get(state, name) !== Reflect.get(before, name),
    )
  )
    snapshot.image = imageOf(state, shelves[state.dataset]);
  if (state.view !== before.view) address.leave();
  else address.follow();
  explorer.fetchModels();
  explorer.ask();
  schedule();
}

/** Another dataset or language: the words are fetched first, then everything is put together anew.
 * @param {string} dataset @param {string} lang @param {Partial<State>} patch */
async function turn(dataset, lang, patch) {
  const found = await wordsFor(lang, dataset);
  const { theme, view, experiment, attack } = state;
  const start =
    dataset === state.dataset
      ? state
      : { ...defaultState(navigator.language, dataset), theme, view, experiment, attack, lang };
  const anew = dataset !== state.dataset;
  state = snapshot.state = { ...start, ...patch };
  words = found;
  if (anew) enter();
  mount();
  const focus = anew ? `input[name=dataset][value="${dataset}"]` : "select.language";
  /** @type {HTMLElement | null} */ (document.querySelector(focus))?.focus();
  address.follow();
  explorer.ask();
  render();
}

/** The dataset's pictures and models, from nothing. */
function enter() {
  explorer.forget();
  shelves[state.dataset] ??= datasets[state.dataset].digit ? ownSamples() : [];
  snapshot.samples = shelves[state.dataset];
  snapshot.image = imageOf(state, shelves[state.dataset]);
  snapshot.files = {};
  snapshot.troubles = {};
  snapshot.error = "";
  explorer.fetchModels();
  // Where nothing else is there to start with, or the link names one, test images are needed at once.
  if (snapshot.image.id === "" || state.sample.startsWith("test-")) loadPacked();
}

/** Puts the page together in the state's language; nothing is kept from before but the state. */
function mount() {
  document.documentElement.lang = state.lang;
  document.documentElement.dataset.dataset = state.dataset;
  document.title = words.t("page.title");
  context = {
    words,
    state: () => state,
    snapshot: () => snapshot,
    update,
    announce,
    scheme,
    cancel: () => explorer.scheduler.cancel(),
    again: () => explorer.scheduler.again(),
    explorer,
    client,
    link: () => address.link(),
  };
  const masthead = createMasthead(context);
  imageView?.remove?.();
  imageView = createImageView(context, place("view-image"), packedCount(state.dataset));
  modelView.reset();
  place("masthead").replaceChildren(...masthead.elements);
  place("footer").replaceChildren(...createFooter(context));
  renderers = [masthead.render, imageView.render];
}

function render() {
  if (!imageView) mount();
  document.documentElement.dataset.theme = state.theme;
  place("view-image").hidden = state.view !== "image";
  for (const renderer of renderers) renderer(snapshot);
  modelView.render(state.view === "model", context);
}

/** Lets the page be seen. */
function reveal() {
  document.documentElement.dataset.ready = "";
}

/** @param {import("./types").ExploreResult} result */
function shown(result) {
  snapshot.error = "";
  render();
  reveal();
  if (performance.getEntriesByName("signflip:first").length === 0)
    performance.mark("signflip:first");
  loadPacked();
  document.dispatchEvent(new CustomEvent("signflip:result", { detail: result }));
  scheduleStatus();
}

/** The run began to be slow, was cancelled, or came further; or something was found out. */
function changed() {
  const { state: before } = snapshot.run;
  snapshot.run = explorer.scheduler.run;
  if (snapshot.run.state === "slow") loadPacked();
  if (snapshot.run.state === "slow" && before !== "slow") {
    // Verdicts that were still to be said are of a result that is being replaced.
    clearTimeout(statusTimer);
    announce(words.t("progress.status"));
  }
  if (snapshot.run.state === "cancelled" && before !== "cancelled")
    announce(words.t("progress.cancelled"));
  schedule();
}

/** @param {unknown} error */
function sentence(error) {
  return sentenceOf(words, error);
}

/** @param {unknown} error */
function fail(error) {
  snapshot.error = sentence(error);
  schedule();
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let statusTimer;
/** Says the verdicts once the slider has come to rest, where they are still to be seen. */
function scheduleStatus() {
  clearTimeout(statusTimer);
  statusTimer = setTimeout(() => {
    if (state.view === "image")
      announce(sayVerdicts(words, state.dataset, snapshot.result?.lanes ?? []));
  }, calm);
}

/** @param {string} text */
function announce(text) {
  place("status").textContent = text;
}

/** @param {import("./engine/client.js").Catalogue} catalogue */
function equip({ attacks }) {
  snapshot.attacks = attacks;
  if (!attacks.some((a) => a.name === state.attack)) update({ attack: attacks[0].name });
  explorer.ask();
  schedule();
}

/** @type {Set<string>} */
const packing = new Set();
/** Fetches the test images: after the first result, while a slow one is awaited, or at once where they are
 * needed for it. */
async function loadPacked() {
  const { dataset } = state;
  if (packing.has(dataset)) return;
  packing.add(dataset);
  const packed = await packedSamples(dataset);
  if (packed.length === 0) return;
  shelves[dataset].push(...packed);
  if (state.dataset !== dataset) return;
  snapshot.image = imageOf(state, shelves[state.dataset]);
  explorer.ask();
  schedule();
}

listen();
address.listen((now) => {
  // The address is already right: no further entry for it.
  state = { ...state, view: now.view };
  update(now);
});
Object.assign(globalThis, {
  signflipPage: {
    get state() {
      return state;
    },
    snapshot,
    client,
    explorer,
    update,
  },
});

words = await wordsFor(state.lang, state.dataset);
enter();
started.then(equip, fail);
setTimeout(reveal, patience);
// A worker's start needs this thread now and then: the page is put together when that is over, while the
// engine is at the first question.
await new Promise((resolve) => {
  setTimeout(resolve, startup);
  started.catch(() => {}).then(() => setTimeout(resolve));
});
render();
if (state.view !== "image") reveal();
darkQuery.addEventListener("change", schedule);
