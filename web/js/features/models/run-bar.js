// The start of every tool: a button that starts it, and while it runs, how far it is and a way to break it
// off. All of it keeps its place, so that nothing moves when a run begins or ends.
import { sentenceOf } from "../../engine/errors.js";
import { readableMs } from "../../state/timing.js";
import { h, setText } from "../../ui/dom.js";
import { createTrack } from "../../ui/track.js";

/** @typedef {{signal: AbortSignal, tell: (done: number, total: number, unit?: string) => void}} Running */
/** run's sentence is announced when it is over.
 * @typedef {{label: string, stop?: string, run: (running: Running) => Promise<string | void>, ended?: () => void}} Options */

/** @typedef {{element: HTMLElement, start: () => Promise<void>, stop: () => void, running: () => boolean, rename: (label: string) => void,
 *            enable: (possible: boolean) => void, say: (text: string) => void}} RunBar */

/** @param {import("./types").LabContext} context @param {Options} options @returns {RunBar} */
export function createRunBar(context, options) {
  const { words, announce } = context;
  const { run, ended, stop: stopping = words.t("run.cancel") } = options;
  let { label } = options;
  /** @type {AbortController | null} */
  let controller = null;
  const progress = createProgress(context);
  const button = /** @type {HTMLButtonElement} */ (
    h(
      "button",
      { type: "button", class: "primary", onclick: () => (controller ? stop() : start()) },
      label,
    )
  );
  const element = h("div", { class: "run-bar" }, button, progress.element);

  /** @param {AbortSignal} signal @returns {Promise<string>} what is to be said */
  async function outcome(signal) {
    const began = performance.now();
    const tell = (/** @type {Parameters<Running["tell"]>} */ ...told) => {
      if (!signal.aborted) progress.tell(...told);
    };
    try {
      const sentence = (await run({ signal, tell })) ?? "";
      const seconds = words.number((performance.now() - began) / 1000, 1);
      progress.say(words.t("run.done", { seconds }));
      return sentence;
    } catch (error) {
      const sentence = signal.aborted ? words.t("run.cancelled") : sentenceOf(words, error);
      progress.say(sentence);
      return sentence;
    }
  }

  async function start() {
    if (controller) return;
    controller = new AbortController();
    element.toggleAttribute("data-running", true);
    // The shorter word must not pull the text beside it along.
    button.style.minWidth = `${button.offsetWidth}px`;
    setText(button, stopping);
    progress.begin();
    announce(words.t("run.started"));
    const sentence = await outcome(controller.signal);
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
    say: progress.say,
  };
}

/** A bar, and how far it is in words. @param {import("./types").LabContext} context */
function createProgress({ words }) {
  let told = 0,
    began = 0;
  const track = createTrack("run-track", words.t("run.progress"));
  const text = h("p", { class: "run-text hint" });
  return {
    element: h("div", { class: "run-state" }, text, track.element),
    say: (/** @type {string} */ sentence) => setText(text, sentence),
    begin() {
      began = performance.now();
      told = 0;
      setText(text, words.t("run.preparing"));
      track.show(0);
    },
    /** @param {number} done @param {number} total @param {string} [unit] */
    tell(done, total, unit = "run.images") {
      const part = total > 0 ? Math.min(1, done / total) : 0;
      track.show(part);
      const now = performance.now();
      if (now - told < readableMs && done < total) return;
      told = now;
      track.tell(part);
      const left = part > 0.02 ? ((now - began) * (1 - part)) / part / 1000 : NaN;
      const rest =
        left >= 1.5 ? ` · ${words.t("run.left", { seconds: words.number(left, 0) })}` : "";
      const of = { done: words.number(Math.floor(done), 0), total: words.number(total, 0) };
      setText(text, words.t(unit, of) + rest);
    },
  };
}
