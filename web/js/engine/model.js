// A model inside the engine; signflip.js makes them.
import { CallBuffer, noClasses, toClasses, toPixels, unwrap } from "./call-buffer.js";

/**
 * @typedef {{height: number, width: number, channels: number}} ImageShape
 *
 * @typedef {object} Prediction
 * @property {Float32Array} logits         N×K
 * @property {Float32Array} probabilities  N×K
 * @property {Int32Array} labels           N
 *
 * @typedef {object} AttackResult
 * @property {Float32Array} adversarial    N×H×W×C, clipped to [0,1], within epsilon
 * @property {Int32Array} labels           what the model says of the adversarial images
 * @property {Int32Array} labels8bit       the same after rounding pixels to 8 bits
 * @property {Uint8Array} success          1: not the label; with targets: the target
 * @property {Float32Array} l0             pixels changed
 * @property {Float32Array} l2
 * @property {Float32Array} linf
 * @property {Float32Array} loss           cross-entropy of the true label
 * @property {Float32Array} logits         N×K, at the adversarial images
 * @property {Float32Array} probabilities  N×K
 * @property {number} gradients            images sent backward
 * @property {number} queries              images sent forward
 * @property {number} seconds
 *
 * @typedef {object} AttackOptions
 * @property {string} attack               a name from attacks()
 * @property {ArrayLike<number>|number} [targets]  classes to aim at, one per image
 * @property {number} [seed]
 * @property {number} [firstImage]  the first image's number in a longer run: pieces give what one call gives
 * @property {boolean} [grayBox]  of a denoised model: crafted on the classifier alone
 * @property {boolean} [judge]  false: the images are only crafted; labels, labels8bit, success, loss, logits and
 *   probabilities are left out
 * @property {(fraction: number) => (boolean|void)} [onProgress]  called while attack() runs; return
 *   false to stop it with an Error
 * @property {(image: number, step: number, loss: number, iterate: Float32Array) => void} [onStep]
 */

/**
 * The engine shows iterates where they are; these are the caller's own.
 * @param {AttackOptions["onStep"]} onStep
 * @returns {AttackOptions["onStep"]}
 */
const owning = (onStep) =>
  onStep ? (image, step, loss, iterate) => onStep(image, step, loss, iterate.slice()) : undefined;

/** An attack and its parameters as the engine reads them. @param {string} attack @param {Record<string, any>} parameters */
function textOf(attack, parameters) {
  let text = `${attack ?? ""}\0`;
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined && value !== null) text += `${name}\0${value}\0`;
  return text;
}

/** A loaded model. Call delete() when it is no longer needed: WASM memory is not collected. */
export class Model {
  #engine;
  #buffer;
  #handle;

  /** @param {any} engine @param {CallBuffer} buffer the engine's @param {any} handle the engine's object */
  constructor(engine, buffer, handle) {
    this.#engine = engine;
    this.#buffer = buffer;
    this.#handle = handle;
    const about = handle.describe();
    /** @type {string} */
    this.name = about.name;
    /** @type {ImageShape} */
    this.inputShape = about.inputShape;
    /** @type {string[]} */
    this.classes = about.classes;
    /** @type {number} */
    this.parameterCount = about.parameterCount;
    /** @type {number} */
    this.multiplyAdds = about.multiplyAdds;
  }

  /**
   * @param {ArrayLike<number>} images N·H·W·C values
   * @returns {Prediction} of a denoiser: logits holds the images
   */
  predict(images) {
    const handle = this.#open();
    this.#buffer.layOut(toPixels(images, "images"));
    return this.#buffer.results(handle.predict(), (next) => ({
      logits: next(Float32Array),
      probabilities: next(Float32Array),
      labels: next(Int32Array),
    }));
  }

  /**
   * The gradient of the cross-entropy with respect to the pixels.
   * @param {ArrayLike<number>} images N·H·W·C values
   * @param {ArrayLike<number>|number} labels N true classes
   * @returns {Float32Array} N·H·W·C
   */
  gradient(images, labels) {
    const handle = this.#open();
    this.#buffer.layOut(toPixels(images, "images"), toClasses(labels, "labels"));
    return this.#buffer.results(handle.gradient(), (next) => next(Float32Array));
  }

  /**
   * Attacks each image. Without labels, those that the model gives the clean images count.
   * @param {AttackOptions & Record<string, any>} options the attack's name and its own parameters
   * @param {ArrayLike<number>} images N·H·W·C values
   * @param {ArrayLike<number>|number} [labels] N true classes
   * @returns {AttackResult}
   */
  attack(options, images, labels) {
    const { attack, targets, seed, firstImage, grayBox, judge, onProgress, onStep, ...parameters } =
      options;
    const truth = toClasses(labels, "labels"),
      judges = Boolean(judge ?? true);
    const handle = this.#open();
    this.#buffer.layOut(
      toPixels(images, "images"),
      truth,
      toClasses(targets, "targets"),
      textOf(attack, parameters),
    );
    const began = performance.now();
    const answer = handle.attack(
      truth.length,
      firstImage ?? 0,
      seed ?? 0,
      grayBox ?? false,
      judges,
      onProgress ?? undefined,
      owning(onStep),
    );
    const ended = performance.now();
    return this.#buffer.results(answer, (next) => {
      const adversarial = next(Float32Array),
        l0 = next(Float32Array),
        l2 = next(Float32Array),
        linf = next(Float32Array);
      const [gradients, queries] = next(Float64Array);
      const crafted = {
        adversarial,
        l0,
        l2,
        linf,
        gradients,
        queries,
        seconds: (ended - began) / 1000,
      };
      return !judges
        ? crafted
        : Object.assign(crafted, {
            labels: next(Int32Array),
            labels8bit: next(Int32Array),
            success: next(Uint8Array),
            loss: next(Float32Array),
            logits: next(Float32Array),
            probabilities: next(Float32Array),
          });
    });
  }

  /**
   * An adversarial image as a picture of 8 bits: rounded to the nearest, but towards the clean image where the
   * attack has a budget that the nearest would break, so that max |δ|·255 stays within ε·255.
   * @param {AttackOptions & Record<string, any>} options the attack's name and its own parameters
   * @param {ArrayLike<number>} image H·W·C values
   * @param {ArrayLike<number>} adversarial H·W·C values
   * @returns {Uint8Array} H·W·C bytes
   */
  written({ attack, ...parameters }, image, adversarial) {
    const handle = this.#open();
    const made = Float32Array.from(adversarial);
    const text = textOf(attack, parameters);
    this.#buffer.layOut(toPixels(image, "image"), noClasses, noClasses, text, [made]);
    return this.#buffer.results(handle.written(), (next) => next(Uint8Array));
  }

  /**
   * This classifier with a denoiser in front: one more model, with its own delete(). Attacks on it go
   * through both (adaptive), unless they are told to be grayBox.
   * @param {Model} denoiser
   * @returns {Model}
   */
  denoisedBy(denoiser) {
    const { model } = unwrap(this.#open().denoisedBy(denoiser.#open()));
    const Kind = /** @type {typeof Model} */ (this.constructor);
    return new Kind(this.#engine, this.#buffer, model);
  }

  /**
   * How far each image is provably from being misread: within the radius (L∞) interval bounds prove that
   * the model gives every image the label. 0 where nothing is proved, which does not mean that it is
   * fooled. Throws for a model behind a denoiser.
   * @param {ArrayLike<number>} images N·H·W·C values
   * @param {ArrayLike<number>|number} labels N true classes
   * @returns {Float64Array} N radii in [0,1]
   */
  certifiedRadii(images, labels) {
    const handle = this.#open();
    this.#buffer.layOut(toPixels(images, "images"), toClasses(labels, "labels"));
    return this.#buffer.results(this.#engine.certifiedRadii(handle), (next) => next(Float64Array));
  }

  /**
   * The values in front of the last dense layer.
   * @param {ArrayLike<number>} images N·H·W·C values
   * @returns {Float32Array} N rows
   */
  features(images) {
    const handle = this.#open();
    this.#buffer.layOut(toPixels(images, "images"));
    return this.#buffer.results(this.#engine.features(handle), (next) => next(Float32Array));
  }

  /**
   * Two directions through one image: the sign of the loss's gradient, and random signs orthogonal to it.
   * @param {ArrayLike<number>} image H·W·C values
   * @param {number} label its true class
   * @param {number} [seed]
   * @returns {{u: Float32Array, v: Float32Array}}
   */
  plane(image, label, seed = 0) {
    const handle = this.#open();
    this.#buffer.layOut(toPixels(image, "image"));
    return this.#buffer.results(this.#engine.plane(handle, label, seed), (next) => ({
      u: next(Float32Array),
      v: next(Float32Array),
    }));
  }

  /**
   * What the model says of clip(image + a[i]·u + b[i]·v), for each i.
   * @param {ArrayLike<number>} image H·W·C values
   * @param {{u: Float32Array, v: Float32Array}} plane
   * @param {Float32Array} a
   * @param {Float32Array} b
   * @returns {{labels: Int32Array, confidences: Float32Array}}
   */
  slice(image, { u, v }, a, b) {
    const handle = this.#open();
    this.#buffer.layOut(toPixels(image, "image"), noClasses, noClasses, "", [u, v, a, b]);
    return this.#buffer.results(this.#engine.slice(handle), (next) => ({
      labels: next(Int32Array),
      confidences: next(Float32Array),
    }));
  }

  /** Frees the model's memory. */
  delete() {
    this.#handle?.delete();
    this.#handle = null;
  }

  /** delete(), for `using model = …`. */
  [Symbol.dispose]() {
    this.delete();
  }

  #open() {
    if (this.#handle === null) throw new Error("this model was deleted");
    return this.#handle;
  }
}
