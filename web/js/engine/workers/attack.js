// The worker of the view of one image: what an attack does to it on each model that is shown, and what
// else can be found out about that.
import { load, loaded, signflip, start } from "../loaded-models.js";
import { nowAndThen, serve } from "../worker-host.js";
import { repeatedMs } from "../../state/timing.js";

/** Models that were attacked: the first attack finds code that is not compiled yet. @type {Set<string>} */
const warm = new Set();

/** @typedef {import("../../types").ExploreRequest} ExploreRequest */
/** @typedef {import("../../types").Lane} Lane */
/** @typedef {import("../worker-host.js").Tell} Tell */

/** @param {ExploreRequest} request @param {string} id */
const modelNamed = ({ dataset }, id) => loaded(`${dataset}/${id}`);

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

/** Repeats a model's first attack where that is quick: the time that is told is the attack's, not that of
 * compiling its code.
 * @param {ExploreRequest} request @param {string} name @param {Record<string, unknown>} more as attackOn() takes them */
function timedAttackOn(request, name, more) {
  const first = attackOn(request, name, more);
  const cold = !warm.has(name);
  warm.add(name);
  return cold && first.milliseconds < repeatedMs ? attackOn(request, name, more) : first;
}

/** Every model's lane. @param {ExploreRequest} request @param {Tell} tell */
function explore(request, tell) {
  const following = (/** @type {string[]} */ models) => {
    const often = nowAndThen(tell);
    return { onProgress: (/** @type {number} */ fraction) => often({ models, fraction }) };
  };
  const shared =
    request.from === "" ? null : timedAttackOn(request, request.from, following(request.models));
  return request.models.map((name) => {
    const { model, denoiser } = modelNamed(request, name);
    const clean = model.predict(request.image);
    const own =
      shared && name !== request.from
        ? null
        : (shared ?? timedAttackOn(request, name, following([name])));
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
      l0: result.l0[0],
      l2: result.l2[0],
      linf: result.linf[0],
      milliseconds: own ? own.milliseconds : null,
    };
    return lane;
  });
}

/** The iterates of an attack. @param {{request: ExploreRequest, model: string}} question */
async function trace({ request, model: name }) {
  const { traceOf, Way } = await import("../trace.js");
  const way = new Way();
  const { result } = attackOn(request, request.from || name, {
    onStep: (
      /** @type {number} */ _image,
      /** @type {number} */ _step,
      /** @type {number} */ _loss,
      /** @type {Float32Array} */ iterate,
    ) => way.add(iterate),
  });
  // Not every attack tells its steps.
  if (way.steps.length === 0) way.add(request.image);
  way.end(result.adversarial);
  const { model } = modelNamed(request, name);
  return traceOf(way, model, request.label ?? model.predict(request.image).labels[0], name);
}

/** Counts the stops: a search ends when this has changed. */
let stops = 0;
const pause = () => new Promise((resolve) => setTimeout(resolve));

/** @param {{request: ExploreRequest, model: string, upTo: number}} question @param {Tell} tell
 * @returns {Promise<import("../../types").Smallest | null>} null where it was stopped */
async function smallest({ request, model: name, upTo }, tell) {
  const begun = stops;
  const { smallestBudget } = await import("../smallest.js");
  const { model } = modelNamed(request, name);
  const truth = request.label ?? model.predict(request.image).labels[0];
  const often = nowAndThen(tell);
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
      { upTo, onProgress: (fraction) => often({ models: [name], fraction }) },
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
  const { model, denoiser } = modelNamed(request, name);
  if (denoiser) return null;
  const label = request.label ?? model.predict(request.image).labels[0];
  return model.certifiedRadii(request.image, label)[0];
}

/** @param {{bytes: ArrayBuffer, shape: {side: number, channels: number, digit: boolean}}} picture */
const prepare = ({ bytes, shape }) => signflip.prepareImage(bytes, shape);

const stop = () => ++stops;

const size = () => signflip.memoryBytes;

serve({ start, load, explore, trace, smallest, certify, prepare, stop, size });
