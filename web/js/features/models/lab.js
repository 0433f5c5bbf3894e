// What the tools run on: workers, the models that may be tested, and whole runs of images through
// them. One for each dataset; what visitors trained stays when the language changes. No view.
import { siteModels } from "./site-models.js";
import { openPack, packsOf, pixelsOf } from "./packs.js";
import { Pool } from "../../engine/pool.js";
import { jobMs } from "../../state/timing.js";

/** @typedef {import("./types").LabModel} LabModel
 * @typedef {import("./types").Images} Images
 * @typedef {import("./types").Setup} Setup
 * @typedef {import("./types").Stretch} Stretch */

/** Images that travel together: a shard of the engine; fewer where an attack is slow. */
const stretch = 16;
/** More workers than this have nothing to gain on a thousand images, and each holds its models. */
const mostWorkers = 16;

export class Lab {
  /** What tools remember from one mounting to the next. @type {Map<string, any>} */ memory =
    new Map();
  /** @type {Pool | null} */ #pool = null;

  /** @param {string} dataset */
  constructor(dataset) {
    this.dataset = dataset;
  }

  /** The site's, and those that the visitor trained. @returns {LabModel[]} */
  get models() {
    return siteModels(this.dataset);
  }

  /** @param {string} id */
  model(id) {
    const model = this.models.find((one) => one.id === id);
    if (!model) throw new Error(`There is no model "${id}".`);
    return model;
  }

  get pool() {
    this.#pool ??= new Pool({
      size: Math.max(1, Math.min(navigator.hardwareConcurrency || 2, mostWorkers)),
      model: async (id) => {
        const { classifier, denoiser, transform } = this.model(id);
        return { classifier: await classifier(), denoiser: await denoiser?.(), transform };
      },
    });
    return this.#pool;
  }

  /** Ends the workers; the next run starts others. */
  close() {
    this.#pool?.close();
    this.#pool = null;
  }

  packs() {
    return packsOf(this.dataset);
  }

  /** The first `count` test images, or as many as there are: of the set of that size, else of the first that has
   * so many. @param {number} count @returns {Promise<Images>} */
  async testImages(count) {
    const { test } = await this.packs();
    return openPack(
      test.find((one) => one.count === count) ?? test.find((one) => one.count >= count) ?? test[0],
    );
  }

  /** Attacks images 0 … count−1 in stretches, over all workers. The stretches do not change the result.
   * @param {{model: string, judges?: string[], setup: Setup, images: Images, count: number, keep?: boolean, signal: AbortSignal,
   *   result: (answer: Stretch, first: number, count: number) => void, progress?: (done: number) => void}} run
   * @returns {Promise<void>} */
  async attack({
    model,
    judges = [model],
    setup,
    images,
    count,
    keep = false,
    signal,
    result,
    progress,
  }) {
    // The first stretches are short: something is to be seen soon, however slow the attack.
    let next = 0,
      done = 0,
      length = stretch / 4;
    const size = this.pool.size;
    /** @type {Map<any, {began: number, part: number}>} */
    const open = new Map();
    const tell = () =>
      progress?.(done + [...open.values()].reduce((sum, { part }) => sum + part, 0));
    await this.pool.run(
      () => {
        if (next >= count) return null;
        const first = next,
          here = Math.min(length, count - first, Math.max(1, Math.ceil((count - first) / size)));
        next += here;
        const body = {
          model,
          judges,
          keep,
          attack: setup.attack.name,
          parameters: setup.parameters,
          first,
          images: pixelsOf(images, first, here),
          labels: images.labels.slice(first, first + here),
        };
        const job = { type: "attack", body, models: [...new Set([model, ...judges])] };
        open.set(job, { began: performance.now(), part: 0 });
        return job;
      },
      {
        signal,
        progress: (job, fraction) => {
          const at = open.get(job);
          if (at) at.part = fraction * job.body.labels.length;
          tell();
        },
        result: (answer, job) => {
          const lasted = performance.now() - (open.get(job)?.began ?? 0),
            here = job.body.labels.length;
          open.delete(job);
          done += here;
          if (lasted > jobMs) length = Math.max(1, Math.floor((here * jobMs) / lasted));
          else if (here === length) length = Math.min(stretch, length * 2);
          result(answer, job.body.first, here);
          tell();
        },
      },
    );
  }
}

/** @type {Map<string, Lab>} */
const labs = new Map();

/** The dataset's lab, always the same one. @param {string} dataset */
export function labFor(dataset) {
  const lab = labs.get(dataset) ?? new Lab(dataset);
  labs.set(dataset, lab);
  return lab;
}
