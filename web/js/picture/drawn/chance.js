// A source of chance that gives the same everywhere for the same seed (mulberry32), and what is made of it.

export class Chance {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [0, 1). */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Uniform in [low, high). @param {number} low @param {number} high */
  between(low, high) {
    return low + (high - low) * this.next();
  }

  /** Around 0, with this deviation; near to normal. @param {number} deviation */
  around(deviation) {
    return deviation * (this.next() + this.next() + this.next() + this.next() - 2) * 1.732;
  }
}
