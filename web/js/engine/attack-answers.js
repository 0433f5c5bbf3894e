// What a worker answers about one image: what an attack does to it on each model that is shown, and what
// else can be found out about that.
import { attackOn, lanesUnder, modelOf, tracedOn } from "./attacked.js";
import { loaded, signflip } from "./loaded-models.js";
import { nowAndThen } from "./worker-host.js";
import { repeatedMs } from "../state/timing.js";

/** Models that were attacked: the first attack finds code that is not compiled yet. @type {Set<string>} */
const warm = new Set();

/** @typedef {import("../types").ExploreRequest} ExploreRequest */
/** @typedef {import("./worker-host.js").Tell} Tell */

/** Repeats a model's first attack where that is quick: the time that is told is the attack's, not that of
 * compiling its code.
 * @param {ExploreRequest} request @param {string} name @param {Record<string, unknown>} more as attackOn() takes them */
function timedAttackOn(request, name, more) {
  const first = attackOn(loaded, request, name, more);
  const cold = !warm.has(name);
  warm.add(name);
  return cold && first.milliseconds < repeatedMs ? attackOn(loaded, request, name, more) : first;
}

/** Every model's lane. @param {ExploreRequest} request @param {Tell} tell */
const explore = (request, tell) =>
  lanesUnder(loaded, request, (name, models) => {
    const often = nowAndThen(tell);
    return timedAttackOn(request, name, {
      onProgress: (/** @type {number} */ fraction) => often({ models, fraction }),
    });
  });

/** The iterates of an attack. @param {{request: ExploreRequest, model: string}} question */
const trace = async ({ request, model }) =>
  tracedOn(loaded, request, model, await import("./trace.js"));

/** Counts the stops: a search ends when this has changed. */
let stops = 0;
const pause = () => new Promise((resolve) => setTimeout(resolve));

/** @param {{request: ExploreRequest, model: string, upTo: number}} question @param {Tell} tell
 * @returns {Promise<import("../types").Smallest | null>} null where it was stopped */
async function smallest({ request, model: name, upTo }, tell) {
  const begun = stops;
  const { smallestBudget } = await import("./smallest.js");
  const { model } = modelOf(loaded, request, name);
  const truth = request.label ?? model.predict(request.image).labels[0];
  const often = nowAndThen(tell);
  const stopped = new Error("stopped");
  try {
    const found = await smallestBudget(
      async (epsilon) => {
        await pause();
        if (stops !== begun) throw stopped;
        const asked = { ...request, parameters: { ...request.parameters, epsilon } };
        const { result, aim } = attackOn(loaded, asked, request.from || name);
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
 * behind a defence, of which nothing is proved.
 * @param {{request: ExploreRequest, model: string}} question */
function certify({ request, model: name }) {
  const { model, seen } = modelOf(loaded, request, name);
  if (seen) return null;
  const label = request.label ?? model.predict(request.image).labels[0];
  return model.certifiedRadii(request.image, label)[0];
}

/** A model's adversarial image, or one on the way there, as a picture's bytes, and what the model reads in these.
 * @param {{request: ExploreRequest, model: string, adversarial: Float32Array}} question */
function written({ request, model: name, adversarial }) {
  const { image, attack, parameters } = request;
  const { classifier, model } = modelOf(loaded, request, name);
  const pixels = classifier.written({ ...parameters, attack }, image, adversarial);
  return { pixels, label: model.predict(pixels).labels[0] };
}

/** The gradients of the label's loss at the original and at the adversarial image.
 * @param {{request: ExploreRequest, model: string, adversarial: Float32Array, label: number}} question
 * @returns {import("../types").Saliency} */
function saliency({ request, model: name, adversarial, label }) {
  const { model } = modelOf(loaded, request, name);
  return {
    clean: model.gradient(request.image, label),
    attacked: model.gradient(adversarial, label),
  };
}

const stop = () => ++stops;

const size = () => signflip.memoryBytes;

export const answers = { explore, trace, smallest, certify, saliency, written, stop, size };
