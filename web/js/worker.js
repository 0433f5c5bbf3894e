// The engine's worker: holds the WebAssembly module and its models, and answers the page's questions
// one at a time. It knows nothing of the page's state, and it never touches the network itself: the
// page hands it the bytes.
import createSignflip from "./signflip.js";

/** The worker's name says which engine is wanted. */
const first = self.name === "signflip-first";
// The glue's download begins here, beside that of the bytes; createSignflip says where it fails.
(first ? import("./signflip-first-engine.js") : import("./signflip-engine.js")).catch(() => {});
/** How often progress is told, in milliseconds. */
const often = 50;

/** @typedef {import("./types").ExploreRequest} ExploreRequest */
/** @typedef {import("./types").Lane} Lane */
/** @typedef {import("./types").Model} Model */

/** @type {import("./types").Engine} */
let engine;
/** @type {Map<string, Model>} */
const models = new Map();

/** @param {{wasm: ArrayBuffer, models: {id: string, bytes: ArrayBuffer}[]}} start */
async function start({ wasm, models: files }) {
  engine = /** @type {any} */ (await createSignflip({ wasmBinary: new Uint8Array(wasm), first }));
  for (const { id, bytes } of files) models.set(id, engine.loadModel(new Uint8Array(bytes)));
  const attacks = engine.attacks();
  // Once through everything: the first attack that is shown does not pay for compiling the code.
  for (const model of models.values()) {
    const { height, width, channels } = model.inputShape;
    model.attack({ attack: attacks[0].name }, new Float32Array(height * width * channels), Int32Array.of(0));
  }
  return {
    attacks,
    models: [...models].map(([id, { name, classes, parameterCount }]) => ({ id, name, classes, parameterCount })),
  };
}

/** @param {string} id */
function modelNamed(id) {
  const model = models.get(id);
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
    self.postMessage({ id, progress: { models: lanes, fraction } });
  };
}

/** @param {Model} model @param {ExploreRequest} request @param {(fraction: number) => void} onProgress */
function attackWith(model, { image, label, attack, parameters, target, needsTarget }, onProgress) {
  const truth = label ?? model.predict(image).labels[0];
  const wanted = target === truth ? null : target;
  const aim = wanted ?? (needsTarget ? (truth + 1) % model.classes.length : null);
  const options = { ...parameters, attack, onProgress, ...(aim === null ? {} : { targets: Int32Array.of(aim) }) };
  const began = performance.now();
  const result = model.attack(options, image, Int32Array.of(truth));
  return { result, aim, milliseconds: performance.now() - began };
}

/** @param {ExploreRequest} request @param {number} id */
function explore(request, id) {
  const shared = request.from === "" ? null : attackWith(modelNamed(request.from), request, teller(id, request.models));
  return request.models.map((name) => {
    const model = modelNamed(name);
    const clean = model.predict(request.image);
    const own = shared && name !== request.from ? null : (shared ?? attackWith(model, request, teller(id, [name])));
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
      l0: Number(result.l0[0]), l2: Number(result.l2[0]), linf: Number(result.linf[0]),
      milliseconds: own ? own.milliseconds : null,
    };
    return lane;
  });
}

self.onmessage = async (/** @type {MessageEvent} */ event) => {
  const { id, type, body } = event.data;
  try {
    const value = type === "start" ? await start(body) : explore(body, id);
    const transfer = type === "explore"
      ? [...new Set(/** @type {Lane[]} */ (value).flatMap((l) => [l.before.buffer, l.after.buffer, l.adversarial.buffer]))] : [];
    self.postMessage({ id, value }, { transfer: /** @type {ArrayBuffer[]} */ (transfer) });
  } catch (error) {
    // A trap leaves the module in an unknown state: the page must start another worker.
    const dead = error instanceof WebAssembly.RuntimeError;
    const message = error instanceof Error ? error.message : String(error);
    const forbidden = error instanceof WebAssembly.CompileError || /unsafe-eval|Content Security Policy/i.test(message);
    self.postMessage({ id, error: message, dead, forbidden });
  }
};
