// "Defend it yourself": a small net is trained in the page, normally or on attacked images, and one watches
// what it learns. After each epoch it is one more model for the view of one image and for every tool, and it is kept
// in the browser.
import { styleOf } from "../../../../state/datasets.js";
import { readableMs } from "../../../../state/timing.js";
import { h, oncePerFrame, save, setText } from "../../../../ui/dom.js";
import { accuracyPlot } from "../../accuracy-plot.js";
import { panel, toolElement } from "../../asked.js";
import { createOneOf } from "../../choices.js";
import { intervalOf } from "../../counts.js";
import { createKeep } from "../../keep.js";
import { addOwn, deleteOwn, keepOwn, ownId } from "../../own.js";
import { createRunBar } from "../../run-bar.js";
import { bodyRow, figures, headRow, scrollable } from "../../tables.js";
import { createKept } from "./kept.js";
import { lookedAt, Trainer } from "./trainer.js";

/** @typedef {import("./trainer.js").TrainingRun} TrainingRun */

/** @param {import("../../types").LabContext} context
 * @returns {import("../../types").Tool} */
export const createTrain = (context) => new TrainTool(context);

class TrainTool {
  #painted = 0;
  #drawn = "";
  #about = h("p", { class: "hint method-about" });
  #made = h("p", { class: "made hint" });
  #kept = h("p", { class: "hint kept" });
  #clean = h("dd", { class: "figure" }, "–");
  #robust = h("dd", { class: "figure" }, "–");
  #done = h("dd", {}, "–");
  #loss = h("dd", {}, "–");
  #body = h("tbody", {});

  /** @param {import("../../types").LabContext} context */
  constructor(context) {
    this.context = context;
    const { words, lab, classes, className } = context;
    this.frame = oncePerFrame(() => this.#paint());
    const names = Array.from({ length: classes }, (_, i) => className(i));
    this.trainer = new Trainer(lab, names, {
      measured: this.frame.schedule,
      // After a batch only a few numbers change, and nobody reads them this fast.
      told: () => performance.now() - this.#painted > readableMs && this.frame.schedule(),
      epoch: (training) => this.#publish(training),
    });
    this.settings = this.#createSettings();
    this.bar = createRunBar(context, {
      label: words.t("train.start"),
      run: (running) => this.#run(running),
      stop: words.t("train.stop"),
      ended: this.frame.schedule,
    });
    this.fresh = this.#button("fresh", () => {
      this.trainer.forget();
      this.#paint();
    });
    this.plot = accuracyPlot(words, {
      label: words.t("train.empty"),
      height: 340,
      xName: words.t("train.epoch"),
      digits: 1,
    });
    this.uses = {
      attack: this.#button("attack", () => this.#use({ experiment: "" })),
      explore: this.#button("explore", () => this.#use({ view: "image" })),
      download: this.#button("download", () => this.#save()),
      forget: this.#button("forget", () => this.#forget(this.trainer.training?.number)),
    };
    this.keptNets = createKept(context, (number) => this.#forget(number));
    this.keep = createKeep(context, "train", {
      csv: () => this.#rows(),
      svg: () => (this.trainer.training ? this.plot.copy() : null),
    });
    this.element = this.#createElement();
    this.#paint();
  }

  /** @param {string} name @param {() => void} onclick */
  #button(name, onclick) {
    return /** @type {HTMLButtonElement} */ (
      h("button", { type: "button", onclick }, this.context.words.t(`train.${name}`))
    );
  }

  #createSettings() {
    const { words } = this.context;
    const { suited } = this.trainer;
    const { options } = this.trainer.training ?? {};
    const method = createOneOf({
      legend: words.t("train.method"),
      values: ["standard", "mixed", "fast", "pgd"],
      label: (value) => words.t(`train.${value}`),
      value: options?.method ?? "standard",
      onchange: () => this.#renew(),
    });
    const epochs = createOneOf({
      legend: words.t("train.epochs"),
      values: [4, 8, 16],
      label: String,
      value: options?.epochs ?? 8,
      onchange: () => this.#renew(),
    });
    const epsilon = /** @type {HTMLInputElement} */ (
      h("input", {
        id: "train-epsilon",
        type: "number",
        min: suited.step,
        max: suited.most,
        step: suited.step,
        value: options?.epsilon ?? suited.epsilon,
        inputmode: "decimal",
        onchange: () => this.#renew(),
      })
    );
    const label = h("label", { for: "train-epsilon" }, words.t("train.epsilon"));
    return {
      elements: [method.element, epochs.element, h("div", { class: "lab-choice" }, label, epsilon)],
      method: () => method.value(),
      read: () => {
        const value = epsilon.valueAsNumber || suited.epsilon;
        const bounded = Math.min(suited.most, Math.max(suited.step, value));
        epsilon.value = String(bounded);
        return { method: method.value(), epochs: epochs.value(), epsilon: bounded };
      },
      epochs: () => epochs.value(),
    };
  }

  #createElement() {
    const { words } = this.context;
    const stats = figures([
      { name: words.t("train.clean"), value: this.#clean, of: "of-clean" },
      { name: words.t("train.robust"), value: this.#robust, of: "of-robust" },
      { name: words.t("train.epoch"), value: this.#done },
      { name: words.t("train.loss"), value: this.#loss },
    ]);
    const head = headRow(["epoch", "clean", "robust"].map((key) => words.t(`train.${key}`)));
    const table = h("table", { class: "numbers" }, h("thead", {}, head), this.#body);
    return toolElement(
      "train",
      [...this.settings.elements, this.bar.element, this.fresh, this.#about],
      panel(
        this.#made,
        this.plot.element,
        h("p", { class: "hint" }, words.t("train.note", { count: lookedAt })),
        this.keep.element,
      ),
      panel(
        stats,
        h("div", { class: "buttons" }, ...Object.values(this.uses)),
        this.#kept,
        this.keptNets.element,
        h(
          "details",
          { class: "more" },
          h("summary", {}, words.t("curve.numbers")),
          scrollable(words.t("curve.numbers"), table),
        ),
      ),
    );
  }

  /** Other settings are another net. */
  #renew() {
    if (!this.bar.running()) this.trainer.training = null;
    this.#paint();
  }

  /** @param {import("../../run-bar.js").Running} running */
  async #run(running) {
    const { words } = this.context;
    const { trainer } = this;
    const now = trainer.training;
    const training =
      now && now.epoch < now.options.epochs
        ? now
        : trainer.begin(this.settings.read(), ({ number, options: { method, epsilon } }) =>
            words.t("train.title", {
              number,
              method: words.t(`train.${method}`),
              epsilon: words.number(epsilon, epsilon < 0.1 ? 3 : 2),
            }),
          );
    setText(this.#kept, "");
    await trainer.run(training, running);
    return words.t("train.status", {
      clean: words.percent(training.clean.at(-1)?.y ?? 0),
      robust: words.percent(training.robust.at(-1)?.y ?? 0),
    });
  }

  /** Makes the net as it is now one of the models, and keeps it. @param {TrainingRun} training */
  async #publish({ number, title, model }) {
    const { lab, client, modelsChanged, words } = this.context;
    const bytes = /** @type {ArrayBuffer} */ (/** @type {Uint8Array} */ (model).slice().buffer);
    const own = { dataset: lab.dataset, number, title, bytes };
    client.forget(`${lab.dataset}/${ownId(number)}`);
    if (addOwn(own)) modelsChanged();
    const kept = await keepOwn(own).then(
      () => "train.kept",
      () => "train.notKept",
    );
    setText(this.#kept, words.t(kept));
  }

  /** @param {Partial<import("../../../../types").State>} where */
  #use(where) {
    const { training } = this.trainer;
    const { state, update } = this.context;
    if (!training) return;
    const id = ownId(training.number);
    const model = [
      ...state()
        .model.filter((one) => one !== id)
        .slice(0, 1),
      id,
    ];
    update({ ...where, subject: id, ...(where.view ? { model } : {}) });
  }

  /** @param {number | undefined} number of a net, that of this run or another */
  async #forget(number) {
    const { lab, modelsChanged, words, announce, titleOf } = this.context;
    if (number === undefined) return;
    const title = titleOf(ownId(number));
    if (this.trainer.training?.number === number) this.trainer.forget();
    const gone = await deleteOwn(this.context, lab.dataset, number);
    const said = words.t(gone ? "train.forgotten" : "train.notForgotten", { title });
    announce(said);
    setText(this.#kept, gone ? "" : said);
    modelsChanged();
    this.#paint();
  }

  #save() {
    const { training } = this.trainer;
    if (!training?.model) return;
    const { dataset } = this.context.lab;
    const type = { type: "application/octet-stream" };
    save(
      new Blob([/** @type {BlobPart} */ (training.model)], type),
      `signflip-${dataset}-${training.options.method}-${training.number}.safetensors`,
    );
  }

  #paint() {
    this.#painted = performance.now();
    const { words } = this.context;
    const { training } = this.trainer;
    const all = training?.options.epochs ?? this.settings.epochs();
    setText(this.#about, words.t(`train.${this.settings.method()}.about`));
    const begun = training !== null && training.epoch > 0;
    this.bar.rename(words.t(begun && training.epoch < all ? "train.continue" : "train.start"));
    this.fresh.hidden = !begun || this.bar.running();
    this.#draw(training, all);
    setText(this.#made, training ? training.title : words.t("train.empty"));
    const last = (/** @type {import("./trainer.js").Point[]} */ points) =>
      points.length > 0 ? words.percent(points[points.length - 1].y) : "–";
    setText(this.#clean, last(training?.clean ?? []));
    setText(this.#robust, last(training?.robust ?? []));
    setText(
      this.#done,
      training ? `${words.number(training.clean.at(-1)?.x ?? 0, 1)} / ${all}` : "–",
    );
    setText(this.#loss, training && training.loss > 0 ? words.number(training.loss, 3) : "–");
    for (const button of Object.values(this.uses)) button.disabled = !training?.model;
    this.uses.forget.disabled ||= this.bar.running();
    this.#list(training);
    this.keep.render();
    this.keptNets.render(training ? [training.number] : []);
  }

  /** @param {TrainingRun | null} training @param {number} all epochs */
  #draw(training, all) {
    const drawing = `${training?.number} ${training?.clean.length} ${all}`;
    if (this.#drawn === drawing) return;
    this.#drawn = drawing;
    const { words } = this.context;
    const line = (/** @type {"robust" | "clean"} */ id) => ({
      id,
      style: styleOf(ownId(training?.number ?? 0)),
      title: words.t(`train.${id}`),
      points: (training?.[id] ?? []).map((point) => ({
        ...point,
        ...intervalOf(point.y, lookedAt),
      })),
    });
    const last = (/** @type {import("./trainer.js").Point[]} */ points) =>
      words.percent(points.at(-1)?.y ?? 0);
    const said = training
      ? words.t("train.summary", {
          title: training.title,
          clean: last(training.clean),
          robust: last(training.robust),
        })
      : words.t("train.empty");
    this.plot.draw({ series: [line("robust"), line("clean")], end: all, said });
  }

  /** @param {TrainingRun | null} training */
  #list(training) {
    const { words } = this.context;
    const points = training?.clean ?? [];
    while (this.#body.children.length > points.length) this.#body.lastElementChild?.remove();
    points.slice(this.#body.children.length).forEach(({ x, y }) => {
      const robust = training?.robust[this.#body.children.length]?.y ?? 0;
      this.#body.append(bodyRow(words.number(x, 2), [words.percent(y), words.percent(robust)]));
    });
  }

  #rows() {
    const { training } = this.trainer;
    if (!training || training.clean.length === 0) return null;
    const { method, epsilon, architecture } = training.options;
    const head = ["dataset", "method", "architecture", "epsilon", "images", "epoch"];
    const parts = [
      "clean",
      "clean_low95",
      "clean_high95",
      "robust",
      "robust_low95",
      "robust_high95",
    ];
    return [
      [...head, ...parts],
      ...training.clean.map(({ x, y }, i) => {
        const robust = training.robust[i]?.y ?? 0;
        const [a, b] = [y, robust].map((part) => intervalOf(part, lookedAt));
        const { dataset } = this.context.lab;
        const about = [dataset, method, architecture, epsilon, lookedAt, x];
        return [...about, y, a.low, a.high, robust, b.low, b.high];
      }),
    ];
  }

  render() {
    this.frame.schedule();
  }

  remove() {
    this.trainer.end();
    this.plot.remove();
  }
}
