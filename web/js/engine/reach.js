// How a page of modules reaches the site's other files: by fetch, and workers by their address. The built pages may
// have an opaque origin, or no server at all, and get isolated/reach.js instead (tools/lib/classic.mjs).
import { versioned } from "../state/build.js";

/** @type {any} */
const trustedTypes = Reflect.get(globalThis, "trustedTypes");
const policy = trustedTypes?.createPolicy("signflip", {
  createScriptURL(/** @type {string} */ url) {
    if (new URL(url).origin !== location.origin)
      throw new TypeError("Only the page's own worker may be started.");
    return url;
  },
});

/** Whether there is a server to fetch from. */
export const hasServer = true;

/** A file of the site, by its path from the page; the server's status where it refuses, 0 where there is no way to it.
 * @param {string} path @returns {Promise<ArrayBuffer | number>} */
export async function bytesAt(path) {
  const response = await fetch(new URL(versioned(path), document.baseURI)).catch(() => null);
  if (!response?.ok) return response?.status ?? 0;
  return response.arrayBuffer().catch(() => 0);
}

/** @param {string} name of a file in workers/ @returns {Worker} */
export function startWorker(name) {
  const url = new URL(versioned(`./workers/${name}.js`), import.meta.url).href;
  return new Worker(policy ? policy.createScriptURL(url) : url, {
    type: "module",
    name: `signflip-${name}`,
  });
}
