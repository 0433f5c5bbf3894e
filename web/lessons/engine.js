// The engine for figures that a lesson draws itself, in the page: one image takes it about a millisecond.

/** The site's folder, above that of the lessons' scripts. */
const site = new URL("../", /** @type {HTMLScriptElement} */ (document.currentScript).src);

/** @type {Promise<import("../js/engine/model.js").Model> | undefined} */
let normal;

/** @returns {Promise<import("../js/engine/model.js").Model>} the normal model of digits */
export const normalModel = () => (normal ??= load());

async function load() {
  const { default: createSignflip } = await import(new URL("js/signflip.js", site).href);
  const [signflip, file] = await Promise.all([
    createSignflip(),
    fetch(new URL("models/mnist-standard.safetensors", site)),
  ]);
  if (!file.ok) throw new Error(`HTTP ${file.status}`);
  return signflip.loadModel(new Uint8Array(await file.arrayBuffer()));
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
