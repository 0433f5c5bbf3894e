// The engine inside a worker, and the models that it was given.
import { Engine, engineInstance } from "./engine.js";

/** classifier: without its denoiser; model: what is asked. The same where there is no denoiser.
 * @typedef {{model: import("./model.js").Model, classifier: import("./model.js").Model,
 *   denoiser: import("./model.js").Model | null}} Loaded */

/** @type {import("./engine.js").Engine} */
export let signflip;

/** @type {Map<string, Loaded>} */
const models = new Map();

/** @param {{wasm: WebAssembly.Module}} start compiled by the page, for all its workers */
export async function start({ wasm }) {
  signflip = new Engine(await engineInstance({ wasmModule: wasm }));
  return { attacks: signflip.attacks() };
}

/** @param {import("../types").ModelBytes} files */
export function load({ id, classifier: bytes, denoiser: front }) {
  const classifier = signflip.loadModel(bytes);
  const denoiser = front ? signflip.loadModel(front) : null;
  const model = denoiser ? classifier.denoisedBy(denoiser) : classifier;
  const before = models.get(id);
  for (const old of before ? new Set(Object.values(before)) : []) old?.delete();
  models.set(id, { model, classifier, denoiser });
  return true;
}

/** @param {string} id */
export function loaded(id) {
  const found = models.get(id);
  if (!found) throw new Error(`There is no model "${id}".`);
  return found;
}
