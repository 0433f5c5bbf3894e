// What the page asks of the engine, and what came of it: from the state and the picture to a question,
// from the answers to what the snapshot holds of them. It knows neither elements nor the address.
import { sourceOf } from "../state/datasets.js";
import { attackParameters, normOf } from "../state/state.js";
import { companyMs } from "../state/timing.js";
import { EngineError, isStopped } from "./errors.js";
import { Scheduler } from "./scheduler.js";

/** @typedef {import("../types").Snapshot} Snapshot */
/** @typedef {import("../types").ExploreRequest} ExploreRequest */
/** @typedef {import("../types").ExploreResult} ExploreResult */

/** The largest budget that is searched, by the norm that it is measured in. */
const furthest = { linf: 1, l2: 12 };

/** Without one there is no budget to search. @param {import("../types").AttackInfo | undefined} attack */
export const budgetOf = (attack) => attack?.parameters.find(({ name }) => name === "epsilon");

/** What the engine says of a model, with the file's name. @param {unknown} error @param {string} file */
const ofModel = (error, file) =>
  error instanceof Error && !(error instanceof EngineError)
    ? new EngineError("error.model", error.message, { file: file.split("/").at(-1) ?? file })
    : error;

/** Nothing but black: a drawing that was not begun, a picture that was not chosen.
 * @param {import("../types").Sample} image */
export const isEmpty = ({ id, pixels }) =>
  id === "" || (id === "drawing" && pixels.every((value) => value === 0));

/** What is asked in a state, but for the image. @param {import("../types").State} state
 * @param {import("../types").AttackInfo} attack @param {number | null} label the image's, where it is known
 * @param {string[]} models of the state @returns {Omit<ExploreRequest, "image">} */
export const questionOf = (state, attack, label, models) => ({
  dataset: state.dataset,
  label,
  attack: attack.name,
  parameters: attackParameters(state, attack),
  target: attack.targeted ? state.target : null,
  needsTarget: attack.untargeted === false,
  models,
  from: state.from,
  grayBox: state.grayBox,
});

export class Explorer {
  #asked = "";
  /** What the smallest budgets depend on: everything but the budget. */
  #searched = "";
  /** @type {import("./analysis.js").Analyser | null} */ #analyser = null;
  /** @type {Promise<import("./analysis.js").Analyser | null> | undefined} */ #fetchedAnalyser;
  #wantsTraces = false;
  /** Models whose radius was asked for before the analyser was here. @type {Set<string>} */
  #wantsProofs = new Set();
  /** The state that each question was asked in, and its key. @type {WeakMap<ExploreRequest, {state: import("../types").State, key: string}>} */
  #questions = new WeakMap();
  /** Whether the first result still waits for more models. */
  #waits = true;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #companyTimer;

  /** @param {import("./client.js").EngineClient} client @param {Snapshot} snapshot
   * @param {{changed: () => void, shown: (result: ExploreResult) => void, failed: (error: unknown) => void,
   *   sentence: (error: unknown) => string}} page sentence: what went wrong, as the visitor reads it
   * @param {() => Promise<typeof import("./analysis.js")>} [analysis] fetches what looks further into a result, where the page wants that */
  constructor(client, snapshot, page, analysis) {
    this.client = client;
    this.snapshot = snapshot;
    this.page = page;
    this.analysis = analysis;
    this.scheduler = new Scheduler(client, {
      changed: page.changed,
      result: (result) => this.#show(result),
      failed: (error) => {
        this.#asked = "";
        page.failed(error);
      },
    });
  }

  /** Fetches the files of the models that the state names, each once. */
  fetchModels() {
    const { snapshot, page } = this,
      { dataset, model, from } = snapshot.state;
    for (const id of new Set([...model, ...(from ? [from] : [])])) {
      if (snapshot.files[id]) continue;
      snapshot.files[id] = "loading";
      const settle = (
        /** @type {"there" | "failed"} */ how,
        /** @type {Record<string, string>} */ trouble = {},
      ) => {
        if (snapshot.state.dataset !== dataset) return;
        snapshot.files = { ...snapshot.files, [id]: how };
        snapshot.troubles = { ...snapshot.troubles, ...trouble };
        this.ask();
        page.changed();
      };
      const source = sourceOf(dataset, id);
      this.client
        .add(source)
        .then(({ loaded }) => {
          settle("there");
          return loaded;
        })
        .catch((error) => {
          // Where the engine was replaced meanwhile, the next one is given the model with its question.
          if (!isStopped(error))
            settle("failed", { [id]: page.sentence(ofModel(error, source.file)) });
        });
    }
  }

  /** Asks, when what it would ask has changed. What nobody sees is not asked: it would take the processor
   * from the runs of the other view. */
  ask() {
    const { state, attacks, image, files } = this.snapshot;
    if (state.view !== "image") return;
    const attack = attacks.find((a) => a.name === state.attack);
    const models = state.model.filter((id) => files[id] === "there");
    // Without the model that a transfer starts from there is no answer to what the controls say.
    if (!attack || models.length === 0 || (state.from && files[state.from] !== "there")) {
      this.#asked = "";
      this.snapshot.current = false;
      return;
    }
    if (this.#waits && state.model.some((id) => files[id] === "loading")) {
      this.#companyTimer ??= setTimeout(() => {
        this.#waits = false;
        this.ask();
      }, companyMs);
      return;
    }
    this.#waits = false;
    const question = questionOf(state, attack, image.label, models);
    const source = [
      image.id,
      image.id === "drawing" && state.drawing,
      image.id === "picture" && state.picture,
    ];
    const key = JSON.stringify([question, source]);
    if (key === this.#asked) return;
    this.#asked = key;
    this.snapshot.current = false;
    this.#analyser?.stop();
    const { epsilon, ...others } = question.parameters;
    const searched = JSON.stringify([{ ...question, models: null, parameters: others }, source]);
    if (searched !== this.#searched)
      this.snapshot.analysis = {
        traces: {},
        smallest: {},
        certified: {},
        saliency: {},
        gradCam: {},
      };
    this.#searched = searched;
    if (!isEmpty(image)) {
      const request = { ...question, image: image.pixels };
      // Where there is no picture of the state's name, another was taken.
      this.#questions.set(request, { state: { ...state, sample: image.id }, key });
      return this.scheduler.ask(request);
    }
    this.scheduler.forget();
    this.snapshot.result = null;
    this.page.changed();
  }

  /** Whatever was asked is asked again. */
  forget() {
    this.#asked = this.#searched = "";
    this.#waits = true;
    clearTimeout(this.#companyTimer);
    this.#companyTimer = undefined;
    this.#analyser?.stop();
    this.scheduler.forget();
    this.snapshot.result = null;
    this.snapshot.analysis = { traces: {}, smallest: {}, certified: {}, saliency: {}, gradCam: {} };
  }

  /** How far a search goes; null where the attack has no budget. */
  upTo() {
    const { result, attacks } = this.snapshot;
    const attack = attacks.find((a) => a.name === result?.request.attack);
    const budget = budgetOf(attack);
    if (!result || !attack || !budget) return null;
    const measure = normOf(attack, result.request.parameters);
    return Math.min(budget.max ?? Infinity, measure === "l2" ? furthest.l2 : furthest.linf);
  }

  /** @param {string} model */
  findSmallest(model) {
    const upTo = this.upTo();
    if (upTo !== null) this.#analyser?.search(model, upTo);
  }

  /** @param {string} model */
  certify(model) {
    if (this.#analyser) this.#analyser.certify(model);
    else this.#wantsProofs.add(model);
  }

  /** The loss's gradients, or Grad-CAM, of this result and of those that follow.
   * @param {"saliency" | "gradCam"} kind @param {string} model */
  explain(kind, model) {
    this.#analyser?.explain(kind, model);
  }

  endSearches() {
    this.#analyser?.endSearches();
  }

  /** From now on every quick attack is traced. */
  wantTraces() {
    this.#wantsTraces = true;
    const { result, current } = this.snapshot;
    if (result && current) this.#analyser?.begin(result, this.upTo(), true);
  }

  traceAll() {
    this.#analyser?.traceAll();
  }

  /** @param {Omit<ExploreResult, "state">} answer */
  async #show(answer) {
    const { state, key } = /** @type {{state: import("../types").State, key: string}} */ (
      this.#questions.get(answer.request)
    );
    const result = { ...answer, state };
    this.snapshot.result = result;
    this.snapshot.current = key === this.#asked;
    this.page.shown(result);
    this.#analyser ??= await (this.#fetchedAnalyser ??= this.#newAnalyser());
    if (!this.#analyser) this.#fetchedAnalyser = undefined; // not to be had now: again with the next result
    // What is found out about an older question's result would be taken for the next one's.
    if (this.snapshot.result !== result || !this.snapshot.current) return;
    this.#analyser?.begin(result, this.upTo(), this.#wantsTraces);
    for (const model of this.#wantsProofs) this.#analyser?.certify(model);
    if (this.#analyser) this.#wantsProofs.clear();
  }

  async #newAnalyser() {
    const module = await this.analysis?.().catch(() => null);
    return !module
      ? null
      : new module.Analyser(this.client, {
          analysis: () => this.snapshot.analysis,
          found: (analysis) => {
            this.snapshot.analysis = analysis;
            this.page.changed();
          },
          failed: this.page.failed,
        });
  }
}
