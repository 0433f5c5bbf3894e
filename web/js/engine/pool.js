// Several workers with an engine each, and runs of many jobs that share them fairly. Cancelling a run ends
// the workers that are at it; others take their place when they are needed. It knows nothing of what the
// jobs are about.
import { engineModule, fullModule } from "./download.js";
import { stopped } from "./errors.js";
import { WorkerPort } from "./port.js";
import { graceMs } from "../state/timing.js";

/** @typedef {{type: string, body: any, models: string[], full?: boolean}} Job  models: ids that the worker must have
 *   loaded; full: only the full module answers it
 * @typedef {{classifier: ArrayBuffer, denoiser?: ArrayBuffer, transform?: import("../types").Transform}} ModelBytes
 * @typedef {{next: () => Job | null, result: (value: any, job: Job) => void, progress?: (job: Job, fraction: number) => void,
 *            resolve: () => void, reject: (error: unknown) => void, working: Set<Slot>, over: boolean}} Run */

/** A place for a worker; the worker itself comes and goes. */
class Slot {
  /** @type {WorkerPort | null} */ port = null;
  /** @type {Promise<any> | null} */ started = null;
  /** Models that it has, by id and the bytes that they came from. @type {Map<string, ArrayBuffer>} */ has =
    new Map();
  busy = false;
  /** Whether the worker has the full module. */
  full = false;
}

export class Pool {
  /** @type {Slot[]} */ #slots;
  /** @type {Run[]} */ #runs = [];
  #turn = 0;

  /** @param {{size: number, model: (id: string) => Promise<ModelBytes>}} options */
  constructor({ size, model }) {
    this.model = model;
    this.#slots = Array.from({ length: size }, () => new Slot());
  }

  get size() {
    return this.#slots.length;
  }

  /** Runs jobs until there are no more. Rejects with an AbortError when the signal says stop, and with
   * the first job's error otherwise.
   * @param {() => Job | null} next @param {{signal?: AbortSignal, result?: (value: any, job: Job) => void,
   *   progress?: (job: Job, fraction: number) => void}} [options]
   * @returns {Promise<void>} */
  run(next, { signal, result = () => {}, progress } = {}) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      /** @type {Run} */
      const run = { next, result, progress, resolve, reject, working: new Set(), over: false };
      signal?.addEventListener("abort", () => this.#fail(run, signal.reason), { once: true });
      this.#runs.push(run);
      for (const slot of this.#slots) this.#work(slot);
    });
  }

  /** One job's answer. @param {Job} job
   * @param {{signal?: AbortSignal, progress?: (job: Job, fraction: number) => void}} [options]
   * @returns {Promise<any>} */
  async one(job, { signal, progress } = {}) {
    /** @type {Job | null} */
    let waiting = job;
    /** @type {any} */
    let answer;
    await this.run(
      () => {
        const now = waiting;
        waiting = null;
        return now;
      },
      {
        signal,
        progress,
        result: (value) => {
          answer = value;
        },
      },
    );
    return answer;
  }

  /** @param {number} slot @param {boolean} [full] whether it must have the full module
   * @returns {Promise<WorkerPort>} a started worker */
  async #started(slot, full = false) {
    const at = this.#slots[slot];
    if (full && !at.full) {
      at.port?.end(stopped("another module"));
      at.full = true;
    }
    if (!at.port || at.port.ended) {
      const port = new WorkerPort(at.full ? "full" : "analysis");
      at.port = port;
      at.has.clear();
      at.started = (at.full ? fullModule() : engineModule()).then((wasm) =>
        port.ask("start", { wasm }),
      );
      at.started.catch(() => {});
    }
    await at.started;
    return at.port;
  }

  /** What the engine can do. @returns {Promise<{attacks: import("../types").AttackInfo[]}>} */
  async catalogue() {
    await this.#started(0);
    return this.#slots[0].started ?? Promise.reject(new Error("The worker was stopped."));
  }

  /** Ends every worker; what runs fails. */
  close() {
    for (const run of [...this.#runs]) this.#fail(run, stopped("closed"));
    for (const slot of this.#slots) slot.port?.end(stopped("closed"));
  }

  /** @param {Run} run @param {unknown} reason */
  #fail(run, reason) {
    if (run.over) return;
    run.over = true;
    this.#runs = this.#runs.filter((other) => other !== run);
    // A worker that is soon done may finish; one that is not is ended, and another takes its place.
    for (const slot of run.working) {
      const { port } = slot;
      setTimeout(() => {
        if (run.working.has(slot)) port?.end(stopped("stopped"));
      }, graceMs);
    }
    run.reject(reason);
  }

  /** The next job, from the runs in turn. @returns {{run: Run, job: Job} | null} */
  #take() {
    for (let tried = this.#runs.length; tried > 0; tried--) {
      const run = this.#runs[this.#turn++ % this.#runs.length];
      const job = run.next();
      if (job) return { run, job };
      if (run.working.size === 0) this.#finish(run);
    }
    return null;
  }

  /** @param {Run} run */
  #finish(run) {
    if (run.over) return;
    run.over = true;
    this.#runs = this.#runs.filter((other) => other !== run);
    run.resolve();
  }

  /** @param {Slot} slot */
  async #work(slot) {
    if (slot.busy) return;
    slot.busy = true;
    for (let found = this.#take(); found; found = this.#take()) {
      const { run, job } = found;
      run.working.add(slot);
      try {
        const value = await this.#answer(slot, run, job);
        run.working.delete(slot);
        if (!run.over) run.result(value, job);
      } catch (error) {
        run.working.delete(slot);
        this.#fail(run, error);
      }
    }
    slot.busy = false;
  }

  /** @param {Slot} slot @param {Run} run @param {Job} job */
  async #answer(slot, run, job) {
    const models = await Promise.all(
      job.models.map(async (id) => /** @type {const} */ ([id, await this.model(id)])),
    );
    const full = job.full || models.some(([, { transform }]) => transform);
    const port = await this.#started(this.#slots.indexOf(slot), full);
    for (const [id, bytes] of models) {
      if (slot.has.get(id) === bytes.classifier) continue;
      await port.ask("load", { id, ...bytes });
      slot.has.set(id, bytes.classifier);
    }
    return port.ask(job.type, job.body, ({ fraction }) => {
      if (!run.over) run.progress?.(job, fraction);
    });
  }
}
