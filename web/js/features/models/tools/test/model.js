// A test run: many images attacked and counted. It shows nothing.
import { Tally } from "../../counts.js";
import { ToolModel } from "../../tool-model.js";

/** adversarial: each image as the attack left it, as bytes.
 * @typedef {{tally: Tally, images: import("../../types").Images, adversarial: Uint8Array, says: string, attack: string,
 *   model: string}} Result */

/** @extends {ToolModel<Result>} */
export class TestModel extends ToolModel {
  /** @param {import("../../lab.js").Lab} lab @param {number} classes @param {() => void} changed */
  constructor(lab, classes, changed) {
    super(lab, "test", changed);
    this.classes = classes;
  }

  /** @param {{model: string, setup: import("../../types").Setup, says: string, count: number}} asked
   * @param {import("../../run-bar.js").Running} running */
  async run({ model, setup, says, count }, { signal, tell }) {
    const { images, total } = await this.images(count, signal);
    const size = images.pixels.length / images.count;
    const tally = new Tally(total, this.classes),
      adversarial = new Uint8Array(total * size);
    this.remember({ tally, images, adversarial, says, attack: setup.attack.name, model });
    await this.lab.attack({
      model,
      setup,
      images,
      count: total,
      keep: true,
      signal,
      progress: (at) => tell(at, total),
      result: (answer, first, here) => {
        tally.add(answer, images.labels.subarray(first, first + here), first);
        adversarial.set(answer.adversarial, first * size);
        this.changed();
      },
    });
    return tally;
  }
}
