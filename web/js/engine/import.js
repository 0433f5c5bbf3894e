// What people bring, read by a module of its own (signflip-import.wasm): most who attack an image bring none. For
// pages, workers, and node 18+, like signflip.js.
import { toBytes, unwrap } from "./call-buffer.js";
import { instance } from "./instance.js";

/**
 * How training prepared pixels x in [0,1]: (range·x − mean) / std, with one value for all channels or one each, or
 * none. range: 1 or 255; 0: 1, or what the file says.
 * @typedef {{mean: number[], std: number[], range: number}} Preparation
 *
 * @typedef {object} Brought
 * @property {Uint8Array} bytes     a model file, for loadModel()
 * @property {string} name          the file's, without its ending
 * @property {string} dataset       the place where it stands; "" where none has its images and classes
 * @property {{height: number, width: number, channels: number}} shape of its images
 * @property {string[]} classes     their names
 * @property {number} parameters
 * @property {boolean} normalises   it prepares pixels in [0,1] by itself
 * @property {boolean} statesPreparation  the file says how; else `prepared` has an effect
 * @property {string[]} notes       what was done that is not a translation word for word, a sentence each
 */

/** Reads pictures and models. */
export class Importer {
  #engine;

  /** @param {any} engine */
  constructor(engine) {
    this.#engine = engine;
  }

  /**
   * @param {Uint8Array|ArrayBuffer} bytes PNG, JPEG, BMP or PNM
   * @returns {{width: number, height: number, channels: number, pixels: Uint8Array}} H×W×C bytes
   */
  decodeImage(bytes) {
    return unwrap(this.#engine.decodeImage(toBytes(bytes, "the picture")));
  }

  /**
   * Decodes a picture and makes of it what a model takes: the largest part in its middle of the same proportions, resized; of a written digit what MNIST
   * would have made of it (28×28, light on dark, scaled and centred); whole: all of it, resized as GTSRB's were.
   * The tool's --picture knows the same three.
   * @param {Uint8Array|ArrayBuffer} bytes PNG, JPEG, BMP or PNM
   * @param {{side?: number, width?: number, height?: number, channels: number, digit?: boolean,
   *   whole?: boolean}} shape side: of a square
   * @returns {Float32Array} height·width·channels values in [0,1]
   */
  prepareImage(
    bytes,
    { side, width = side, height = side, channels, digit = false, whole = false },
  ) {
    const picture = toBytes(bytes, "the picture");
    return unwrap(this.#engine.prepareImage(picture, width, height, channels, digit, whole)).pixels;
  }

  /**
   * Images and labels of two .npy files, as the command line reads them.
   * @param {{name: string, bytes: Uint8Array}} images @param {{name: string, bytes: Uint8Array}} labels
   * @returns {{height: number, width: number, channels: number, pixels: Uint8Array, labels: Int32Array,
   *   remark: string}} pixels: N×H×W×C bytes
   */
  readArrays(images, labels) {
    return unwrap(this.#engine.readArrays(images, labels));
  }

  /**
   * @param {string[]} folders names of folders with pictures @param {string[]} classes a model's
   * @returns {Int32Array} which class each folder is; throws where one is none
   */
  folderClasses(folders, classes) {
    return unwrap(this.#engine.folderClasses(folders, classes)).labels;
  }

  /**
   * @param {Uint8Array} pixels H·W·C bytes
   * @param {{width: number, height: number, channels: number}} shape 1 or 3 channels
   * @returns {Uint8Array} a PNG file
   */
  encodeImage(pixels, { width, height, channels }) {
    return unwrap(this.#engine.encodeImage(pixels, width, height, channels)).png;
  }

  /**
   * A model of another program as a model file for one of several datasets; throws one sentence where it is none of
   * theirs.
   * @param {Uint8Array|ArrayBuffer} bytes ONNX, a state_dict as safetensors, or a model file of Signflip
   * @param {{file: string, prepared: Preparation, architecture: string, places: {dataset: string,
   *   shape: {height: number, width: number, channels: number}, classes: string[]}[]}} options file: its name;
   *   architecture: of a state_dict, as JSON, or ""; places: the datasets, with the names of their classes
   * @returns {Brought}
   */
  bringModel(bytes, options) {
    return unwrap(this.#engine.bringModel(toBytes(bytes, "the model"), options));
  }

  /**
   * @param {Uint8Array|ArrayBuffer} model a model file
   * @param {Uint8Array} pixels images in its shape @param {ArrayLike<number>} labels
   * @param {Preparation[]} preparations
   * @returns {number[]} how many images are read as labelled under each preparation of the pixels
   */
  rightUnder(model, pixels, labels, preparations) {
    const bytes = toBytes(model, "the model");
    return unwrap(this.#engine.rightUnder(bytes, pixels, labels, preparations)).right;
  }
}

/**
 * Loads the module. Finds signflip-import.wasm beside this file, unless given its bytes, or what was compiled of
 * them (wasmModule).
 * @param {{wasmBinary?: Uint8Array|ArrayBuffer, wasmModule?: WebAssembly.Module}} [given]
 * @returns {Promise<Importer>}
 */
export default async function createImporter(given = {}) {
  const { default: createEngine } = await import("./signflip-import-engine.js");
  // A worker that was started from a blob has no files beside itself.
  const url = () => new URL("./signflip-import.wasm", import.meta.url);
  return new Importer(await instance(createEngine, url, given));
}
