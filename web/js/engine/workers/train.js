// The worker that trains: the training module and one run in it. After each epoch it hands the page all
// that another worker needs to go on, so that stopping is ending the worker.
import { draw } from "../../picture/drawn/index.js";
import { readPack, unpack } from "../pack.js";
import { unwrap } from "../call-buffer.js";
import createEngine from "../signflip-train-engine.js";
import { serve } from "../worker-host.js";

/** How often accuracy on the test images may be measured within an epoch. */
const measurements = 4;

/** @type {any} */
let session;
/** What it will learn from, until the engine has it. @type {import("../../features/models/types").Images | null} */
let images = null;

/** @param {Blob | {dataset: string, count: number, seed: number}} packed or what to draw */
async function open(packed) {
  images = packed instanceof Blob ? readPack(await unpack(packed)) : draw(packed);
}

/** @param {{wasm: ArrayBuffer, options: any, test: any, classes: string[], memory: Float32Array | null}} body */
async function start({ wasm, options, test, classes, memory }) {
  const engine = await createEngine({ wasmBinary: new Uint8Array(wasm) });
  if (!images) throw new Error("There are no images to learn from.");
  const { shape, pixels, labels } = images;
  session = unwrap(
    engine.beginTraining(options, { ...shape, pixels, labels }, test, classes),
  ).session;
  images = null;
  if (memory) unwrap(session.resume(memory));
  return { epochs: session.epochsDone(), look: session.measure() };
}

/** @param {{name: string}} body @param {import("../worker-host.js").Tell} tell */
function epoch({ name }, tell) {
  const before = session.epochsDone();
  let measured = 0;
  const report = unwrap(
    session.trainEpoch(
      (/** @type {number} */ done, /** @type {number} */ count, /** @type {number} */ loss) => {
        const fraction = done / count;
        const part = Math.floor(fraction * measurements);
        const look = part > measured && done < count ? session.measure() : null;
        measured = Math.max(measured, part);
        tell({ fraction, at: before + fraction, loss, look });
        return true;
      },
    ),
  );
  return {
    ...report,
    look: session.measure(),
    model: session.model(name),
    memory: session.checkpoint(),
  };
}

serve({ open, start, epoch });
