// The page's way to the engine: only the newest waiting question kept, a new worker when the old one
// dies, hangs or is cancelled, and the whole engine in the place of the first view's when it is wanted.
// It holds the module and the models' bytes, so that a restart needs no network. Not the talk with one
// worker: worker-port.js.
import { EngineError, WorkerPort } from "./worker-port.js";

/** @typedef {import("../types").ExploreRequest} ExploreRequest */
/** @typedef {import("../types").ExploreResult} ExploreResult */
/** @typedef {import("./worker-port.js").Kind} Kind */
/** @typedef {import("./worker-port.js").OnProgress} OnProgress */
/** @typedef {WorkerPort | import("./page-port.js").PagePort} Port */
/** @typedef {{attacks: import("../types").AttackInfo[]}} Catalogue */
/** A model's files, under a name that no other dataset's model has.
 * @typedef {{id: string, file: string, denoiser?: string}} Source */

/** An attack that has run for this long is broken off when something else is asked. */
const overdue = 800;

/** @param {string} url */
async function bytesOf(url) {
  const response = await fetch(url).catch(() => null);
  if (!response?.ok) throw new EngineError("error.download", url.split("/").slice(-1)[0]);
  return response.arrayBuffer();
}

const wasmBytes = (/** @type {Kind} */ kind) =>
  bytesOf(
    new URL(kind === "first" ? "./signflip-first.wasm" : "./signflip.wasm", import.meta.url).href,
  );

/** An engine's module. The page compiles it while its worker starts, and a further worker finds it done.
 * @param {Kind} kind */
async function wasm(kind) {
  return WebAssembly.compile(await wasmBytes(kind)).catch((error) => {
    // Where a security policy forbids it there is no other error to tell it by.
    throw new EngineError("error.policy", error.message);
  });
}

/** The models that a question needs, by the names that the worker knows. @param {ExploreRequest} request */
const namesIn = ({ dataset, models, from }) =>
  [...new Set([...models, ...(from ? [from] : [])])].map((id) => `${dataset}/${id}`);

export class EngineClient {
  /** Which engine answers. @type {Kind} */ kind;
  /** How often a worker had to be replaced. */ restarts = 0;
  /** @type {Port | null} */ #port = null;
  /** Where the first questions are answered, if not in a worker. @type {import("./page-port.js").PagePort | null} */ #here;
  /** Whether answers are still given there. @type {() => boolean} */ here;
  /** @type {Promise<Catalogue> | null} */ #started = null;
  /** @type {Promise<Catalogue> | null} */ #whole = null;
  /** @type {Promise<WebAssembly.Module>} */ #wasm;
  /** The files that were asked for. @type {Map<string, Promise<ArrayBuffer>>} */ #files =
    new Map();
  /** @type {Map<string, Source>} */ #sources = new Map();
  /** What each worker has, or is being given. @type {WeakMap<Port, Map<string, Promise<{loaded: Promise<unknown>}>>>} */ #held =
    new WeakMap();
  #busy = false;
  /** The worker that is at a question, and since when. @type {Port | null} */ #asking = null;
  #began = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #impatience;
  /** @type {{request: ExploreRequest, onProgress?: OnProgress, resolve: (value: ExploreResult | null) => void, reject: (error: Error) => void} | null} */
  #waiting = null;

  /** Begins the downloads at once.
   * @param {Source[]} sources of the models that come first @param {Kind} [kind] with which engine to start
   * @param {import("./page-port.js").PagePort | null} [here] for the first questions of the first view's engine */
  constructor(sources, kind = "first", here = null) {
    this.kind = kind;
    this.#here = kind === "first" ? here : null;
    this.here = () => here !== null && here.ended === null;
    this.#wasm = wasm(kind);
    // The built page's head has begun to fetch the first engine and models; taking them keeps the console quiet.
    const idle =
      kind === "whole" && document.querySelector('link[rel="preload"][href$="signflip-first.wasm"]')
        ? [wasmBytes("first")]
        : [];
    for (const download of [this.#wasm, ...idle]) download.catch(() => {});
    for (const source of sources) this.fetch(source).catch(() => {});
    const begun = /** @type {NodeListOf<HTMLLinkElement>} */ (
      document.querySelectorAll('link[rel="preload"][href$=".safetensors"]')
    );
    for (const link of begun) this.#file(link.getAttribute("href") ?? "").catch(() => {});
  }

  /** Fetches a model's files, once. @param {Source} source */
  async fetch(source) {
    await Promise.all([source.file, source.denoiser].map((file) => file && this.#file(file)));
    this.#sources.set(source.id, source);
  }

  /** Fetches a model and gives it to the engine: then questions may name it, which are answered when it is
   * loaded. After a failure the next call tries again.
   * @param {Source} source @returns {Promise<{loaded: Promise<unknown>}>} */
  async add(source) {
    await this.fetch(source);
    await this.start();
    return this.#supply(/** @type {Port} */ (this.#port), [source.id]);
  }

  /** @param {string} file */
  #file(file) {
    let bytes = this.#files.get(file);
    if (!bytes) {
      bytes = bytesOf(new URL(file, document.baseURI).href);
      this.#files.set(file, bytes);
      bytes.catch(() => this.#files.delete(file));
    }
    return bytes;
  }

  /** Gives a worker the models that it does not have yet. It answers in turn, so what is asked of it next
   * may name them. @param {Port} port @param {string[]} ids */
  async #supply(port, ids) {
    /** @type {Map<string, Promise<{loaded: Promise<unknown>}>>} */
    const held = this.#held.get(port) ?? new Map();
    this.#held.set(port, held);
    const given = await Promise.all(
      ids.map((id) => {
        const begun = held.get(id) ?? this.#give(port, id);
        if (!held.has(id)) begun.then(({ loaded }) => loaded).catch(() => held.delete(id));
        held.set(id, begun);
        return begun;
      }),
    );
    return { loaded: Promise.all(given.map(({ loaded }) => loaded)) };
  }

  /** @param {Port} port @param {string} id */
  async #give(port, id) {
    const source = this.#sources.get(id);
    if (!source) throw new Error(`The files of the model "${id}" were not fetched.`);
    const [bytes, denoiser] = await Promise.all([
      this.#file(source.file),
      source.denoiser ? this.#file(source.denoiser) : null,
    ]);
    return { loaded: port.ask("load", { id, bytes, denoiser }) };
  }

  /** Starts a worker, where there is none. @returns {Promise<Catalogue>} */
  start() {
    if (!this.#started || this.#port?.ended) {
      const here = this.#here;
      this.#here = null;
      this.#port = here ?? new WorkerPort(this.kind);
      // Where the page's thread cannot, a worker says what is wrong, if it cannot either.
      this.#started = this.#load(this.#port, this.#wasm).catch((error) => {
        here?.end(error);
        if (!here || this.#port !== here) throw error;
        return this.start();
      });
      this.#started.catch(() => {});
    }
    return this.#started;
  }

  /** Fetches the whole engine, once. The first view's answers until the other is ready to take over;
   * after a failure the next call tries again. @returns {Promise<Catalogue>} */
  whole() {
    if (this.kind === "whole") return this.start();
    this.#whole ??= this.#exchange().finally(() => {
      this.#whole = null;
    });
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
      if (this.#asking)
        this.#impatience = setTimeout(
          () => this.#stop(),
          Math.max(0, overdue - (performance.now() - this.#began)),
        );
      this.#next();
    });
  }

  /** Asks something about the result at hand, beside the attacks: a trace, the smallest budget, a picture
   * to make ready. Null where the worker was replaced meanwhile, or told to stop.
   * @param {string} type @param {any} body @param {ExploreRequest | null} request whose models it needs
   * @param {OnProgress} [onProgress] @returns {Promise<any>} */
  async aside(type, body, request, onProgress) {
    try {
      await this.start();
      const port = /** @type {Port} */ (this.#port);
      if (request) await (await this.#supply(port, namesIn(request))).loaded;
      return await port.ask(type, body, onProgress);
    } catch (error) {
      if (error instanceof EngineError && error.key === "error.stopped") return null;
      throw error;
    }
  }

  /** Ends what aside() began, as soon as the attack that runs is over. */
  stopAside() {
    if (this.#port && !this.#port.ended) this.#port.ask("stop", {}).catch(() => {});
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

  /** @param {Port} port @param {Promise<WebAssembly.Module>} wasm */
  async #load(port, wasm) {
    return port.ask("start", { wasm: await wasm });
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
        const port = /** @type {Port} */ (this.#port);
        const { loaded } = await this.#supply(port, namesIn(request));
        this.#asking = port;
        this.#began = performance.now();
        const answer = port.ask("explore", request, onProgress);
        answer.catch(() => {});
        await loaded.catch((error) => {
          // add() tells why; here it is a question that cannot be asked.
          throw port.ended ?? new EngineError("error.stopped", error.message);
        });
        const lanes = await answer;
        // The page's thread has done its part: the worker starts when the result is drawn.
        if (port.ended) setTimeout(() => this.start().catch(() => {}));
        return lanes;
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
