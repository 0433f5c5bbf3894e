// What a classic page has instead of modules (tools/lib/classic.mjs makes them): a sandboxed frame without
// allow-same-origin may load no module, start no worker by its address and fetch nothing, but scripts. So
// everything that the page gets later can come as a script, which leaves its content in signflipSite.
import { versioned } from "../../state/build.js";

const own = /** @type {HTMLScriptElement | null} */ (document.currentScript)?.src;
/** Where the page's script lies; "" where the page is one file. */
const folder = own ? new URL(".", own).href : "";
const blobs = /** @type {Set<string>} */ (new Set());
const trusts = (/** @type {string} */ url) =>
  blobs.has(url) || (folder !== "" && url.startsWith(folder));
const trustedTypes = /** @type {any} */ (Reflect.get(globalThis, "trustedTypes"));
const policy = trustedTypes?.createPolicy("signflip", {
  createScriptURL(/** @type {string} */ url) {
    if (!trusts(url)) throw new TypeError("Only the page's own scripts may be loaded.");
    return url;
  },
});
/** @type {typeof signflipSite.trusted} */
const trusted = (url) => (policy ? policy.createScriptURL(url) : url);

/** Parts of the page by name, each with those that it imports. @type {Map<string, {needs: string[], make: import("../../types").MakePart}>} */
const parts = new Map();
/** @type {Map<string, {exports: any}>} */
const made = new Map();
/** @type {Map<string, Promise<void>>} */
const loading = new Map();

const plain = (/** @type {string} */ name) => name.replace(/^\.\//, "");

/** @param {string} name */
function need(name) {
  const known = made.get(plain(name));
  if (known) return known.exports;
  const part = { exports: {} };
  made.set(plain(name), part);
  /** @type {any} */ (parts.get(plain(name))).make(part, need);
  return part.exports;
}

/** @param {string} name */
function script(name) {
  const found = loading.get(name) ?? fetchScript(`${folder}classic/${versioned(name)}`);
  loading.set(name, found);
  // The next call tries again.
  found.catch(() => loading.delete(name));
  return found;
}

/** @param {string} url @returns {Promise<void>} */
const fetchScript = (url) =>
  new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.onload = () => resolve();
    element.onerror = () => {
      dispatchEvent(new Event("signflip:missing"));
      reject(new Error(`${url} could not be loaded.`));
    };
    element.src = trusted(url);
    document.head.append(element);
    element.remove();
  });

/** Fetches a part with all that it imports. @param {string} name @returns {Promise<void>} */
async function fetchPart(name) {
  if (!parts.has(name)) await script(name);
  const { needs } = /** @type {any} */ (parts.get(name));
  await Promise.all(needs.map(plain).map(fetchPart));
}

Object.assign(globalThis, {
  signflipSite: {
    folder,
    files: {},
    workers: {},
    script,
    trusted,
    trust: (/** @type {string} */ url) => blobs.add(url),
    /** @type {(name: string, needs: string[], make: import("../../types").MakePart) => void} */
    define: (name, needs, make) => void parts.set(name, { needs, make }),
    async load(/** @type {string} */ name) {
      await fetchPart(plain(name));
      return need(name);
    },
  },
});
