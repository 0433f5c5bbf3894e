// Several workers with an engine each, and runs of many jobs that share them fairly. Cancelling a run ends
// the workers that are at it; others take their place when they are needed. It knows nothing of what the
// jobs are about.
import { EngineError, WorkerPort } from "./worker-port.js";

/** @typedef {{type: string, body: any, models: string[]}} Job  models: ids that the worker must have loaded
 * @typedef {{classifier: ArrayBuffer, denoiser?: ArrayBuffer}} ModelBytes
 * @typedef {{next: () => Job | null, result: (value: any, job: Job) => void, progress?: (job: Job, fraction: number) => void,
 *            resolve: () => void, reject: (error: unknown) => void, working: Set<Seat>, over: boolean}} Run */

/** Milliseconds that a worker has to finish a job that nobody wants any more. */
const grace = 250;

/** A worker's place: the worker itself comes and goes. */
class Seat {
  /** @type {WorkerPort | null} */ port = null;
  /** @type {Promise<any> | null} */ started = null;
  /** Models that it has, by id and the bytes that they came from. @type {Map<string, ArrayBuffer>} */ has =
    new Map();
  busy = false;
}

export class Pool {
  /** @type {Seat[]} */ #seats;
  /** @type {Run[]} */ #runs = [];
  #turn = 0;

  /** @param {{size: number, wasm: () => Promise<ArrayBuffer>, model: (id: string) => Promise<ModelBytes>}} options */
  constructor({ size, wasm, model }) {
    this.wasm = wasm;
    this.model = model;
    this.#seats = Array.from({ length: size }, () => new Seat());
  }

  get size() {
    return this.#seats.length;
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
      for (const seat of this.#seats) this.#work(seat);
    });
  }

  /** One job's answer. @param {Job} job @param {{signal?: AbortSignal}} [options] @returns {Promise<any>} */
  async one(job, { signal } = {}) {
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
        result: (value) => {
          answer = value;
        },
      },
    );
    return answer;
  }

  /** @param {number} seat @returns {Promise<WorkerPort>} a started worker */
  async #started(seat) {
    const at = this.#seats[seat];
    if (!at.port || at.port.ended) {
      const port = new WorkerPort("whole", new URL("./lab-worker.js", import.meta.url).href);
      at.port = port;
      at.has.clear();
      at.started = this.wasm().then((wasm) => port.ask("start", { wasm }));
      at.started.catch(() => {});
    }
    await at.started;
    return at.port;
  }

  /** What the engine can do. @returns {Promise<{attacks: import("../types").AttackInfo[]}>} */
  async catalogue() {
    await this.#started(0);
    return this.#seats[0].started ?? Promise.reject(new Error("The worker was stopped."));
  }

  /** Ends every worker; what runs fails. */
  close() {
    for (const run of [...this.#runs]) this.#fail(run, new EngineError("error.stopped", "closed"));
    for (const seat of this.#seats) seat.port?.end(new EngineError("error.stopped", "closed"));
  }

  /** @param {Run} run @param {unknown} reason */
  #fail(run, reason) {
    if (run.over) return;
    run.over = true;
    this.#runs = this.#runs.filter((other) => other !== run);
    // A worker that is soon done may finish; one that is not is ended, and another takes its place.
    for (const seat of run.working) {
      const { port } = seat;
      setTimeout(() => {
        if (run.working.has(seat)) port?.end(new EngineError("error.stopped", "stopped"));
      }, grace);
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

  /** @param {Seat} seat */
  async #work(seat) {
    if (seat.busy) return;
    seat.busy = true;
    for (let found = this.#take(); found; found = this.#take()) {
      const { run, job } = found;
      run.working.add(seat);
      try {
        const value = await this.#answer(seat, run, job);
        run.working.delete(seat);
        if (!run.over) run.result(value, job);
      } catch (error) {
        run.working.delete(seat);
        this.#fail(run, error);
      }
    }
    seat.busy = false;
  }

  /** @param {Seat} seat @param {Run} run @param {Job} job */
  async #answer(seat, run, job) {
    const port = await this.#started(this.#seats.indexOf(seat));
    for (const id of job.models) {
      const bytes = await this.model(id);
      if (seat.has.get(id) === bytes.classifier) continue;
      await port.ask("load", { id, ...bytes });
      seat.has.set(id, bytes.classifier);
    }
    return port.ask(job.type, job.body, (_, fraction) => {
      if (!run.over) run.progress?.(job, fraction);
    });
  }
}
