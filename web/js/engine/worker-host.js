// The worker's side of port.js: answers questions from a table, tells progress, gives arrays away
// instead of copying them, and says what an error means for the worker.
import { progressMs } from "../state/timing.js";
import { build } from "../state/build.js";
import { EngineError } from "./errors.js";

/** Tells the page how far an answer is. @typedef {(progress: Record<string, any>) => void} Tell */

/** The same, but only now and then: for what is called at every step. @param {Tell} tell @returns {Tell} */
export function nowAndThen(tell) {
  let told = performance.now();
  return (progress) => {
    const now = performance.now();
    if (now - told < progressMs) return;
    told = now;
    tell(progress);
  };
}

/** The buffers of a value's arrays, each once. @param {any} value @returns {ArrayBuffer[]} */
function buffersOf(value) {
  if (ArrayBuffer.isView(value)) return [/** @type {ArrayBuffer} */ (value.buffer)];
  if (value === null || typeof value !== "object") return [];
  return [...new Set(Object.values(value).flatMap(buffersOf))];
}

/** @param {unknown} error */
function described(error) {
  const message = error instanceof Error ? error.message : String(error);
  return {
    error: message,
    // A trap leaves the module in an unknown state: the page must start another worker.
    dead: error instanceof WebAssembly.RuntimeError,
    ...named(error, message),
  };
}

/** What the page has a message of its own for. @param {any} error @param {string} message */
function named(error, message) {
  if (error?.key) return { key: error.key, values: error.values };
  if (error instanceof WebAssembly.RuntimeError) return { key: "error.crashed" };
  // Engine and worker are of two builds: one of them came from an old cache.
  if (error instanceof WebAssembly.LinkError) return { key: "error.mixed" };
  const forbidden =
    error instanceof WebAssembly.CompileError ||
    /unsafe-eval|Content Security Policy/i.test(message);
  return forbidden ? { key: "error.policy" } : {};
}

/** Answers the page's questions, by their names, until the worker is ended. The arrays of an answer must
 * not be needed afterwards.
 * @param {Record<string, (body: any, tell: Tell) => unknown>} answers
 * @param {Pick<MessagePort, "onmessage" | "postMessage">} [port] where the questions come from */
export function serve(answers, port = /** @type {any} */ (self)) {
  port.onmessage = async ({ data: { id, type, body, build: asked } }) => {
    try {
      // One of them came from an old cache, or the page was there before the site's files were replaced.
      if (asked !== build) throw new EngineError("error.mixed", "");
      const value = await answers[type](body, (progress) => port.postMessage({ id, progress }));
      port.postMessage({ id, value }, { transfer: buffersOf(value) });
    } catch (error) {
      port.postMessage({ id, ...described(error) });
    }
  };
}
