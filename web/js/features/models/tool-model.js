// What the tools' models have in common: the test images, and a result that is there again when the view was
// left.

/** @template Result */
export class ToolModel {
  /** @type {Result | null} */ result;

  /** @param {import("./lab.js").Lab} lab @param {string} name the tool's
   * @param {() => void} [changed] called after each part of a result */
  constructor(lab, name, changed = () => {}) {
    this.lab = lab;
    this.name = name;
    this.changed = changed;
    this.result = lab.memory.get(name) ?? null;
  }

  /** @param {Result} result @returns {Result} */
  remember(result) {
    this.lab.memory.set(this.name, result);
    this.result = result;
    return result;
  }

  /** The test images, and how many of the first `count` there are. @param {number} count @param {AbortSignal} signal */
  async images(count, signal) {
    const images = await this.lab.testImages(count);
    signal.throwIfAborted();
    return { images, total: Math.min(count, images.count) };
  }
}
