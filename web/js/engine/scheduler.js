// When the engine is asked for an attack. One question is at the worker; of those that come meanwhile only
// the newest waits. Quick attacks run live, with every move of a slider; slow ones when the controls have
// come to rest, with progress and a way to cancel. Which is which is measured, not known by name.
import { heavyMs, overdueMs, restMs, slowMs } from "../state/timing.js";

/** @typedef {import("../types").ExploreRequest} ExploreRequest */
/** @typedef {import("../types").ExploreResult} ExploreResult */

export class Scheduler {
  /** @type {import("../types").Run} */
  run = { state: "idle", progress: {} };
  /** The last two durations of each attack: one alone may be the machine's mood.
   * @type {Map<string, number[]>} */
  #lasted = new Map();
  /** What was asked last. @type {ExploreRequest | null} */
  #newest = null;
  /** Counts what was forgotten: answers to older questions are not shown. */
  #generation = 0;
  /** Whether a question is at the client. */
  #asking = false;
  /** @type {ExploreRequest | null} */ #waiting = null;
  /** Since when the question at hand has been open. */ #since = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #restTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #slowTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #overdueTimer;

  /** @param {import("./client.js").EngineClient} client
   * @param {{changed: () => void, result: (result: Omit<ExploreResult, "state">) => void, failed: (error: unknown) => void}} page */
  constructor(client, page) {
    this.client = client;
    this.page = page;
  }

  /** Whether every question is answered. */
  get idle() {
    return !this.#open && this.#restTimer === undefined;
  }

  get #open() {
    return this.#asking || this.#waiting !== null;
  }

  /** @param {ExploreRequest} request */
  ask(request) {
    this.#newest = request;
    clearTimeout(this.#restTimer);
    this.#restTimer = undefined;
    if (this.run.state === "cancelled") this.#become("idle");
    if (!this.#isHeavy(request.attack)) return this.#send(request);
    this.#restTimer = setTimeout(() => {
      this.#restTimer = undefined;
      this.#send(request);
    }, restMs);
  }

  /** How long an attack lasted at its quickest; 0 where it has not run. @param {string} attack */
  lasted(attack) {
    const lasted = this.#lasted.get(attack);
    return lasted ? Math.min(...lasted) : 0;
  }

  /** There is nothing to ask: what still comes is not shown. */
  forget() {
    clearTimeout(this.#restTimer);
    this.#restTimer = undefined;
    this.#newest = this.#waiting = null;
    this.#generation++;
    this.#become("idle");
  }

  /** Breaks off; what was shown before stays. A new worker is started at once. */
  cancel() {
    if (this.run.state !== "slow") return;
    clearTimeout(this.#restTimer);
    this.#restTimer = undefined;
    if (this.#newest) this.#remember(this.#newest.attack, performance.now() - this.#since);
    this.#waiting = null;
    if (this.#asking) this.client.terminate();
    this.client.start().catch(() => {});
    this.#become("cancelled");
  }

  /** Asks once more what was cancelled. */
  again() {
    if (this.run.state !== "cancelled" || !this.#newest) return;
    this.#become("idle");
    this.#send(this.#newest);
  }

  /** @param {ExploreRequest} request */
  #send(request) {
    if (!this.#open) this.#since = performance.now();
    this.#slowTimer ??= setTimeout(() => this.#become("slow"), slowMs);
    this.#waiting = request;
    clearTimeout(this.#overdueTimer);
    const { askedSince } = this.client;
    if (this.#asking && askedSince !== null) {
      const left = Math.max(0, askedSince + overdueMs - performance.now());
      this.#overdueTimer = setTimeout(() => this.client.terminate(), left);
    }
    this.#next();
  }

  async #next() {
    const request = this.#waiting;
    if (this.#asking || !request) return;
    this.#waiting = null;
    clearTimeout(this.#overdueTimer);
    this.#asking = true;
    const generation = this.#generation;
    /** @type {import("../types").Lane[] | null} */
    let lanes;
    try {
      lanes = await this.client.explore(request, this.#follow());
    } catch (error) {
      this.#end(true);
      if (this.#newest === request) this.page.failed(error);
      return;
    }
    this.#end(lanes !== null);
    if (lanes === null) return;
    this.#remember(
      request.attack,
      lanes.reduce((sum, lane) => sum + (lane.milliseconds ?? 0), 0),
    );
    if (generation === this.#generation) this.page.result({ request, lanes });
  }

  /** Takes up what is told of the attack that runs. */
  #follow() {
    /** @type {Record<string, number>} */
    const progress = {};
    return (/** @type {{models: string[], fraction: number}} */ { models, fraction }) => {
      for (const model of models) progress[model] = fraction;
      this.run = { ...this.run, progress };
      if (this.run.state === "slow") this.page.changed();
    };
  }

  /** A question is over; the one that waits is asked before the answer is shown.
   * @param {boolean} answered and not broken off */
  #end(answered) {
    this.#asking = false;
    this.#next();
    if (answered) this.#since = performance.now();
    else if (this.#open) return;
    clearTimeout(this.#slowTimer);
    this.#slowTimer = undefined;
    if (this.#open) this.#slowTimer = setTimeout(() => this.#become("slow"), slowMs);
    else if (this.run.state === "slow") this.#become("idle");
  }

  /** @param {import("../types").Run["state"]} state */
  #become(state) {
    if (this.run.state === state) return;
    this.run = { state, progress: state === "slow" ? this.run.progress : {} };
    this.page.changed();
  }

  /** @param {string} attack @param {number} milliseconds */
  #remember(attack, milliseconds) {
    this.#lasted.set(attack, [...(this.#lasted.get(attack) ?? []), milliseconds].slice(-2));
  }

  /** @param {string} attack */
  #isHeavy(attack) {
    return (
      this.lasted(attack) > heavyMs || (this.#open && performance.now() - this.#since > heavyMs)
    );
  }
}
