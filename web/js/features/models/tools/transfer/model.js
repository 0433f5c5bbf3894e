// Images crafted on each of several models, and what each of them reads in those. It shows
// nothing.
import { ToolModel } from "../../tool-model.js";

/** right[crafted][judged]: images read rightly; "" stands for no attack. done: images attacked on each.
 * @typedef {{says: string, attack: string, count: number, ids: string[], right: Record<string, Record<string, number>>,
 *   done: Record<string, number>}} Result */

/** @extends {ToolModel<Result>} */
export class TransferModel extends ToolModel {
  /** @param {import("../../lab.js").Lab} lab @param {() => void} changed */
  constructor(lab, changed) {
    super(lab, "transfer", changed);
  }

  /** The part that a model reads rightly of the images made on another, and of how many; null where none was made yet.
   * @param {string} crafted "" for no attack @param {string} judged */
  part(crafted, judged) {
    // Without attack, each model's own row has counted its images.
    const done = this.result?.done[crafted === "" ? judged : crafted] ?? 0;
    if (!this.result || done === 0) return null;
    return { part: (this.result.right[crafted]?.[judged] ?? 0) / done, done };
  }

  /** The transferred images that do most harm, of those that are all made. */
  worst() {
    const { ids = [], count = 0, done = {} } = this.result ?? {};
    const cells = ids
      .flatMap((crafted) => ids.map((judged) => ({ crafted, judged })))
      .filter(({ crafted, judged }) => crafted !== judged && (done[crafted] ?? 0) >= count)
      .map((cell) => ({ ...cell, part: this.part(cell.crafted, cell.judged)?.part ?? 1 }));
    return cells.sort((a, b) => a.part - b.part).at(0);
  }

  /** @param {{ids: string[], setup: import("../../types").Setup, says: string, count: number}} asked
   * @param {import("../../run-bar.js").Running} running */
  async run({ ids, setup, says, count }, { signal, tell }) {
    const { images, total } = await this.images(count, signal);
    const into = this.remember({
      says,
      attack: setup.attack.name,
      count: total,
      ids,
      done: {},
      right: { "": {} },
    });
    this.changed();
    for (const [k, crafted] of ids.entries()) {
      const judges = [crafted, ...ids.filter((id) => id !== crafted)];
      into.done[crafted] = 0;
      into.right[crafted] = Object.fromEntries(ids.map((id) => [id, 0]));
      into.right[""][crafted] = 0;
      await this.lab.attack({
        model: crafted,
        judges,
        setup,
        images,
        count: total,
        signal,
        progress: (done) => tell(k * total + done, total * ids.length),
        result: (answer, first, here) => {
          const labels = images.labels.subarray(first, first + here);
          const rightly = (/** @type {ArrayLike<number>} */ read) =>
            labels.reduce((sum, label, i) => sum + Number(read[i] === label), 0);
          judges.forEach((judge, j) => {
            into.right[crafted][judge] += rightly(answer.judged[j]);
          });
          into.right[""][crafted] += rightly(answer.clean);
          into.done[crafted] += here;
          this.changed();
        },
      });
    }
  }
}
