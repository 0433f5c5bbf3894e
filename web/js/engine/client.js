// The page's way to the engine, for the view of one image: one worker, the models that it has, and
// another worker when it dies, hangs or is cancelled. It keeps the models' bytes, so that a restart needs
// no network. Talking to one worker is port.js; when to ask is scheduler.js.
import { engineModule, forgetFile, fullModule, siteFile } from "./download.js";
import { isStopped, mayAskAnew, stopped } from "./errors.js";
import { WorkerPort } from "./port.js";

/** @typedef {import("../types").ExploreRequest} ExploreRequest */
/** @typedef {import("../types").Lane} Lane */
/** @typedef {import("./port.js").OnProgress} OnProgress */
/** @typedef {{attacks: import("../types").AttackInfo[]}} Catalogue */
/** A model's files, under a name that no other dataset's model has.
 * @typedef {{id: string, file: string, denoiser?: string, transform?: import("../types").Transform}} Source */
/** @typedef {{loaded: Promise<unknown>}} Given  what was sent to a worker, and when it is loaded there */

/** The models that a question needs, by the names that the worker knows. @param {ExploreRequest} request */
export const namesIn = ({ dataset, models, from }) =>
  [...new Set([...models, ...(from ? [from] : [])])].map((id) => `${dataset}/${id}`);

/** What a worker ends with whose place one with the full module takes. */
const moved = stopped("another module");

export class EngineClient {
  /** How often a worker had to be replaced. */
  restarts = 0;
  /** Since when the worker has been at a question of explore(); null while it is not. @type {number | null} */
  askedSince = null;
  /** @type {WorkerPort | null} */ #port = null;
  /** @type {Promise<Catalogue> | null} */ #started = null;
  /** @type {Map<string, Source>} */ #sources = new Map();
  /** What each worker has, or is being given. @type {WeakMap<WorkerPort, Map<string, Promise<Given>>>} */
  #given = new WeakMap();

  /** Whether its workers have the full module. */
  #full = false;

  /** Begins the downloads at once. @param {Source[]} sources of the models that come first */
  constructor(sources) {
    for (const source of sources) this.fetch(source).catch(() => {});
    this.#module().catch(() => {});
    // The built page's head has begun to fetch these; the browser warns of downloads that nobody takes.
    const begun = /** @type {NodeListOf<HTMLLinkElement>} */ (
      document.querySelectorAll('link[rel="preload"][href*=".safetensors"]')
    );
    for (const link of begun)
      siteFile((link.getAttribute("href") ?? "").split("?")[0]).catch(() => {});
  }

  #module() {
    return this.#full ? fullModule() : engineModule();
  }

  /** From now on its workers have the full module: one that has not gives way, when it has started. */
  async extend() {
    if (this.#full) return;
    this.#full = true;
    const port = this.#port;
    await this.#started?.catch(() => {});
    port?.end(moved);
  }

  /** Fetches a model's files, once. @param {Source} source */
  async fetch(source) {
    if (source.transform) await this.extend();
    await Promise.all([source.file, source.denoiser].map((file) => (file ? siteFile(file) : null)));
    this.#sources.set(source.id, source);
  }

  /** Fetches a model and gives it to the worker: then questions may name it, which are answered when it is
   * loaded. After a failure the next call tries again.
   * @param {Source} source @returns {Promise<Given>} */
  async add(source) {
    await this.fetch(source);
    await this.start();
    return this.#supply(/** @type {WorkerPort} */ (this.#port), [source.id]);
  }

  /** A model's file is another now: the next question that names it, or one behind a transform, is given that.
   * @param {string} id */
  forget(id) {
    const given = this.#port && this.#given.get(this.#port);
    const file = this.#sources.get(id)?.file;
    for (const source of this.#sources.values()) if (source.file === file) given?.delete(source.id);
  }

  /** Gives a worker the models that it does not have yet. It answers in turn, so what is asked of it next
   * may name them. @param {WorkerPort} port @param {string[]} ids @returns {Promise<Given>} */
  async #supply(port, ids) {
    /** @type {Map<string, Promise<Given>>} */
    const given = this.#given.get(port) ?? new Map();
    this.#given.set(port, given);
    const all = await Promise.all(
      ids.map((id) => {
        const begun = given.get(id) ?? this.#give(port, id);
        if (!given.has(id)) begun.then(({ loaded }) => loaded).catch(() => given.delete(id));
        given.set(id, begun);
        return begun;
      }),
    );
    return { loaded: Promise.all(all.map(({ loaded }) => loaded)) };
  }

  /** @param {WorkerPort} port @param {string} id @returns {Promise<Given>} */
  async #give(port, id) {
    const source = this.#sources.get(id);
    if (!source) throw new Error(`The files of the model "${id}" were not fetched.`);
    const [classifier, denoiser] = await Promise.all([
      siteFile(source.file),
      source.denoiser ? siteFile(source.denoiser) : null,
    ]);
    const { transform } = source;
    const loaded = port.ask("load", { id, classifier, denoiser, transform });
    loaded.catch((error) => {
      if (isStopped(error)) return;
      for (const file of [source.file, source.denoiser]) if (file) forgetFile(file);
    });
    return { loaded };
  }

  /** Starts a worker, where there is none. @returns {Promise<Catalogue>} */
  start() {
    if (!this.#started || this.#port?.ended) {
      const port = new WorkerPort(this.#full ? "full" : "attack");
      this.#port = port;
      this.#started = this.#module().then((wasm) => port.ask("start", { wasm }));
      this.#started.catch((error) => port.end(error));
    }
    return this.#started;
  }

  /** Attacks one image on the models that the request names. A worker that dies of it is replaced, and gets
   * the question once more.
   * @param {ExploreRequest} request @param {OnProgress} [onProgress]
   * @returns {Promise<Lane[] | null>} null where it was broken off */
  async explore(request, onProgress) {
    for (let again = false; ; again = true) {
      try {
        return await this.#explore(request, onProgress);
      } catch (error) {
        if (error === moved) continue;
        if (isStopped(error)) return null;
        if (again || !mayAskAnew(error) || !this.#port?.ended) throw error;
        this.restarts++;
      }
    }
  }

  /** Asks something about the result at hand, beside the attacks: a trace, the smallest budget.
   * Null where the worker was replaced meanwhile, or told to stop.
   * @param {string} type @param {any} body @param {ExploreRequest | null} request whose models it needs
   * @param {OnProgress} [onProgress] @returns {Promise<any>} */
  async aside(type, body, request, onProgress) {
    try {
      await this.start();
      const port = /** @type {WorkerPort} */ (this.#port);
      if (request) await (await this.#supply(port, namesIn(request))).loaded;
      return await port.ask(type, body, onProgress);
    } catch (error) {
      if (isStopped(error)) return null;
      throw error;
    }
  }

  /** Ends what aside() began, as soon as the attack that runs is over. */
  stopAside() {
    if (this.#port && !this.#port.ended) this.#port.ask("stop", {}).catch(() => {});
  }

  /** The memory of its worker, in bytes; 0 where none runs. @returns {Promise<number>} */
  async size() {
    return !this.#port || this.#port.ended ? 0 : this.#port.ask("size", {});
  }

  /** Ends the worker now; the next question starts another. */
  terminate() {
    this.#port?.end(stopped("stopped"));
    this.restarts++;
  }

  /** @param {ExploreRequest} request @param {OnProgress} [onProgress] @returns {Promise<Lane[]>} */
  async #explore(request, onProgress) {
    await this.start();
    const port = /** @type {WorkerPort} */ (this.#port);
    const { loaded } = await this.#supply(port, namesIn(request));
    this.askedSince = performance.now();
    try {
      const answer = port.ask("explore", request, onProgress);
      answer.catch(() => {});
      await loaded.catch((error) => {
        // add() tells why; here it is a question that cannot be asked.
        throw port.ended ?? stopped(error.message);
      });
      return await answer;
    } finally {
      this.askedSince = null;
    }
  }
}
