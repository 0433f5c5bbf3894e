// Slider, keys and replay through the steps of an attack. Which step is looked at is the page's state.
import { replayMs, replayStepMs } from "../../state/timing.js";
import { h, setText, stepSlider } from "../../ui/dom.js";

export class Scrubber {
  /** The last step. */ last = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */ #playing;
  #label;

  /** @param {import("../../ui/context").ViewContext} context */
  constructor(context) {
    this.context = context;
    const { words } = context;
    this.slider = stepSlider("step", (step) => this.take(step));
    this.#label = h("label", { for: "step" }, words.t("steps.step"));
    this.play = this.#button("play", "▶", () => (this.#playing ? this.halt() : this.#start()));
    this.element = h(
      "div",
      { class: "step-controls" },
      this.#label,
      this.slider,
      h(
        "div",
        { class: "buttons" },
        this.#button("first", "⇤", () => this.take(0)),
        this.#button("previous", "←", () => this.take(this.step - 1)),
        this.play,
        this.#button("next", "→", () => this.take(this.step + 1)),
        this.#button("last", "⇥", () => this.take(this.last)),
      ),
    );
  }

  /** The step that is looked at. */
  get step() {
    return Math.min(this.last, this.context.state().step ?? this.last);
  }

  /** Looks at a step, by hand: a replay ends. @param {number} step */
  take(step) {
    this.halt();
    this.#go(step);
  }

  halt() {
    clearInterval(this.#playing);
    this.#playing = undefined;
    this.#showPlay();
  }

  /** @param {boolean} possible @param {string} where @param {string} said all of it, for those who hear it */
  show(possible, where, said) {
    for (const control of this.element.querySelectorAll("button, input"))
      /** @type {HTMLButtonElement} */ (control).disabled = !possible;
    if (!possible) return;
    setText(this.#label, where);
    if (Number(this.slider.max) !== this.last) this.slider.max = String(this.last);
    this.slider.valueAsNumber = this.step;
    this.slider.style.setProperty("--filled", String(this.step / Math.max(1, this.last)));
    this.slider.setAttribute("aria-valuetext", said);
  }

  /** @param {string} name @param {string} sign @param {() => void} onclick */
  #button(name, sign, onclick) {
    const title = this.context.words.t(`steps.${name}`);
    return h(
      "button",
      { type: "button", class: "icon", "data-go": name, title, "aria-label": title, onclick },
      h("span", { "aria-hidden": "true" }, sign),
    );
  }

  /** @param {number} to */
  #go(to) {
    const bounded = Math.min(this.last, Math.max(0, Math.round(to)));
    this.context.update({ step: bounded === this.last ? null : bounded });
  }

  #start() {
    this.#go(0);
    this.#playing = setInterval(
      () => {
        if (this.step + 1 >= this.last) this.halt();
        this.#go(this.step + 1);
      },
      Math.min(replayStepMs, replayMs / Math.max(1, this.last)),
    );
    this.#showPlay();
  }

  #showPlay() {
    const name = this.context.words.t(this.#playing ? "steps.stop" : "steps.play");
    this.play.title = name;
    this.play.setAttribute("aria-label", name);
    setText(/** @type {Element} */ (this.play.firstChild), this.#playing ? "■" : "▶");
  }
}
