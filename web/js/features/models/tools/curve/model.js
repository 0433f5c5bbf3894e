// Accuracy against the budget for several models, point by point. An attack with a budget is run for each of them;
// an attack that seeks the smallest change tells all budgets in one run. It shows nothing.
import { styleOf } from "../../../../state/datasets.js";
import { intervalOf, survivors, Tally } from "../../counts.js";
import { ToolModel } from "../../tool-model.js";

/** Budgets tried, beside 0. */
const steps = 10;
/** Points of a curve that comes out of one run. */
const fine = 61;

/** @typedef {import("../../../../ui/plot.js").Series} Series
 * @typedef {import("../../types").Setup} Setup
 * @typedef {import("../../types").Images} Images
 * @typedef {import("../../run-bar.js").Running} Running */
/** says: the attack in words. norm: that of the budgets. end: the largest. count: images that were asked for; images:
 * those that a series' points are of.
 * @typedef {{says: string, attack: string, norm: string, end: number, count: number,
 *   series: (Series & {images: number})[]}} Result */
/** What a run is about. @typedef {{setup: Setup, images: Images, total: number, running: Running}} Job */

/** @extends {ToolModel<Result>} */
export class CurveModel extends ToolModel {
  /** @param {import("../../lab.js").Lab} lab @param {number} classes @param {() => void} changed after each point */
  constructor(lab, classes, changed) {
    super(lab, "curve", changed);
    this.classes = classes;
  }

  /** @param {{models: {id: string, title: string}[], setup: Setup, says: string, norm: string, end: number, count: number}} asked
   * @param {Running} running */
  async run({ models, setup, says, norm, end, count }, running) {
    const { images, total } = await this.images(count, running.signal);
    const series = models.map((model) => ({
      ...model,
      style: styleOf(model.id),
      points: [],
      images: 0,
    }));
    const attack = setup.attack.name;
    const result = this.remember({ says, attack, norm, end, count: total, series });
    this.changed();
    const job = { setup, images, total, running };
    const budgeted = setup.attack.parameters.some(({ name }) => name === "epsilon");
    await (budgeted ? this.#overBudgets(result, job) : this.#inOneRun(result, job));
    return result;
  }

  /** @param {Result} into @param {Job} job */
  async #overBudgets(into, { setup, images, total, running: { signal, tell } }) {
    const budgets = Array.from({ length: steps + 1 }, (_, i) =>
      Number(((into.end * i) / steps).toPrecision(6)),
    );
    const all = total * budgets.length * into.series.length;
    let before = 0;
    // All models at one budget before the next: the curves grow side by side.
    for (const epsilon of budgets) {
      for (const one of into.series) {
        const { id, points } = one;
        const tally = new Tally(total, this.classes);
        await this.lab.attack({
          model: id,
          setup: { attack: setup.attack, parameters: { ...setup.parameters, epsilon } },
          images,
          count: total,
          signal,
          progress: (done) => tell(before + done, all, "curve.progress"),
          result: (answer, first, here) =>
            tally.add(answer, images.labels.subarray(first, first + here), first),
        });
        before += total;
        const y = (epsilon === 0 ? tally.clean : tally.robust) / total;
        one.images = total;
        points.push({ x: epsilon, y, ...intervalOf(y, total) });
        this.changed();
      }
    }
  }

  /** @param {Result} into @param {Job} job */
  async #inOneRun(into, { setup, images, total, running: { signal, tell } }) {
    /** What was found for each model. @type {{distance: number, clean: boolean, fooled: boolean}[][]} */
    const found = into.series.map(() => []);
    const norm = /** @type {"l0" | "l2" | "linf"} */ (into.norm);
    for (const [k, { id }] of into.series.entries()) {
      await this.lab.attack({
        model: id,
        setup,
        images,
        count: total,
        signal,
        progress: (done) => tell(k * total + done, total * into.series.length),
        result: (answer, first, here) => {
          for (let i = 0; i < here; i++) {
            const label = images.labels[first + i];
            found[k].push({
              distance: answer[norm][i],
              clean: answer.clean[i] === label,
              fooled: answer.judged[0][i] !== label,
            });
          }
          drawAll(into, found);
          this.changed();
        },
      });
    }
  }
}

/** The curves of all that was found so far: up to the farthest change that fooled a model.
 * @param {Result} into @param {{distance: number, clean: boolean, fooled: boolean}[][]} found */
function drawAll(into, found) {
  const farthest = found
    .flat()
    .reduce((most, { fooled, distance }) => (fooled ? Math.max(most, distance) : most), 1e-3);
  into.end = farthest * 1.02;
  const budgets = Array.from({ length: fine }, (_, i) => (into.end * i) / (fine - 1));
  into.series.forEach((series, k) => {
    series.images = found[k].length;
    if (found[k].length > 0)
      series.points = survivors(found[k], budgets).map((y, i) => ({
        x: budgets[i],
        y,
        ...intervalOf(y, found[k].length),
      }));
  });
}
