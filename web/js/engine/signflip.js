// Signflip in JavaScript: loads the WebAssembly module and gives it types and exceptions. For pages,
// workers, and node 18+. The build puts Emscripten's glue (signflip-engine.js) and signflip.wasm beside
// this file.
//
// Images are N×H×W×C: Float32Arrays with values in [0,1], or Uint8Arrays, which are divided by 255. Every
// array that comes back is a copy that belongs to the caller.

import { CallBuffer, toBytes, unwrap } from "./call-buffer.js";
import { instance } from "./instance.js";
import { Model } from "./model.js";

export { Model };

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

/** The module: a catalogue of attacks, and a way to load models and pictures. */
export class Signflip {
  #engine;
  #buffer;

  /** @param {any} engine */
  constructor(engine) {
    this.#engine = engine;
    this.#buffer = new CallBuffer(engine);
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
    return new Model(this.#engine, this.#buffer, model);
  }

  /**
   * @param {Uint8Array|ArrayBuffer} bytes PNG, JPEG, BMP or PNM
   * @returns {{width: number, height: number, channels: number, pixels: Uint8Array}} H×W×C bytes
   */
  decodeImage(bytes) {
    return unwrap(this.#engine.decodeImage(toBytes(bytes, "the picture")));
  }

  /**
   * Decodes a picture and makes of it what a model takes: its middle square, resized; or, of a written
   * digit, what MNIST would have made of it (28×28, light on dark, scaled and centred).
   * @param {Uint8Array|ArrayBuffer} bytes PNG, JPEG, BMP or PNM
   * @param {{side: number, channels: number, digit?: boolean}} shape
   * @returns {Float32Array} side·side·channels values in [0,1]
   */
  prepareImage(bytes, { side, channels, digit = false }) {
    const picture = toBytes(bytes, "the picture");
    return unwrap(this.#engine.prepareImage(picture, side, channels, digit)).pixels;
  }
}

/**
 * Loads the module. Finds signflip.wasm beside this file, unless given its bytes, or what was compiled of
 * them (wasmModule), which several workers can share.
 * @param {{wasmBinary?: Uint8Array|ArrayBuffer, wasmModule?: WebAssembly.Module}} [given]
 * @returns {Promise<Signflip>}
 */
export default async function createSignflip(given = {}) {
  const { default: createEngine } = await import("./signflip-engine.js");
  // A worker that was started from a blob has no files beside itself.
  const url = () => new URL("./signflip.wasm", import.meta.url);
  return new Signflip(await instance(createEngine, url, given));
}
