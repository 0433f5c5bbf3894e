// What the map shows: where the network's last hidden layer puts each test image, flattened to two directions,
// and the way of one attacked image across it. It shows nothing.
import { mapModule } from "../../../../engine/download.js";
import { pixelsOf } from "../../packs.js";
import { ToolModel } from "../../tool-model.js";

/** Images in one job. */
const batch = 50;

/** @typedef {{model: string, kind: string, count: number, places: Float32Array, share: Float64Array, map: Float64Array, labels: Uint8Array, number: number}} Result
 * @typedef {{index: number, labels: Int32Array, confidences: Float32Array, places: Float32Array, pixels: Uint8Array, key: string}} Way
 * @typedef {{x: number, y: number, count: number}} Centre */

let maps = 0;

/** @extends {ToolModel<Result>} */
export class MapModel extends ToolModel {
  /** @type {Way | null} */ way = null;
  /** The way that was asked for. */ #asked = "";
  /** @type {Centre[] | null} */ #centres = null;

  /** @param {import("../../lab.js").Lab} lab @param {number} count of test images @param {number} classes */
  constructor(lab, count, classes) {
    super(lab, "map");
    this.count = count;
    this.classes = classes;
  }

  /** The last step of the way. */
  get last() {
    return this.way ? this.way.labels.length - 1 : 0;
  }

  /** Each class's middle. */
  #middles() {
    if (this.#centres) return this.#centres;
    const sums = Array.from({ length: this.classes }, () => ({ x: 0, y: 0, count: 0 }));
    const { labels = new Uint8Array(0), places = new Float32Array(0) } = this.result ?? {};
    labels.forEach((label, i) => {
      sums[label].x += places[2 * i];
      sums[label].y += places[2 * i + 1];
      sums[label].count++;
    });
    return (this.#centres = sums.map(({ x, y, count }) => ({
      x: x / (count || 1),
      y: y / (count || 1),
      count,
    })));
  }

  /** The class whose images have their middle nearest to a step of the way. @param {number} step */
  nearestClass(step) {
    const [x, y] = this.way ? this.way.places.subarray(2 * step, 2 * step + 2) : [0, 0];
    let best = 0,
      least = Infinity;
    this.#middles().forEach((centre, label) => {
      const distance = (centre.x - x) ** 2 + (centre.y - y) ** 2;
      if (centre.count > 0 && distance < least) [best, least] = [label, distance];
    });
    return best;
  }

  /** Maps all test images. @param {string} model @param {string} kind "lda" or "pca"
   * @param {import("../../run-bar.js").Running} running */
  async fit(model, kind, { signal, tell }) {
    const { images, total } = await this.images(this.count, signal);
    this.way = null;
    this.#asked = "";
    const features = await this.#features(model, images, total, { signal, tell });
    const labels = images.labels.slice(0, total);
    const body = { wasm: await mapModule(), kind, features, labels, classes: this.classes };
    signal.throwIfAborted();
    const fitted = await this.lab.pool.one({ type: "fit", models: [], body }, { signal });
    this.remember({ model, kind, count: total, labels, ...fitted, number: ++maps });
    this.#centres = null;
  }

  /** @param {string} model @param {import("../../types").Images} images @param {number} total
   * @param {import("../../run-bar.js").Running} running */
  async #features(model, images, total, { signal, tell }) {
    let next = 0,
      done = 0;
    /** @type {Float32Array | null} */
    let features = null;
    const job = () => {
      if (next >= total) return null;
      const first = next,
        here = Math.min(batch, total - first);
      next += here;
      const body = { model, images: pixelsOf(images, first, here), first, here };
      return { type: "features", models: [model], body };
    };
    await this.lab.pool.run(job, {
      signal,
      result: (answer, { body }) => {
        const width = answer.length / body.here;
        features ??= new Float32Array(total * width);
        features.set(answer, body.first * width);
        done += body.here;
        tell(done, total);
      },
    });
    return features;
  }

  /** Walks an image with an attack, if either has changed: whether there is another way now.
   * @param {number} index @param {import("../../types").Setup} setup @param {AbortSignal} signal */
  async walk(index, { attack, parameters }, signal) {
    const { result } = this;
    if (!result) return false;
    const key = JSON.stringify([result.number, index, attack.name, parameters]);
    if (key === this.#asked) return false;
    this.#asked = key;
    const images = await this.lab.testImages(this.count);
    const body = {
      wasm: await mapModule(),
      model: result.model,
      map: result.map,
      attack: attack.name,
      parameters,
      images: pixelsOf(images, index),
      labels: images.labels.slice(index, index + 1),
      first: index,
    };
    try {
      const answer = await this.lab.pool.one(
        { type: "walk", models: [result.model], body },
        { signal },
      );
      if (key !== this.#asked) return false;
      this.way = { index, key, ...answer };
      return true;
    } catch (error) {
      // What was overtaken may fail.
      if (key !== this.#asked || signal.aborted) return false;
      throw error;
    }
  }
}
