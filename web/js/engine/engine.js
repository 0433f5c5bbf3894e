// The module of models and attacks, signflip.wasm, alone: what the page's workers load. signflip.js is the public face.
//
// Images are N×H×W×C: Float32Arrays with values in [0,1], or Uint8Arrays, which are divided by 255. Every
// array that comes back is a copy that belongs to the caller.
import { CallBuffer, toBytes, unwrap } from "./call-buffer.js";
import { instance } from "./instance.js";
import { Model } from "./model.js";

/**
 * @typedef {object} ParameterInfo
 * @property {string} name        camelCase, as attack() takes it
 * @property {string} title
 * @property {"real"|"integer"|"boolean"|"choice"} kind
 * @property {number|boolean|string} default
 * @property {number} min
 * @property {number} max
 * @property {number} [step]      sensible for a slider
 * @property {number} [slider]    where a slider should end, if before max
 * @property {boolean} automatic  0 means "chosen from the others"; help says how
 * @property {string[]} [choices]
 * @property {string} help
 *
 * @typedef {object} AttackInfo
 * @property {string} name
 * @property {string} title
 * @property {string} paper
 * @property {string} norm        "linf", "l2" or "l0"
 * @property {string} family      "fixed-budget", "minimum-norm", "few-pixels" or "ensemble"
 * @property {boolean} targeted
 * @property {boolean} untargeted
 * @property {boolean} needsGradients
 * @property {string} summary
 * @property {string} cost
 * @property {ParameterInfo[]} parameters
 */

/** A catalogue of attacks, and a way to load models. */
export class Engine {
  #engine;
  #buffer;
  #Model;

  /** @param {any} engine @param {typeof Model} [Kind] of the models that it loads */
  constructor(engine, Kind = Model) {
    this.#engine = engine;
    this.#buffer = new CallBuffer(engine);
    this.#Model = Kind;
  }

  /** @returns {AttackInfo[]} every attack, with the ranges of its parameters */
  attacks() {
    return this.#engine.attacks();
  }

  /** How much memory the module has, in bytes: models, images and what attacks work with. */
  get memoryBytes() {
    return this.#engine.callBufferFloats().buffer.byteLength;
  }

  /**
   * @param {Uint8Array|ArrayBuffer} bytes a .safetensors model file
   * @returns {Model}
   */
  loadModel(bytes) {
    const { model } = unwrap(this.#engine.loadModel(toBytes(bytes, "the model")));
    return new this.#Model(this.#engine, this.#buffer, model);
  }
}

/**
 * Loads the module. Finds signflip.wasm beside this file, unless given its bytes, or what was compiled of
 * them (wasmModule), which several workers can share.
 * @param {{wasmBinary?: Uint8Array|ArrayBuffer, wasmModule?: WebAssembly.Module}} [given]
 * @returns {Promise<any>} what Engine takes
 */
export async function engineInstance(given = {}) {
  const { default: createEngine } = await import("./signflip-engine.js");
  // A worker that was started from a blob has no files beside itself.
  const url = () => new URL("./signflip.wasm", import.meta.url);
  return instance(createEngine, url, given);
}
