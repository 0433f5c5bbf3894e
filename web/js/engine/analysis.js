// What is found out about a result once it has come to rest: the attack's steps on each model, the smallest
// budget that fools it, and the radius that can be certified. One question after the other, in the worker
// that attacks, and none while something newer is asked. Fetched after the first result; it shows nothing.
import { analyseAfterMs, quickSearchMs, quickTraceMs } from "../state/timing.js";

/** @typedef {import("../types").ExploreResult} ExploreResult */
/** @typedef {import("../types").ResultAnalysis} ResultAnalysis */

export class Analyser {
  /** Counts the results; what belongs to an older one is thrown away. */
  #turn = 0;
  /** Whether a question is open, and with an attack that only the worker's end can stop. */
  #open = false;
  #heavy = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  /** @type {ExploreResult | null} */ #result = null;
  #traced = false;
  /** From the first proof on that was asked for, each result's radii are proved. */
  #certifies = false;
  /** Likewise the loss's gradients and Grad-CAM, of these models. @type {Set<string>} */
  #explains = new Set();
  /** @type {Promise<void>} */ #queue = Promise.resolve();

  /** @param {import("./client.js").EngineClient} client
   * @param {{analysis: () => ResultAnalysis, found: (analysis: ResultAnalysis) => void, failed: (error: unknown) => void}} page */
  constructor(client, page) {
    this.client = client;
    this.page = page;
  }

  /** A result is shown. @param {ExploreResult} result @param {number | null} upTo the largest budget to try;
   * null where the attack has none @param {boolean} traced whether its steps are wanted, too */
  begin(result, upTo, traced) {
    this.#result = result;
    this.#traced = traced;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#go(result, upTo), analyseAfterMs);
  }

  /** Something else is asked. */
  stop() {
    clearTimeout(this.#timer);
    this.#turn++;
    this.#result = null;
    if (this.#heavy) this.client.terminate();
    else if (this.#open) this.client.stopAside();
    this.#heavy = this.#open = false;
    const { smallest, certified } = this.page.analysis();
    this.page.found({
      traces: {},
      smallest: Object.fromEntries(
        Object.entries(smallest).filter(([, found]) => typeof found !== "number"),
      ),
      certified: Object.fromEntries(
        Object.entries(certified).filter(([, radius]) => radius !== null),
      ),
      saliency: {},
      gradCam: {},
    });
  }

  /** The attack's steps on every model, however long that takes. */
  traceAll() {
    for (const lane of this.#result?.lanes ?? [])
      this.#trace(/** @type {ExploreResult} */ (this.#result), lane.model);
  }

  /** @param {string} model @param {number} upTo */
  search(model, upTo) {
    if (this.#result) this.#search(this.#result, model, upTo);
  }

  /** The certified radius. @param {string} model */
  certify(model) {
    this.#certifies = true;
    if (this.#result) this.#certify(this.#result, model);
  }

  /** The loss's gradients, or Grad-CAM. @param {"saliency" | "gradCam"} kind @param {string} model */
  explain(kind, model) {
    this.#explains.add(`${kind} ${model}`);
    if (this.#result) this.#explain(this.#result, kind, model);
  }

  /** @param {ExploreResult} result @param {"saliency" | "gradCam"} kind @param {string} model */
  #explain({ request, lanes }, kind, model) {
    const lane = lanes.find((one) => one.model === model);
    if (!lane || this.page.analysis()[kind][model] !== undefined) return;
    const tell = (/** @type {import("../types").Saliency | string | null} */ found) => {
      const now = this.page.analysis();
      this.page.found({ ...now, [kind]: { ...now[kind], [model]: found } });
    };
    const { adversarial, label } = lane;
    const turn = this.#turn;
    tell(null);
    this.#next(async () => {
      const question = { request, model, adversarial, label };
      if (kind === "gradCam") await this.client.extend();
      const found = await this.client.aside(kind, question, { ...request, models: [model] });
      if (found && turn === this.#turn) tell(found);
      return null;
    });
  }

  /** @param {ExploreResult} result @param {string} model */
  #certify({ request }, model) {
    if (this.page.analysis().certified[model] !== undefined) return;
    const tell = (/** @type {number | null | undefined} */ radius) => {
      const now = this.page.analysis();
      const { [model]: _, ...others } = now.certified;
      this.page.found({
        ...now,
        certified: radius === undefined ? others : { ...others, [model]: radius },
      });
    };
    const turn = this.#turn;
    tell(null);
    this.#next(async () => {
      const radius = await this.client.aside(
        "certify",
        { request, model },
        { ...request, models: [model] },
      );
      if (turn === this.#turn) tell(radius ?? undefined);
      return null;
    });
  }

  /** Ends the searches; the result and its traces stay. */
  endSearches() {
    const result = this.#result;
    this.stop();
    this.#result = result;
    const { smallest, ...others } = this.page.analysis();
    this.page.found({
      ...others,
      smallest: {
        ...Object.fromEntries((result?.lanes ?? []).map(({ model }) => [model, null])),
        ...smallest,
      },
    });
    if (result) this.begin(result, null, this.#traced);
  }

  /** @param {ExploreResult} result @param {number | null} upTo */
  #go(result, upTo) {
    const lasted = (/** @type {import("../types").Lane} */ lane) =>
      lane.milliseconds ?? Math.max(...result.lanes.map((other) => other.milliseconds ?? 0));
    for (const lane of result.lanes)
      if (this.#traced && lasted(lane) <= quickTraceMs) this.#trace(result, lane.model);
    if (this.#certifies) for (const lane of result.lanes) this.#certify(result, lane.model);
    for (const asked of this.#explains) {
      const [kind, model] = asked.split(" ");
      this.#explain(result, /** @type {"saliency" | "gradCam"} */ (kind), model);
    }
    if (upTo === null) return;
    for (const lane of result.lanes) {
      if (lasted(lane) <= quickSearchMs) this.#search(result, lane.model, upTo);
      else this.#byHand(lane.model);
    }
  }

  /** The search would last: only when it is asked for. @param {string} model */
  #byHand(model) {
    const now = this.page.analysis();
    if (now.smallest[model] === undefined)
      this.page.found({ ...now, smallest: { ...now.smallest, [model]: null } });
  }

  /** @param {ExploreResult} result @param {string} model */
  #trace({ request }, model) {
    this.#next(async () => {
      if (this.page.analysis().traces[model]) return;
      const trace = await this.client.aside(
        "trace",
        { request, model },
        { ...request, models: [model] },
      );
      return trace && ((now) => ({ ...now, traces: { ...now.traces, [model]: trace } }));
    });
  }

  /** @param {ExploreResult} result @param {string} model @param {number} upTo */
  #search({ request, lanes }, model, upTo) {
    const known = this.page.analysis().smallest[model];
    if (known !== undefined && known !== null) return;
    const turn = this.#turn;
    const tell = (/** @type {import("../types").Smallest | number | null} */ found) => {
      const now = this.page.analysis();
      if (turn === this.#turn)
        this.page.found({ ...now, smallest: { ...now.smallest, [model]: found } });
    };
    tell(0);
    this.#next(async () => {
      this.#heavy = (lanes.find((lane) => lane.model === model)?.milliseconds ?? 0) > quickTraceMs;
      const found = await this.client.aside(
        "smallest",
        { request, model, upTo },
        { ...request, models: [model] },
        ({ fraction }) => tell(fraction),
      );
      this.#heavy = false;
      tell(found);
      return null;
    });
  }

  /** @param {() => Promise<((now: ResultAnalysis) => ResultAnalysis) | null | undefined | void>} step */
  #next(step) {
    const turn = this.#turn;
    this.#queue = this.#queue
      .then(async () => {
        if (turn !== this.#turn) return;
        this.#open = true;
        const change = await step().finally(() => {
          if (turn === this.#turn) this.#open = false;
        });
        if (change && turn === this.#turn) this.page.found(change(this.page.analysis()));
      })
      .catch((error) => {
        if (turn === this.#turn) this.page.failed(error);
      });
  }
}
