// A map of the test images as the network's last hidden layer sees them, and on it the way that an attacked
// image takes from one cluster to another, step by step.
import { h, oncePerFrame, setText } from "../../../../ui/dom.js";
import { createSubject, panel, toolElement } from "../../asked.js";
import { createOneOf } from "../../choices.js";
import { createChooser } from "../../chooser.js";
import { createRunBar } from "../../run-bar.js";
import { MapCanvas } from "./canvas.js";
import { MapModel } from "./model.js";
import { Replay } from "./replay.js";

/** @param {import("../../types").LabContext} context
 * @returns {import("../../types").Tool} */
export function createMap(context) {
  return new MapTool(context);
}

class MapTool {
  #leaving = new AbortController();
  #made = h("p", { class: "made hint" });

  /** @param {import("../../types").LabContext} context */
  constructor(context) {
    this.context = context;
    const { words, lab, counts, classes } = context;
    this.model = new MapModel(lab, counts[0], classes);
    const { result } = this.model;
    this.which = createSubject(context, () => this.#again());
    this.kind = createOneOf({
      legend: words.t("map.kind"),
      values: ["lda", "pca"],
      label: (value) => words.t(`map.${value}`),
      value: result?.kind ?? "lda",
      onchange: () => this.#again(),
    });
    this.bar = createRunBar(context, {
      label: words.t("map.start", { count: words.number(counts[0], 0) }),
      run: (running) => this.#run(running),
    });
    this.chooser = createChooser(context, counts[0]);
    this.canvas = this.#createCanvas();
    this.drawing = new MapCanvas(this.canvas);
    this.frame = oncePerFrame(() => this.#paint());
    this.replay = new Replay(context, this.model, this.chooser.element, this.frame.schedule);
    this.element = toolElement(
      "map-tool",
      [this.which.element, this.kind.element, this.bar.element],
      panel(
        this.#made,
        h("div", { class: "map-frame" }, this.canvas),
        h("p", { class: "hint" }, words.t("map.note")),
      ),
      this.replay.element,
    );
    this.resized = new ResizeObserver(this.frame.schedule);
    this.resized.observe(this.canvas);
    this.#paint();
  }

  #createCanvas() {
    const onclick = (/** @type {MouseEvent} */ { offsetX, offsetY }) => {
      const { result } = this.model;
      const index = result ? this.drawing.nearest(result.places, offsetX, offsetY) : -1;
      if (index >= 0) this.context.choose(index);
    };
    const canvas = h("canvas", { class: "map-canvas", role: "img", onclick });
    return /** @type {HTMLCanvasElement} */ (canvas);
  }

  /** Another model or other directions are another map. */
  #again() {
    if (!this.model.result) return;
    if (this.bar.running()) this.bar.stop();
    setTimeout(() => this.bar.start());
  }

  /** @param {import("../../run-bar.js").Running} running */
  async #run(running) {
    await this.model.fit(this.which.value(), this.kind.value(), running);
    this.frame.schedule();
    setTimeout(() => this.#walk());
    const { words } = this.context;
    return words.t("map.status", { count: words.number(this.model.result?.count ?? 0, 0) });
  }

  /** Walks the chosen image with the attack as it is set, when either has changed. */
  async #walk() {
    const setup = this.context.setup(),
      index = this.chooser.index();
    if (!setup || this.bar.running()) return;
    try {
      if (!(await this.model.walk(index, setup, this.#leaving.signal))) return;
      this.replay.begin();
      const labels = Array.from(this.model.way?.labels ?? []);
      document.dispatchEvent(new CustomEvent("signflip:walk", { detail: { index, labels } }));
    } catch (error) {
      this.bar.say(error instanceof Error ? error.message : String(error));
    }
  }

  #paint() {
    const { words, classes, className, titleOf, scheme } = this.context;
    const { result, way, last } = this.model;
    const made = !result
      ? words.t("map.empty")
      : words.t("map.made", {
          model: titleOf(result.model),
          count: words.number(result.count, 0),
          first: words.wholePercent(result.share[0]),
          second: words.wholePercent(result.share[1]),
          what: words.t(`map.${result.kind}.share`),
        });
    setText(this.#made, made);
    this.drawing.draw(
      result && { places: result.places, labels: result.labels, classes },
      way && { places: way.places, labels: way.labels, step: this.replay.step },
      scheme(),
      String(result?.number),
    );
    const [from, to] = [0, last].map((step) => className(this.model.nearestClass(step)));
    const summary = way ? ` ${words.t("map.summary", { from, to, steps: last })}` : "";
    this.canvas.setAttribute("aria-label", made + summary);
    this.replay.tell();
  }

  render() {
    this.bar.enable(this.context.setup() !== null);
    this.which.render();
    this.chooser.render();
    this.#walk();
    this.frame.schedule();
  }

  remove() {
    this.replay.stop();
    this.resized.disconnect();
    this.#leaving.abort();
  }
}
