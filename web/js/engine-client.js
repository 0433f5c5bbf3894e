// The page's way to the engine: only the newest waiting question kept, a new worker when the old one
// dies, hangs or is cancelled, and the whole engine in the place of the first view's when it is wanted.
// It holds the bytes, so that a restart needs no network. Not the talk with one worker: worker-port.js.
import { EngineError, WorkerPort } from "./worker-port.js";

/** @typedef {import("./types").ExploreRequest} ExploreRequest */
/** @typedef {import("./types").ExploreResult} ExploreResult */
/** @typedef {import("./worker-port.js").Kind} Kind */
/** @typedef {import("./worker-port.js").OnProgress} OnProgress */
/** @typedef {{attacks: import("./types").AttackInfo[], models: import("./types").ModelInfo[]}} Catalogue */

/** An attack that has run for this long is broken off when something else is asked. */
const overdue = 800;

/** @param {string} url */
async function bytesOf(url) {
  const response = await fetch(url).catch(() => null);
  if (!response?.ok) throw new EngineError("error.download", url.split("/").slice(-1)[0]);
  return response.arrayBuffer();
}

const wasm = (/** @type {Kind} */ kind) => bytesOf(new URL(kind === "first" ? "./signflip-first.wasm" : "./signflip.wasm", import.meta.url).href);

export class EngineClient {
  /** Which engine answers. @type {Kind} */ kind;
  /** How often a worker had to be replaced. */ restarts = 0;
  /** @type {WorkerPort | null} */ #port = null;
  /** @type {Promise<Catalogue> | null} */ #started = null;
  /** @type {Promise<Catalogue> | null} */ #whole = null;
  /** @type {Promise<ArrayBuffer>} */ #wasm;
  /** @type {Promise<{id: string, bytes: ArrayBuffer}[]>} */ #models;
  #busy = false;
  /** The worker that is at a question, and since when. @type {WorkerPort | null} */ #asking = null;
  #began = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #impatience;
  /** @type {{request: ExploreRequest, onProgress?: OnProgress, resolve: (value: ExploreResult | null) => void, reject: (error: Error) => void} | null} */
  #waiting = null;

  /** Begins the downloads at once.
   * @param {{id: string, file: string}[]} models @param {Kind} [kind] with which engine to start */
  constructor(models, kind = "first") {
    this.kind = kind;
    this.#wasm = wasm(kind);
    this.#models = Promise.all(models.map(async ({ id, file }) => ({ id, bytes: await bytesOf(new URL(file, document.baseURI).href) })));
    // The built page's head has begun to fetch the first engine; taking it keeps the console quiet.
    const idle = kind === "whole" && document.querySelector('link[rel="preload"][href$="signflip-first.wasm"]') ? [wasm("first")] : [];
    for (const download of [this.#wasm, this.#models, ...idle]) download.catch(() => {});
  }

  /** Starts a worker, where there is none, and loads the models. @returns {Promise<Catalogue>} */
  start() {
    if (!this.#started || this.#port?.ended) {
      this.#port = new WorkerPort(this.kind);
      this.#started = this.#load(this.#port, this.#wasm);
      this.#started.catch(() => {});
    }
    return this.#started;
  }

  /** Fetches the whole engine, once. The first view's answers until the other is ready to take over;
   * after a failure the next call tries again. @returns {Promise<Catalogue>} */
  whole() {
    if (this.kind === "whole") return this.start();
    this.#whole ??= this.#exchange().finally(() => { this.#whole = null; });
    return this.#whole;
  }

  /** Asks for an attack. While one runs only the newest question waits; an overtaken or cancelled one
   * resolves to null. @param {ExploreRequest} request @param {OnProgress} [onProgress]
   * @returns {Promise<ExploreResult | null>} */
  explore(request, onProgress) {
    return new Promise((resolve, reject) => {
      this.#waiting?.resolve(null);
      this.#waiting = { request, onProgress, resolve, reject };
      clearTimeout(this.#impatience);
      if (this.#asking) this.#impatience = setTimeout(() => this.#stop(), Math.max(0, overdue - (performance.now() - this.#began)));
      this.#next();
    });
  }

  /** Breaks off the attack at hand and forgets the one that waits; a new worker is started at once. */
  cancel() {
    this.#waiting?.resolve(null);
    this.#waiting = null;
    this.#stop();
    this.start().catch(() => {});
  }

  /** Ends the worker now; the next question starts another. */
  terminate() {
    this.#asking?.end(new EngineError("error.stopped", "stopped"));
    this.#port?.end(new EngineError("error.stopped", "stopped"));
    this.restarts++;
  }

  #stop() {
    if (!this.#busy) return;
    (this.#asking ?? this.#port)?.end(new EngineError("error.stopped", "stopped"));
    this.restarts++;
  }

  /** @param {WorkerPort} port @param {Promise<ArrayBuffer>} wasm */
  async #load(port, wasm) {
    const [engine, models] = await Promise.all([wasm, this.#models]);
    return port.ask("start", { wasm: engine, models });
  }

  async #exchange() {
    const bytes = wasm("whole");
    const port = new WorkerPort("whole");
    const catalogue = await this.#load(port, bytes).catch((error) => {
      port.end(error);
      throw error;
    });
    this.#port?.retire(new EngineError("error.stopped", "replaced"));
    this.kind = "whole";
    this.#wasm = bytes;
    this.#port = port;
    this.#started = Promise.resolve(catalogue);
    return catalogue;
  }

  async #next() {
    if (this.#busy || !this.#waiting) return;
    const { request, onProgress, resolve, reject } = this.#waiting;
    this.#waiting = null;
    clearTimeout(this.#impatience);
    this.#busy = true;
    try {
      resolve({ request, lanes: await this.#answer(request, onProgress) });
    } catch (error) {
      // Broken off because something newer was asked, or by the visitor: not failed.
      if (error instanceof EngineError && error.key === "error.stopped") resolve(null);
      else reject(/** @type {Error} */ (error));
    }
    this.#busy = false;
    this.#next();
  }

  /** @param {ExploreRequest} request @param {OnProgress} [onProgress] */
  async #answer(request, onProgress) {
    for (let again = false; ; again = true) {
      try {
        await this.start();
        this.#asking = this.#port;
        this.#began = performance.now();
        return await /** @type {WorkerPort} */ (this.#port).ask("explore", request, onProgress);
      } catch (error) {
        // A worker that died of this question or of the last: a fresh one gets it once more.
        if (again || error instanceof EngineError || !this.#port?.ended) throw error;
        this.restarts++;
      } finally {
        this.#asking = null;
      }
    }
  }
}
