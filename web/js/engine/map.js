// Maps of features to the plane, by a module of their own (signflip-map.wasm): it needs no model, and few who
// attack one draw its map. For pages, workers, and node 18+, like signflip.js.
import { CallBuffer, noClasses, toClasses } from "./call-buffer.js";
import { instance } from "./instance.js";

/** Fits linear maps to the plane. */
export class Mapper {
  #engine;
  #buffer;

  /** @param {any} engine */
  constructor(engine) {
    this.#engine = engine;
    this.#buffer = new CallBuffer(engine);
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
  fit(kind, points, labels, classes) {
    this.#buffer.layOut(points, toClasses(labels, "labels"), noClasses, kind);
    return this.#buffer.results(this.#engine.fitMap(classes), (next) => ({
      places: next(Float32Array),
      map: next(Float32Array),
      share: next(Float64Array),
    }));
  }

  /**
   * @param {Float32Array} map as fit() gives it
   * @param {Float32Array} points M rows
   * @returns {Float32Array} M·2 values: their places on the map
   */
  project(map, points) {
    this.#buffer.layOut(map, noClasses, noClasses, "", [points]);
    return this.#buffer.results(this.#engine.projectOnMap(map.length), (next) =>
      next(Float32Array),
    );
  }
}

/**
 * Loads the module. Finds signflip-map.wasm beside this file, unless given its bytes, or what was compiled of
 * them (wasmModule).
 * @param {{wasmBinary?: Uint8Array|ArrayBuffer, wasmModule?: WebAssembly.Module}} [given]
 * @returns {Promise<Mapper>}
 */
export default async function createMapper(given = {}) {
  const { default: createEngine } = await import("./signflip-map-engine.js");
  // A worker that was started from a blob has no files beside itself.
  const url = () => new URL("./signflip-map.wasm", import.meta.url);
  return new Mapper(await instance(createEngine, url, given));
}
