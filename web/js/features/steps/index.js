// "Step by step": the loss along the steps of the attack for every model, and a slider that puts any step
// into the pictures below. The iterates come with the analysis; which step is looked at is the page's state.
import { styleOf } from "../../state/datasets.js";
import { quickTraceMs } from "../../state/timing.js";
import { verdictOf } from "../../state/verdict.js";
import { h, setText, styleSheet } from "../../ui/dom.js";
import { keyOf, Plot, roundUp } from "../../ui/plot.js";
import { Scrubber } from "./scrubber.js";

/** @typedef {import("../../types").Snapshot} Snapshot */
/** @typedef {import("../../types").Trace} Trace */
/** @typedef {import("../../types").Lane} Lane */

export const messages = ["steps"];

/** @param {HTMLElement} element @param {import("../../ui/context").ViewContext} context
 * @returns {import("../../ui/context").MountedView} */
export function mount(element, context) {
  styleSheet("css/later/panels.css");
  const panel = new StepsPanel(element, context);
  context.explorer.wantTraces();
  return {
    render: (snapshot) => panel.render(snapshot),
    hide: () => panel.scrubber.halt(),
    remove: () => panel.remove(),
  };
}

class StepsPanel {
  #note = h("p", { class: "hint" });
  #legend = h("ul", { class: "chart-legend" });
  /** What the chart shows. @type {unknown} */ #drawn = null;

  /** @param {HTMLElement} element @param {import("../../ui/context").ViewContext} context */
  constructor(element, context) {
    this.element = element;
    this.context = context;
    const { words, explorer } = context;
    this.scrubber = new Scrubber(context);
    this.plot = new Plot({
      label: words.t("steps.loss"),
      height: 104,
      xName: words.t("steps.step"),
      yName: words.t("steps.loss"),
      xText: String,
      yText: (loss) => words.number(loss, loss === Math.round(loss) ? 0 : 1),
      whole: true,
      legend: false,
      onpick: (step) => this.scrubber.take(step),
    });
    this.gather = h(
      "button",
      { type: "button", hidden: true, onclick: () => explorer.traceAll() },
      words.t("steps.gather"),
    );
    element.append(
      h("h2", { id: "steps-title", class: "hidden" }, words.t("steps.title")),
      h(
        "div",
        { class: "steps-side" },
        this.scrubber.element,
        this.#note,
        this.gather,
        this.#legend,
      ),
      this.plot.element,
    );
  }

  remove() {
    this.scrubber.halt();
    this.plot.remove();
  }

  /** @param {Snapshot} snapshot */
  render(snapshot) {
    const { analysis, result, state } = snapshot;
    const lanes = (result?.lanes ?? []).filter((lane) => state.model.includes(lane.model));
    const traces = /** @type {Trace[]} */ (
      lanes.map((lane) => analysis.traces[lane.model]).filter(Boolean)
    );
    const there = traces.length > 0 && traces.length === lanes.length;
    this.element.toggleAttribute("data-waiting", !there);
    if (there) this.scrubber.last = Math.max(...traces.map(({ steps }) => steps.at(-1) ?? 0));
    this.#say(snapshot, lanes, there ? traces : []);
    // What belongs to an older result stays, dimmed, until the new way is there.
    if (!there) return this.scrubber.show(false, "", "");
    if (this.#drawn !== analysis.traces) this.#draw(lanes, traces);
    this.#drawn = analysis.traces;
    this.#show(state.dataset, traces);
  }

  /** What there is to see, or why there is nothing yet.
   * @param {Snapshot} snapshot @param {Lane[]} lanes @param {Trace[]} traces */
  #say({ result, attacks }, lanes, traces) {
    const there = traces.length > 0;
    const heavy = !there && lanes.some((lane) => (lane.milliseconds ?? 0) > quickTraceMs);
    const attack = attacks.find(({ name }) => name === result?.request.attack);
    const several = traces.some(({ steps }) => steps.length > 2);
    this.gather.hidden = !heavy;
    const key = heavy
      ? "heavy"
      : !there
        ? "wait"
        : several
          ? "about"
          : attack?.family === "fixed-budget" && this.scrubber.last === 1
            ? "one"
            : "none";
    setText(this.#note, this.context.words.t(`steps.${key}`));
    this.#note.classList.toggle("hidden", key === "about");
  }

  /** @param {Lane[]} lanes @param {Trace[]} traces */
  #draw(lanes, traces) {
    const { words } = this.context;
    const { last } = this.scrubber;
    const highest = Math.max(
      ...traces.flatMap(({ losses }) => [...losses].filter(Number.isFinite)),
    );
    const series = traces.map((trace, k) => {
      const points = trace.steps.map((x, i) => ({ x, y: trace.losses[i] }));
      const fooled = [...trace.labels].findIndex(
        (read) => verdictOf({ ...lanes[k], adversarialLabel: read }).kind === "fooled",
      );
      return {
        id: trace.model,
        title: words.t(`model.${trace.model}`, {}, trace.model),
        style: styleOf(trace.model),
        points,
        crosses: fooled >= 0 ? [points[fooled]] : [],
      };
    });
    const lines = series.map(({ title, points }) =>
      words.t("steps.line", {
        model: title,
        first: words.number(points[0].y, 2),
        last: words.number(points[points.length - 1].y, 2),
      }),
    );
    this.plot.draw({
      series,
      end: Math.max(1, last),
      top: roundUp(highest),
      said: words.t("steps.chart", { from: 0, to: last, lines: lines.join("; ") }),
    });
    const items = series.map(({ style }, k) =>
      h("li", {}, /** @type {any} */ (keyOf(style, k)), h("span", {})),
    );
    this.#legend.replaceChildren(...items);
  }

  /** The step that is looked at. @param {string} dataset @param {Trace[]} traces */
  #show(dataset, traces) {
    const { words } = this.context;
    const { step, last } = this.scrubber;
    this.plot.point(step);
    const entries = traces.map((trace) => {
      const nearest = trace.steps.findIndex((one) => one >= step);
      const i = nearest < 0 ? trace.steps.length - 1 : nearest;
      return words.t("steps.entry", {
        model: words.t(`model.${trace.model}`, {}, trace.model),
        label: words.className(dataset, trace.labels[i]),
        loss: words.number(trace.losses[i], 2),
      });
    });
    [...this.#legend.children].forEach((item, k) =>
      setText(/** @type {Element} */ (item.lastChild), entries[k]),
    );
    const where = words.t(step === last ? "steps.result" : "steps.at", { step, steps: last });
    this.scrubber.show(true, where, `${where}. ${entries.join(". ")}`);
  }
}
