// Runs in the page: sets up an engine for a case, times it.
import { readModel } from "./model.js";

/** @typedef {{attack: "fgsm"|"mim-10", net: string, count: number}} Case */
/** Engine → configuration → one run. @type {Map<string, Map<string, () => any>>} */
const prepared = new Map();

export const epsilon = 0.25;
const kWarmUp = 1000;

/** Uniform images and labels, the same for every engine. */
function randomBatch({ height, width, channels }, classes, count) {
  let state = 12345;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const images = Float32Array.from({ length: count * height * width * channels }, random);
  return {
    images,
    labels: Int32Array.from({ length: count }, () => Math.floor(classes * random())),
  };
}

const engines = {
  Signflip: async ({ attack, count }, bytes, model, batch) => {
    const { default: createSignflip } = await import("../signflip.js");
    const own = (await createSignflip()).loadModel(bytes);
    const options =
      attack === "fgsm" ? { attack: "fgsm", epsilon } : { attack: "mim", epsilon, steps: 10 };
    return {
      crafts: () =>
        own.attack({ ...options, judge: false }, batch.images, batch.labels).adversarial,
      judges: () => own.attack(options, batch.images, batch.labels).adversarial,
    };
  },
  "onnxruntime-web": async (what, bytes, model, batch) =>
    (await import("./onnx_peer.js")).prepare(what, model, batch, epsilon),
  "TensorFlow.js": async (what, bytes, model, batch) =>
    (await import("./tfjs_peer.js")).prepare(what, model, batch, epsilon),
};

/** @param {keyof typeof engines} engine @param {Case} what @returns {Promise<string[]>} its configurations */
export async function prepare(engine, what) {
  const bytes = new Uint8Array(await (await fetch(`models/${what.net}.safetensors`)).arrayBuffer());
  const model = readModel(bytes);
  const batch = randomBatch(model.input, model.classes.length, what.count);
  const runs = new Map(Object.entries(await engines[engine](what, bytes, model, batch)));
  prepared.set(engine, runs);
  // One step of the same size on the same images: where engines differ in more than a few signs, one of them is wrong.
  for (const [name, run] of runs) {
    const answer = await run();
    const reference =
      prepared.get("Signflip reference") ??
      prepared.set("Signflip reference", answer).get("Signflip reference");
    let differing = 0;
    for (let i = 0; i < answer.length; i++)
      differing += Math.abs(answer[i] - reference[i]) > 0.01 ? 1 : 0;
    if (what.attack === "fgsm" && differing > 0.02 * answer.length)
      throw new Error(
        `${engine} (${name}) differs from ours in ${differing} of ${answer.length} pixels`,
      );
  }
  // A browser runs WebAssembly as quickly compiled code until the good one is ready, in the background.
  for (const run of runs.values()) {
    const begin = performance.now();
    do await run();
    while (performance.now() - begin < kWarmUp);
  }
  return [...runs.keys()];
}

/** Seconds of the quickest run within about `budget` seconds. */
export async function time(engine, configuration, budget) {
  const run = prepared.get(engine).get(configuration);
  await run();
  let best = Infinity;
  const begin = performance.now();
  do {
    // As many runs a sample as it takes to be long beside the clock's grain of 0.1 ms.
    const start = performance.now();
    let runs = 0,
      taken = 0;
    do {
      await run();
      runs++;
      taken = performance.now() - start;
    } while (taken < 4);
    best = Math.min(best, taken / runs / 1000);
  } while (performance.now() - begin < 1000 * budget);
  return best;
}
