// Downloads, each made once however often it is asked for.
import { EngineError } from "./errors.js";
import { bytesAt } from "./reach.js";

/** @param {string} path from the page @returns {Promise<ArrayBuffer>} */
async function fetchBytes(path) {
  const bytes = await bytesAt(path);
  if (!bytes) throw new EngineError("error.download", path.split("/").slice(-1)[0]);
  return bytes;
}

/** The function's promise, made at the first call and shared by the others; after a failure the next call
 * makes another.
 * @template T @param {() => Promise<T>} make @returns {() => Promise<T>} */
export function shared(make) {
  /** @type {Promise<T> | null} */
  let promise = null;
  return () => {
    promise ??= make().catch((error) => {
      promise = null;
      throw error;
    });
    return promise;
  };
}

/** @type {Map<string, () => Promise<ArrayBuffer>>} */
const files = new Map();

/** A file of the site, by its path from the page. @param {string} path */
export function siteFile(path) {
  let file = files.get(path);
  if (!file) {
    file = shared(() => fetchBytes(path));
    files.set(path, file);
  }
  return file();
}

/** The training engine's bytes. */
export const trainingModule = shared(() => fetchBytes("js/signflip-train.wasm"));

/** @param {string} url @returns {Promise<WebAssembly.Module>} */
async function compiled(url) {
  const bytes = await fetchBytes(url);
  return WebAssembly.compile(bytes).catch((error) => {
    // A security policy that forbids it gives no other sign.
    throw new EngineError("error.policy", error.message);
  });
}

/** The module of maps, compiled. */
export const mapModule = shared(() => compiled("js/signflip-map.wasm"));

/** The engine's module, compiled once for every worker. */
export const engineModule = shared(() => compiled("js/signflip.wasm"));
