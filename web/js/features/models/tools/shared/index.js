// "One change for all": a universal perturbation or a patch, learnt from half of the test images; whom it fools of the
// others, beside a random one, and what it looks like.
import { Picture } from "../../../../picture/picture.js";
import { changeOf } from "../../../../picture/pixels.js";
import { EngineError } from "../../../../engine/errors.js";
import { h, oncePerFrame, save, setText } from "../../../../ui/dom.js";
import { npyFile } from "../../../share/adversarial.js";
import { createCount, createSubject, panel, toolElement } from "../../asked.js";
import { intervalOf } from "../../counts.js";
import { createKeep } from "../../keep.js";
import { pixelsOf } from "../../packs.js";
import { createThumbnail, paint } from "../../pictures.js";
import { createRunBar } from "../../run-bar.js";
import { bodyRow, headRow, intervalText, scrollable } from "../../tables.js";
import { createForm } from "./form.js";
import { SharedModel } from "./model.js";

/** @typedef {import("./model.js").Result} Result */
/** @typedef {import("./model.js").Figures} Figures */

/** Images for a start. */
const start = 200;

/** @param {import("../../types").LabContext} context
 * @returns {import("../../types").Tool} */
export const createShared = (context) => new SharedTool(context);

class SharedTool {
  #made = h("p", { class: "made hint" });
  #table = h("table", { class: "numbers" });
  #change = h("div", { class: "shared-change" });
  #pairs = h("div", { class: "pairs" });

  /** @param {import("../../types").LabContext} context */
  constructor(context) {
    this.context = context;
    const { words, lab, counts } = context;
    this.frame = oncePerFrame(() => this.#paint());
    this.model = new SharedModel(lab, this.frame.schedule);
    this.which = createSubject(context);
    this.form = createForm(context);
    this.count = createCount(context, counts, start);
    this.bar = createRunBar(context, {
      label: words.t("shared.start"),
      run: (running) => this.#run(running),
    });
    this.keep = createKeep(context, "shared", { csv: () => this.#rows() });
    this.npy = h(
      "button",
      { type: "button", "aria-label": words.t("shared.npy"), onclick: () => this.#save() },
      "NPY",
    );
    this.keep.element.append(this.npy);
    this.element = toolElement(
      "shared",
      [this.which.element, this.form.element, this.count.element, this.bar.element],
      panel(
        this.#made,
        this.#change,
        scrollable(words.t("shared.table"), this.#table),
        h("p", { class: "hint" }, words.t("shared.note")),
        this.keep.element,
      ),
      panel(h("h4", {}, words.t("shared.examples")), this.#pairs),
    );
    this.#paint();
  }

  /** @param {import("../../run-bar.js").Running} running */
  async #run(running) {
    const { words } = this.context;
    const options = this.form.options();
    if (!options) throw new EngineError("shared.range", "");
    const asked = {
      model: this.which.value(),
      options,
      says: this.form.says(),
      count: this.count.value(),
    };
    const { figures } = await this.model.run(asked, running);
    return words.t("shared.status", { share: words.percent(shareOf(figures[1])) });
  }

  #paint() {
    const { words, titleOf } = this.context;
    const { result } = this.model;
    const made = result && { change: result.says, model: titleOf(result.model) };
    setText(this.#made, made ? words.t("shared.made", made) : words.t("shared.empty"));
    this.keep.render();
    /** @type {HTMLButtonElement} */ (this.npy).disabled = !result;
    if (!result) return;
    this.#change.replaceChildren(this.#pictureOf(result));
    this.#list(result);
    this.#showPairs(result);
  }

  /** The change by itself. @param {Result} result */
  #pictureOf({ values, options, images: { shape } }) {
    const { words, scheme } = this.context;
    const { channels } = shape;
    const attributes = { role: "img", "aria-label": words.t("shared.alt") };
    if (options.patch) {
      const sides = { width: options.patch, height: options.patch, channels };
      return new Picture(sides, attributes).show(values).element;
    }
    const change = changeOf(values, new Float32Array(values.length), channels);
    const largest = change.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return new Picture({ ...shape, channels: 1 }, attributes).signed(change, largest, scheme())
      .element;
  }

  /** @param {Result} result */
  #list({ figures }) {
    const { words } = this.context;
    const names = ["set", "count", "clean", "right", "fooled", "random"];
    const row = (/** @type {Figures} */ all) => {
      const { low, high } = intervalOf(shareOf(all), all.foolable);
      const part = (/** @type {number} */ some, /** @type {number} */ of) =>
        of === 0 ? "–" : words.percent(some / of);
      return bodyRow(words.t(`shared.${all.set}`), [
        words.number(all.count, 0),
        part(all.clean, all.count),
        part(all.right, all.count),
        h(
          "td",
          { title: intervalText(words, low, high), "data-fooled": all.set },
          part(all.fooled, all.foolable),
        ),
        part(all.random, all.foolable),
      ]);
    };
    this.#table.replaceChildren(
      h("caption", { class: "hidden" }, words.t("shared.table")),
      h("thead", {}, headRow(names.map((name) => words.t(`shared.column.${name}`)))),
      h("tbody", {}, ...figures.map(row)),
    );
  }

  /** Unseen images as they are and with the change, and what is read in each. @param {Result} result */
  #showPairs({ images, first, pictures, clean, read }) {
    const { words, className } = this.context;
    const { shape } = images,
      size = shape.height * shape.width * shape.channels;
    const pair = (/** @type {number} */ i) => {
      const before = createThumbnail(shape, { "aria-hidden": "true" }),
        now = createThumbnail(shape, { "aria-hidden": "true" });
      paint(before, pixelsOf(images, first + i), shape.channels);
      paint(now, pictures.subarray(i * size, (i + 1) * size), shape.channels);
      const said = { label: className(clean[i]), predicted: className(read[i]) };
      return h(
        "figure",
        { class: "pair", "data-same": clean[i] === read[i] },
        before,
        h("span", { "aria-hidden": "true" }, "→"),
        now,
        h("figcaption", {}, words.t("shared.pair", said)),
      );
    };
    const count = pictures.length / size;
    this.#pairs.replaceChildren(...Array.from({ length: count }, (_, i) => pair(i)));
  }

  /** The change as the command line writes it. */
  #save() {
    const { announce, words, state } = this.context;
    const { values, options, images } = /** @type {Result} */ (this.model.result);
    const { height, width, channels } = images.shape;
    const sides = options.patch ? [options.patch, options.patch] : [height, width];
    const file = `signflip-${state().dataset}-${options.patch ? "patch" : "universal"}.npy`;
    save(npyFile(values, [...sides, channels]), file);
    announce(words.t("keep.saved", { file }));
  }

  #rows() {
    const { result } = this.model;
    if (!result) return null;
    const { model, options, figures } = result;
    const told = JSON.stringify(options);
    const head = ["images", "accuracy_clean", "accuracy", "fooled_of", "fooled", "fooled_random"];
    return [
      ["dataset", "model", "options", "set", ...head],
      ...figures.map(({ set, count, clean, right, foolable, fooled, random }) => [
        ...[this.context.state().dataset, model, told, set],
        ...[count, clean / count, right / count, foolable, fooled, random],
      ]),
    ];
  }

  render() {
    this.bar.enable(true);
    this.which.render();
    this.count.render();
  }
}

/** The part that was fooled. @param {Figures} figures */
const shareOf = ({ fooled, foolable }) => (foolable === 0 ? 0 : fooled / foolable);
