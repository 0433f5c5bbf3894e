// Downloads, each made once however often it is asked for; what goes wrong with one is told by its cause.
import { isReplaced } from "../state/build.js";
import { EngineError } from "./errors.js";
import { bytesAt } from "./reach.js";

/** A function that adds two vectors: valid where the browser has WebAssembly's SIMD. */
const simdProbe = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15,
  253, 98, 11,
];

/** @param {string} path from the page, or a whole address @returns {Promise<ArrayBuffer>} */
export async function fetchBytes(path) {
  const file = path.split("/").slice(-1)[0];
  const bytes = await bytesAt(path);
  if (bytes === 0) throw new EngineError("error.offline", file);
  if (bytes === 404 && (await isReplaced())) throw new EngineError("error.mixed", "");
  if (typeof bytes === "number")
    throw new EngineError(bytes === 404 ? "error.download" : "error.server", file, {
      status: bytes,
    });
  const key = impostor(bytes);
  if (key) throw new EngineError(key, file);
  return bytes;
}

/** The message about a file that is not what its name says: a pointer of Git LFS, a page of HTML, nothing.
 * @param {ArrayBuffer} bytes */
function impostor(bytes) {
  if (bytes.byteLength === 0) return "error.damaged";
  const start = new Uint8Array(bytes.slice(0, 9));
  // A model file begins with the length of its header in 8 bytes, which may be any character's.
  if (start[8] === 0x7b && start.subarray(4, 8).every((byte) => byte === 0)) return null;
  const head = new TextDecoder().decode(bytes.slice(0, 40)).trimStart();
  if (head.startsWith("version https://git-lfs")) return "error.pointer";
  return head.startsWith("<") ? "error.html" : null;
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

/** A file that the visitor made, under a path of its own. @param {string} path @param {ArrayBuffer} bytes */
export const provideFile = (path, bytes) => files.set(path, async () => bytes);

/** The next time it is fetched again: the engine could not read it. @param {string} path */
export const forgetFile = (path) => files.delete(path);

/** The training engine's bytes. */
export const trainingModule = shared(() => fetchBytes("js/signflip-train.wasm"));

/** @param {string} path @returns {Promise<WebAssembly.Module>} */
async function compiled(path) {
  if (typeof WebAssembly !== "object") throw new EngineError("error.wasm", "");
  const bytes = await fetchBytes(path);
  return WebAssembly.compile(bytes).catch((error) => {
    if (!WebAssembly.validate(Uint8Array.from(simdProbe))) throw new EngineError("error.simd", "");
    // A security policy that forbids it gives no other sign than that a valid module is refused.
    const key = WebAssembly.validate(bytes) ? "error.policy" : "error.damaged";
    throw new EngineError(
      key,
      key === "error.damaged" ? path.split("/").slice(-1)[0] : error.message,
    );
  });
}

/** The module of maps, compiled. */
export const mapModule = shared(() => compiled("js/signflip-map.wasm"));

/** The module that reads what the visitor brings, compiled. */
export const importModule = shared(() => compiled("js/signflip-import.wasm"));

/** The full module, compiled; it takes the engine's place when it is first needed (client.js, pool.js). */
export const fullModule = shared(() => compiled("js/signflip-full.wasm"));

/** The engine's module, compiled once for every worker. */
export const engineModule = shared(() => compiled("js/signflip.wasm"));
