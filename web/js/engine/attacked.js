// What is asked of the models that are shown, about one image: each one's lane, and the way of an attack. Where
// the models come from is the caller's business: a worker of the page, or tools/poster.

/** @typedef {import("../types").ExploreRequest} ExploreRequest */
/** @typedef {import("./loaded-models.js").Loaded} Loaded */
/** Gives a model by "dataset/id". @typedef {(name: string) => Loaded} Find */
/** aim: the class that it was led to, null where it was led away from the right one.
 * @typedef {{result: import("./model.js").AttackResult, aim: number | null, truth: number, milliseconds: number}} Attacked */

/** @param {Find} find @param {ExploreRequest} request @param {string} id */
export const modelOf = (find, { dataset }, id) => find(`${dataset}/${id}`);

/** @param {Find} find @param {ExploreRequest} request @param {string} name of the model that is attacked
 * @param {Record<string, unknown>} [more] options of the attack @returns {Attacked} */
export function attackOn(find, request, name, more = {}) {
  const { image, label, attack, parameters, target, needsTarget, grayBox } = request;
  const { model, seen } = modelOf(find, request, name);
  const truth = label ?? model.predict(image).labels[0];
  const wanted = target === truth ? null : target;
  const aim = wanted ?? (needsTarget ? (truth + 1) % model.classes.length : null);
  const options = {
    ...parameters,
    attack,
    ...(seen ? { grayBox } : {}),
    ...(aim === null ? {} : { targets: Int32Array.of(aim) }),
    ...more,
  };
  const began = performance.now();
  const result = model.attack(options, image, Int32Array.of(truth));
  return { result, aim, truth, milliseconds: performance.now() - began };
}

/** Every model's lane. @param {Find} find @param {ExploreRequest} request
 * @param {(name: string, models: string[]) => Attacked} attack attacks a model, for those that are shown its image
 * @returns {import("../types").Lane[]} */
export function lanesUnder(find, request, attack) {
  const shared = request.from === "" ? null : attack(request.from, request.models);
  return request.models.map((name) => {
    const { model, seen } = modelOf(find, request, name);
    const clean = model.predict(request.image);
    const own = shared && name !== request.from ? null : (shared ?? attack(name, [name]));
    const { result, aim } = own ?? /** @type {Attacked} */ (shared);
    const after = own ? result : model.predict(result.adversarial);
    return {
      model: name,
      label: request.label ?? clean.labels[0],
      target: aim,
      cleanLabel: clean.labels[0],
      adversarialLabel: after.labels[0],
      before: clean.probabilities,
      after: after.probabilities,
      // One image may serve several lanes, and a buffer can be given away only once.
      adversarial: result.adversarial.slice(),
      seen: seen && seen(result.adversarial),
      l0: result.l0[0],
      l2: result.l2[0],
      linf: result.linf[0],
      milliseconds: own ? own.milliseconds : null,
    };
  });
}

/** The iterates of the attack that a model's lane shows.
 * @param {Find} find @param {ExploreRequest} request @param {string} name
 * @param {typeof import("./trace.js")} trace @returns {import("../types").Trace} */
export function tracedOn(find, request, name, { Way, traceOf }) {
  const way = new Way();
  const { result } = attackOn(find, request, request.from || name, {
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
  const { model } = modelOf(find, request, name);
  return traceOf(way, model, request.label ?? model.predict(request.image).labels[0], name);
}
