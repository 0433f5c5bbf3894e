// An engine on the page's own thread, for the first answers: a worker's start would take longer than the
// page's first attack. Talked with like a worker (worker-port.js); once it has answered for all of the
// first models, or twice, it has ended, and a worker goes on.
import { EngineError } from "./worker-port.js";

/** @typedef {import("../types").Answers} Answers */

export class PagePort {
  /** Why it ended; null while it lives. @type {Error | null} */
  ended = null;
  /** @type {Promise<Answers>} */ #answers = import("./worker.js").then(({ answers }) => answers);
  /** One question after the other. @type {Promise<unknown>} */ #turn = this.#answers;
  #answered = 0;

  /** @param {number} models how many come first */
  constructor(models) {
    this.models = models;
    this.#turn.catch(() => {});
  }

  /** @param {string} type @param {any} body @returns {Promise<any>} */
  ask(type, body) {
    const answer = this.#turn.then(async () => {
      if (this.ended) throw this.ended;
      try {
        return await (await this.#answers)[type](body, 0);
      } catch (error) {
        // After a trap the module's state is unknown, as in worker.js.
        if (error instanceof WebAssembly.RuntimeError) this.end(error);
        throw error;
      } finally {
        if (type === "explore" && (++this.#answered > 1 || body.models.length >= this.models)) {
          this.end(new EngineError("error.stopped", "answered"));
        }
      }
    });
    this.#turn = answer.catch(() => {});
    return answer;
  }

  /** @param {Error} error */
  end(error) {
    if (this.ended) return;
    this.ended = error;
    this.#answers.then(
      ({ forget }) => forget(null, 0),
      () => {},
    );
  }

  /** Ends it once it has answered. @param {Error} reason */
  retire(reason) {
    this.#turn.then(() => this.end(reason));
  }
}
