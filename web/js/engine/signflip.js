// Signflip in JavaScript: loads the WebAssembly module and gives it a face with types, exceptions
// and nothing else. For pages, workers, and node 18+. Not the page's worker (worker.js) and not
// Emscripten's glue (signflip-engine.js and signflip-first-engine.js, which the build puts beside
// this file).
//
// Images are Float32Arrays N×H×W×C with values in [0,1]. Every array that comes back is a copy that
// belongs to the caller.

/**
 * @typedef {{height: number, width: number, channels: number}} ImageShape
 *
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
 * @property {ArrayLike<number>|number} [targets]  classes to aim at, one an image
 * @property {number} [seed]
 * @property {boolean} [grayBox]  of a denoised model: crafted on the classifier alone
 * @property {boolean} [judge]  false: the images are only crafted; labels, labels8bit, success, loss, logits and
 *   probabilities are left out
 * @property {(fraction: number) => (boolean|void)} [onProgress]  called while attack() runs; return
 *   false to stop it with an Error
 * @property {(image: number, step: number, loss: number, iterate: Float32Array) => void} [onStep]
 */

/**
 * The engine's answers are values or {error: sentence}.
 * @template T
 * @param {T & {error?: string}} answer
 * @returns {T}
 */
function unwrap(answer) {
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer;
}

/**
 * @param {ArrayLike<number>} values
 * @param {string} what
 * @returns {Float32Array}
 */
function toFloats(values, what) {
  if (values instanceof Float32Array) return values;
  if (values === null || typeof values !== "object" || typeof values.length !== "number") {
    throw new Error(`${what} must be a Float32Array`);
  }
  return Float32Array.from(values);
}

const noClasses = new Int32Array(0);

/**
 * Class numbers as the engine takes them; it checks their range and their count.
 * @param {ArrayLike<number>|number|null|undefined} values
 * @param {string} what
 * @returns {Int32Array}
 */
function toClasses(values, what) {
  if (values instanceof Int32Array) return values;
  if (values === undefined || values === null) return noClasses;
  const list = typeof values === "number" ? [values] : Array.from(values);
  if (!list.every(Number.isInteger)) throw new Error(`${what} must be whole numbers`);
  return Int32Array.from(list);
}

/**
 * @param {Uint8Array|ArrayBuffer} bytes
 * @param {string} what
 * @returns {Uint8Array}
 */
function toBytes(bytes, what) {
  if (bytes instanceof Uint8Array) return bytes;
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
  throw new Error(`${what} must be a Uint8Array`);
}

/**
 * The engine shows iterates where they are; these are the caller's own.
 * @param {AttackOptions["onStep"]} onStep
 * @returns {AttackOptions["onStep"]}
 */
const owning = (onStep) =>
  onStep ? (image, step, loss, iterate) => onStep(image, step, loss, iterate.slice()) : undefined;

/** Where an engine finds what the next call on a model is about. */
class Room {
  #text = "";
  #pixels = new Float32Array(0);
  #classes = noClasses;

  /** @param {any} engine */
  constructor(engine) {
    this.engine = engine;
  }

  /**
   * @param {Float32Array} images
   * @param {Int32Array} labels
   * @param {Int32Array} targets
   * @param {string} text
   */
  lay(images, labels, targets, text) {
    const classes = labels.length + targets.length;
    // Calls that are alike find the room as it was, unless the engine's memory has grown: then a view has no length.
    if (
      this.#pixels.length === 0 ||
      images.length !== this.#pixels.length ||
      classes !== this.#classes.length ||
      text !== this.#text
    ) {
      this.engine.room(text, images.length, classes);
      this.#pixels = this.engine.pixels();
      this.#classes = this.engine.classes();
      this.#text = text;
    }
    this.#pixels.set(images);
    this.#classes.set(labels);
    this.#classes.set(targets, labels.length);
  }
}

/** A loaded model. Call delete() when it is no longer needed: WASM memory is not collected. */
export class Model {
  #room;
  #handle;

  /** @param {Room} room its engine's @param {any} handle the engine's object */
  constructor(room, handle) {
    this.#room = room;
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
    const answer = this.#about(toFloats(images, "images")).predict();
    return this.#copied(answer, (next) => ({
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
    const answer = this.#about(toFloats(images, "images"), toClasses(labels, "labels")).gradient();
    return this.#copied(answer, (next) => next(Float32Array));
  }

  /**
   * Attacks each image. Without labels, those that the model gives the clean images count.
   * @param {AttackOptions & Record<string, any>} options the attack's name and its own parameters
   * @param {ArrayLike<number>} images N·H·W·C values
   * @param {ArrayLike<number>|number} [labels] N true classes
   * @returns {AttackResult}
   */
  attack(options, images, labels) {
    const { attack, targets, seed, grayBox, judge, onProgress, onStep, ...parameters } = options;
    let text = `${attack ?? ""}\0`;
    for (const [name, value] of Object.entries(parameters))
      if (value !== undefined && value !== null) text += `${name}\0${value}\0`;
    const truth = toClasses(labels, "labels"),
      judges = Boolean(judge ?? true);
    const handle = this.#about(
      toFloats(images, "images"),
      truth,
      toClasses(targets, "targets"),
      text,
    );
    const began = performance.now();
    const answer = handle.attack(
      truth.length,
      seed ?? 0,
      grayBox ?? false,
      judges,
      onProgress ?? undefined,
      owning(onStep),
    );
    const ended = performance.now();
    return this.#copied(answer, (next) => {
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
   * This classifier with a denoiser in front: one more model, with its own delete(). Attacks on it go
   * through both (adaptive), unless they are told to be grayBox.
   * @param {Model} denoiser
   * @returns {Model}
   */
  denoisedBy(denoiser) {
    return new Model(this.#room, unwrap(this.#open().denoisedBy(denoiser.#open())).model);
  }

  /** Frees the model's memory. */
  delete() {
    this.#handle?.delete();
    this.#handle = null;
  }

  /**
   * Puts what the next call is about where the engine finds it.
   * @param {Float32Array} images
   * @param {Int32Array} [labels]
   * @param {Int32Array} [targets]
   * @param {string} [text]
   */
  #about(images, labels = noClasses, targets = noClasses, text = "") {
    const handle = this.#open();
    this.#room.lay(images, labels, targets, text);
    return handle;
  }

  /**
   * What the engine found, whose memory it may then free.
   * @param {any} answer each array's address and length
   * @param {(next: (Type: any) => any) => any} arrange gets copies of the arrays, one after the other
   */
  #copied(answer, arrange) {
    const places = unwrap(answer);
    let at = 0;
    const result = arrange((Type) => {
      // slice(), and an empty array that is then set, take longer.
      const copy = new Type(new Type(places.buffer, places[at], places[at + 1]));
      at += 2;
      return copy;
    });
    this.#room.engine.release();
    return result;
  }

  #open() {
    if (this.#handle === null) throw new Error("this model was deleted");
    return this.#handle;
  }
}

/** The module: a catalogue of attacks, and a way to load models and pictures. */
export class Signflip {
  #engine;
  #room;

  /** @param {any} engine */
  constructor(engine) {
    this.#engine = engine;
    this.#room = new Room(engine);
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
    return new Model(this.#room, unwrap(this.#engine.loadModel(toBytes(bytes, "the model"))).model);
  }

  /**
   * How far each image is provably from being misread: within the radius (L∞) interval bounds prove that
   * the model gives every image the label. 0 where nothing is proved, which does not mean that it is fooled.
   * @param {Uint8Array|ArrayBuffer} bytes a .safetensors classifier
   * @param {ArrayLike<number>} images N·H·W·C values
   * @param {ArrayLike<number>|number} labels N true classes
   * @returns {Float64Array} N radii in [0,1]
   */
  certifiedRadii(bytes, images, labels) {
    if (!this.#engine.certifiedRadii) throw new Error("the first view's module proves nothing");
    return unwrap(
      this.#engine.certifiedRadii(
        toBytes(bytes, "the model"),
        toFloats(images, "images"),
        toClasses(labels, "labels"),
      ),
    ).radii;
  }

  /**
   * @param {Uint8Array|ArrayBuffer} bytes PNG, JPEG, BMP or PNM
   * @returns {{width: number, height: number, channels: number, pixels: Uint8Array}} H×W×C bytes
   */
  decodeImage(bytes) {
    if (!this.#engine.decodeImage) throw new Error("the first view's module decodes no pictures");
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
    if (!this.#engine.prepareImage) throw new Error("the first view's module decodes no pictures");
    return unwrap(this.#engine.prepareImage(toBytes(bytes, "the picture"), side, channels, digit))
      .pixels;
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
 * Loads the module, and only what it needs of it. Finds the .wasm beside this file, unless given its
 * bytes, or what was compiled of them (wasmModule), which several workers can share. The small module
 * (first) has FGSM, BIM, MIM and PGD, and no decodeImage; the rest is the same.
 * @param {{wasmBinary?: Uint8Array|ArrayBuffer, wasmModule?: WebAssembly.Module, first?: boolean}} [options]
 * @returns {Promise<Signflip>}
 */
export default async function createSignflip({ wasmBinary, wasmModule, first = false } = {}) {
  // Whole names, not pieced together, so that bundlers find the files.
  const url = first
    ? new URL("./signflip-first.wasm", import.meta.url)
    : new URL("./signflip.wasm", import.meta.url);
  const { default: createEngine } = await (first
    ? import("./signflip-first-engine.js")
    : import("./signflip-engine.js"));
  if (wasmModule !== undefined) return new Signflip(await instance(createEngine, wasmModule));
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
