// What the page asks of the engine, and what came of it: from the state and the picture to a question,
// from the answers to what the snapshot holds of them. It knows neither elements nor the address.
import { Asking } from "./asking.js";
import { sourceOf } from "../state/datasets.js";
import { attackParameters, valueOf } from "../state/state.js";
import { EngineError } from "./worker-port.js";

/** @typedef {import("../types").Snapshot} Snapshot */
/** @typedef {import("../types").ExploreRequest} ExploreRequest */
/** @typedef {import("../types").ExploreResult} ExploreResult */

/** The largest budget that is searched, by the norm that it is measured in. */
const furthest = { linf: 1, l2: 12 };

/** Without one there is no budget to search. @param {import("../types").AttackInfo | undefined} attack */
export const budgetOf = (attack) => attack?.parameters.find(({ name }) => name === "epsilon");

/** Nothing but black: a drawing that was not begun, a picture that was not chosen.
 * @param {import("../types").Sample} image */
export const isEmpty = ({ id, pixels }) =>
  id === "" || (id === "drawing" && pixels.every((value) => value === 0));

export class Explorer {
  #asked = "";
  /** What the smallest budgets depend on: everything but the budget. */
  #searched = "";
  /** @type {import("./findings.js").Finder | null} */ #finder = null;
  #wantsTraces = false;
  /** @type {() => void} */ #begin = () => {};
  /** Settled when the first picture is painted, or cannot be. @type {Promise<void>} */
  #begun = new Promise((resolve) => {
    this.#begin = resolve;
  });

  /** @param {import("./engine-client.js").EngineClient} client @param {Snapshot} snapshot
   * @param {{changed: () => void, shown: (result: ExploreResult) => void, failed: (error: unknown) => void,
   *   sentence: (error: unknown) => string}} page sentence: what went wrong, as the visitor reads it
   * @param {() => Promise<typeof import("./findings.js")>} [findings] fetches what looks further into a result, where the page wants that */
  constructor(client, snapshot, page, findings) {
    this.client = client;
    this.snapshot = snapshot;
    this.page = page;
    this.findings = findings;
    this.asking = new Asking(client, {
      changed: page.changed,
      result: (result) => this.#show(result),
      failed: (error) => {
        this.#asked = "";
        this.#begin();
        page.failed(error);
      },
    });
  }

  /** Fetches the files of the models that the state names, each once. */
  fetchModels() {
    const { snapshot, page } = this,
      { dataset, model, from } = snapshot.state;
    const waiting = this.#oneByOne() && snapshot.state.view === "image" && !isEmpty(snapshot.image);
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
        if (how === "failed" && this.#oneByOne()) {
          this.#asked = "";
          this.#begin();
        }
        this.ask();
        page.changed();
      };
      const add = () => this.client.add(sourceOf(dataset, id));
      (waiting && id !== model[0] ? this.#begun.then(add) : add())
        .then(({ loaded }) => {
          settle("there");
          return loaded;
        })
        .catch((error) => {
          // Where the engine was replaced meanwhile, the next one is given the model with its question.
          if (!(error instanceof EngineError && error.key === "error.stopped"))
            settle("failed", { [id]: page.sentence(error) });
        });
    }
  }

  /** Whether the page's own thread shows one model's picture before it loads the next model. */
  #oneByOne() {
    return this.client.here() && this.snapshot.state.from === "";
  }

  /** Asks, when what it would ask has changed. What nobody sees is not asked: it would take the processor
   * from the runs of the other view. */
  ask() {
    const { state, attacks, image, files } = this.snapshot;
    if (state.view !== "image") return;
    const attack = attacks.find((a) => a.name === state.attack);
    const models = state.model.filter((id) => files[id] === "there");
    // A worker's first picture waits for every model that is on its way; later ones are shown as they come.
    const awaited = this.#oneByOne() ? state.model.slice(0, 1) : [...state.model, state.from];
    const coming = awaited.some((id) => files[id] === "loading");
    if (
      !attack ||
      models.length === 0 ||
      (coming && (!this.snapshot.result || files[state.from] === "loading"))
    )
      return;
    /** @type {Omit<ExploreRequest, "image">} */
    const question = {
      dataset: state.dataset,
      label: image.label,
      attack: attack.name,
      parameters: attackParameters(state, attack),
      target: attack.targeted ? state.target : null,
      needsTarget: attack.untargeted === false,
      models,
      from: files[state.from] === "there" ? state.from : "",
      grayBox: state.grayBox,
    };
    const source = [
      image.id,
      image.id === "drawing" && state.drawing,
      image.id === "picture" && state.picture,
    ];
    const key = JSON.stringify([question, source]);
    if (key === this.#asked) return;
    this.#asked = key;
    this.#finder?.stop();
    const { epsilon, ...others } = question.parameters;
    const searched = JSON.stringify([{ ...question, models: null, parameters: others }, source]);
    if (searched !== this.#searched)
      this.snapshot.findings = { traces: {}, smallest: {}, certified: {} };
    this.#searched = searched;
    if (!isEmpty(image)) return this.asking.ask({ ...question, image: image.pixels });
    this.asking.forget();
    this.#begin();
    this.snapshot.result = null;
    this.page.changed();
  }

  /** Whatever was asked is asked again. */
  forget() {
    this.#asked = this.#searched = "";
    this.#finder?.stop();
    this.asking.forget();
    this.snapshot.result = null;
    this.snapshot.findings = { traces: {}, smallest: {}, certified: {} };
  }

  /** How far a search goes; null where the attack has no budget. */
  upTo() {
    const { result, attacks, state } = this.snapshot;
    const attack = attacks.find((a) => a.name === result?.request.attack);
    const budget = budgetOf(attack);
    if (!attack || !budget) return null;
    const norm = attack.parameters.find(({ name }) => name === "norm");
    const measure = String(norm ? valueOf(state, norm) : attack.norm);
    return Math.min(budget.max ?? Infinity, measure === "l2" ? furthest.l2 : furthest.linf);
  }

  /** @param {string} model */
  findSmallest(model) {
    const upTo = this.upTo();
    if (upTo !== null) this.#finder?.search(model, upTo);
  }

  /** @param {string} model */
  certify(model) {
    this.#finder?.certify(model);
  }

  endSearches() {
    this.#finder?.endSearches();
  }

  /** From now on the way of every quick attack is gathered. */
  wantTraces() {
    this.#wantsTraces = true;
    const { result } = this.snapshot;
    if (result) this.#finder?.begin(result, this.upTo(), true);
  }

  traceAll() {
    this.#finder?.traceAll();
  }

  /** @param {ExploreResult} result */
  async #show(result) {
    this.snapshot.result = result;
    this.page.shown(result);
    if (this.client.here()) {
      // The next model's turn comes when this is painted, or nobody looks.
      requestAnimationFrame(() => setTimeout(this.#begin));
      setTimeout(this.#begin, 100);
      return;
    }
    this.#finder ??= await this.#makeFinder();
    if (this.snapshot.result === result)
      this.#finder?.begin(result, this.upTo(), this.#wantsTraces);
  }

  async #makeFinder() {
    const module = await this.findings?.().catch(() => null);
    return !module
      ? null
      : new module.Finder(this.client, {
          findings: () => this.snapshot.findings,
          found: (findings) => {
            this.snapshot.findings = findings;
            this.page.changed();
          },
          failed: this.page.failed,
        });
  }
}
