// "Step by step": the loss along the steps of the attack for every model, and a slider that puts any step
// into the pictures above. The ways come with the analysis; which step is looked at is the page's state.
import { h, setText, styleSheet } from "../../ui/dom.js";
import { quickTraceMs, replayMs, replayStepMs } from "../../state/timing.js";
import { verdictOf } from "../../state/verdict.js";
import { Chart, sample } from "./chart.js";

/** @typedef {import("../../types").Snapshot} Snapshot */
/** @typedef {import("../../types").Trace} Trace */

export const messages = ["steps"];

/** @param {HTMLElement} element @param {import("../../ui/context").ViewContext} context
 * @returns {import("../../ui/context").MountedView} */
export function mount(element, context) {
  styleSheet("css/later/panels.css");
  const { words, state, update, explorer } = context;
  const chart = new Chart(words);
  const button = (
    /** @type {string} */ name,
    /** @type {string} */ sign,
    /** @type {() => void} */ act,
  ) =>
    h(
      "button",
      {
        type: "button",
        class: "icon",
        title: words.t(`steps.${name}`),
        "aria-label": words.t(`steps.${name}`),
        onclick: act,
      },
      h("span", { "aria-hidden": "true" }, sign),
    );
  let last = 0;
  const step = () => Math.min(last, state().step ?? last);
  /** @param {number} to */
  function go(to) {
    const bounded = Math.min(last, Math.max(0, to));
    update({ step: bounded === last ? null : bounded });
  }
  const slider = /** @type {HTMLInputElement} */ (
    h("input", {
      type: "range",
      id: "step",
      min: 0,
      max: 1,
      step: 1,
      oninput: () => {
        halt();
        go(slider.valueAsNumber);
      },
    })
  );
  const label = h("label", { for: "step" }, words.t("steps.step"));
  chart.describe(words.t("steps.loss"));
  const play = button("play", "▶", () => (playing ? halt() : start()));
  const controls = h(
    "div",
    { class: "step-controls" },
    label,
    slider,
    h(
      "div",
      { class: "buttons" },
      button("first", "⇤", () => {
        halt();
        go(0);
      }),
      button("previous", "←", () => {
        halt();
        go(step() - 1);
      }),
      play,
      button("next", "→", () => {
        halt();
        go(step() + 1);
      }),
      button("last", "⇥", () => {
        halt();
        go(last);
      }),
    ),
  );
  const legend = h("ul", { class: "chart-legend" });
  const note = h("p", { class: "hint" });
  const gather = h(
    "button",
    { type: "button", hidden: true, onclick: () => explorer.traceAll() },
    words.t("steps.gather"),
  );
  const place = h("div", { class: "chart-place" }, chart.element);
  element.append(
    h("h2", { id: "steps-title" }, words.t("steps.title")),
    note,
    gather,
    place,
    legend,
    controls,
  );

  /** @type {ReturnType<typeof setInterval> | undefined} */
  let playing;
  function halt() {
    clearInterval(playing);
    playing = undefined;
    showPlay();
  }
  function start() {
    go(0);
    playing = setInterval(
      () => {
        if (step() + 1 >= last) halt();
        go(step() + 1);
      },
      Math.min(replayStepMs, replayMs / Math.max(1, last)),
    );
    showPlay();
  }
  function showPlay() {
    const name = words.t(playing ? "steps.stop" : "steps.play");
    play.title = name;
    play.setAttribute("aria-label", name);
    setText(/** @type {Element} */ (play.firstChild), playing ? "■" : "▶");
  }

  let dragging = false;
  chart.element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || last === 0) return;
    dragging = true;
    chart.element.setPointerCapture(event.pointerId);
    halt();
    go(chart.stepAt(event.clientX, last));
  });
  chart.element.addEventListener("pointermove", (event) => {
    if (dragging) go(chart.stepAt(event.clientX, last));
  });
  for (const end of ["pointerup", "pointercancel"])
    chart.element.addEventListener(end, () => {
      dragging = false;
    });

  /** @type {Snapshot | null} */
  let newest = null;
  const resized = new ResizeObserver(() => {
    drawn = null;
    if (newest) render(newest);
  });
  resized.observe(place);

  /** What the chart shows. @type {unknown} */
  let drawn = null;
  /** @param {Snapshot} snapshot */
  function render(snapshot) {
    newest = snapshot;
    const { analysis, result, state: now, attacks } = snapshot;
    const attack = attacks.find(({ name }) => name === result?.request.attack);
    const lanes = (result?.lanes ?? []).filter((lane) => now.model.includes(lane.model));
    const traces = /** @type {Trace[]} */ (
      lanes.map((lane) => analysis.traces[lane.model]).filter(Boolean)
    );
    const there = traces.length > 0 && traces.length === lanes.length;
    element.toggleAttribute("data-waiting", !there);
    if (there) last = Math.max(...traces.map(({ steps }) => steps[steps.length - 1]));
    const told = there && traces.some(({ steps }) => steps.length > 2);
    const heavy = !there && lanes.some((lane) => (lane.milliseconds ?? 0) > quickTraceMs);
    gather.hidden = !heavy;
    setText(
      note,
      words.t(
        heavy
          ? "steps.heavy"
          : !there
            ? last > 0
              ? "steps.about"
              : "steps.wait"
            : told
              ? "steps.about"
              : attack?.parameters.some(({ name }) => name === "steps") || attack?.name !== "fgsm"
                ? "steps.none"
                : "steps.one",
      ),
    );
    for (const control of controls.querySelectorAll("button, input")) {
      /** @type {HTMLButtonElement} */ (control).disabled = !there;
    }
    // What belongs to an older result stays, dimmed, until the new way is there.
    if (!there) return;
    const model = (/** @type {string} */ id) => words.t(`model.${id}`, {}, id);
    if (drawn !== analysis.traces) {
      drawn = analysis.traces;
      const lines = traces.map((trace, k) => ({
        model: trace.model,
        name: model(trace.model),
        steps: trace.steps,
        losses: trace.losses,
        fooled:
          trace.steps[
            Array.from(trace.labels).findIndex(
              (read) => verdictOf({ ...lanes[k], adversarialLabel: read }).kind === "fooled",
            )
          ] ?? -1,
      }));
      chart.draw(lines, last, place.clientWidth);
      chart.describe(
        words.t("steps.chart", {
          from: 0,
          to: last,
          lines: lines
            .map(({ name, losses }) =>
              words.t("steps.line", {
                model: name,
                first: words.number(losses[0], 2),
                last: words.number(losses[losses.length - 1], 2),
              }),
            )
            .join("; "),
        }),
      );
      legend.replaceChildren(...traces.map((_, k) => h("li", {}, sample(k), h("span", {}))));
    }
    const at = step();
    chart.point(at, last);
    const entries = traces.map((trace) => {
      const nearest = trace.steps.findIndex((one) => one >= at);
      const i = nearest < 0 ? trace.steps.length - 1 : nearest;
      return words.t("steps.entry", {
        model: model(trace.model),
        label: words.className(now.dataset, trace.labels[i]),
        loss: words.number(trace.losses[i], 2),
      });
    });
    [...legend.children].forEach((item, k) =>
      setText(/** @type {Element} */ (item.lastChild), entries[k]),
    );
    const where = words.t(at === last ? "steps.result" : "steps.at", { step: at, steps: last });
    setText(label, where);
    if (Number(slider.max) !== last) slider.max = String(last);
    slider.valueAsNumber = at;
    slider.style.setProperty("--filled", String(at / Math.max(1, last)));
    slider.setAttribute("aria-valuetext", `${where}. ${entries.join(". ")}`);
  }

  explorer.wantTraces();
  return {
    render,
    hide: halt,
    remove() {
      halt();
      resized.disconnect();
    },
  };
}
