// Arguments and results of calls into the engine: what callers may give, what the engine takes, and the
// memory in which both sides find it.

/**
 * The engine's answers are values or {error: message}.
 * @template T
 * @param {T & {error?: string}} answer
 * @returns {T}
 */
export function unwrap(answer) {
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer;
}

/**
 * Bytes stay bytes: their pixels are made where they are laid out.
 * @param {ArrayLike<number>} values
 * @param {string} what
 * @returns {Float32Array | Uint8Array}
 */
export function toPixels(values, what) {
  if (values instanceof Float32Array || values instanceof Uint8Array) return values;
  if (values === null || typeof values !== "object" || typeof values.length !== "number") {
    throw new Error(`${what} must be a Float32Array or a Uint8Array`);
  }
  return Float32Array.from(values);
}

const noFloats = new Float32Array(0);
export const noClasses = new Int32Array(0);

/**
 * Class numbers as the engine takes them; it checks their range and their count.
 * @param {ArrayLike<number>|number|null|undefined} values
 * @param {string} what
 * @returns {Int32Array}
 */
export function toClasses(values, what) {
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
export function toBytes(bytes, what) {
  if (bytes instanceof Uint8Array) return bytes;
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
  throw new Error(`${what} must be a Uint8Array`);
}

/** The memory in which an engine finds the arguments of a call and leaves its results. Crossing into
 * WebAssembly takes long, so calls that are alike use the same memory (src/wasm/call_buffer.h). */
export class CallBuffer {
  #engine;
  #text = "";
  #floats = noFloats;
  #integers = noClasses;

  /** @param {any} engine */
  constructor(engine) {
    this.#engine = engine;
  }

  /**
   * Puts the arguments of the next call where the engine finds them.
   * @param {Float32Array | Uint8Array} pixels
   * @param {Int32Array} [labels]
   * @param {Int32Array} [targets]
   * @param {string} [text]
   * @param {Float32Array[]} [more] floats after the pixels
   */
  layOut(pixels, labels = noClasses, targets = noClasses, text = "", more = []) {
    const floats = more.reduce((sum, { length }) => sum + length, pixels.length);
    const integers = labels.length + targets.length;
    // A view of memory that has grown since has no length.
    if (
      this.#floats.length === 0 ||
      floats !== this.#floats.length ||
      integers !== this.#integers.length ||
      text !== this.#text
    ) {
      this.#engine.callBufferLayOut(text, floats, integers);
      this.#floats = this.#engine.callBufferFloats();
      this.#integers = this.#engine.callBufferIntegers();
      this.#text = text;
    }
    if (pixels instanceof Float32Array) this.#floats.set(pixels);
    else for (let i = 0; i < pixels.length; i++) this.#floats[i] = pixels[i] / 255;
    let at = pixels.length;
    for (const values of more) {
      this.#floats.set(values, at);
      at += values.length;
    }
    this.#integers.set(labels);
    this.#integers.set(targets, labels.length);
  }

  /**
   * Copies of a call's results, whose memory the engine may then free.
   * @param {any} answer each array's address and length
   * @param {(next: (Type: any) => any) => any} arrange gets the copies, one after the other
   */
  results(answer, arrange) {
    const places = unwrap(answer);
    let at = 0;
    const result = arrange((Type) => {
      // slice(), and an empty array that is then set, take longer.
      const copy = new Type(new Type(places.buffer, places[at], places[at + 1]));
      at += 2;
      return copy;
    });
    this.#engine.callBufferRelease();
    return result;
  }
}
