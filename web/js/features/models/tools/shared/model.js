// One change for many images, learnt from half of the test images and judged on the other half. It shows nothing.
import { pixelsOf } from "../../packs.js";
import { ToolModel } from "../../tool-model.js";

/** @typedef {import("../../../../engine/full.js").SharedOptions} SharedOptions
 * @typedef {import("../../types").Images} Images */
/** What became of a set: of so many images, how many are read rightly as they are and with the change; of those that
 * can be fooled, how many were, by the change and by a random one of its kind.
 * @typedef {{set: "seen" | "unseen", count: number, clean: number, right: number, foolable: number, fooled: number,
 *   random: number}} Figures */
/** values: the change. pictures: the first unseen images with it, as bytes; read: what is read in all of these.
 * @typedef {{model: string, options: SharedOptions, says: string, values: Float32Array, losses: Float64Array,
 *   figures: Figures[], images: Images, first: number, pictures: Uint8Array, clean: Int32Array, read: Int32Array}} Result */

/** So many unseen images are shown. */
const shown = 12;

/** An image counts as fooled where the model reads another class than in the clean one, or the target, as
 * src/attack/shared/shared_change.h has it.
 * @param {"seen" | "unseen"} set @param {ArrayLike<number>} labels
 * @param {{clean: Int32Array, changed: Int32Array, random: Int32Array}} read @param {number | null} target
 * @returns {Figures} */
export function figuresOf(set, labels, { clean, changed, random }, target) {
  const all = Array.from(clean, (_, i) => i);
  const count = (/** @type {(i: number) => boolean} */ holds) => all.filter(holds).length;
  const foolable = (/** @type {number} */ i) => clean[i] !== target;
  const fooledIn = (/** @type {Int32Array} */ now) => (/** @type {number} */ i) =>
    foolable(i) && (target === null ? now[i] !== clean[i] : now[i] === target);
  return {
    set,
    count: all.length,
    clean: count((i) => clean[i] === labels[i]),
    right: count((i) => changed[i] === labels[i]),
    foolable: count(foolable),
    fooled: count(fooledIn(changed)),
    random: count(fooledIn(random)),
  };
}

/** @extends {ToolModel<Result>} */
export class SharedModel extends ToolModel {
  /** @param {import("../../lab.js").Lab} lab @param {() => void} changed */
  constructor(lab, changed) {
    super(lab, "shared", changed);
  }

  /** @param {{model: string, options: SharedOptions, says: string, count: number}} asked
   * @param {import("../../run-bar.js").Running} running */
  async run({ model, options, says, count }, { signal, tell }) {
    const { images, total } = await this.images(count, signal);
    const half = Math.ceil(total / 2);
    const job = {
      type: "shared",
      full: true,
      models: [model],
      body: {
        model,
        options,
        shown,
        learn: pixelsOf(images, 0, half),
        unseen: pixelsOf(images, half, total - half),
      },
    };
    const looks = half * (options.epochs ?? 1);
    const progress = (/** @type {any} */ _, /** @type {number} */ fraction) =>
      tell(fraction * looks, looks, "shared.progress");
    const { values, losses, seen, unseen, pictures } = await this.lab.pool.one(job, {
      signal,
      progress,
    });
    const target = options.target ?? null;
    const result = this.remember({
      ...{ model, options, says, values, losses, images, first: half },
      figures: [
        figuresOf("seen", images.labels.subarray(0, half), seen, target),
        figuresOf("unseen", images.labels.subarray(half, total), unseen, target),
      ],
      pictures: Uint8Array.from(pictures, (value) => Math.round(255 * value)),
      clean: unseen.clean,
      read: unseen.changed,
    });
    this.changed();
    return result;
  }
}
