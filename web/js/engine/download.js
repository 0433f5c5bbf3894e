// Downloads, each made once however often it is asked for.
import { EngineError } from "./errors.js";

/** @param {string} url @returns {Promise<ArrayBuffer>} */
export async function fetchBytes(url) {
  const response = await fetch(url).catch(() => null);
  if (!response?.ok) throw new EngineError("error.download", url.split("/").slice(-1)[0]);
  return response.arrayBuffer();
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
    file = shared(() => fetchBytes(new URL(path, document.baseURI).href));
    files.set(path, file);
  }
  return file();
}

/** The training engine's bytes. */
export const trainingModule = shared(() =>
  fetchBytes(new URL("./signflip-train.wasm", import.meta.url).href),
);

/** The engine's module, compiled once for every worker. */
export const engineModule = shared(async () => {
  const bytes = await fetchBytes(new URL("./signflip.wasm", import.meta.url).href);
  return WebAssembly.compile(bytes).catch((error) => {
    // A security policy that forbids it gives no other sign.
    throw new EngineError("error.policy", error.message);
  });
});
