// "Decision surface": a slice of it through a test image, what is read where in words, and where along the
// gradient the answer changes.
import { h, oncePerFrame, setText } from "../../../../ui/dom.js";
import { createSubject, panel, toolElement } from "../../asked.js";
import { createChooser } from "../../chooser.js";
import { classColour } from "../../class-colours.js";
import { createRunBar } from "../../run-bar.js";
import { offset, side, SliceModel, stretchesAlong } from "./model.js";
import { Surface } from "./surface.js";

/** The canvas' pixels along a side: twelve for each point. */
const canvasSize = 12 * side;

/** @param {number} value */
const within = (value) => Math.max(0, Math.min(side - 1, value));

/** @param {import("../../types").LabContext} context
 * @returns {import("../../types").Tool} */
export function createSlice(context) {
  return new SliceTool(context);
}

class SliceTool {
  /** Which point is looked at. */ #at = { column: (side - 1) / 2, row: (side - 1) / 2 };
  /** Of which image a slice was made last. @type {number | null} */ #made = null;
  #about = h("p", { class: "made hint" });
  #readout = h("p", { class: "readout", id: "slice-readout" });
  #legend = h("ul", { class: "class-legend" });
  #along = h("ol", { class: "along" });

  /** @param {import("../../types").LabContext} context */
  constructor(context) {
    this.context = context;
    const { words, lab, counts, classes } = context;
    this.model = new SliceModel(lab, counts[0]);
    this.which = createSubject(context, () => this.#again());
    this.chooser = createChooser(context, counts[0]);
    this.bar = createRunBar(context, {
      label: words.t("slice.start"),
      run: (running) => this.#run(running),
    });
    this.canvas = this.#createCanvas();
    this.surface = new Surface(this.canvas, classes);
    this.frame = oncePerFrame(() => this.#paint());
    this.element = this.#createElement();
    this.#paint();
  }

  #createElement() {
    const { words } = this.context;
    const onclick = () => {
      this.model.seed++;
      this.#again();
    };
    const another = h("button", { type: "button", onclick }, words.t("slice.another"));
    const { which, chooser, bar } = this;
    return toolElement(
      "slice",
      [which.element, chooser.element, bar.element, another],
      h(
        "div",
        { class: "panel surface-panel" },
        this.#about,
        h(
          "div",
          { class: "surface-frame" },
          h("p", { class: "axis up" }, words.t("slice.b")),
          this.canvas,
          h("p", { class: "axis across" }, words.t("slice.a")),
        ),
        this.#readout,
      ),
      panel(
        h("h4", {}, words.t("slice.legend")),
        this.#legend,
        h("p", { class: "hint" }, words.t("slice.shade")),
        h("h4", { class: "spaced" }, words.t("slice.along")),
        this.#along,
        h("p", { class: "hint" }, words.t("slice.explain")),
      ),
    );
  }

  #createCanvas() {
    const canvas = h("canvas", {
      width: canvasSize,
      height: canvasSize,
      class: "surface",
      tabindex: 0,
      role: "application",
      "aria-roledescription": this.context.words.t("slice.role"),
      "aria-describedby": this.#readout.id,
      onpointermove: (/** @type {PointerEvent} */ event) => {
        const box = canvas.getBoundingClientRect();
        this.#at = {
          column: within(Math.floor(((event.clientX - box.left) / box.width) * side)),
          row: side - 1 - within(Math.floor(((event.clientY - box.top) / box.height) * side)),
        };
        this.frame.schedule();
      },
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#onKey(event),
    });
    return /** @type {HTMLCanvasElement} */ (canvas);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const by = moves[/** @type {keyof typeof moves} */ (event.key)];
    if (!by) return;
    event.preventDefault();
    const { column, row } = this.#at;
    this.#at = { column: within(column + by[0]), row: within(row + by[1]) };
    this.#paint();
    this.context.announce(this.#readout.textContent ?? "");
  }

  #again() {
    if (this.model.result && !this.bar.running()) this.bar.start();
  }

  /** @param {import("../../run-bar.js").Running} running */
  async #run(running) {
    const index = this.chooser.index(),
      { setup, words } = this.context;
    this.#made = index;
    await this.model.run(this.which.value(), index, setup(), running, this.frame.schedule);
    const list = [...this.#legend.children].map((item) => item.textContent).join(", ");
    return words.t("slice.status", { list });
  }

  #paint() {
    const { words, className, titleOf, scheme } = this.context,
      { result } = this.model;
    const about = !result
      ? words.t("slice.empty")
      : words.t("slice.made", {
          model: titleOf(result.model),
          index: result.index,
          label: className(result.label),
          epsilon: words.number(result.epsilon, 3),
        });
    setText(this.#about, about);
    this.canvas.setAttribute("aria-label", about);
    this.surface.draw(result, this.#at, scheme());
    if (!result) return;
    setText(this.#readout, this.#reading(result));
    this.#legend.replaceChildren(...this.#shares(result));
    this.#along.replaceChildren(...this.#stretches(result));
  }

  /** What is read at the point. @param {import("./model.js").Result} result */
  #reading(result) {
    const { words, className } = this.context,
      { column, row } = this.#at;
    const i = row * side + column;
    if (result.labels[i] < 0) return "";
    const [a, b] = [offset(result, column), offset(result, row)];
    const inside = Math.abs(a) + Math.abs(b) <= result.epsilon + 1e-9;
    return words.t("slice.point", {
      a: words.number(a, 3),
      b: words.number(b, 3),
      label: className(result.labels[i]),
      confidence: words.percent(result.confidences[i]),
      inside: words.t(inside ? "slice.inside" : "slice.outside"),
    });
  }

  /** Each class's share of the slice, the largest first. @param {import("./model.js").Result} result */
  #shares({ labels, done }) {
    const { words, className, classes, scheme } = this.context;
    const times = new Map();
    for (const label of labels) if (label >= 0) times.set(label, (times.get(label) ?? 0) + 1);
    return [...times]
      .sort((a, b) => b[1] - a[1])
      .map(([label, count]) => {
        const swatch = h("span", { class: "swatch", "aria-hidden": "true" });
        swatch.style.background = classColour(label, classes, scheme());
        const share = ` ${words.percent(count / (done || 1))}`;
        return h("li", {}, swatch, h("b", {}, className(label)), share);
      });
  }

  /** @param {import("./model.js").Result} result */
  #stretches(result) {
    const { words, className } = this.context;
    const at = (/** @type {number} */ column) => words.number(offset(result, column), 3);
    return stretchesAlong(result.labels).map(({ label, from, to }) => {
      const said = { from: at(from), to: at(to), label: className(label) };
      return h("li", {}, words.t("slice.stretch", said));
    });
  }

  render() {
    this.chooser.render();
    this.bar.enable(this.context.setup() !== null);
    this.which.render();
    // Another image is another slice, at once; it takes a second.
    if (!this.bar.running() && this.#made !== null && this.#made !== this.chooser.index())
      this.#again();
    this.frame.schedule();
  }
}
