// The full module, signflip-full.wasm: what engine.js has, and transforms in front of models, Grad-CAM and changes
// for whole sets. It takes the first module's place when one of those is first wanted.
import { CallBuffer, toClasses, toPixels, unwrap } from "./call-buffer.js";
import { Engine } from "./engine.js";
import { instance } from "./instance.js";
import { Model } from "./model.js";

/**
 * One change for many images: a universal perturbation, or a patch.
 * @typedef {object} SharedOptions
 * @property {number} [patch]      the patch's side in pixels; 0: a universal perturbation
 * @property {[number, number] | null} [at]  row and column of a patch's upper left pixel; null: anywhere, at random
 * @property {number} [rotation]   of a patch: at most so many degrees to either side, at random
 * @property {[number, number]} [scale]  of a patch: between which multiples of its side, at random
 * @property {"linf" | "l2"} [norm]  of a universal perturbation
 * @property {number} [epsilon]    its budget, pixels in [0,1]
 * @property {number} [stepSize]   0: a tenth of epsilon; of a patch 0.1
 * @property {number | null} [target]  the class to reach; null: any other than the image's
 * @property {number} [epochs]     how often each image is seen
 * @property {number} [batch]      images per step
 * @property {number} [seed]
 */

/** A model of the full module. */
export class FullModel extends Model {
  #engine;
  #buffer;
  #handle;

  /** @param {any} engine @param {CallBuffer} buffer the engine's @param {any} handle the engine's object */
  constructor(engine, buffer, handle) {
    super(engine, buffer, handle);
    this.#engine = engine;
    this.#buffer = buffer;
    this.#handle = handle;
  }

  /** The engine's object. */
  get handle() {
    if (this.#handle === null) throw new Error("this model was deleted");
    return this.#handle;
  }

  /**
   * This classifier with an input transform in front: one more model, with its own delete(). Attacks go through it
   * (adaptive), unless they are told to be grayBox.
   * @param {string} transform "jpeg:1" to "jpeg:100", "blur:0.1" to "blur:8", "median:3" to "median:9", "bits:1" to "bits:8"
   * @param {"" | "own" | "identity"} [gradient] on an attack's way back: the transform's own, or as if there were
   *   none (BPDA); "": its own where it has one
   * @returns {FullModel}
   */
  transformedBy(transform, gradient = "") {
    const { model } = unwrap(this.#engine.transformedBy(this.handle, transform, gradient));
    return new FullModel(this.#engine, this.#buffer, model);
  }

  /**
   * @param {ArrayLike<number>} images N·H·W·C values
   * @returns {Float32Array} the same as the network gets them: through what stands in front of it
   */
  seenByNetwork(images) {
    this.#buffer.layOut(toPixels(images, "images"));
    const answer = this.#engine.seenByNetwork(this.handle);
    return this.#buffer.results(answer, (next) => next(Float32Array));
  }

  /**
   * Grad-CAM at the last convolution. Throws for a network without any.
   * @param {ArrayLike<number>} images N·H·W·C values
   * @param {ArrayLike<number>|number} classes that the maps are about, one per image
   * @returns {Float32Array} N·H·W, not negative
   */
  gradCam(images, classes) {
    this.#buffer.layOut(toPixels(images, "images"), toClasses(classes, "classes"));
    const answer = this.#engine.gradCam(this.handle);
    return this.#buffer.results(answer, (next) => next(Float32Array));
  }

  /**
   * Learns one change for all of these images.
   * @param {SharedOptions} options @param {ArrayLike<number>} images N·H·W·C values
   * @param {(fraction: number) => (boolean | void)} [onProgress] return false to stop it with an Error
   * @returns {SharedChange}
   */
  learnShared(options, images, onProgress = () => {}) {
    const { at = null, scale = [1, 1], target = null, ...others } = options;
    const [row, column] = at ?? [-1, -1];
    const [smallest, largest] = scale;
    const given = {
      ...{ patch: 0, rotation: 0, norm: "linf", epsilon: 0, stepSize: 0 },
      ...{ epochs: 5, batch: 64, seed: 0 },
      ...others,
      ...{ row, column, smallest, largest, target: target ?? -1 },
    };
    this.#buffer.layOut(toPixels(images, "images"));
    const { change } = unwrap(this.#engine.learnShared(this.handle, given, onProgress));
    return new SharedChange(this.#buffer, change);
  }

  delete() {
    super.delete();
    this.#handle = null;
  }
}

/** What learnShared() found. Call delete() when it is no longer needed. */
export class SharedChange {
  #buffer;
  #handle;

  /** @param {CallBuffer} buffer the engine's @param {any} handle the engine's object */
  constructor(buffer, handle) {
    this.#buffer = buffer;
    this.#handle = handle;
    const about = buffer.results(handle.describe(), (next) => ({
      values: next(Float32Array),
      losses: next(Float64Array),
      fooled: next(Float64Array),
    }));
    /** δ, H·W·C, or the patch, side·side·C. @type {Float32Array} */
    this.values = about.values;
    /** What was climbed, by epoch. @type {Float64Array} */
    this.losses = about.losses;
    /** The fraction that was fooled, by epoch. @type {Float64Array} */
    this.fooled = about.fooled;
  }

  /**
   * Classes of the images as they are, with the change, and with a random one of the same kind.
   * @param {FullModel} model @param {ArrayLike<number>} images
   * @returns {{clean: Int32Array, changed: Int32Array, random: Int32Array}}
   */
  judge(model, images) {
    this.#buffer.layOut(toPixels(images, "images"));
    return this.#buffer.results(this.#handle.judge(model.handle), (next) => ({
      clean: next(Int32Array),
      changed: next(Int32Array),
      random: next(Int32Array),
    }));
  }

  /**
   * @param {FullModel} model @param {ArrayLike<number>} images
   * @returns {Float32Array} the images as judge() changes them
   */
  changed(model, images) {
    this.#buffer.layOut(toPixels(images, "images"));
    const answer = this.#handle.changed(model.handle);
    return this.#buffer.results(answer, (next) => next(Float32Array));
  }

  /** Frees its memory. */
  delete() {
    this.#handle?.delete();
    this.#handle = null;
  }
}

/** An engine whose models are full ones. */
export class FullEngine extends Engine {
  /** @param {any} engine what fullInstance() gives */
  constructor(engine) {
    super(engine, FullModel);
  }

  /** @param {Uint8Array|ArrayBuffer} bytes a .safetensors model file @returns {FullModel} */
  loadModel(bytes) {
    return /** @type {FullModel} */ (super.loadModel(bytes));
  }
}

/**
 * Loads the module. Finds signflip-full.wasm beside this file, unless given its bytes, or what was compiled of them.
 * @param {{wasmBinary?: Uint8Array|ArrayBuffer, wasmModule?: WebAssembly.Module}} [given]
 * @returns {Promise<FullEngine>}
 */
export default async function createFullEngine(given = {}) {
  const { default: createEngine } = await import("./signflip-full-engine.js");
  // A worker that was started from a blob has no files beside itself.
  const url = () => new URL("./signflip-full.wasm", import.meta.url);
  return new FullEngine(await instance(createEngine, url, given));
}
