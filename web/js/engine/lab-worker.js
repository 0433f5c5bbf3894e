// A worker of the laboratory: one engine, the models that it was given, and the tools' questions one at a
// time. All mathematics is the engine's (src/wasm/bindings_model.cpp). It never touches the network.
import createEngine from "./signflip-engine.js";

/** How often progress is told, in milliseconds. */
const often = 100;

/** @type {any} */
let engine;
/** @type {Map<string, any>} */
const models = new Map();

/** The engine's answers are values or {error: sentence}.
 * @template T @param {T & {error?: string}} answer @returns {T} */
function unwrap(answer) {
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer;
}

/** @param {string} id */
function modelNamed(id) {
  const model = models.get(id);
  if (!model) throw new Error(`There is no model "${id}".`);
  return model;
}

/** @param {string} name */
const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** @param {Float32Array} pixels in [0,1] */
const toBytes = (pixels) => Uint8Array.from(pixels, (value) => Math.round(255 * value));

/** @typedef {{model: string, attack: string, parameters: Record<string, unknown>, images: Uint8Array | Float32Array,
 *             labels: Uint8Array, first: number, seed?: number}} AttackJob */

/** @param {AttackJob} job @param {{onProgress?: (fraction: number) => void, onStep?: (...step: any[]) => void}} listeners */
function attackWith({ model, attack, parameters, images, labels, first, seed = 0 }, listeners) {
  const list = Object.entries(parameters).flatMap(([name, value]) => [kebab(name), String(value)]);
  return unwrap(
    modelNamed(model).attack(
      { attack, parameters: list, first, seed, ...listeners },
      images,
      Int32Array.from(labels),
    ),
  );
}

/** @type {Record<string, (body: any, tell: (fraction: number) => void) => any>} */
const answers = {
  async start({ wasm }) {
    engine = await createEngine({ wasmBinary: new Uint8Array(wasm) });
    return { attacks: engine.attacks() };
  },

  load({ id, classifier, denoiser }) {
    models.get(id)?.delete();
    const { model } = unwrap(
      engine.loadLabModel(new Uint8Array(classifier), new Uint8Array(denoiser ?? 0)),
    );
    models.set(id, model);
    return model.describe();
  },

  /** @param {AttackJob & {judges: string[], keep: boolean}} job */
  attack(job, tell) {
    const clean = unwrap(modelNamed(job.model).read(job.images)).labels;
    const made = attackWith(job, { onProgress: tell });
    const judged = job.judges.map((id) =>
      id === job.model ? made.labels : unwrap(modelNamed(id).read(made.adversarial)).labels,
    );
    return {
      clean,
      judged,
      adversarial: job.keep ? toBytes(made.adversarial) : new Uint8Array(0),
      l0: made.l0,
      l2: made.l2,
      linf: made.linf,
    };
  },

  read({ model, images }) {
    return unwrap(modelNamed(model).read(images));
  },

  features({ model, images }) {
    return unwrap(modelNamed(model).features(images)).features;
  },

  /** Fits a map to features: the points' places on it, and the map itself. */
  fit({ kind, features, labels, classes }) {
    const { projection } = unwrap(
      engine.fitProjection(kind, features, Int32Array.from(labels), classes),
    );
    const answer = {
      places: projection.project(features),
      share: projection.share(),
      map: projection.values(),
    };
    projection.delete();
    return answer;
  },

  /** Every iterate of an attack on one image: where it is on the map, what is read in it, its pixels.
   * @param {AttackJob & {map: Float64Array}} job */
  walk(job) {
    /** @type {Float32Array[]} */
    const iterates = [];
    /** @type {number[]} */
    const losses = [];
    const made = attackWith(job, {
      onStep(
        /** @type {number} */ _,
        /** @type {number} */ __,
        /** @type {number} */ loss,
        /** @type {Float32Array} */ iterate,
      ) {
        iterates.push(iterate);
        losses.push(loss);
      },
    });
    // Attacks that tell nothing of their way still have a beginning and an end.
    if (iterates.length === 0) iterates.push(Float32Array.from(job.images, (value) => value / 255));
    iterates.push(made.adversarial);
    const size = made.adversarial.length;
    const all = new Float32Array(iterates.length * size);
    iterates.forEach((iterate, i) => all.set(iterate, i * size));
    const model = modelNamed(job.model);
    const { labels, confidences } = unwrap(model.read(all));
    const features = unwrap(model.features(all)).features;
    const { projection } = unwrap(engine.projectionOf(job.map));
    const places = projection.project(features);
    projection.delete();
    return { labels, confidences, places, losses, pixels: toBytes(all) };
  },

  plane({ model, image, label, seed }) {
    return unwrap(modelNamed(model).plane(image, label, seed));
  },

  slice({ model, image, plane, a, b }) {
    return unwrap(modelNamed(model).slice(image, plane, a, b));
  },
};
/** The buffers of an answer's arrays: it is the page's from now on.
 * @param {any} value @returns {ArrayBuffer[]} */
function buffersOf(value) {
  if (ArrayBuffer.isView(value)) return [/** @type {ArrayBuffer} */ (value.buffer)];
  return value && typeof value === "object" ? Object.values(value).flatMap(buffersOf) : [];
}

self.onmessage = async (/** @type {MessageEvent} */ { data: { id, type, body } }) => {
  let told = performance.now();
  const tell = (/** @type {number} */ fraction) => {
    const now = performance.now();
    if (now - told < often) return;
    told = now;
    self.postMessage({ id, progress: { models: [], fraction } });
  };
  try {
    const value = await answers[type](body, tell);
    self.postMessage({ id, value }, { transfer: [...new Set(buffersOf(value))] });
  } catch (error) {
    // A trap leaves the module in an unknown state: the page must start another worker.
    const dead = error instanceof WebAssembly.RuntimeError;
    const message = error instanceof Error ? error.message : String(error);
    const forbidden =
      error instanceof WebAssembly.CompileError ||
      /unsafe-eval|Content Security Policy/i.test(message);
    self.postMessage({ id, error: message, dead, forbidden });
  }
};
