// What the whole page (main.js) and the compact one (embed.js) share: the state and all that is found out
// about it, the engine, the words, the theme, the test images, and what is announced. It makes no elements.
//
// For tests and the curious: window.signflipPage = {state, snapshot, client, explorer, update}, and document
// fires "signflip:result" with detail {request, lanes} (js/types.d.ts) whenever a result is shown.
import { datasets, sourceOf } from "./state/datasets.js";
import { EngineClient } from "./engine/client.js";
import { isReplaced, renew } from "./state/build.js";
import { siteFile } from "./engine/download.js";
import { EngineError, isFinal, isMixed, sentenceOf } from "./engine/errors.js";
import { Explorer } from "./engine/explorer.js";
import { imageOf, ownSamples, packedSamples } from "./state/samples.js";
import { readUrl } from "./state/state.js";
import { announceAfterMs } from "./state/timing.js";
import { sayVerdicts } from "./state/verdict.js";
import { oncePerFrame, setText } from "./ui/dom.js";
import { Words } from "./ui/i18n.js";

/** @typedef {import("./types").State} State */
/** @typedef {import("./types").Sample} Sample */

/** update: how a view changes the state, where that is more than change(). shown: a result is there; it is to
 * be rendered now. changed: the run began to be slow, was cancelled or came further, or something was found
 * out. analysis: fetches what looks further into a result. Client: another way to the engine.
 * @typedef {{render: () => void, update?: (patch: Partial<State>) => void,
 *   shown: (result: import("./types").ExploreResult) => void,
 *   changed?: (before: import("./types").Run["state"]) => void,
 *   analysis?: () => Promise<typeof import("./engine/analysis.js")>,
 *   Client?: new (sources: import("./engine/client.js").Source[]) => import("./types").Engine}} Page */

/** An element of the page's frame. @param {string} id */
export const place = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

export class PageShell {
  /** @type {State} */ state = readUrl(location.search, navigator.language);
  words = new Words(this.state.lang);
  /** @type {import("./types").Snapshot} */
  snapshot = {
    state: this.state,
    attacks: [],
    files: {},
    samples: [],
    awaited: new Set(),
    image: { id: "", label: null, pixels: new Float32Array(0) },
    result: null,
    current: false,
    analysis: { traces: {}, smallest: {}, certified: {}, saliency: {}, gradCam: {} },
    error: "",
    troubles: {},
    run: { state: "idle", progress: {} },
  };
  /** The pictures of each dataset; the test images come later. @type {Record<string, Sample[]>} */
  #shelves = {};
  /** Datasets whose test images were asked for. @type {Set<string>} */ #packed = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #announceTimer;
  /** What was announced since the result came. */ #said = "";
  /** Whether trying again cannot help, or only in a new page. */ #final = false;
  #reloads = false;
  #dark = matchMedia("(prefers-color-scheme: dark)");

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    const { state: opening, snapshot } = this;
    const { Client = EngineClient } = page;
    const sources = opening.model.map((id) => sourceOf(opening.dataset, id));
    const client = /** @type {EngineClient} */ (new Client(sources));
    this.client = client;
    this.started = client.start();
    const { schedule } = oncePerFrame(page.render);
    this.schedule = schedule;
    this.update = page.update ?? ((patch) => this.change(patch));
    /** @param {unknown} error what went wrong @returns {string} as the visitor reads it */
    this.sentence = (error) => sentenceOf(this.words, error);
    /** @param {unknown} error */
    this.fail = (error) => {
      snapshot.error = this.sentence(error);
      this.#final = isFinal(error);
      this.#reloads = isMixed(error);
      schedule();
    };
    const explorer = new Explorer(
      client,
      snapshot,
      {
        changed: () => this.#changed(),
        shown: (result) => this.#shown(result),
        failed: this.fail,
        sentence: this.sentence,
      },
      page.analysis,
    );
    this.explorer = explorer;
    this.#dark.addEventListener("change", schedule);
    // A script that came no more: the site was replaced while this page was open, or there is no connection.
    addEventListener("signflip:missing", async () => {
      if (await isReplaced()) this.fail(new EngineError("error.mixed", ""));
    });
    const state = () => this.state;
    Object.assign(globalThis, {
      signflipPage: {
        get state() {
          return state();
        },
        snapshot,
        client,
        explorer,
        update: this.update,
      },
    });
  }

  /** What the views get. @returns {import("./ui/context").Context} */
  context() {
    const { words, update, explorer, client, snapshot } = this;
    return {
      words,
      update,
      explorer,
      client,
      state: () => this.state,
      snapshot: () => snapshot,
      announce: (text) => this.announce(text),
      scheme: () => this.scheme(),
      cancel: () => explorer.scheduler.cancel(),
      again: () => explorer.scheduler.again(),
      trouble: () => ({ text: this.trouble(), final: this.isFinal }),
      retry: () => this.retry(),
      shelve: (dataset, samples) => this.#exchange(dataset, samples),
      link: () => location.href,
    };
  }

  /** @returns {import("./picture/colour.js").Scheme} */
  scheme() {
    const { theme } = this.state;
    return theme === "auto" ? (this.#dark.matches ? "dark" : "light") : theme;
  }

  /** Another state altogether. @param {State} state */
  become(state) {
    this.state = this.snapshot.state = state;
  }

  /** Changes the state within its dataset and language, and asks what follows from that.
   * @param {Partial<State>} patch */
  change(patch) {
    const { state: before, snapshot } = this;
    // Whatever else is changed, the result is what one wants to see of it.
    const looked =
      "step" in patch || Object.keys(patch).every((name) => ["theme", "view"].includes(name));
    // What was said of one picture is not said of the next.
    const pictured = ["sample", "drawing", "picture"].some((name) => name in patch);
    this.become({
      ...before,
      ...(looked ? {} : { step: null }),
      ...(pictured ? { label: null } : {}),
      ...patch,
    });
    const named = (/** @type {State} */ { sample, drawing, picture, label }) =>
      [sample, drawing, picture, label].join();
    if (named(before) !== named(this.state)) this.#takeImage();
    if (this.state.sample.startsWith("test-") && snapshot.image.id !== this.state.sample)
      this.loadTestImages();
    this.explorer.fetchModels();
    this.explorer.ask();
    this.schedule();
  }

  /** The dataset's pictures and models, from nothing. */
  enter() {
    const { state, snapshot } = this;
    this.explorer.forget();
    this.#shelves[state.dataset] ??= datasets[state.dataset].digit ? ownSamples() : [];
    snapshot.samples = this.#shelves[state.dataset];
    this.#takeImage();
    snapshot.files = {};
    snapshot.troubles = {};
    snapshot.error = "";
    this.explorer.fetchModels();
    // Where nothing else is there to start with, or the link names one, test images are needed at once.
    if (snapshot.image.id === "" || state.sample.startsWith("test-")) this.loadTestImages();
  }

  #takeImage() {
    this.snapshot.image = imageOf(this.state, this.#shelves[this.state.dataset]);
  }

  /** Fetches the dataset's test images, once. */
  async loadTestImages() {
    const { dataset } = this.state;
    const { awaited } = this.snapshot;
    if (this.#packed.has(dataset)) return;
    this.#packed.add(dataset);
    awaited.add(dataset);
    try {
      this.#shelve(dataset, await packedSamples(dataset, siteFile));
      if (datasets[dataset].digit) return;
      const { drawnSamples } = await import("./engine/drawn-samples.js");
      this.#shelve(dataset, await drawnSamples(dataset));
    } finally {
      awaited.delete(dataset);
      this.schedule();
    }
  }

  /** Pictures that the visitor brought, instead of those before. @param {string} dataset @param {Sample[]} samples */
  #exchange(dataset, samples) {
    const shelf = (this.#shelves[dataset] ??= datasets[dataset].digit ? ownSamples() : []);
    this.#shelves[dataset] = shelf.filter(({ id }) => !id.startsWith("mine-"));
    if (this.state.dataset === dataset) this.snapshot.samples = this.#shelves[dataset];
    this.#shelve(dataset, samples);
  }

  /** @param {string} dataset @param {Sample[]} samples more of its */
  #shelve(dataset, samples) {
    if (samples.length === 0) return;
    this.#shelves[dataset].push(...samples);
    if (this.state.dataset !== dataset) return;
    this.#takeImage();
    this.explorer.ask();
    this.schedule();
  }

  /** The engine is there. @param {import("./engine/client.js").Catalogue} catalogue */
  equip({ attacks }) {
    this.snapshot.attacks = attacks;
    if (!attacks.some(({ name }) => name === this.state.attack))
      this.update({ attack: attacks[0].name });
    this.explorer.ask();
    this.schedule();
  }

  /** What is wrong, each cause once; no text where nothing is. */
  trouble() {
    return [...new Set([...this.#failures(), ...this.#lacks()])].join(" ");
  }

  /** Whether trying again cannot help. */
  get isFinal() {
    return this.#final || this.#failures().length === 0;
  }

  #failures() {
    const { error, troubles } = this.snapshot;
    const { model, from } = this.state;
    return [error, ...[...model, from].map((id) => troubles[id])].filter(Boolean);
  }

  /** What was asked for and is not there, once nothing is on its way: the page shows another. */
  #lacks() {
    const { dataset, sample } = this.state;
    const { awaited, image } = this.snapshot;
    const coming =
      awaited.has(dataset) || (sample.startsWith("test-") && !this.#packed.has(dataset));
    return [
      ...(image.id === sample || coming ? [] : [this.words.t("error.sample", { sample })]),
      ...(this.words.lacking ? [this.words.t("error.language")] : []),
    ];
  }

  /** Tries again what failed: the engine's start, and files that could not be had. */
  retry() {
    const { snapshot, explorer } = this;
    // Files of two versions of the site: only a new page gets them all.
    if (this.#reloads) return void renew();
    snapshot.error = "";
    snapshot.troubles = {};
    snapshot.files = Object.fromEntries(
      Object.entries(snapshot.files).filter(([, how]) => how !== "failed"),
    );
    this.client.start().then((catalogue) => this.equip(catalogue), this.fail);
    explorer.fetchModels();
    explorer.ask();
    this.schedule();
  }

  /** @param {string} text */
  announce(text) {
    this.#said = text;
    setText(place("status"), text);
  }

  /** Verdicts that were still to be said are of a result that is being replaced. */
  dropVerdicts() {
    clearTimeout(this.#announceTimer);
  }

  #changed() {
    const { snapshot, explorer, page } = this;
    const before = snapshot.run.state;
    snapshot.run = explorer.scheduler.run;
    page.changed?.(before);
    this.schedule();
  }

  /** @param {import("./types").ExploreResult} result */
  #shown(result) {
    this.snapshot.error = "";
    this.page.shown(result);
    document.dispatchEvent(new CustomEvent("signflip:result", { detail: result }));
    // Once the slider has come to rest, and where the verdicts are still to be seen.
    this.dropVerdicts();
    this.#said = "";
    this.#announceTimer = setTimeout(() => {
      const { state, snapshot, words } = this;
      if (state.view !== "image" || !snapshot.result) return;
      // What was said since, of a file that is saved, say, stays.
      this.announce(`${this.#said} ${sayVerdicts(words, snapshot.result)}`.trim());
    }, announceAfterMs);
  }
}
