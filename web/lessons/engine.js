// The engine for figures that a lesson draws itself, in the page: one image takes it about a millisecond.
import { versioned } from "../js/state/build.js";

/** The site's folder, above that of the lessons' scripts. */
const site = new URL("../", /** @type {HTMLScriptElement} */ (document.currentScript).src);

/** @type {Promise<import("../js/engine/model.js").Model> | undefined} */
let normal;

/** @returns {Promise<import("../js/engine/model.js").Model>} the normal model of digits */
export const normalModel = () => (normal ??= load());

/** A sandboxed frame or a file from a disk: nothing can be fetched, and no module loaded. Scripts can, and the site
 * has its files as scripts, too (tools/lib/classic.mjs). */
const isolated = self.origin === "null";

/** @param {string} path of a classic script, within the site */
const script = (path) =>
  new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = new URL(versioned(path), site).href;
    element.onload = resolve;
    element.onerror = () => reject(new Error(`${path} could not be loaded`));
    document.head.append(element);
  });

/** @param {string} path of a file, within the site @returns {Promise<Uint8Array>} */
async function bytesOf(path) {
  /** @type {BodyInit | null} */
  let body;
  if (isolated) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    /** @type {any} */
    const here = globalThis;
    here.signflipSite ??= { files: {} };
    await script(`js/classic/${name}.js`);
    const packed = Uint8Array.from(atob(here.signflipSite.files[name]), (c) => c.charCodeAt(0));
    body = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  } else {
    const response = await fetch(new URL(versioned(path), site));
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
    body = response.body;
  }
  return new Uint8Array(await new Response(body).arrayBuffer());
}

async function createEngine() {
  await script("lessons/held.js");
  return Reflect.get(
    globalThis,
    "signflipEngine",
  )({ wasmBinary: await bytesOf("js/signflip.wasm") });
}

async function load() {
  const [signflip, bytes] = await Promise.all([
    createEngine(),
    bytesOf("models/mnist-standard.safetensors"),
  ]);
  return signflip.loadModel(bytes);
}

/** Figures that are still to be made. @type {Set<() => Promise<void>>} */
const waiting = new Set();

/** Makes a figure of the engine's when it comes near the window; says so where the engine cannot be had.
 * @param {HTMLElement} place @param {string} failed what to say then
 * @param {(model: import("../js/engine/model.js").Model) => void} make */
export function whenNear(place, failed, make) {
  const start = async () => {
    watcher.disconnect();
    waiting.delete(start);
    try {
      make(await normalModel());
    } catch (error) {
      const alert = document.createElement("p");
      alert.className = "alert";
      alert.setAttribute("role", "alert");
      alert.textContent = failed;
      place.append(alert);
      console.error(error);
    }
  };
  const watcher = new IntersectionObserver(
    (entries) => {
      if (entries.some((entry) => entry.isIntersecting)) start();
    },
    { rootMargin: "300px" },
  );
  waiting.add(start);
  watcher.observe(place);
}

/** Makes what is still to be made, wherever the window is. */
export const allMade = () => Promise.all([...waiting].map((start) => start()));
