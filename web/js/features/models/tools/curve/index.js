// Accuracy against the budget, for several models in one plot, point by point. An attack with a budget is
// run for each of them; an attack that seeks the smallest change tells all budgets in one run.
import { h, oncePerFrame, setText } from "../../../../ui/dom.js";
import { datasets } from "../../../../state/datasets.js";
import { createOneOf, createSomeOf } from "../../choices.js";
import { survivors, Tally } from "../../counts.js";
import { createPlot } from "../../../../ui/plot.js";
import { createRunBar } from "../../run-bar.js";

/** Budgets tried, beside 0. */
const points = 10;
/** Images for a start: enough for a curve, and soon there. */
const start = 200;

/** @typedef {{says: string, norm: string, end: number, count: number, series: import("../../../../ui/plot.js").Series[]}} Result */

/** @param {import("../../types").LabContext} context
 * @returns {import("../../types").Tool} */
export function createCurve(context) {
  const { words, lab, setup, says, counts, classes, titleOf, shortOf, state } = context;
  const ids = lab.models.map(({ id }) => id);
  /** @type {Result | null} */
  let result = lab.memory.get("curve") ?? null;

  const models = createSomeOf({
    legend: words.t("lab.models"),
    values: ids,
    label: shortOf,
    value: ids.slice(0, 6),
    onchange: () => {},
  });
  const count = createOneOf({
    legend: words.t("lab.images"),
    values: [...new Set([start, ...counts])].sort((a, b) => a - b),
    label: (n) => words.number(n, 0),
    value: start,
    onchange: () => {},
  });
  const bar = createRunBar(context, { label: words.t("curve.start"), run });
  const plot = createPlot({
    label: words.t("curve.empty"),
    height: 380,
    xName: words.t("curve.budget"),
    yName: words.t("curve.accuracy"),
    xText: (x) => words.number(x, x === Math.round(x) ? 0 : 2),
    yText: (y) => words.wholePercent(y),
  });
  const made = h("p", { class: "made hint" });
  const head = h("thead", {}),
    body = h("tbody", {});
  const table = h(
    "div",
    { class: "table-scroll", tabindex: 0, role: "region", "aria-label": words.t("curve.table") },
    h(
      "table",
      { class: "numbers" },
      h("caption", { class: "hidden" }, words.t("curve.table")),
      head,
      body,
    ),
  );
  const element = h(
    "div",
    { class: "tool curve" },
    h("div", { class: "panel ask" }, models.element, count.element, bar.element),
    h(
      "div",
      { class: "panel" },
      made,
      plot.element,
      h("p", { class: "hint" }, words.t("curve.note")),
    ),
    h("div", { class: "panel" }, h("h4", {}, words.t("curve.numbers")), table),
  );

  function paint() {
    const { series = [], end = endOf(), norm = "linf" } = result ?? {};
    const text = (/** @type {number} */ y) => words.percent(y);
    plot.draw(
      series.length > 0
        ? series
        : models.value().map((id) => ({ id, title: titleOf(id), points: [] })),
      end,
      result
        ? words.t("curve.summary", {
            says: result.says,
            values: series
              .map(({ title, points: list }) =>
                list.length === 0
                  ? title
                  : `${title} ${text(list[0].y)} → ${text(list[list.length - 1].y)}`,
              )
              .join("; "),
          })
        : words.t("curve.empty"),
    );
    setText(
      made,
      result
        ? words.t("curve.made", {
            attack: result.says,
            count: words.number(result.count, 0),
            norm: words.t(`curve.${norm}`),
          })
        : words.t("curve.empty"),
    );
    const shown = series.length > 0 ? series : [];
    const budgets = [...new Set(shown.flatMap((one) => one.points.map(({ x }) => x)))].sort(
      (a, b) => a - b,
    );
    const step = Math.max(1, Math.ceil(budgets.length / 24));
    head.replaceChildren(
      h(
        "tr",
        {},
        h("th", { scope: "col" }, words.t(`curve.${norm}`)),
        ...shown.map(({ title }) => h("th", { scope: "col" }, title)),
      ),
    );
    body.replaceChildren(
      ...budgets
        .filter((_, i) => i % step === 0)
        .map((x) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, words.number(x, x < 10 ? 3 : 0)),
            ...shown.map(({ points: list }) =>
              h(
                "td",
                {},
                list.find((point) => point.x === x)
                  ? text(/** @type {any} */ (list.find((point) => point.x === x)).y)
                  : "–",
              ),
            ),
          ),
        ),
    );
    if (budgets.length === 0)
      body.replaceChildren(h("tr", {}, h("td", { class: "hint" }, words.t("curve.none"))));
  }
  const { schedule, cancel } = oncePerFrame(paint);

  /** Where the budgets end: the slider's end for this dataset. */
  function endOf() {
    const epsilon = setup()?.attack.parameters.find(({ name }) => name === "epsilon");
    const ours =
      state().parameters.norm === "l2" ? 5 : (datasets[state().dataset].sliderMax.epsilon ?? 0.5);
    return Math.min(ours, epsilon?.max ?? ours);
  }

  /** @param {import("../../run-bar.js").Running} running */
  async function run(running) {
    const now = /** @type {import("../../types").Setup} */ (setup());
    const images = await lab.testImages(count.value());
    running.signal.throwIfAborted();
    const total = Math.min(count.value(), images.count);
    const budgeted = now.attack.parameters.some(({ name }) => name === "epsilon");
    const norm = String(now.parameters.norm ?? now.attack.norm);
    result = {
      says: says(now, !budgeted),
      norm,
      end: endOf(),
      count: total,
      series: models.value().map((id) => ({ id, title: titleOf(id), points: [] })),
    };
    lab.memory.set("curve", result);
    schedule();
    await (budgeted ? overBudgets : inOneRun)(result, now, images, total, running);
    return words.t("curve.status", {
      values: result.series
        .map(({ title, points: list }) => `${title}: ${words.percent(list[list.length - 1].y)}`)
        .join(", "),
    });
  }

  /** @param {Result} into @param {import("../../types").Setup} now @param {import("../../types").Images} images @param {number} total @param {import("../../run-bar.js").Running} running */
  async function overBudgets(into, now, images, total, { signal, tell }) {
    const budgets = Array.from({ length: points + 1 }, (_, i) =>
      Number(((into.end * i) / points).toPrecision(6)),
    );
    let before = 0;
    // All models at one budget before the next: the curves grow side by side.
    for (const epsilon of budgets) {
      for (const series of into.series) {
        const tally = new Tally(total, classes);
        await lab.attack({
          model: series.id,
          setup: { attack: now.attack, parameters: { ...now.parameters, epsilon } },
          images,
          count: total,
          signal,
          progress: (done) =>
            tell(before + done, total * budgets.length * into.series.length, "curve.progress"),
          result: (answer, first, here) =>
            tally.add(answer, images.labels.subarray(first, first + here), first),
        });
        before += total;
        series.points.push({ x: epsilon, y: (epsilon === 0 ? tally.clean : tally.robust) / total });
        schedule();
      }
    }
  }

  /** @param {Result} into @param {import("../../types").Setup} now @param {import("../../types").Images} images @param {number} total @param {import("../../run-bar.js").Running} running */
  async function inOneRun(into, now, images, total, { signal, tell }) {
    /** @type {Map<string, {distance: number, clean: boolean, fooled: boolean}[]>} */
    const found = new Map(into.series.map(({ id }) => [id, []]));
    const norm = /** @type {"l0" | "l2" | "linf"} */ (into.norm);
    const redraw = () => {
      const farthest = Math.max(
        1e-3,
        ...[...found.values()]
          .flat()
          .filter(({ fooled }) => fooled)
          .map(({ distance }) => distance),
      );
      into.end = farthest * 1.02;
      const budgets = Array.from({ length: 61 }, (_, i) => (into.end * i) / 60);
      for (const series of into.series) {
        const list = found.get(series.id) ?? [];
        if (list.length > 0)
          series.points = survivors(list, budgets).map((y, i) => ({ x: budgets[i], y }));
      }
      schedule();
    };
    let before = 0;
    for (const series of into.series) {
      await lab.attack({
        model: series.id,
        setup: now,
        images,
        count: total,
        signal,
        progress: (done) => tell(before + done, total * into.series.length),
        result: (answer, first, here) => {
          for (let i = 0; i < here; i++) {
            const label = images.labels[first + i];
            found
              .get(series.id)
              ?.push({
                distance: answer[norm][i],
                clean: answer.clean[i] === label,
                fooled: answer.judged[0][i] !== label,
              });
          }
          redraw();
        },
      });
      before += total;
    }
  }

  paint();
  return {
    element,
    busy: bar.running,
    render() {
      bar.enable(setup() !== null);
      if (!result) schedule();
    },
    remove() {
      bar.stop();
      plot.remove();
      cancel();
    },
  };
}
