// The compact page for a frame in someone else's page (embed.html): the figure and the controls that
// matter. Its state comes from its address, or in a message from the page around it; it changes neither
// the address nor anything outside but its height, which it tells. Not the whole page: main.js.
//
// To the parent:   {type: "signflip:height", height}    CSS pixels, after each change of it
// From the parent: {type: "signflip:state", query}      the query string of another state
// For tests: window.signflipPage and "signflip:result" as in main.js.
import { datasets, sourceOf } from "./state/datasets.js";
import { h, oncePerFrame, setText } from "./ui/dom.js";
import { EngineClient } from "./engine/client.js";
import { Explorer } from "./engine/explorer.js";
import { Words, wordsFor } from "./ui/i18n.js";
import { imageOf, ownSamples, packedCount, packedSamples } from "./state/samples.js";
import { carriedOver, readUrl, writeUrl } from "./state/state.js";
import { sayVerdicts } from "./state/verdict.js";
import { createLane } from "./features/image/lane.js";
import { createParameter } from "./ui/parameter.js";
import { createPicker } from "./features/image/picker.js";
import { sentenceOf } from "./engine/errors.js";

/** @typedef {import("./types").State} State */

/** Parameters that have a slider here; the others are the whole page's. */
const shown = ["epsilon", "steps", "queries"];
/** So many test images can be picked where there are no digits of our own. */
const tiles = 20;
const calm = 700;
const place = (/** @type {string} */ id) =>
  /** @type {HTMLElement} */ (document.getElementById(id));
const darkQuery = matchMedia("(prefers-color-scheme: dark)");

let state = readUrl(location.search, navigator.language);
const client = new EngineClient(state.model.map((id) => sourceOf(state.dataset, id)));
const { digit } = datasets[state.dataset];
/** @type {import("./types").Sample[]} */
const samples = digit ? ownSamples() : [];
/** @type {import("./types").Snapshot} */
const snapshot = {
  state,
  attacks: [],
  files: {},
  samples,
  image: imageOf(state, samples),
  result: null,
  analysis: { traces: {}, smallest: {}, certified: {} },
  error: "",
  troubles: {},
  run: { state: "idle", progress: {} },
};
const explorer = new Explorer(client, snapshot, { changed, shown: result, failed: fail, sentence });
let words = new Words(state.lang);
/** @type {(() => void)[]} */
let renderers = [];
const { schedule } = oncePerFrame(render);

/** @param {Partial<State>} patch */
function update(patch) {
  state = snapshot.state = { ...state, ...patch };
  snapshot.image = imageOf(state, samples);
  explorer.fetchModels();
  explorer.ask();
  schedule();
}

/** The state that the page around it wants. @param {string} query */
function become(query) {
  const next = readUrl(query, navigator.language);
  if (next.dataset !== state.dataset || next.lang !== state.lang || next.view !== "image")
    return location.replace(`?${query.replace(/^\?/, "")}`);
  if (next.sample.startsWith("test-")) fetchTestImages();
  if (next.model.join() !== state.model.join()) {
    state = next;
    mount();
  }
  update(next);
}

let fetched = false;
async function fetchTestImages() {
  if (fetched) return;
  fetched = true;
  samples.push(...(await packedSamples(state.dataset)));
  snapshot.image = imageOf(state, samples);
  explorer.ask();
  schedule();
}

/** @param {import("./engine/client.js").Catalogue} catalogue */
function equip({ attacks }) {
  snapshot.attacks = attacks;
  if (!attacks.some(({ name }) => name === state.attack)) update({ attack: attacks[0].name });
  explorer.ask();
  schedule();
}

/** Attack, goal and budget in a row, made from the catalogue.
 * @param {import("./ui/context").Context} context
 * @returns {{element: HTMLElement, render: () => void}} */
function createControls(context) {
  const { dataset } = state;
  /** @type {import("./types").AttackInfo | undefined} */
  let built;
  /** @type {{element: HTMLElement, render: () => void}[]} */
  let sliders = [];
  const attack = /** @type {HTMLSelectElement} */ (
    h("select", {
      id: "attack",
      onchange: () => {
        const next = /** @type {import("./types").AttackInfo} */ (
          snapshot.attacks.find(({ name }) => name === attack.value)
        );
        update({ attack: next.name, parameters: carriedOver(state, built, next) });
      },
    })
  );
  const any = h("option", { value: "" }, words.t("target.none"));
  const target = /** @type {HTMLSelectElement} */ (
    h(
      "select",
      {
        id: "target",
        onchange: () => update({ target: target.value === "" ? null : Number(target.value) }),
      },
      any,
      ...datasets[dataset].classes.map((_, i) =>
        h("option", { value: i }, words.t("target.class", { digit: words.className(dataset, i) })),
      ),
    )
  );
  const parameters = h("div", { class: "parameters" });
  return {
    element: h(
      "div",
      { class: "asked" },
      h(
        "div",
        { class: "lists" },
        h("div", {}, h("label", { for: "attack" }, words.t("attack.title")), attack),
        h("div", {}, h("label", { for: "target" }, words.t("target.title")), target),
      ),
      parameters,
    ),
    render() {
      const { attacks, image, result: newest } = snapshot;
      if (attack.length !== attacks.length) {
        attack.replaceChildren(
          ...attacks.map(({ name, title }) =>
            h("option", { value: name }, words.t(`attack.${name}`, {}, title)),
          ),
        );
      }
      const now = attacks.find(({ name }) => name === state.attack);
      if (now && built !== now) {
        built = now;
        sliders = now.parameters
          .filter(({ name }) => shown.includes(name))
          .map((parameter) => createParameter(context, parameter));
        parameters.replaceChildren(...sliders.map(({ element }) => element));
      }
      attack.value = state.attack;
      for (const slider of sliders) slider.render();
      const label = image.label ?? newest?.lanes[0]?.label ?? null;
      for (const option of target.options) {
        option.disabled =
          option === any ? now?.untargeted === false : Number(option.value) === label;
      }
      target.disabled = now?.targeted === false;
      target.value =
        state.target === null || state.target === label || target.disabled
          ? ""
          : String(state.target);
    },
  };
}

function mount() {
  const root = document.documentElement,
    { dataset } = state;
  root.lang = state.lang;
  root.dataset.dataset = dataset;
  document.title = words.t("page.title");
  /** @type {any} what the views used here want of the page */
  const context = {
    words,
    state: () => state,
    update,
    explorer,
    scheme,
    cancel: () => explorer.scheduler.cancel(),
    again: () => explorer.scheduler.again(),
  };
  const picker = createPicker(context, digit ? 0 : Math.min(tiles, packedCount(dataset)));
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
  const pickable = { ...snapshot };
  renderers = [
    () =>
      picker.render(
        Object.assign(pickable, snapshot, {
          samples: digit
            ? samples.filter(({ id }) => !id.startsWith("test-"))
            : samples.slice(0, tiles),
        }),
      ),
    controls.render,
    ...lanes.map((lane) => () => lane.render(snapshot)),
    () => {
      const sentence = [snapshot.error, ...state.model.map((id) => snapshot.troubles[id])]
        .filter(Boolean)
        .join(" ");
      alert.hidden = sentence === "";
      setText(alert, sentence);
      link.setAttribute("href", `index.html?${writeUrl(state, navigator.language)}`);
    },
  ];
}

/** @returns {import("./picture/colour.js").Scheme} */
function scheme() {
  return state.theme === "auto" ? (darkQuery.matches ? "dark" : "light") : state.theme;
}

function render() {
  document.documentElement.dataset.theme = state.theme;
  for (const renderer of renderers) renderer();
}

function changed() {
  snapshot.run = explorer.scheduler.run;
  schedule();
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let statusTimer;
/** @param {import("./types").ExploreResult} answer */
function result(answer) {
  snapshot.error = "";
  render();
  document.dispatchEvent(new CustomEvent("signflip:result", { detail: answer }));
  clearTimeout(statusTimer);
  statusTimer = setTimeout(
    () => setText(place("status"), sayVerdicts(words, state.dataset, answer.lanes)),
    calm,
  );
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

if (state.view !== "image") {
  // A whole model wants the whole page.
  location.replace(`index.html${location.search}`);
} else {
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
  darkQuery.addEventListener("change", schedule);
  const started = client.start();
  words = await wordsFor(state.lang, state.dataset);
  if (!digit || state.sample.startsWith("test-")) fetchTestImages();
  explorer.fetchModels();
  mount();
  render();
  talk();
  started.then(equip, fail);
}
