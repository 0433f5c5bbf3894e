// "Defend it yourself": a small net is trained in the page, normally or on attacked images, and one watches
// what it learns. It can be stopped and taken up; after each epoch it is one more model for every tool.
import { h, oncePerFrame, save, setText } from "../../../../ui/dom.js";
import { trainingModule } from "../../../../engine/download.js";
import { EngineError, stopped } from "../../../../engine/errors.js";
import { WorkerPort } from "../../../../engine/port.js";
import { readableMs } from "../../../../state/timing.js";
import { createOneOf } from "../../choices.js";
import { damaged, fetchPack, pixelsOf } from "../../packs.js";
import { createPlot } from "../../../../ui/plot.js";
import { createRunBar } from "../../run-bar.js";

/** Test images that are looked at while it learns: enough to see a percent or two, and soon read. */
const lookedAt = 200;

/** What suits each dataset: a net that learns something within a minute, and a budget that hurts. */
const courses = {
  mnist: { architecture: "s-bn", epsilon: 0.2, most: 0.4, step: 0.01 },
  gtsrb: { architecture: "g240s", epsilon: 0.03, most: 0.1, step: 0.005 },
};

/** @typedef {{x: number, y: number}} Point
 * @typedef {{number: number, options: any, clean: Point[], robust: Point[], loss: number, epoch: number, memory: Float32Array | null,
 *            model: Uint8Array | null, title: string}} Course */

/** @param {import("../../types").LabContext} context
 * @returns {import("../../types").Tool} */
export function createTrain(context) {
  const { words, lab, classes, className, open, modelsChanged } = context;
  const suits = courses[/** @type {keyof typeof courses} */ (lab.dataset)] ?? courses.mnist;
  /** @type {Course | null} */
  let course = lab.memory.get("train") ?? null;
  /** @type {WorkerPort | null} */
  let port = null;
  let painted = 0,
    drawn = "";

  const method = createOneOf({
    legend: words.t("train.method"),
    values: ["standard", "mixed", "fast", "pgd"],
    label: (value) => words.t(`train.${value}`),
    value: course?.options.method ?? "standard",
    onchange: () => renew(),
  });
  const epochs = createOneOf({
    legend: words.t("train.epochs"),
    values: [4, 8, 16],
    label: String,
    value: course?.options.epochs ?? 8,
    onchange: () => renew(),
  });
  const epsilon = /** @type {HTMLInputElement} */ (
    h("input", {
      id: "train-epsilon",
      type: "number",
      min: suits.step,
      max: suits.most,
      step: suits.step,
      value: course?.options.epsilon ?? suits.epsilon,
      inputmode: "decimal",
      onchange: () => renew(),
    })
  );
  const about = h("p", { class: "hint method-about" });
  const bar = createRunBar(context, {
    label: words.t("train.start"),
    run,
    stop: words.t("train.stop"),
    ended: () => schedule(),
  });
  const fresh = h(
    "button",
    {
      type: "button",
      hidden: true,
      onclick: () => {
        course = null;
        lab.memory.delete("train");
        paint();
      },
    },
    words.t("train.fresh"),
  );
  const plot = createPlot({
    label: words.t("train.empty"),
    height: 340,
    xName: words.t("train.epoch"),
    yName: words.t("curve.accuracy"),
    xText: (x) => words.number(x, x === Math.round(x) ? 0 : 1),
    yText: (y) => words.wholePercent(y),
  });
  const clean = h("dd", { class: "figure" }, "–"),
    robust = h("dd", { class: "figure" }, "–"),
    done = h("dd", {}, "–"),
    loss = h("dd", {}, "–");
  const made = h("p", { class: "made hint" });
  const attack = /** @type {HTMLButtonElement} */ (
    h(
      "button",
      {
        type: "button",
        disabled: true,
        onclick: () => {
          lab.memory.set("prefer", `own-${course?.number}`);
          open("test");
        },
      },
      words.t("train.attack"),
    )
  );
  const download = /** @type {HTMLButtonElement} */ (
    h(
      "button",
      { type: "button", disabled: true, onclick: () => keep() },
      words.t("train.download"),
    )
  );
  const body = h("tbody", {});
  const element = h(
    "div",
    { class: "tool train" },
    h(
      "div",
      { class: "panel ask" },
      method.element,
      epochs.element,
      h(
        "div",
        { class: "lab-choice" },
        h("label", { for: "train-epsilon" }, words.t("train.epsilon")),
        epsilon,
      ),
      bar.element,
      fresh,
      about,
    ),
    h(
      "div",
      { class: "panel" },
      made,
      plot.element,
      h("p", { class: "hint" }, words.t("train.note", { count: lookedAt })),
    ),
    h(
      "div",
      { class: "panel" },
      h(
        "dl",
        { class: "stats" },
        h("div", { class: "of-clean" }, h("dt", {}, words.t("train.clean")), clean),
        h("div", { class: "of-robust" }, h("dt", {}, words.t("train.robust")), robust),
        h("div", {}, h("dt", {}, words.t("train.epoch")), done),
        h("div", {}, h("dt", {}, words.t("train.loss")), loss),
      ),
      h("div", { class: "buttons" }, attack, download),
      h(
        "details",
        { class: "more" },
        h("summary", {}, words.t("curve.numbers")),
        h(
          "div",
          {
            class: "table-scroll",
            tabindex: 0,
            role: "region",
            "aria-label": words.t("curve.numbers"),
          },
          h(
            "table",
            { class: "numbers" },
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                ...["epoch", "clean", "robust"].map((key) =>
                  h("th", { scope: "col" }, words.t(`train.${key}`)),
                ),
              ),
            ),
            body,
          ),
        ),
      ),
    ),
  );

  /** Other settings are another net. */
  function renew() {
    course = bar.running() ? course : null;
    paint();
  }

  function paint() {
    painted = performance.now();
    const all = course?.options.epochs ?? epochs.value();
    setText(about, words.t(`train.${method.value()}.about`));
    bar.rename(
      words.t(course && course.epoch > 0 && course.epoch < all ? "train.continue" : "train.start"),
    );
    fresh.hidden = !course || course.epoch === 0 || bar.running();
    const series = [
      { id: "robust", title: words.t("train.robust"), points: course?.robust ?? [] },
      { id: "clean", title: words.t("train.clean"), points: course?.clean ?? [] },
    ];
    const last = (/** @type {Point[]} */ points) =>
      points.length > 0 ? words.percent(points[points.length - 1].y) : "–";
    const drawing = `${course?.number} ${course?.clean.length} ${all}`;
    if (drawn !== drawing)
      plot.draw(
        series,
        all,
        course
          ? words.t("train.summary", {
              title: course.title,
              clean: last(course.clean),
              robust: last(course.robust),
            })
          : words.t("train.empty"),
      );
    drawn = drawing;
    setText(made, course ? course.title : words.t("train.empty"));
    setText(clean, last(course?.clean ?? []));
    setText(robust, last(course?.robust ?? []));
    setText(done, course ? `${words.number(course.clean.at(-1)?.x ?? 0, 1)} / ${all}` : "–");
    setText(loss, course && course.loss > 0 ? words.number(course.loss, 3) : "–");
    attack.disabled = download.disabled = !course?.model;
    const points = course?.clean ?? [];
    while (body.children.length > points.length) body.lastElementChild?.remove();
    points.forEach(({ x, y }, i) => {
      if (body.children[i]) return;
      body.append(
        h(
          "tr",
          {},
          h("th", { scope: "row" }, words.number(x, 2)),
          h("td", {}, words.percent(y)),
          h("td", {}, words.percent(course?.robust[i]?.y ?? 0)),
        ),
      );
    });
  }
  const { schedule, cancel } = oncePerFrame(paint);
  /** After a batch only a few numbers change, and nobody reads them this fast. */
  const scheduleCalmly = () => {
    if (performance.now() - painted > readableMs) schedule();
  };

  /** A new run, with the settings as they are. @returns {Course} */
  function enrol() {
    const value = Math.min(
      suits.most,
      Math.max(suits.step, epsilon.valueAsNumber || suits.epsilon),
    );
    epsilon.value = String(value);
    const options = {
      method: method.value(),
      architecture: suits.architecture,
      epsilon: value,
      steps: 7,
      epochs: epochs.value(),
      batchSize: 64,
      learningRate: 2e-3,
      seed: 1,
    };
    const number = (lab.memory.get("courses") ?? 0) + 1;
    lab.memory.set("courses", number);
    const title = words.t("train.title", {
      number,
      method: words.t(`train.${options.method}`),
      epsilon: words.number(value, value < 0.1 ? 3 : 2),
    });
    return {
      number,
      options,
      clean: [],
      robust: [],
      loss: 0,
      epoch: 0,
      memory: null,
      model: null,
      title,
    };
  }

  /** @param {Course} of @param {number} x @param {{clean: number, robust: number}} look */
  function note(of, x, look) {
    of.clean.push({ x, y: look.clean });
    of.robust.push({ x, y: look.robust });
    schedule();
  }

  /** @param {import("../../run-bar.js").Running} running */
  async function run({ signal, tell }) {
    if (!course || course.epoch >= course.options.epochs) course = enrol();
    const mine = course;
    lab.memory.set("train", mine);
    const pack = (await lab.packs()).train[0];
    if (!pack) throw new Error(words.t("train.noImages"));
    const [wasm, packed, tests] = await Promise.all([
      trainingModule(),
      fetchPack(pack),
      lab.testImages(lookedAt),
    ]);
    signal.throwIfAborted();
    // What was seen of an epoch that was broken off is not part of the run.
    for (const key of /** @type {const} */ (["clean", "robust"]))
      mine[key] = mine[key].filter(({ x }) => x <= mine.epoch);
    const here = (port = new WorkerPort("train"));
    const stop = () => here.end(stopped("stopped"));
    signal.addEventListener("abort", stop, { once: true });
    try {
      await here.ask("open", packed).catch((error) => {
        throw here.ended ?? (error instanceof EngineError ? error : damaged(pack));
      });
      const { look } = await here.ask("start", {
        wasm,
        options: mine.options,
        memory: mine.memory,
        classes: Array.from({ length: classes }, (_, i) => className(i)),
        test: {
          ...tests.shape,
          pixels: pixelsOf(tests, 0, lookedAt),
          labels: tests.labels.slice(0, lookedAt),
        },
      });
      if (mine.clean.length === 0) note(mine, 0, look);
      while (mine.epoch < mine.options.epochs) {
        const answer = await here.ask("epoch", { name: mine.title }, (told) => {
          tell(
            (mine.epoch + told.fraction) * pack.count,
            mine.options.epochs * pack.count,
            "train.progress",
          );
          mine.loss = told.loss;
          if (told.look) note(mine, told.at, told.look);
          else scheduleCalmly();
        });
        mine.epoch = answer.epoch;
        mine.loss = answer.loss;
        mine.memory = answer.memory;
        mine.model = answer.model;
        note(mine, answer.epoch, answer.look);
        publish(mine);
        document.dispatchEvent(
          new CustomEvent("signflip:epoch", { detail: { epoch: answer.epoch, ...answer.look } }),
        );
      }
    } finally {
      signal.removeEventListener("abort", stop);
      stop();
      port = null;
    }
    return words.t("train.status", {
      clean: words.percent(mine.clean[mine.clean.length - 1].y),
      robust: words.percent(mine.robust[mine.robust.length - 1].y),
    });
  }

  /** Makes the net as it is now one of the laboratory's models. @param {Course} of */
  function publish(of) {
    const bytes = /** @type {ArrayBuffer} */ (/** @type {Uint8Array} */ (of.model).slice().buffer);
    const model = { id: `own-${of.number}`, title: of.title, classifier: async () => bytes };
    const at = lab.trained.findIndex(({ id }) => id === model.id);
    if (at >= 0) lab.trained[at] = model;
    else {
      lab.trained.push(model);
      modelsChanged();
    }
  }

  function keep() {
    if (!course?.model) return;
    save(
      new Blob([/** @type {BlobPart} */ (course.model)], { type: "application/octet-stream" }),
      `signflip-${lab.dataset}-${course.options.method}-${course.number}.safetensors`,
    );
  }

  paint();
  return {
    element,
    render() {
      schedule();
    },
    remove() {
      bar.stop();
      port?.end(stopped("closed"));
      plot.remove();
      cancel();
    },
  };
}
