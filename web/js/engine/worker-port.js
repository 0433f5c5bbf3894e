// One worker with one engine in it: questions and answers by number, progress in between, and an end.
// It starts no second worker and decides nothing; engine-client.js does.

/** The module that the first view needs, or the whole one. @typedef {"first" | "whole"} Kind */
/** More is what a worker has to say beyond that. @typedef {(models: string[], fraction: number, more?: any) => void} OnProgress */

/** An engine that cannot start, with the message key that says why in the visitor's language. */
export class EngineError extends Error {
  /** @param {string} key @param {string} detail */
  constructor(key, detail) {
    super(detail);
    this.key = key;
  }
}

/** What went wrong, as the visitor reads it. @param {import("../ui/i18n.js").Words} words @param {unknown} error */
export function sentenceOf(words, error) {
  const detail = error instanceof Error ? error.message : String(error);
  return words.t(error instanceof EngineError ? error.key : "error.engine", { detail });
}

/** After this long without an answer or progress the worker counts as hung. */
const patience = 120000;
/** @type {any} */
const trustedTypes = Reflect.get(globalThis, "trustedTypes");
const policy = trustedTypes?.createPolicy("signflip", {
  createScriptURL(/** @type {string} */ url) {
    if (new URL(url).origin !== location.origin)
      throw new TypeError("Only the page's own worker may be started.");
    return url;
  },
});

/** @typedef {{resolve: (value: any) => void, reject: (error: Error) => void, onProgress?: OnProgress,
 *             timer?: ReturnType<typeof setTimeout>}} Call */

export class WorkerPort {
  /** Why it ended; null while it lives. @type {Error | null} */
  ended = null;
  /** @type {Worker} */ #worker;
  /** @type {Map<number, Call>} */ #open = new Map();
  #number = 0;
  #retiring = false;

  /** @param {Kind} kind @param {string} [url] of another worker that talks the same way */
  constructor(kind, url = new URL("./worker.js", import.meta.url).href) {
    this.#worker = new Worker(policy ? policy.createScriptURL(url) : url, {
      type: "module",
      name: kind === "first" ? "signflip-first" : "signflip",
    });
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.end(new Error(event.message || "The worker could not be started."));
    };
  }

  /** @param {string} type @param {any} body @param {OnProgress} [onProgress] @returns {Promise<any>} */
  ask(type, body, onProgress) {
    if (this.ended) return Promise.reject(this.ended);
    return new Promise((resolve, reject) => {
      const id = ++this.#number;
      /** @type {Call} */
      const call = { resolve, reject, onProgress };
      this.#open.set(id, call);
      this.#wait(call);
      this.#worker.postMessage({ id, type, body });
    });
  }

  /** Ends the worker now; what it has not answered fails. @param {Error} error */
  end(error) {
    if (this.ended) return;
    this.ended = error;
    this.#worker.terminate();
    for (const { reject, timer } of this.#open.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#open.clear();
  }

  /** Ends the worker once it has answered. @param {Error} reason */
  retire(reason) {
    this.#retiring = true;
    if (this.#open.size === 0) this.end(reason);
  }

  /** @param {Call} call */
  #wait(call) {
    clearTimeout(call.timer);
    call.timer = setTimeout(() => this.end(new Error("The worker did not answer.")), patience);
  }

  /** @param {any} data */
  #receive(data) {
    const call = this.#open.get(data.id);
    if (call && data.progress) {
      this.#wait(call);
      call.onProgress?.(data.progress.models, data.progress.fraction, data.progress.more);
      return;
    }
    this.#open.delete(data.id);
    clearTimeout(call?.timer);
    if (data.dead) this.end(new Error(data.error));
    if (data.forbidden) call?.reject(new EngineError("error.policy", data.error));
    else if ("error" in data) call?.reject(new Error(data.error));
    else call?.resolve(data.value);
    if (this.#retiring && this.#open.size === 0) this.end(new Error("The worker was replaced."));
  }
}
