// Training runs: each is one net that learns in a worker, epoch by epoch; it can be stopped and taken up. It asks
// the worker and shows nothing.
import { trainingModule } from "../../../../engine/download.js";
import { EngineError, stopped } from "../../../../engine/errors.js";
import { WorkerPort } from "../../../../engine/port.js";
import { nextNumber } from "../../own.js";
import { damaged, fetchPack, pixelsOf } from "../../packs.js";

/** Test images that are looked at while it learns: enough to see a percent or two, and soon read. */
export const lookedAt = 200;

/** What suits each dataset: a net that learns something within a minute, and a budget that hurts. */
export const suited = {
  mnist: { architecture: "s-bn", epsilon: 0.2, most: 0.4, step: 0.01 },
  gtsrb: { architecture: "g240s", epsilon: 0.03, most: 0.1, step: 0.005 },
};

/** @typedef {{x: number, y: number}} Point */
/** One net's training: what was measured, how far it is, and what it takes to go on.
 * @typedef {{number: number, options: any, clean: Point[], robust: Point[], loss: number, epoch: number,
 *   memory: Float32Array | null, model: Uint8Array | null, title: string}} TrainingRun */
/** measured: something new is to be seen. told: only the loss is. epoch: an epoch is over.
 * @typedef {{measured: () => void, told: () => void, epoch: (training: TrainingRun) => void}} Listener */

export class Trainer {
  /** @type {TrainingRun | null} */ training;
  /** @type {WorkerPort | null} */ #port = null;

  /** @param {import("../../lab.js").Lab} lab @param {string[]} classes their names @param {Listener} listener */
  constructor(lab, classes, listener) {
    this.lab = lab;
    this.classes = classes;
    this.listener = listener;
    this.training = lab.memory.get("train") ?? null;
    this.suited = suited[/** @type {keyof typeof suited} */ (lab.dataset)] ?? suited.mnist;
  }

  forget() {
    this.training = null;
    this.lab.memory.delete("train");
  }

  end() {
    this.#port?.end(stopped("closed"));
  }

  /** A new run. @param {{method: string, epsilon: number, epochs: number}} settings
   * @param {(training: {number: number, options: any}) => string} titleOf @returns {TrainingRun} */
  begin({ method, epsilon, epochs }, titleOf) {
    const options = {
      method,
      architecture: this.suited.architecture,
      epsilon,
      steps: 7,
      epochs,
      batchSize: 64,
      learningRate: 2e-3,
      seed: 1,
    };
    const number = Math.max(nextNumber(), (this.lab.memory.get("trainings") ?? 0) + 1);
    this.lab.memory.set("trainings", number);
    this.training = {
      number,
      options,
      clean: [],
      robust: [],
      loss: 0,
      epoch: 0,
      memory: null,
      model: null,
      title: titleOf({ number, options }),
    };
    this.lab.memory.set("train", this.training);
    return this.training;
  }

  /** Goes on with the run until it is over. @param {TrainingRun} training
   * @param {import("../../run-bar.js").Running} running */
  async run(training, { signal, tell }) {
    const [pack] = (await this.lab.packs()).train;
    if (!pack) throw new EngineError("train.nothing", "");
    const [wasm, packed, tests] = await Promise.all([
      trainingModule(),
      fetchPack(pack),
      this.lab.testImages(lookedAt),
    ]);
    signal.throwIfAborted();
    // What was seen of an epoch that was broken off is not part of the run.
    for (const key of /** @type {const} */ (["clean", "robust"]))
      training[key] = training[key].filter(({ x }) => x <= training.epoch);
    const port = (this.#port = new WorkerPort("train"));
    const stop = () => port.end(stopped("stopped"));
    signal.addEventListener("abort", stop, { once: true });
    try {
      await port.ask("open", packed).catch((error) => {
        throw port.ended ?? (error instanceof EngineError ? error : damaged(pack));
      });
      await this.#start(port, training, wasm, tests);
      while (training.epoch < training.options.epochs)
        await this.#epoch(port, training, pack.count, tell);
    } finally {
      signal.removeEventListener("abort", stop);
      stop();
      this.#port = null;
    }
  }

  /** @param {WorkerPort} port @param {TrainingRun} training @param {ArrayBuffer} wasm @param {import("../../types").Images} tests */
  async #start(port, training, wasm, tests) {
    const { look } = await port.ask("start", {
      wasm,
      options: training.options,
      memory: training.memory,
      classes: this.classes,
      test: {
        ...tests.shape,
        pixels: pixelsOf(tests, 0, lookedAt),
        labels: tests.labels.slice(0, lookedAt),
      },
    });
    if (training.clean.length === 0) this.#note(training, 0, look);
  }

  /** @param {WorkerPort} port @param {TrainingRun} training @param {number} count of images @param {import("../../run-bar.js").Running["tell"]} tell */
  async #epoch(port, training, count, tell) {
    const answer = await port.ask("epoch", { name: training.title }, (told) => {
      const done = (training.epoch + told.fraction) * count;
      tell(done, training.options.epochs * count, "train.progress");
      training.loss = told.loss;
      if (told.look) this.#note(training, told.at, told.look);
      else this.listener.told();
    });
    const { epoch, loss, memory, model, look } = answer;
    Object.assign(training, { epoch, loss, memory, model });
    this.#note(training, epoch, look);
    this.listener.epoch(training);
    document.dispatchEvent(new CustomEvent("signflip:epoch", { detail: { epoch, ...look } }));
  }

  /** @param {TrainingRun} training @param {number} x @param {{clean: number, robust: number}} look */
  #note({ clean, robust }, x, look) {
    clean.push({ x, y: look.clean });
    robust.push({ x, y: look.robust });
    this.listener.measured();
  }
}
