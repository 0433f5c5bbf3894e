// Signflip in JavaScript: loads the WebAssembly modules and gives them types and exceptions. For pages,
// workers, and node 18+. The build puts Emscripten's glue (signflip-engine.js) and signflip.wasm beside
// this file; and, for what reads pictures, signflip-import-engine.js and signflip-import.wasm.
//
// Images are N×H×W×C: Float32Arrays with values in [0,1], or Uint8Arrays, which are divided by 255. Every
// array that comes back is a copy that belongs to the caller.
import { Engine, engineInstance } from "./engine.js";
import createImporter from "./import.js";
import { Model } from "./model.js";

export { Model };

/** @typedef {import("./engine.js").AttackInfo} AttackInfo */
/** @typedef {import("./engine.js").ParameterInfo} ParameterInfo */

/** A catalogue of attacks, and a way to load models and pictures. */
export class Signflip extends Engine {
  #importer;

  /** @param {any} engine @param {import("./import.js").Importer | Error} importer or why there is none */
  constructor(engine, importer) {
    super(engine);
    this.#importer = importer;
  }

  /**
   * @param {Uint8Array|ArrayBuffer} bytes PNG, JPEG, BMP or PNM
   * @returns {{width: number, height: number, channels: number, pixels: Uint8Array}} H×W×C bytes
   */
  decodeImage(bytes) {
    return this.#reader("decodeImage").decodeImage(bytes);
  }

  /**
   * Decodes a picture and makes of it what a model takes: the largest part in its middle of the same
   * proportions, resized; of a written digit what MNIST would have made of it (28×28, light on dark, scaled
   * and centred); whole: all of it, resized as GTSRB's were.
   * The tool's --picture knows the same three.
   * @param {Uint8Array|ArrayBuffer} bytes PNG, JPEG, BMP or PNM
   * @param {{side?: number, width?: number, height?: number, channels: number, digit?: boolean,
   *   whole?: boolean}} shape side: of a square
   * @returns {Float32Array} height·width·channels values in [0,1]
   */
  prepareImage(bytes, shape) {
    return this.#reader("prepareImage").prepareImage(bytes, shape);
  }

  /** @param {string} method */
  #reader(method) {
    if (this.#importer instanceof Error) {
      const why = `${method}() needs signflip-import.wasm: ${this.#importer.message}`;
      throw new Error(why, { cause: this.#importer });
    }
    return this.#importer;
  }
}

/** @param {unknown} error */
const asError = (error) => (error instanceof Error ? error : new Error(String(error)));

/**
 * Loads the modules. Finds signflip.wasm and signflip-import.wasm beside this file, unless given their bytes.
 * Where the second cannot be had, or is not wanted (importBinary: null), the methods for pictures throw an
 * error that says so, and all else works.
 * @param {{wasmBinary?: Uint8Array|ArrayBuffer, importBinary?: Uint8Array|ArrayBuffer|null}} [given]
 * @returns {Promise<Signflip>}
 */
export default async function createSignflip({ wasmBinary, importBinary } = {}) {
  const importing =
    importBinary === null
      ? new Error("createSignflip() was called with importBinary: null.")
      : createImporter({ wasmBinary: importBinary }).catch(asError);
  return new Signflip(await engineInstance({ wasmBinary }), await importing);
}
