// The worker of the full module (full.js), for either view: it answers what the others do, and what only this module can.
import { answers as analysis } from "../analysis-answers.js";
import { answers as attack } from "../attack-answers.js";
import createFullEngine from "../full.js";
import { begin, keep, load as loadPlain, loaded } from "../loaded-models.js";
import { nowAndThen, serve } from "../worker-host.js";

/** @typedef {import("../full.js").FullModel} FullModel */
/** @typedef {import("../full.js").SharedOptions} SharedOptions */
/** @typedef {import("../../types").ExploreRequest} ExploreRequest */

/** @type {import("../full.js").FullEngine} */
let engine;

/** @param {{wasm: WebAssembly.Module}} start compiled by the page, for all its workers */
async function start({ wasm }) {
  engine = await createFullEngine({ wasmModule: wasm });
  return begin(engine);
}

/** @param {import("../../types").ModelBytes} files */
function load(files) {
  const { id, classifier: bytes, transform } = files;
  if (!transform) return loadPlain(files);
  const classifier = engine.loadModel(bytes);
  const model = classifier.transformedBy(transform.text, transform.gradient);
  return keep(id, [model, classifier], (image) => model.seenByNetwork(image));
}

/** @param {string} id */
const full = (id) => /** @type {FullModel} */ (loaded(id).model);

/** Grad-CAM for a lane's label at the original and at the adversarial image; or why there is none.
 * @param {{request: ExploreRequest, model: string, adversarial: Float32Array, label: number}} question */
function gradCam({ request: { dataset, image }, model: name, adversarial, label }) {
  const model = full(`${dataset}/${name}`);
  try {
    return { clean: model.gradCam(image, label), attacked: model.gradCam(adversarial, label) };
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    return /** @type {Error} */ (error).message;
  }
}

/** Learns one change from some images and judges it on these and on others; the first of the others as pictures.
 * @param {{model: string, options: SharedOptions, learn: Uint8Array, unseen: Uint8Array, shown: number}} job
 *   images of the model's shape @param {import("../worker-host.js").Tell} tell */
function shared({ model: id, options, learn, unseen, shown }, tell) {
  const model = full(id);
  const often = nowAndThen(tell);
  const change = model.learnShared(options, learn, (fraction) => often({ fraction }));
  try {
    const { height, width, channels } = model.inputShape;
    const pictures = unseen.slice(0, shown * height * width * channels);
    return {
      values: change.values,
      losses: change.losses,
      fooled: change.fooled,
      seen: change.judge(model, learn),
      unseen: change.judge(model, unseen),
      pictures: change.changed(model, pictures),
    };
  } finally {
    change.delete();
  }
}

serve({ ...analysis, ...attack, start, load, gradCam, shared });
