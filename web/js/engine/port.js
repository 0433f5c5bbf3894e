// One worker: questions and answers by number, progress in between, and its end. worker-host.js is the
// other side. Which worker to start, and when, is decided by client.js and pool.js.
import { build } from "../state/build.js";
import { EngineError } from "./errors.js";
import { startWorker } from "./reach.js";
import { hungMs } from "../state/timing.js";

/** What a worker tells while it works on a question. @typedef {Record<string, any>} Told */
/** @typedef {(progress: any) => void} OnProgress */

/** @typedef {{resolve: (value: any) => void, reject: (error: Error) => void, onProgress?: OnProgress,
 *             timer?: ReturnType<typeof setTimeout>}} Call */

export class WorkerPort {
  /** Why it ended; null while it lives. @type {Error | null} */
  ended = null;
  /** @type {import("../types").WorkerLike} */ #worker;
  /** @type {Map<number, Call>} */ #open = new Map();
  #number = 0;

  /** @param {import("../types").WorkerLike | string} worker or the name of a file in workers/ */
  constructor(worker) {
    this.#worker = typeof worker === "string" ? startWorker(worker) : worker;
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.end(new EngineError("error.worker", event.message ?? ""));
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
      this.#worker.postMessage({ id, type, body, build });
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

  /** @param {Call} call */
  #wait(call) {
    clearTimeout(call.timer);
    call.timer = setTimeout(() => this.end(new EngineError("error.hung", "no answer")), hungMs);
  }

  /** @param {any} data */
  #receive(data) {
    const call = this.#open.get(data.id);
    if (call && data.progress) {
      this.#wait(call);
      call.onProgress?.(data.progress);
      return;
    }
    this.#open.delete(data.id);
    clearTimeout(call?.timer);
    if (data.dead) this.end(new EngineError(data.key, data.error));
    if (data.key) call?.reject(new EngineError(data.key, data.error, data.values));
    else if ("error" in data) call?.reject(new Error(data.error));
    else call?.resolve(data.value);
  }
}
