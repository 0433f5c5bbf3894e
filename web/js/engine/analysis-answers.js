// What a worker answers about a whole model: stretches of a test set under attack, features and their maps, slices
// through decision surfaces.
import { loaded, signflip } from "./loaded-models.js";
import createMapper from "./map.js";
import { nowAndThen } from "./worker-host.js";

/** @typedef {import("./worker-host.js").Tell} Tell */
/** @typedef {{model: string, attack: string, parameters: Record<string, unknown>, images: Uint8Array,
 *             labels: Uint8Array, first: number, seed?: number}} AttackJob */

/** @param {Float32Array} pixels in [0,1] */
const toBytes = (pixels) => Uint8Array.from(pixels, (value) => Math.round(255 * value));

/** Attacks that need a target get the next class, as on the view of one image.
 * @param {string} name @param {Int32Array} labels @param {number} classes */
function targetsFor(name, labels, classes) {
  const entry = signflip.attacks().find((attack) => attack.name === name);
  return entry?.untargeted === false ? labels.map((label) => (label + 1) % classes) : undefined;
}

/** @param {AttackJob} job @param {{onProgress?: (fraction: number) => void, onStep?: (...step: any[]) => void}} listeners */
function attackWith({ model: id, attack, parameters, images, labels, first, seed }, listeners) {
  const { model } = loaded(id);
  const truth = Int32Array.from(labels);
  const targets = targetsFor(attack, truth, model.classes.length);
  return model.attack(
    { ...parameters, attack, targets, seed, firstImage: first, ...listeners },
    images,
    truth,
  );
}

/** One stretch: what the model says of the clean images, and what each judge says of the attacked ones.
 * @param {AttackJob & {judges: string[], keep: boolean}} job @param {Tell} tell */
function attack(job, tell) {
  const clean = loaded(job.model).model.predict(job.images).labels;
  const often = nowAndThen(tell);
  const made = attackWith(job, { onProgress: (fraction) => often({ fraction }) });
  const judged = job.judges.map((id) =>
    id === job.model ? made.labels : loaded(id).model.predict(made.adversarial).labels,
  );
  return {
    clean,
    judged,
    adversarial: job.keep ? toBytes(made.adversarial) : new Uint8Array(0),
    l0: made.l0,
    l2: made.l2,
    linf: made.linf,
  };
}

/** @param {{model: string, images: Uint8Array}} job */
const features = ({ model, images }) => loaded(model).model.features(images);

/** @type {Promise<import("./map.js").Mapper> | undefined} */
let made;
/** @param {WebAssembly.Module} wasm */
const mapper = (wasm) => (made ??= createMapper({ wasmModule: wasm }));

/** Fits a map to features: the points' places on it, and the map itself.
 * @param {{wasm: WebAssembly.Module, kind: "pca" | "lda", features: Float32Array, labels: ArrayLike<number>,
 *   classes: number}} job */
const fit = async ({ wasm, kind, features: points, labels, classes }) =>
  (await mapper(wasm)).fit(kind, points, labels, classes);

/** Every iterate of an attack on one image: where it is on the map, what is read in it, its pixels.
 * @param {AttackJob & {wasm: WebAssembly.Module, map: Float32Array}} job */
async function walk(job) {
  const { wasm, map } = job;
  /** @type {Float32Array[]} */
  const iterates = [];
  /** @type {number[]} */
  const losses = [];
  const made = attackWith(job, {
    onStep(
      /** @type {number} */ _image,
      /** @type {number} */ _step,
      /** @type {number} */ loss,
      /** @type {Float32Array} */ iterate,
    ) {
      iterates.push(iterate);
      losses.push(loss);
    },
  });
  // Attacks that tell no steps still have a beginning and an end.
  if (iterates.length === 0) iterates.push(Float32Array.from(job.images, (value) => value / 255));
  iterates.push(made.adversarial);
  const size = made.adversarial.length;
  const all = new Float32Array(iterates.length * size);
  iterates.forEach((iterate, i) => all.set(iterate, i * size));
  const { model } = loaded(job.model);
  const { labels, probabilities } = model.predict(all);
  const classes = model.classes.length;
  const confidences = Float32Array.from(labels, (label, i) => probabilities[i * classes + label]);
  const places = (await mapper(wasm)).project(map, model.features(all));
  return { labels, confidences, places, losses, pixels: toBytes(all) };
}

/** @param {{model: string, image: Uint8Array, label: number, seed: number}} job */
const plane = ({ model, image, label, seed }) => loaded(model).model.plane(image, label, seed);

/** @param {{model: string, image: Uint8Array, plane: {u: Float32Array, v: Float32Array}, a: Float32Array, b: Float32Array}} job */
const slice = ({ model, image, plane: directions, a, b }) =>
  loaded(model).model.slice(image, directions, a, b);

export const answers = { attack, features, fit, walk, plane, slice };
