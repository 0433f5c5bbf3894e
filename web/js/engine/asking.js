// When the engine is asked, and what is known meanwhile. Quick attacks run live, with every move of a
// slider; slow ones when the controls have come to rest, with progress and a way to cancel. Which is
// which the clock says, not the name. It knows the engine's client, and nothing of the page.

/** @typedef {import("../types").ExploreRequest} ExploreRequest */
/** @typedef {import("../types").ExploreResult} ExploreResult */

/** An attack that lasted longer than this is asked for only when nothing moved for so long. */
const heavy = 150,
  rest = 250;
/** After this long progress and Cancel are shown. */
const slow = 300;

export class Asking {
  /** @type {import("../types").Run} */
  run = { state: "idle", progress: {} };
  /** The last two durations of each attack: one alone may be the machine's mood.
   * @type {Map<string, number[]>} */
  #lasted = new Map();
  /** @type {ExploreRequest | null} */ #newest = null;
  #pending = 0;
  /** Since when the engine has been at the question at hand. */ #since = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #restTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #slowTimer;

  /** @param {import("./engine-client.js").EngineClient} client
   * @param {{changed: () => void, result: (result: ExploreResult) => void, failed: (error: unknown) => void}} page */
  constructor(client, page) {
    this.client = client;
    this.page = page;
  }

  /** @param {ExploreRequest} request */
  ask(request) {
    this.#newest = request;
    clearTimeout(this.#restTimer);
    if (this.run.state === "cancelled") this.#become("idle");
    this.#restTimer = undefined;
    if (!this.#isHeavy(request.attack)) return void this.#send(request);
    this.#restTimer = setTimeout(() => {
      this.#restTimer = undefined;
      this.#send(request);
    }, rest);
  }

  /** Whether every question is answered. */
  get idle() {
    return this.#pending === 0 && this.#restTimer === undefined;
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
    this.#newest = null;
    this.#become("idle");
  }

  /** Breaks off; what was shown before stays. */
  cancel() {
    if (this.run.state !== "slow") return;
    clearTimeout(this.#restTimer);
    this.#restTimer = undefined;
    if (this.#newest) this.#remember(this.#newest.attack, performance.now() - this.#since);
    this.client.cancel();
    this.#become("cancelled");
  }

  /** Asks once more what was cancelled. */
  again() {
    if (this.run.state !== "cancelled" || !this.#newest) return;
    this.#become("idle");
    this.#send(this.#newest);
  }

  /** @param {ExploreRequest} request */
  async #send(request) {
    if (this.#pending++ === 0) this.#since = performance.now();
    this.#slowTimer ??= setTimeout(() => this.#become("slow"), slow);
    /** @type {Record<string, number>} */
    const progress = {};
    try {
      const result = await this.client.explore(request, (models, fraction) => {
        for (const model of models) progress[model] = fraction;
        this.run = { ...this.run, progress };
        if (this.run.state === "slow") this.page.changed();
      });
      if (result)
        this.#remember(
          request.attack,
          result.lanes.reduce((sum, lane) => sum + (lane.milliseconds ?? 0), 0),
        );
      this.#settle(result !== null);
      if (result && this.#newest) this.page.result(result);
    } catch (error) {
      this.#settle(true);
      if (this.#newest === request) this.page.failed(error);
    }
  }

  /** @param {boolean} answered and not overtaken: then the engine is at the next question */
  #settle(answered) {
    this.#pending--;
    if (answered) this.#since = performance.now();
    if (this.#pending > 0 && !answered) return;
    clearTimeout(this.#slowTimer);
    this.#slowTimer = undefined;
    if (this.#pending > 0) this.#slowTimer = setTimeout(() => this.#become("slow"), slow);
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
    const lasted = this.#lasted.get(attack);
    return (
      (lasted !== undefined && Math.min(...lasted) > heavy) ||
      (this.#pending > 0 && performance.now() - this.#since > heavy)
    );
  }
}
