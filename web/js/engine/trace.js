// The way of an attack: gathers its iterates, not all where there are many, and what a model says of
// them. For the worker; it shows nothing.

/** More iterates than this are thinned out: every second one goes. */
const most = 240;

export class Way {
  /** @type {number[]} */ steps = [];
  /** @type {Float32Array[]} */ images = [];
  #seen = 0;
  #stride = 1;

  /** @param {Float32Array} iterate a copy that nobody else changes */
  add(iterate) {
    const step = this.#seen++;
    if (step % this.#stride !== 0) return;
    this.steps.push(step);
    this.images.push(iterate);
    if (this.steps.length <= most) return;
    this.#stride *= 2;
    const kept = this.steps.map((at) => at % this.#stride === 0);
    this.steps = this.steps.filter((_, i) => kept[i]);
    this.images = this.images.filter((_, i) => kept[i]);
  }

  /** The result, always kept. @param {Float32Array} image */
  end(image) {
    this.steps.push(this.#seen);
    this.images.push(image);
  }
}

/** −log of the softmax at the label, without overflow.
 * @param {Float32Array} logits of one image @param {number} label */
export function crossEntropy(logits, label) {
  const top = logits.reduce((most, z) => Math.max(most, z), -Infinity);
  return Math.log(logits.reduce((sum, z) => sum + Math.exp(z - top), 0)) + top - logits[label];
}

/** @param {Way} way @param {import("../types").Model} model @param {number} label @param {string} name
 * @returns {import("../types").Trace} */
export function traceOf(way, model, label, name) {
  const size = way.images[0].length,
    classes = model.classes.length;
  const images = new Float32Array(way.images.length * size);
  way.images.forEach((image, i) => images.set(image, i * size));
  const { logits, probabilities, labels } = model.predict(images);
  const losses = Float32Array.from(way.steps, (_, i) =>
    crossEntropy(logits.subarray(i * classes, (i + 1) * classes), label),
  );
  return { model: name, steps: way.steps, images, probabilities, labels, losses };
}
