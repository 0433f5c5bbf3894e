// "Attack 1,000 test images": robust accuracy counting up, the confusion matrix, which classes turn into
// which, and the images behind each number.
import { streamMs } from "../../../../state/timing.js";
import { h, oncePerFrame, setText } from "../../../../ui/dom.js";
import { createCount, createSubject, toolElement } from "../../asked.js";
import { createOneOf } from "../../choices.js";
import { intervalOf } from "../../counts.js";
import { createKeep } from "../../keep.js";
import { createRunBar } from "../../run-bar.js";
import { figures, intervalText } from "../../tables.js";
import { createConfusion } from "./confusion.js";
import { drawMatrix } from "./drawing.js";
import { createGallery } from "./gallery.js";
import { TestModel } from "./model.js";
import { createTurns } from "./turns.js";

/** @param {import("../../types").LabContext} context
 * @returns {import("../../types").Tool} */
export const createTestRun = (context) => new TestTool(context);

class TestTool {
  #painted = 0;
  #robust = h("dd", { class: "figure", id: "robust-accuracy" }, "–");
  #clean = h("dd", { class: "figure" }, "–");
  #ranges = { robust: h("dd", { class: "hint" }), clean: h("dd", { class: "hint" }) };
  #done = h("dd", {}, "–");
  #moved = h("dd", {}, "–");
  #made = h("p", { class: "made hint" });

  /** @param {import("../../types").LabContext} context */
  constructor(context) {
    this.context = context;
    const { words, lab, classes, counts } = context;
    this.frame = oncePerFrame(() => this.#paint());
    this.model = new TestModel(lab, classes, () => {
      if (performance.now() - this.#painted > streamMs) this.frame.schedule();
    });
    this.which = createSubject(context);
    this.count = createCount(context, counts, counts[0]);
    this.bar = createRunBar(context, {
      label: this.#label(),
      run: (running) => this.#run(running),
      ended: this.frame.schedule,
    });
    this.turns = createTurns(context, (from, to) => this.#open(from, to));
    this.gallery = createGallery(context);
    this.matrix = createConfusion(context, (from, to) => this.#open(from, to));
    this.when = createOneOf({
      legend: words.t("test.matrix"),
      values: ["after", "before"],
      label: (value) => words.t(`test.${value}`),
      value: "after",
      onchange: () => this.#paint(),
    });
    this.keep = createKeep(context, "test", {
      csv: () => this.#rows(),
      svg: () => drawMatrix(context, this.#shown()),
    });
    this.element = this.#createElement();
    this.#paint();
  }

  #createElement() {
    const { words } = this.context;
    const stats = figures([
      {
        name: words.t("test.robust"),
        value: this.#robust,
        range: this.#ranges.robust,
        of: "of-robust",
      },
      {
        name: words.t("test.clean"),
        value: this.#clean,
        range: this.#ranges.clean,
        of: "of-clean",
      },
      { name: words.t("test.done"), value: this.#done },
      { name: words.t("test.moved"), value: this.#moved },
    ]);
    return toolElement(
      "test-run",
      [this.which.element, this.count.element, this.bar.element],
      h("div", { class: "panel outcome" }, stats, this.#made, this.turns.element),
      h(
        "div",
        { class: "panel matrix" },
        this.when.element,
        this.matrix.element,
        this.keep.element,
      ),
      this.gallery.element,
    );
  }

  #label() {
    const { words } = this.context;
    return words.t("test.start", { count: words.number(this.count.value(), 0) });
  }

  /** The counts that the matrix shows. */
  #shown() {
    const tally = this.model.result?.tally;
    const { classes } = this.context;
    if (!tally) return new Int32Array(classes * classes);
    return this.when.value() === "after" ? tally.after : tally.before;
  }

  /** @param {number} from @param {number} to */
  #open(from, to) {
    const { result } = this.model;
    if (!result || this.when.value() !== "after") return;
    const { tally, images, adversarial } = result;
    const { words, className } = this.context;
    const indices = tally.imagesOf(images.labels, from, to);
    const title = words.t(from === to ? "gallery.titleRight" : "gallery.title", {
      label: className(from),
      predicted: className(to),
      count: indices.length,
    });
    this.gallery.show({ title, indices, images, adversarial, after: tally.predicted });
  }

  #paint() {
    const { words, titleOf } = this.context;
    const { result } = this.model;
    this.#painted = performance.now();
    this.matrix.render(this.#shown(), !this.bar.running());
    const made = result && { attack: result.says, model: titleOf(result.model) };
    setText(this.#made, made ? words.t("test.made", made) : words.t("test.nothing"));
    this.keep.render();
    if (!result || result.tally.done === 0) return;
    const { tally } = result;
    for (const [place, range, right] of /** @type {[HTMLElement, HTMLElement, number][]} */ ([
      [this.#robust, this.#ranges.robust, tally.robust],
      [this.#clean, this.#ranges.clean, tally.clean],
    ])) {
      const { low, high } = intervalOf(right / tally.done, tally.done);
      setText(range, intervalText(words, low, high));
      setText(place, words.percent(right / tally.done));
    }
    const [done, count] = [tally.done, tally.count].map((value) => words.number(value, 0));
    setText(this.#done, `${done} / ${count}`);
    const [linf, l2] = [words.number(tally.median("linf"), 3), words.number(tally.median("l2"), 2)];
    setText(this.#moved, `L∞ ${linf} · L2 ${l2}`);
    this.turns.render(tally);
  }

  /** @param {import("../../run-bar.js").Running} running */
  async #run(running) {
    const { words, setup, says } = this.context;
    const now = /** @type {import("../../types").Setup} */ (setup());
    this.gallery.clear();
    const asked = {
      model: this.which.value(),
      setup: now,
      says: says(now),
      count: this.count.value(),
    };
    const { done, robust, clean } = await this.model.run(asked, running);
    document.dispatchEvent(
      new CustomEvent("signflip:test-run", { detail: { done, robust, clean } }),
    );
    return words.t("test.status", {
      robust: words.percent(robust / done),
      clean: words.percent(clean / done),
      count: words.number(done, 0),
    });
  }

  /** The accuracies with their intervals, then every count of both matrices. */
  #rows() {
    const { result } = this.model;
    if (!result || result.tally.done === 0) return null;
    const { tally, attack, model } = result;
    const { classes, state } = this.context;
    const parts = /** @type {[string, number, Int32Array][]} */ ([
      ["before", tally.clean, tally.before],
      ["after", tally.robust, tally.after],
    ]);
    const accuracies = parts.map(([when, right]) => {
      const { low, high } = intervalOf(right / tally.done, tally.done);
      return [when, "accuracy", "", tally.done, right / tally.done, low, high];
    });
    const cells = parts.flatMap(([when, , counts]) =>
      [...counts].map((times, i) => [when, Math.floor(i / classes), i % classes, times]),
    );
    return [
      [
        "dataset",
        "model",
        "attack",
        "when",
        "label",
        "predicted",
        "images",
        "part",
        "low95",
        "high95",
      ],
      ...[...accuracies, ...cells].map((row) => [state().dataset, model, attack, ...row]),
    ];
  }

  render() {
    this.bar.enable(this.context.setup() !== null);
    this.bar.rename(this.#label());
    this.which.render();
    this.count.render();
    this.gallery.render();
  }
}
