// The engine inside a worker, and the models that it was given.
import { Engine, engineInstance } from "./engine.js";

/** classifier: without its defence; model: what is asked, the same where there is none. seen: what the classifier
 * gets of an image through its defence, a denoiser or a transform; null where there is none.
 * @typedef {{model: import("./model.js").Model, classifier: import("./model.js").Model,
 *   seen: ((image: Float32Array) => Float32Array) | null}} Loaded */

/** @type {import("./engine.js").Engine} */
export let signflip;

/** @type {Map<string, Loaded>} */
const models = new Map();
/** What is to be deleted when a model's place is taken by another. @type {Map<string, import("./model.js").Model[]>} */
const held = new Map();

/** @param {{wasm: WebAssembly.Module}} start compiled by the page, for all its workers */
export const start = async ({ wasm }) =>
  begin(new Engine(await engineInstance({ wasmModule: wasm })));

/** Models are this engine's from now on. @param {import("./engine.js").Engine} engine */
export function begin(engine) {
  signflip = engine;
  return { attacks: signflip.attacks() };
}

/** @param {import("../types").ModelBytes} files */
export function load({ id, classifier: bytes, denoiser: front }) {
  const classifier = signflip.loadModel(bytes);
  if (!front) return keep(id, [classifier], null);
  const denoiser = signflip.loadModel(front);
  const seen = (/** @type {Float32Array} */ image) => denoiser.predict(image).logits;
  return keep(id, [classifier.denoisedBy(denoiser), classifier, denoiser], seen);
}

/** @param {string} id @param {import("./model.js").Model[]} parts the model, and the classifier in it
 * @param {Loaded["seen"]} seen */
export function keep(id, parts, seen) {
  for (const old of held.get(id) ?? []) old.delete();
  held.set(id, parts);
  models.set(id, { model: parts[0], classifier: parts[1] ?? parts[0], seen });
  return true;
}

/** @param {string} id */
export function loaded(id) {
  const found = models.get(id);
  if (!found) throw new Error(`There is no model "${id}".`);
  return found;
}
