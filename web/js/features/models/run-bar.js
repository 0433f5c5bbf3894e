// The start of every tool: a button that starts it, and while it runs, how far it is and a way to break it
// off. All of it keeps its place, so that nothing moves when a run begins or ends.
import { h, setText } from "../../ui/dom.js";
import { sentenceOf } from "../../engine/errors.js";
import { readableMs } from "../../state/timing.js";

/** @typedef {{signal: AbortSignal, tell: (done: number, total: number, unit?: string) => void}} Running */

/** @param {import("./types").LabContext} context
 * @param {{label: string, stop?: string, run: (running: Running) => Promise<string | void>, ended?: () => void}} tool  run's sentence is announced when it is over
 * @returns {{element: HTMLElement, start: () => Promise<void>, stop: () => void, running: () => boolean, rename: (label: string) => void,
 *            enable: (possible: boolean) => void, say: (text: string) => void}} */
export function createRunBar(
  { words, announce },
  { label, run, ended, stop: stopping = words.t("run.cancel") },
) {
  /** @type {AbortController | null} */
  let controller = null;
  let told = 0,
    began = 0;
  const button = /** @type {HTMLButtonElement} */ (
    h(
      "button",
      { type: "button", class: "primary", onclick: () => (controller ? stop() : start()) },
      label,
    )
  );
  const bar = h("span", {});
  const track = h(
    "div",
    {
      class: "run-track",
      role: "progressbar",
      "aria-label": words.t("run.progress"),
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-valuenow": 0,
    },
    bar,
  );
  const text = h("p", { class: "run-text hint" });
  const element = h(
    "div",
    { class: "run-bar" },
    button,
    h("div", { class: "run-state" }, text, track),
  );

  /** @param {number} done @param {number} total @param {string} [unit] */
  function tell(done, total, unit = "run.images") {
    const part = total > 0 ? Math.min(1, done / total) : 0;
    bar.style.transform = `scaleX(${part})`;
    const now = performance.now();
    if (now - told < readableMs && done < total) return;
    told = now;
    track.setAttribute("aria-valuenow", String(Math.round(100 * part)));
    const left = part > 0.02 ? ((now - began) * (1 - part)) / part / 1000 : NaN;
    setText(
      text,
      words.t(unit, { done: words.number(Math.floor(done), 0), total: words.number(total, 0) }) +
        (left >= 1.5 ? ` · ${words.t("run.left", { seconds: words.number(left, 0) })}` : ""),
    );
  }

  async function start() {
    if (controller) return;
    const mine = (controller = new AbortController());
    began = performance.now();
    told = 0;
    element.toggleAttribute("data-running", true);
    // The shorter word must not pull the text beside it along.
    button.style.minWidth = `${button.offsetWidth}px`;
    setText(button, stopping);
    setText(text, words.t("run.preparing"));
    bar.style.transform = "scaleX(0)";
    announce(words.t("run.started"));
    let sentence = "";
    try {
      sentence =
        (await run({
          signal: mine.signal,
          tell: (done, total, unit) => {
            if (!mine.signal.aborted) tell(done, total, unit);
          },
        })) ?? "";
      setText(
        text,
        words.t("run.done", { seconds: words.number((performance.now() - began) / 1000, 1) }),
      );
    } catch (error) {
      sentence = mine.signal.aborted ? words.t("run.cancelled") : sentenceOf(words, error);
      setText(text, sentence);
    }
    controller = null;
    element.removeAttribute("data-running");
    setText(button, label);
    ended?.();
    if (sentence) announce(sentence);
  }

  function stop() {
    controller?.abort(new DOMException("cancelled", "AbortError"));
  }

  return {
    element,
    start,
    stop,
    running: () => controller !== null,
    rename(to) {
      label = to;
      if (!controller) setText(button, label);
    },
    enable(possible) {
      button.disabled = !possible && !controller;
    },
    say: (sentence) => setText(text, sentence),
  };
}
