// Signflip in JavaScript: loads the WebAssembly module and gives it types and exceptions. For pages,
// workers, and node 18+. The build puts Emscripten's glue (signflip-engine.js) and signflip.wasm beside
// this file.
//
// Images are N×H×W×C: Float32Arrays with values in [0,1], or Uint8Arrays, which are divided by 255. Every
// array that comes back is a copy that belongs to the caller.

import { CallBuffer, noClasses, toBytes, toClasses, unwrap } from "./call-buffer.js";
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

  /**
   * @param {Uint8Array|ArrayBuffer} bytes a .safetensors model file
   * @returns {Model}
   */
  loadModel(bytes) {
    const { model } = unwrap(this.#engine.loadModel(toBytes(bytes, "the model")));
    return new Model(this.#engine, this.#buffer, model);
  }

  /**
   * Fits a linear map to the plane: places holds the points on it, map what project() takes, share each
   * axis' share of what the map shows.
   * @param {"pca"|"lda"} kind principal components, or linear discriminants
   * @param {Float32Array} points N rows, such as features
   * @param {ArrayLike<number>} labels N classes
   * @param {number} classes how many there are
   * @returns {{places: Float32Array, map: Float32Array, share: Float64Array}}
   */
  fitMap(kind, points, labels, classes) {
    this.#buffer.layOut(points, toClasses(labels, "labels"), noClasses, kind);
    return this.#buffer.results(this.#engine.fitMap(classes), (next) => ({
      places: next(Float32Array),
      map: next(Float32Array),
      share: next(Float64Array),
    }));
  }

  /**
   * @param {Float32Array} map as fitMap() gives it
   * @param {Float32Array} points M rows
   * @returns {Float32Array} M·2 values: their places on the map
   */
  project(map, points) {
    this.#buffer.layOut(map, noClasses, noClasses, "", [points]);
    return this.#buffer.results(this.#engine.projectOnMap(map.length), (next) =>
      next(Float32Array),
    );
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
 * @param {(options: any) => Promise<any>} createEngine
 * @param {WebAssembly.Module} module
 */
const instance = (createEngine, module) =>
  new Promise((resolve, reject) => {
    createEngine({
      /** @param {WebAssembly.Imports} imports @param {(instance: WebAssembly.Instance) => void} done */
      instantiateWasm(imports, done) {
        WebAssembly.instantiate(module, imports).then(done, reject);
        return {}; // its exports come later
      },
    }).then(resolve, reject);
  });

/**
 * Loads the module. Finds signflip.wasm beside this file, unless given its bytes, or what was compiled of
 * them (wasmModule), which several workers can share.
 * @param {{wasmBinary?: Uint8Array|ArrayBuffer, wasmModule?: WebAssembly.Module}} [options]
 * @returns {Promise<Signflip>}
 */
export default async function createSignflip({ wasmBinary, wasmModule } = {}) {
  const { default: createEngine } = await import("./signflip-engine.js");
  if (wasmModule !== undefined) return new Signflip(await instance(createEngine, wasmModule));
  // A worker that was started from a blob has no files beside itself.
  const url = new URL("./signflip.wasm", import.meta.url);
  let binary = wasmBinary;
  if (binary === undefined && globalThis.process?.versions?.node) {
    const { readFile } = await import(/* webpackIgnore: true */ "node:fs/promises");
    binary = await readFile(url);
  }
  const engine = await createEngine(
    binary === undefined ? { locateFile: () => url.href } : { wasmBinary: binary },
  );
  return new Signflip(engine);
}
