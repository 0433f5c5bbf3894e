// "Accuracy over ε": the curves of several models in one plot, and the same in numbers.
import { datasets, styleOf } from "../../../../state/datasets.js";
import { lengthsOf, normOf } from "../../../../state/state.js";
import { h, oncePerFrame, setText } from "../../../../ui/dom.js";
import { accuracyPlot } from "../../accuracy-plot.js";
import { createCompared, createCount, panel, toolElement } from "../../asked.js";
import { createKeep } from "../../keep.js";
import { createRunBar } from "../../run-bar.js";
import { bodyRow, headRow, imagesText, intervalText, scrollable } from "../../tables.js";
import { CurveModel } from "./model.js";

/** Images for a start: enough for a curve, and soon there. */
const start = 200;
/** The table has at most so many rows. */
const mostRows = 24;

/** @param {import("../../types").LabContext} context
 * @returns {import("../../types").Tool} */
export const createCurve = (context) => new CurveTool(context);

class CurveTool {
  #made = h("p", { class: "made hint" });
  #head = h("thead", {});
  #body = h("tbody", {});

  /** @param {import("../../types").LabContext} context */
  constructor(context) {
    this.context = context;
    const { words, lab, classes, counts } = context;
    this.frame = oncePerFrame(() => this.#paint());
    this.model = new CurveModel(lab, classes, this.frame.schedule);
    this.models = createCompared(context);
    this.count = createCount(context, counts, start);
    this.bar = createRunBar(context, {
      label: words.t("curve.start"),
      run: (running) => this.#run(running),
    });
    this.plot = accuracyPlot(words, {
      label: words.t("curve.empty"),
      height: 380,
      xName: words.t("curve.budget"),
      digits: 2,
    });
    this.keep = createKeep(context, "curve", {
      csv: () => this.#rows(),
      svg: () => (this.model.result ? this.plot.copy() : null),
    });
    const table = h("table", { class: "numbers" }, this.#head, this.#body);
    this.element = toolElement(
      "curve",
      [this.models.element, this.count.element, this.bar.element],
      panel(
        this.#made,
        this.plot.element,
        h("p", { class: "hint" }, words.t("curve.note")),
        this.keep.element,
      ),
      panel(h("h4", {}, words.t("curve.numbers")), scrollable(words.t("curve.table"), table)),
    );
    this.#paint();
  }

  /** Where the budgets end: the slider's end for this dataset. */
  #end() {
    const { setup, state } = this.context;
    const epsilon = setup()?.attack.parameters.find(({ name }) => name === "epsilon");
    const ours = lengthsOf(state())?.max ?? datasets[state().dataset].sliderMax.epsilon ?? 0.5;
    return Math.min(ours, epsilon?.max ?? ours);
  }

  /** @param {import("../../run-bar.js").Running} running */
  async #run(running) {
    const { words, setup, says, titleOf } = this.context;
    const now = /** @type {import("../../types").Setup} */ (setup());
    const budgeted = now.attack.parameters.some(({ name }) => name === "epsilon");
    const { series } = await this.model.run(
      {
        models: this.models.value().map((id) => ({ id, title: titleOf(id) })),
        setup: now,
        says: says(now, !budgeted),
        norm: normOf(now.attack, now.parameters),
        end: this.#end(),
        count: this.count.value(),
      },
      running,
    );
    const values = series.map(
      ({ title, points }) => `${title}: ${words.percent(points.at(-1)?.y ?? 0)}`,
    );
    return words.t("curve.status", { values: values.join(", ") });
  }

  #paint() {
    const { words, titleOf } = this.context;
    const { result } = this.model;
    const { series = [], end = this.#end() } = result ?? {};
    const empty = this.models
      .value()
      .map((id) => ({ id, title: titleOf(id), style: styleOf(id), points: [] }));
    const said = result ? this.#summary(result) : words.t("curve.empty");
    this.plot.draw({ series: result ? series : empty, end, said });
    setText(
      this.#made,
      result?.series.some(({ images }) => images > 0)
        ? words.t("curve.made", {
            attack: result.says,
            images: imagesText(words, result.count, result.series),
            norm: words.t(`curve.${result.norm}`),
          })
        : words.t("curve.empty"),
    );
    this.#list(series, result?.norm ?? "linf");
    this.keep.render();
  }

  /** @param {import("./model.js").Result} result */
  #summary({ says, series }) {
    const { words } = this.context;
    const values = series.map(({ title, points }) =>
      points.length === 0
        ? title
        : `${title} ${words.percent(points[0].y)} → ${words.percent(points[points.length - 1].y)}`,
    );
    return words.t("curve.summary", { says, values: values.join("; ") });
  }

  /** @param {import("../../../../ui/plot.js").Series[]} series @param {string} norm */
  #list(series, norm) {
    const { words } = this.context;
    const all = new Set(series.flatMap(({ points }) => points.map(({ x }) => x)));
    const budgets = [...all].sort((a, b) => a - b);
    const step = Math.max(1, Math.ceil(budgets.length / mostRows));
    this.#head.replaceChildren(
      headRow([words.t(`curve.${norm}`), ...series.map(({ title }) => title)]),
    );
    /** @param {import("../../../../ui/plot.js").Series} of @param {number} budget */
    const cell = ({ points }, budget) => {
      const point = points.find(({ x }) => x === budget);
      if (!point) return "–";
      const between = intervalText(words, point.low ?? 0, point.high ?? 1);
      return h("td", { title: between }, words.percent(point.y));
    };
    const rows = budgets
      .filter((_, i) => i % step === 0)
      .map((x) =>
        bodyRow(
          words.number(x, x < 10 ? 3 : 0),
          series.map((one) => cell(one, x)),
        ),
      );
    const none = h("tr", {}, h("td", { class: "hint" }, words.t("curve.none")));
    this.#body.replaceChildren(...(rows.length > 0 ? rows : [none]));
  }

  /** Every point with its interval. */
  #rows() {
    const { result } = this.model;
    if (!result || result.series.every(({ points }) => points.length === 0)) return null;
    const { attack, norm } = result;
    return [
      ["dataset", "attack", "norm", "images", "model", "budget", "accuracy", "low95", "high95"],
      ...result.series.flatMap(({ id, points, images }) =>
        points.map(({ x, y, low, high }) => [
          this.context.state().dataset,
          attack,
          norm,
          images,
          id,
          x,
          y,
          low,
          high,
        ]),
      ),
    ];
  }

  render() {
    this.bar.enable(this.context.setup() !== null);
    this.models.render();
    this.count.render();
    this.frame.schedule();
  }

  remove() {
    this.plot.remove();
  }
}
