// What people bring, read by a module of its own (signflip-import.wasm): most who attack an image bring none. For
// pages, workers, and node 18+, like signflip.js.
import { toBytes, unwrap } from "./call-buffer.js";
import { instance } from "./instance.js";

/** Reads pictures. */
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
