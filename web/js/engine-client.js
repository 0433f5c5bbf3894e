// The page's end of the worker: requests and answers by number, only the newest waiting question kept,
// and a new worker when the old one dies or hangs. It holds the bytes so that a restart needs no network.

/** @typedef {import("./types").ExploreRequest} ExploreRequest */
/** @typedef {import("./types").ExploreResult} ExploreResult */

/** An engine that cannot start, with the message key that says why in the visitor's language. */
export class EngineError extends Error {
  /** @param {string} key @param {string} detail */
  constructor(key, detail) {
    super(detail);
    this.key = key;
  }
}

/** After this long without an answer the worker counts as hung. */
const patience = 120000;
/** An attack that has run for this long is broken off when something else is asked. */
const overdue = 1500;
/** @type {any} */
const trustedTypes = Reflect.get(globalThis, "trustedTypes");
const policy = trustedTypes?.createPolicy("signflip", {
  createScriptURL(/** @type {string} */ url) {
    if (new URL(url).origin !== location.origin) throw new TypeError("Only the page's own worker may be started.");
    return url;
  },
});

/** @param {string} url */
async function bytesOf(url) {
  const response = await fetch(url).catch(() => null);
  if (!response?.ok) throw new EngineError("error.download", url.split("/").slice(-1)[0]);
  return response.arrayBuffer();
}

/** @typedef {{attacks: import("./types").AttackInfo[], models: import("./types").ModelInfo[]}} Catalogue */

export class EngineClient {
  /** @type {Worker | null} */ #worker = null;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */ #open = new Map();
  #number = 0;
  /** @type {Promise<{wasm: ArrayBuffer, models: {id: string, bytes: ArrayBuffer}[]}>} */ #files;
  #busy = false;
  #began = 0;
  #asking = false;
  /** @type {{request: ExploreRequest, resolve: (value: ExploreResult | null) => void, reject: (error: Error) => void} | null} */
  #waiting = null;
  /** @type {Promise<Catalogue> | null} */ #started = null;
  /** How often a worker had to be replaced. */
  restarts = 0;

  /** Begins the downloads at once. @param {{id: string, file: string}[]} models */
  constructor(models) {
    const near = (/** @type {string} */ path) => new URL(path, document.baseURI).href;
    this.#files = Promise.all([
      bytesOf(new URL("./signflip.wasm", import.meta.url).href),
      ...models.map(({ file }) => bytesOf(near(file))),
    ]).then(([wasm, ...bytes]) => ({ wasm, models: models.map(({ id }, i) => ({ id, bytes: bytes[i] })) }));
    this.#files.catch(() => {});
  }

  /** Starts the worker and loads the models. @returns {Promise<Catalogue>} */
  start() {
    this.#started ??= this.#spawn();
    return this.#started;
  }

  /** Asks for an attack. While one runs only the newest question waits; an overtaken one resolves to null.
   * @param {ExploreRequest} request @returns {Promise<ExploreResult | null>} */
  explore(request) {
    return new Promise((resolve, reject) => {
      this.#waiting?.resolve(null);
      this.#waiting = { request, resolve, reject };
      if (this.#busy && this.#asking && performance.now() - this.#began > overdue) this.terminate();
      this.#next();
    });
  }

  /** Ends the worker now; the next question starts another. */
  terminate() {
    this.#die(new EngineError("error.stopped", "stopped"));
  }

  async #next() {
    if (this.#busy || !this.#waiting) return;
    const { request, resolve, reject } = this.#waiting;
    this.#waiting = null;
    this.#busy = true;
    try {
      let lanes;
      try {
        lanes = await this.#attack(request);
      } catch (error) {
        if (this.#worker || error instanceof EngineError) throw error;
        // The worker died of this question or of the last: a fresh one gets it once more.
        lanes = await this.#attack(request);
      }
      resolve({ request, lanes });
    } catch (error) {
      // Broken off because something newer was asked: overtaken, not failed.
      if (error instanceof EngineError && error.key === "error.stopped") resolve(null);
      else reject(/** @type {Error} */ (error));
    }
    this.#busy = false;
    this.#next();
  }

  /** @param {ExploreRequest} request */
  async #attack(request) {
    await this.start();
    this.#began = performance.now();
    this.#asking = true;
    try {
      return await this.#ask("explore", request);
    } finally {
      this.#asking = false;
    }
  }

  async #spawn() {
    const url = new URL("./worker.js", import.meta.url).href;
    const worker = new Worker(policy ? policy.createScriptURL(url) : url, { type: "module", name: "signflip" });
    this.#worker = worker;
    worker.onmessage = ({ data }) => {
      const call = this.#open.get(data.id);
      this.#open.delete(data.id);
      if (data.dead) this.#die(new Error(data.error));
      if (!call) return;
      if (data.forbidden) call.reject(new EngineError("error.policy", data.error));
      else if ("error" in data) call.reject(new Error(data.error));
      else call.resolve(data.value);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#die(new Error(event.message || "The worker could not be started."));
    };
    return this.#ask("start", await this.#files);
  }

  /** @param {string} type @param {any} body @returns {Promise<any>} */
  #ask(type, body) {
    return new Promise((resolve, reject) => {
      const worker = this.#worker;
      if (!worker) return reject(new Error("The worker is gone."));
      const id = ++this.#number;
      const timer = setTimeout(() => this.#die(new Error("The worker did not answer.")), patience);
      const settle = (/** @type {(value: any) => void} */ how) => (/** @type {any} */ value) => {
        clearTimeout(timer);
        how(value);
      };
      this.#open.set(id, { resolve: settle(resolve), reject: settle(reject) });
      worker.postMessage({ id, type, body });
    });
  }

  /** @param {Error} error */
  #die(error) {
    if (!this.#worker) return;
    this.#worker.terminate();
    this.#worker = null;
    this.#started = null;
    this.restarts++;
    const calls = [...this.#open.values()];
    this.#open.clear();
    for (const { reject } of calls) reject(error);
  }
}
