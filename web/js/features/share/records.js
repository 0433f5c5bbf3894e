// A result as files that others read: CSV for a spreadsheet, JSON for `signflip evaluate --experiment`.
// Pure functions from the snapshot to text; index.js saves it.
import { datasets, filesOf, isDefended } from "../../state/datasets.js";
import { lanesOf, stepOf } from "../../state/lanes.js";
import { packExactly, packPicture } from "../../picture/pixels.js";

/** @typedef {import("../../types").Snapshot} Snapshot */
/** @typedef {import("../../types").ExploreResult} ExploreResult */

/** "stepSize" → "step-size", as the command line calls it. @param {string} name */
export const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The last part of a path. @param {string} path */
const baseName = (path) => path.split("/").slice(-1)[0];

/** @param {string} dataset @param {string} id */
const modelOf = (dataset, id) =>
  /** @type {import("../../state/datasets.js").ModelFile} */ (
    datasets[dataset].models.find((model) => model.id === id)
  );

/** Every parameter of the attack with the value that it ran with, under its name on the command line. What
 * the attack chooses for itself is left to it.
 * @param {Snapshot} snapshot @param {Pick<ExploreResult, "request">} result
 * @returns {Record<string, number | boolean | string>} */
export function parametersOf({ attacks }, { request }) {
  const parameters = attacks.find(({ name }) => name === request.attack)?.parameters ?? [];
  return Object.fromEntries(
    parameters
      .map(
        ({ name, default: usual, automatic }) =>
          /** @type {const} */ ([name, request.parameters[name] ?? usual, automatic]),
      )
      .filter(([, value, automatic]) => !(automatic && value === 0))
      .map(([name, value]) => [kebab(name), value]),
  );
}

/** @param {import("../../types").Transform} transform @param {string} prefix
 * @param {boolean} grayBox then attacks have no gradient of it */
const transformOf = ({ text, gradient }, prefix, grayBox) => ({
  [`${prefix}transform`]: text,
  ...(gradient && !grayBox ? { [`${prefix}transform_gradient`]: gradient } : {}),
});

/** A model as the command line knows it. @param {ExploreResult["request"]} request @param {string} id */
function subjectOf({ dataset, from, grayBox }, id) {
  const { file, denoiser, transform } = modelOf(dataset, id);
  const source = from !== "" && from !== id ? modelOf(dataset, from) : null;
  return {
    model: baseName(file),
    ...(denoiser ? { denoiser: baseName(denoiser), gray_box: grayBox } : {}),
    ...(transform ? { ...transformOf(transform, "", grayBox), gray_box: grayBox } : {}),
    ...(source ? { from: baseName(source.file) } : {}),
    // An attack that may not see the defence looks at the classifier behind it alone.
    ...(source?.denoiser && !grayBox ? { from_denoiser: baseName(source.denoiser) } : {}),
    ...(source?.transform && !grayBox ? transformOf(source.transform, "from_", false) : {}),
  };
}

/** What `signflip evaluate --experiment` reads (tools/signflip/experiment.h), and below it, for people, what
 * the page showed.
 * @param {Snapshot} snapshot @param {ExploreResult} result @param {{version: string, page: string}} about */
export function experimentOf(snapshot, result, { version, page }) {
  const { request, state } = result;
  const lanes = lanesOf(snapshot);
  const { target } = lanes[0];
  const step = stepOf(snapshot);
  return {
    signflip: version,
    experiment: 1,
    dataset: request.dataset,
    models: lanes.map(({ model }) => subjectOf(request, model)),
    attack: request.attack,
    parameters: parametersOf(snapshot, result),
    seed: 0,
    ...(target === null ? {} : { target }),
    // The results below are those at this step and not the attack's last.
    ...(step === null ? {} : { step }),
    page,
    image: {
      sample: state.sample,
      label: lanes[0].label,
      shape: datasets[request.dataset].shape,
      bytes: packPicture(request.image),
      floats: packExactly(Float32Array.from(request.image)), // of a drawing, which has more than 256 levels
    },
    results: lanes.map((lane) => ({
      model: filesOf(modelOf(request.dataset, lane.model)).map(baseName).reverse().join(" > "),
      label: lane.label,
      clean: lane.cleanLabel,
      adversarial: lane.adversarialLabel,
      l0: lane.l0,
      l2: lane.l2,
      linf: lane.linf,
      smallest_epsilon: smallestOf(snapshot, lane.model),
      certified_radius: snapshot.analysis.certified[lane.model] ?? null,
    })),
  };
}

/** The smallest budget found for a model; null where none was looked for, or none found.
 * @param {Snapshot} snapshot @param {string} model */
export function smallestOf({ analysis }, model) {
  const found = analysis.smallest[model];
  return found && typeof found === "object" ? found.epsilon : null;
}

/** One row for each model, below the columns' names.
 * @param {Snapshot} snapshot @param {ExploreResult} result @param {(label: number) => string} className */
export function tableOf(snapshot, result, className) {
  const { request, state } = result;
  const lanes = lanesOf(snapshot);
  const parameters = parametersOf(snapshot, result);
  const probabilities = (/** @type {string} */ when) =>
    Array.from(lanes[0].before, (_, i) => `p_${when}_${i}`);
  const head = [
    "dataset",
    "sample",
    "model",
    "attack",
    ...Object.keys(parameters),
    "step",
    "crafted_on",
    "gray_box",
    "label",
    "label_name",
    "target",
    "clean",
    "clean_name",
    "adversarial",
    "adversarial_name",
    "l0",
    "l2",
    "linf",
    "milliseconds",
    "smallest_epsilon",
    "certified_radius",
    ...probabilities("before"),
    ...probabilities("after"),
  ];
  const rows = lanes.map((lane) => [
    request.dataset,
    state.sample,
    lane.model,
    request.attack,
    ...Object.values(parameters),
    stepOf(snapshot),
    request.from || lane.model,
    request.grayBox && isDefended(modelOf(request.dataset, lane.model)),
    lane.label,
    className(lane.label),
    lane.target,
    lane.cleanLabel,
    className(lane.cleanLabel),
    lane.adversarialLabel,
    className(lane.adversarialLabel),
    lane.l0,
    lane.l2,
    lane.linf,
    lane.milliseconds,
    smallestOf(snapshot, lane.model),
    snapshot.analysis.certified[lane.model],
    ...lane.before,
    ...lane.after,
  ]);
  return [head, ...rows];
}
