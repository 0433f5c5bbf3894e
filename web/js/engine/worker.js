// The engine's worker: holds the WebAssembly module and its models, and answers the page's questions.
// It knows nothing of the page's state, and it never touches the network itself: the page hands it the
// compiled module and the bytes. What takes many attacks pauses between them, so that a newer question
// gets its turn. The page imports this file, too, for its first answers: page-port.js.
import createSignflip from "./signflip.js";

/** The worker's name says which engine is wanted. */
const inWorker = !("document" in self),
  first = !inWorker || self.name === "signflip-first";
// The glue's download begins here, beside that of the bytes; createSignflip says where it fails.
(first ? import("./signflip-first-engine.js") : import("./signflip-engine.js")).catch(() => {});
/** How often progress is told, in milliseconds. */
const often = 50;
/** A first attack that is quicker than this runs once more for its time. */
const quick = 50;
/** Models that were attacked: the first attack finds code that is not compiled yet. @type {Set<string>} */
const warm = new Set();

/** @typedef {import("../types").ExploreRequest} ExploreRequest */
/** @typedef {import("../types").Lane} Lane */
/** @typedef {import("../types").Model} Model */

/** @type {import("../types").Engine} */
let engine;
/** Classifiers as they are asked, and those of them that stand behind a denoiser with their denoiser.
 * @type {Map<string, {model: Model, denoiser: Model | null, bytes: Uint8Array}>} */
const models = new Map();

/** @param {{wasm: WebAssembly.Module}} start */
async function start({ wasm }) {
  engine = /** @type {any} */ (await createSignflip({ wasmModule: wasm, first }));
  return { attacks: engine.attacks() };
}

/** @param {import("../types").ModelBytes} files */
function load({ id, bytes, denoiser: before }) {
  const classifier = engine.loadModel(new Uint8Array(bytes));
  const denoiser = before && engine.loadModel(new Uint8Array(before));
  const model = denoiser ? classifier.denoisedBy(denoiser) : classifier;
  models.set(id, { model, denoiser, bytes: new Uint8Array(bytes) });
  return true;
}

/** @param {ExploreRequest} request @param {string} id */
function modelNamed({ dataset }, id) {
  const model = models.get(`${dataset}/${id}`);
  if (!model) throw new Error(`There is no model "${id}".`);
  return model;
}

/** Tells the page how far the attack is that these models' lanes wait for.
 * @param {number} id of the question @param {string[]} lanes */
function teller(id, lanes) {
  let told = performance.now();
  return (/** @type {number} */ fraction) => {
    const now = performance.now();
    if (now - told < often) return;
    told = now;
    if (inWorker) self.postMessage({ id, progress: { models: lanes, fraction } });
  };
}

/** @param {ExploreRequest} request @param {string} name of the model that is attacked
 * @param {Record<string, unknown>} [more] options of the attack */
function attackOn(request, name, more = {}) {
  const { image, label, attack, parameters, target, needsTarget, grayBox } = request;
  const { model, denoiser } = modelNamed(request, name);
  const truth = label ?? model.predict(image).labels[0];
  const wanted = target === truth ? null : target;
  const aim = wanted ?? (needsTarget ? (truth + 1) % model.classes.length : null);
  const options = {
    ...parameters,
    attack,
    ...(denoiser ? { grayBox } : {}),
    ...(aim === null ? {} : { targets: Int32Array.of(aim) }),
    ...more,
  };
  const began = performance.now();
  const result = model.attack(options, image, Int32Array.of(truth));
  return { result, aim, truth, milliseconds: performance.now() - began };
}

/** What is told of it is how long the attack takes, not its compiling.
 * @param {ExploreRequest} request @param {string} name @param {Record<string, unknown>} more as attackOn() takes them */
function timedAttackOn(request, name, more) {
  const first = attackOn(request, name, more),
    cold = !warm.has(name);
  warm.add(name);
  return cold && first.milliseconds < quick ? attackOn(request, name, more) : first;
}

/** @param {ExploreRequest} request @param {number} id */
function explore(request, id) {
  const tell = (/** @type {string[]} */ lanes) => ({ onProgress: teller(id, lanes) });
  const shared =
    request.from === "" ? null : timedAttackOn(request, request.from, tell(request.models));
  const lanes = request.models.map((name) => {
    const { model, denoiser } = modelNamed(request, name);
    const clean = model.predict(request.image);
    const own =
      shared && name !== request.from
        ? null
        : (shared ?? timedAttackOn(request, name, tell([name])));
    const { result, aim } = own ?? /** @type {NonNullable<typeof shared>} */ (shared);
    const after = own ? result : model.predict(result.adversarial);
    /** @type {Lane} */
    const lane = {
      model: name,
      label: request.label ?? clean.labels[0],
      target: aim,
      cleanLabel: clean.labels[0],
      adversarialLabel: after.labels[0],
      before: clean.probabilities,
      after: after.probabilities,
      // One image may serve several lanes, and a buffer can be given away only once.
      adversarial: result.adversarial.slice(),
      seen: denoiser && denoiser.predict(result.adversarial).logits,
      l0: Number(result.l0[0]),
      l2: Number(result.l2[0]),
      linf: Number(result.linf[0]),
      milliseconds: own ? own.milliseconds : null,
    };
    return lane;
  });
  return lanes;
}

/** @param {{request: ExploreRequest, model: string}} question */
async function trace({ request, model: name }) {
  const { traceOf, Way } = await import("./trace.js");
  const way = new Way();
  const { result } = attackOn(request, request.from || name, {
    onStep: (
      /** @type {number} */ _image,
      /** @type {number} */ _step,
      /** @type {number} */ _loss,
      /** @type {Float32Array} */ iterate,
    ) => way.add(iterate),
  });
  // Not every attack has steps that it tells.
  if (way.steps.length === 0) way.add(request.image);
  way.end(result.adversarial);
  const { model } = modelNamed(request, name);
  return traceOf(way, model, request.label ?? model.predict(request.image).labels[0], name);
}

/** Counts the stops: what runs in pieces ends when it has changed. */
let stops = 0;
const pause = () => new Promise((resolve) => setTimeout(resolve));

/** @param {{request: ExploreRequest, model: string, upTo: number}} question @param {number} id
 * @returns {Promise<import("../types").Smallest | null>} null where it was stopped */
async function smallest({ request, model: name, upTo }, id) {
  const begun = stops;
  const { smallestBudget } = await import("./smallest.js");
  const { model } = modelNamed(request, name);
  const truth = request.label ?? model.predict(request.image).labels[0];
  const tell = teller(id, [name]);
  const stopped = new Error("stopped");
  try {
    const found = await smallestBudget(
      async (epsilon) => {
        await pause();
        if (stops !== begun) throw stopped;
        const asked = { ...request, parameters: { ...request.parameters, epsilon } };
        const { result, aim } = attackOn(asked, request.from || name);
        const label = model.predict(result.adversarial).labels[0];
        return aim === null ? label !== truth : label === aim;
      },
      { upTo, onProgress: tell },
    );
    return { model: name, ...found };
  } catch (error) {
    if (error === stopped) return null;
    throw error;
  }
}

/** The radius within which nothing can fool a classifier, as far as interval bounds prove it; null of one
 * behind a denoiser, of which nothing is proved.
 * @param {{request: ExploreRequest, model: string}} question */
function certify({ request, model: name }) {
  const { model, denoiser, bytes } = modelNamed(request, name);
  if (denoiser) return null;
  const label = request.label ?? model.predict(request.image).labels[0];
  return engine.certifiedRadii(bytes, request.image, Int32Array.of(label))[0];
}

/** @param {{bytes: ArrayBuffer, shape: {side: number, channels: number, digit: boolean}}} picture */
function prepare({ bytes, shape }) {
  return engine.prepareImage(new Uint8Array(bytes), shape);
}

/** Lets go of the module and its models, so that their memory can be collected. */
function forget() {
  models.clear();
  engine = /** @type {any} */ (null);
}

/** @type {import("../types").Answers} */
export const answers = {
  start,
  load,
  explore,
  trace,
  smallest,
  certify,
  prepare,
  forget,
  stop: () => (stops++, true),
};

/** The arrays of an answer can be given away instead of copied. @param {any} value @returns {ArrayBuffer[]} */
function buffersOf(value) {
  if (ArrayBuffer.isView(value)) return [/** @type {ArrayBuffer} */ (value.buffer)];
  if (value === null || typeof value !== "object") return [];
  return [...new Set(Object.values(value).flatMap(buffersOf))];
}

if (inWorker)
  self.onmessage = async (/** @type {MessageEvent} */ event) => {
    const { id, type, body } = event.data;
    try {
      const value = await answers[type](body, id);
      self.postMessage({ id, value }, { transfer: type === "start" ? [] : buffersOf(value) });
    } catch (error) {
      // A trap leaves the module in an unknown state: the page must start another worker.
      const dead = error instanceof WebAssembly.RuntimeError;
      self.postMessage({ id, error: error instanceof Error ? error.message : String(error), dead });
    }
  };
