// The worker that trains: the training module and one run in it (src/wasm/bindings_train.cpp). After each
// epoch it hands the page all that another worker needs to go on, so that stopping is ending the worker.
import createEngine from "./signflip-train-engine.js";
import { readPack, unpack } from "./pack.js";

/** How often a look at the test images may be taken within an epoch, in parts of it. */
const looks = 4;

/** @type {any} */
let course;
/** What it will learn from, until the engine has it. @type {import("../features/models/types").Images | null} */
let images = null;

/** @template T @param {T & {error?: string}} answer @returns {T} */
function unwrap(answer) {
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer;
}

/** @param {Blob} packed */
async function open(packed) {
  images = readPack(await unpack(packed));
}

/** @param {{wasm: ArrayBuffer, options: any, test: any, classes: string[], memory: Float32Array | null}} body */
async function start({ wasm, options, test, classes, memory }) {
  const engine = await createEngine({ wasmBinary: new Uint8Array(wasm) });
  if (!images) throw new Error("There are no images to learn from.");
  course = unwrap(
    engine.beginCourse(
      options,
      { ...images.shape, pixels: images.pixels, labels: images.labels },
      test,
      classes,
    ),
  ).course;
  images = null;
  if (memory) unwrap(course.resume(memory));
  return { epochs: course.epochsDone(), look: course.look() };
}

/** @param {{name: string}} body @param {number} id */
function epoch({ name }, id) {
  const before = course.epochsDone();
  let looked = 0;
  const report = course.trainEpoch(
    (/** @type {number} */ done, /** @type {number} */ images, /** @type {number} */ loss) => {
      const part = Math.floor((done / images) * looks);
      const look = part > looked && done < images ? course.look() : null;
      looked = Math.max(looked, part);
      self.postMessage({
        id,
        progress: {
          models: [],
          fraction: done / images,
          more: { at: before + done / images, loss, look },
        },
      });
      return true;
    },
  );
  return { ...report, look: course.look(), model: course.model(name), memory: course.memory() };
}

/** @type {Record<string, (body: any, id: number) => any>} */
const answers = { open, start, epoch };

self.onmessage = async (/** @type {MessageEvent} */ { data: { id, type, body } }) => {
  try {
    const value = await answers[type](body, id);
    self.postMessage(
      { id, value },
      { transfer: value?.memory ? [value.memory.buffer, value.model.buffer] : [] },
    );
  } catch (error) {
    const dead = error instanceof WebAssembly.RuntimeError;
    const message = error instanceof Error ? error.message : String(error);
    const forbidden =
      error instanceof WebAssembly.CompileError ||
      /unsafe-eval|Content Security Policy/i.test(message);
    self.postMessage({ id, error: message, dead, forbidden });
  }
};
