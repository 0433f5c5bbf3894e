// Errors that the page can tell in the visitor's language.

/** An error with the key of the message that says what happened. */
export class EngineError extends Error {
  /** @param {string} key @param {string} detail @param {Record<string, string | number>} [values] more that the message names */
  constructor(key, detail, values = {}) {
    super(detail);
    this.key = key;
    this.values = { detail, ...values };
  }
}

/** Causes that trying again does not mend. */
const final = ["error.policy", "error.simd", "error.wasm"];

/** @param {unknown} error */
export const isFinal = (error) => error instanceof EngineError && final.includes(error.key);

/** Whether files of two versions of the site met. @param {unknown} error */
export const isMixed = (error) => error instanceof EngineError && error.key === "error.mixed";

/** Ends of a worker that came by themselves; another takes its place. */
const ends = ["error.crashed", "error.hung", "error.worker"];

/** Whether a new worker may answer what this one did not. @param {unknown} error */
export const mayAskAnew = (error) => !(error instanceof EngineError) || ends.includes(error.key);

/** Broken off because something newer was asked, or by the visitor: not a failure. @param {string} why */
export const stopped = (why) => new EngineError("error.stopped", why);

/** @param {unknown} error */
export const isStopped = (error) => error instanceof EngineError && error.key === "error.stopped";

/** What went wrong, as the visitor reads it.
 * @param {import("../ui/i18n.js").Words} words @param {unknown} error
 * @param {string | null} [key] of the message around any other error; null: the error's own words */
export function sentenceOf(words, error, key = "error.engine") {
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof EngineError) return words.t(error.key, error.values);
  return key === null ? detail : words.t(key, { detail });
}
