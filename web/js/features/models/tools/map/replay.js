// The way of one image across the map, step by step: a slider, a button that plays it, the image at the step,
// and all steps in numbers.
import { h, setText, stepSlider } from "../../../../ui/dom.js";
import { replayStepMs } from "../../../../state/timing.js";
import { createThumbnail, paint } from "../../pictures.js";

/** A replay has at most so many steps, and the table so many rows. */
const mostPlayed = 80,
  mostRows = 50;

export class Replay {
  step = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */ #playing;
  #reading = h("p", { class: "way-reading" });
  #picture = h("div", { class: "way-picture" });
  #body = h("tbody", {});

  /** @param {import("../../types").LabContext} context @param {import("./model.js").MapModel} model
   * @param {HTMLElement} chooser @param {() => void} changed after each step */
  constructor(context, model, chooser, changed) {
    this.context = context;
    this.model = model;
    this.changed = changed;
    const { words } = context;
    this.slider = stepSlider("lab-step", (step) => {
      this.stop();
      this.go(step);
    });
    this.slider.disabled = true;
    this.button = /** @type {HTMLButtonElement} */ (
      h(
        "button",
        {
          type: "button",
          disabled: true,
          onclick: () => (this.#playing ? this.stop() : this.play()),
        },
        words.t("map.play"),
      )
    );
    const label = h("label", { for: "lab-step" }, words.t("map.step"));
    this.element = h(
      "div",
      { class: "panel way" },
      h("h4", {}, words.t("map.way")),
      chooser,
      this.#picture,
      this.#reading,
      h("div", { class: "scrub" }, label, this.slider, this.button),
      this.#createTable(),
    );
  }

  #createTable() {
    const { words } = this.context;
    const head = ["step", "read", "confidence", "nearest"].map((key) =>
      h("th", { scope: "col" }, words.t(`map.${key}`)),
    );
    const name = words.t("map.table");
    const table = h(
      "table",
      { class: "numbers" },
      h("thead", {}, h("tr", {}, ...head)),
      this.#body,
    );
    return h(
      "details",
      { class: "more" },
      h("summary", {}, name),
      h("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": name }, table),
    );
  }

  /** There is another way. Where motion is welcome it is walked once; else its end is shown. */
  begin() {
    this.stop();
    this.slider.disabled = this.button.disabled = false;
    this.slider.max = String(this.model.last);
    this.#list();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return this.go(this.model.last);
    this.go(0);
    this.play();
  }

  /** @param {number} to */
  go(to) {
    if (!this.model.way) return;
    this.step = Math.max(0, Math.min(this.model.last, to));
    this.slider.value = String(this.step);
    this.slider.style.setProperty("--filled", String(this.step / Math.max(1, this.model.last)));
    this.#show();
    this.changed();
  }

  play() {
    if (!this.model.way) return;
    if (this.step >= this.model.last) this.go(0);
    setText(this.button, this.context.words.t("map.pause"));
    this.#playing = setInterval(() => {
      if (this.step >= this.model.last) return this.stop();
      this.go(this.step + Math.max(1, Math.round((this.model.last + 1) / mostPlayed)));
    }, replayStepMs);
  }

  stop() {
    clearInterval(this.#playing);
    this.#playing = undefined;
    setText(this.button, this.context.words.t("map.play"));
  }

  /** Says what is read at the step. */
  tell() {
    const { way } = this.model;
    if (!way) return;
    const { words, className } = this.context;
    const said = words.t("map.reading", {
      step: this.step,
      last: this.model.last,
      label: className(way.labels[this.step]),
      confidence: words.percent(way.confidences[this.step]),
      near: className(this.model.nearestClass(this.step)),
    });
    setText(this.#reading, said);
    this.slider.setAttribute("aria-valuetext", said);
  }

  /** The image at the step. */
  async #show() {
    const { lab, counts, words } = this.context;
    const images = await lab.testImages(counts[0]),
      size = images.pixels.length / images.count;
    const { way } = this.model;
    if (!way) return;
    let thumbnail = /** @type {HTMLCanvasElement | null} */ (this.#picture.querySelector("canvas"));
    if (!thumbnail) {
      const about = { role: "img", "aria-label": words.t("map.picture") };
      thumbnail = createThumbnail(images.shape, about);
      this.#picture.replaceChildren(thumbnail);
    }
    const pixels = way.pixels.subarray(this.step * size, (this.step + 1) * size);
    paint(thumbnail, pixels, images.shape.channels);
  }

  #list() {
    const { way, last } = this.model;
    if (!way) return;
    const { words, className } = this.context;
    const every = Math.max(1, Math.ceil((last + 1) / mostRows));
    const rows = Array.from(way.labels, (label, i) =>
      i % every !== 0 && i !== last
        ? null
        : h(
            "tr",
            {},
            h("th", { scope: "row" }, String(i)),
            h("td", {}, className(label)),
            h("td", {}, words.percent(way.confidences[i])),
            h("td", {}, className(this.model.nearestClass(i))),
          ),
    );
    this.#body.replaceChildren(...rows.filter((row) => row !== null));
  }
}
