// The page: one state, mirrored in the URL; views that render from it; one engine in a worker that
// answers what the state asks. It holds no mathematics.
//
// For tests and the curious: window.signflipPage = {state, snapshot, client, update}, and document
// fires "signflip:result" with detail {request, lanes} (js/types.d.ts) whenever a result is shown;
// the first one leaves the performance mark "signflip:first".
import { Asking } from "./asking.js";
import { datasets, firstAttacks } from "./datasets.js";
import { h } from "./dom.js";
import { unpackDrawing } from "./drawing.js";
import { EngineClient } from "./engine-client.js";
import { Words } from "./i18n.js";
import { LazyView } from "./lazy-view.js";
import { rasterise } from "./raster.js";
import { ownSamples, packedCount, packedSamples } from "./samples.js";
import { attackParameters, readUrl, writeUrl } from "./state.js";
import { verdictOf } from "./verdict.js";
import { createAbout, createFooter } from "./views/about.js";
import { createAttackControls } from "./views/attack-controls.js";
import { createLane } from "./views/lane.js";
import { createMasthead } from "./views/masthead.js";
import { createSource } from "./views/source.js";
import { EngineError } from "./worker-port.js";

/** @typedef {import("./types").State} State */
/** @typedef {import("./types").Snapshot} Snapshot */
/** @typedef {import("./types").Sample} Sample */

/** How long the slider must rest before verdicts are announced. */
const calm = 700;
const language = navigator.language;
const place = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const darkQuery = matchMedia("(prefers-color-scheme: dark)");

let state = readUrl(location.search, language);
const client = new EngineClient(datasets[state.dataset].models, firstAttacks.includes(state.attack) ? "first" : "whole");
const started = client.start();
const samples = ownSamples();
const asking = new Asking(client, { changed, result: show, failed: fail });
/** @type {Snapshot} */
const snapshot = { state, attacks: [], models: [], samples, image: imageOf(state), result: null, error: "",
  run: asking.run, others: client.kind === "whole" ? "loading" : "none" };
let words = new Words(state.lang);
const modelView = new LazyView(place("view-model"), () => import("./model-view/index.js"));
/** @type {import("./views/context").ViewContext} */
let context;
/** @type {((snapshot: Snapshot) => void)[]} */
let renderers = [];

/** The picture that the state names; our own first digit where there is none of that name.
 * @param {State} now @returns {Sample} */
function imageOf(now) {
  if (now.sample === "drawing") return { id: "drawing", label: null, pixels: rasterise(unpackDrawing(now.drawing)) };
  const fallback = datasets[now.dataset].sample;
  return /** @type {Sample} */ (samples.find((s) => s.id === now.sample) ?? samples.find((s) => s.id === fallback));
}

/** @returns {import("./colour.js").Scheme} */
function scheme() {
  return state.theme === "auto" ? (darkQuery.matches ? "dark" : "light") : state.theme;
}

/** @param {Partial<State>} patch */
function update(patch) {
  const before = state;
  state = snapshot.state = { ...state, ...patch };
  if (state.sample !== before.sample || state.drawing !== before.drawing) snapshot.image = imageOf(state);
  if (state.lang !== before.lang) {
    mount();
    document.querySelector("select")?.focus();
  }
  // A view is a place to come back from; everything else only changes what stands in the address.
  if (state.view !== before.view) writeAddress("pushState");
  else scheduleUrl();
  ask();
  schedule();
}

/** Puts the page together in the state's language; nothing is kept from before but the state. */
function mount() {
  words = new Words(state.lang);
  document.documentElement.lang = state.lang;
  document.title = words.t("page.title");
  context = { words, state: () => state, snapshot: () => snapshot, update, announce, scheme, loadOthers,
    cancel: () => asking.cancel(), again: () => asking.again() };
  const masthead = createMasthead(context);
  const source = createSource(context, packedCount());
  const attack = createAttackControls(context);
  const lanes = datasets[state.dataset].models.map(({ id }) => createLane(context, id));
  const alert = h("p", { role: "alert", class: "alert", hidden: true });
  place("masthead").replaceChildren(...masthead.elements);
  modelView.reset();
  place("view-image").replaceChildren(
    h("div", { class: "sidebar" }, source.element, attack.method, attack.budget, attack.goal),
    h("section", { id: "results", class: "results", tabindex: -1, "aria-labelledby": "results-title" },
      h("h2", { id: "results-title", class: "hidden" }, words.t("results.title")), alert, ...lanes.map((lane) => lane.element)),
    createAbout(context));
  place("footer").replaceChildren(...createFooter(context));
  renderers = [masthead.render, source.render, attack.render, ...lanes.map((lane) => lane.render), () => {
    if (snapshot.run.state === "slow") place("results").setAttribute("aria-busy", "true");
    else place("results").removeAttribute("aria-busy");
    alert.hidden = snapshot.error === "";
    if (alert.textContent !== snapshot.error) alert.textContent = snapshot.error;
  }];
}

function render() {
  document.documentElement.dataset.theme = state.theme;
  place("view-image").hidden = state.view !== "image";
  for (const renderer of renderers) renderer(snapshot);
  modelView.render(state.view === "model", context);
  document.documentElement.dataset.ready = "";
}

let frame = 0;
function schedule() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    render();
  });
}

let asked = "";
/** Asks the engine, when what it would be asked has changed. */
function ask() {
  const attack = snapshot.attacks.find((a) => a.name === state.attack);
  if (!attack) {
    if (snapshot.others === "none" && snapshot.attacks.length > 0) loadOthers();
    return;
  }
  const empty = state.sample === "drawing" && snapshot.image.pixels.every((value) => value === 0);
  /** @type {Omit<import("./types").ExploreRequest, "image">} */
  const question = { label: snapshot.image.label, attack: attack.name, parameters: attackParameters(state, attack),
    target: attack.targeted ? state.target : null, needsTarget: attack.untargeted === false, models: state.model, from: state.from };
  const key = JSON.stringify([question, snapshot.image.id, state.sample === "drawing" && state.drawing]);
  if (key === asked) return;
  asked = key;
  if (!empty) return asking.ask({ ...question, image: snapshot.image.pixels });
  asking.forget();
  snapshot.result = null;
  schedule();
}

/** @param {import("./types").ExploreResult} result */
function show(result) {
  snapshot.result = result;
  snapshot.error = "";
  render();
  if (performance.getEntriesByName("signflip:first").length === 0) {
    performance.mark("signflip:first");
    loadPacked();
  }
  document.dispatchEvent(new CustomEvent("signflip:result", { detail: result }));
  scheduleStatus();
}

/** The run began to be slow, was cancelled, or came further. */
function changed() {
  const { state: before } = snapshot.run;
  snapshot.run = asking.run;
  if (asking.run.state === "slow") loadPacked();
  if (asking.run.state === "slow" && before !== "slow") announce(words.t("progress.status"));
  if (asking.run.state === "cancelled" && before !== "cancelled") announce(words.t("progress.cancelled"));
  schedule();
}

/** @param {unknown} error */
function fail(error) {
  asked = "";
  const detail = error instanceof Error ? error.message : String(error);
  snapshot.error = error instanceof EngineError ? words.t(error.key, { detail }) : words.t("error.engine", { detail });
  schedule();
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let statusTimer;
/** Says the verdicts once the slider has come to rest. */
function scheduleStatus() {
  clearTimeout(statusTimer);
  statusTimer = setTimeout(() => {
    const classes = datasets[state.dataset].classes;
    announce((snapshot.result?.lanes ?? []).map((lane) => words.t(`status.${verdictOf(lane).kind}`, {
      model: words.t(`model.${lane.model}`, {}, lane.model), label: classes[lane.label],
      before: classes[lane.cleanLabel], after: classes[lane.adversarialLabel],
    })).join(" "));
  }, calm);
}

/** @param {string} text */
function announce(text) {
  place("status").textContent = text;
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let urlTimer;
function scheduleUrl() {
  clearTimeout(urlTimer);
  urlTimer = setTimeout(() => writeAddress("replaceState"), 200);
}

/** @param {"pushState" | "replaceState"} how */
function writeAddress(how) {
  clearTimeout(urlTimer);
  const query = writeUrl(state, language);
  try {
    history[how](null, "", (query ? `?${query}` : location.pathname) + location.hash);
  } catch {
    // A sandboxed frame may not change its address; the page works without.
  }
}

darkQuery.addEventListener("change", schedule);
addEventListener("popstate", () => {
  // The address is already right: no further entry for it.
  const now = readUrl(location.search, language);
  state = { ...state, view: now.view };
  update(now);
});
Object.assign(globalThis, { signflipPage: { get state() { return state; }, snapshot, client, update } });

/** @param {import("./engine-client.js").Catalogue} catalogue */
function equip({ attacks, models }) {
  snapshot.attacks = attacks;
  snapshot.models = models;
  if (client.kind === "whole") {
    snapshot.others = "there";
    if (!attacks.some((a) => a.name === state.attack)) update({ attack: attacks[0].name });
  }
  ask();
  schedule();
}

/** The attacks beyond the first view's. Meanwhile the page works on with those that it has. */
function loadOthers() {
  if (snapshot.others === "loading" || snapshot.others === "there") return;
  snapshot.others = "loading";
  announce(words.t("attack.loading"));
  schedule();
  client.whole().then(equip, () => {
    snapshot.others = "failed";
    announce(words.t("attack.failed"));
    if (!snapshot.attacks.some((a) => a.name === state.attack)) update({ attack: snapshot.attacks[0].name });
    schedule();
  });
}

let packing = false;
/** Fetches the test images: after the first result, while a slow one is awaited, or at once where the link
 * names one. */
async function loadPacked() {
  if (packing) return;
  packing = true;
  const packed = await packedSamples(datasets[state.dataset].samples);
  if (packed.length === 0) return;
  samples.push(...packed);
  snapshot.image = imageOf(state);
  ask();
  schedule();
}

mount();
render();
started.then(equip, fail);
if (state.sample.startsWith("test-")) loadPacked();
