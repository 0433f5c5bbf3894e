// What the page knows about each dataset: its pictures, classes and models, and where the sliders start.
// Data only, but for one thing: of the built site's models only those that it was built with are listed.

/** id: the page's name for it. denoiser: the file of one that stands in front of the classifier; transform: what
 * stands there instead, of the model "base".
 * @typedef {{id: string, file: string, denoiser?: string, base?: string, transform?: import("../types").Transform}} ModelFile */
/** l2: where a budget in L2 starts and its slider ends. shown: the models of the first view, the first two of them that are there. digit: its pictures are written digits, made ready as MNIST was,
 * and can be drawn. whole: all of a picture is resized, as GTSRB's were; else its middle square is. samples: where tools/dev/pack-samples leaves test images. sample: the one to start with,
 * the first test image where it is not there.
 * @typedef {{shape: {height: number, width: number, channels: number}, classes: string[], models: ModelFile[],
 *   shown: string[], digit: boolean, whole: boolean, samples: string, sample: string, defaults: import("../types").ParameterValues, l2: {epsilon: number, max: number},
 *   sliderMax: Record<string, number>, sliderStep: Record<string, number>}} Dataset */

/** The models in the repository's models/, and the standard one behind its denoiser.
 * @param {string} dataset @param {string[]} ids @returns {ModelFile[]} */
function shipped(dataset, ids) {
  const fileOf = (/** @type {string} */ id) => `models/${dataset}-${id}.safetensors`;
  return [
    ...ids.map((id) => ({ id, file: fileOf(id) })),
    { id: "denoised", file: fileOf("standard"), denoiser: fileOf("denoiser") },
  ];
}

/** @type {Record<string, Dataset>} */
const known = {
  mnist: {
    shape: { height: 28, width: 28, channels: 1 },
    classes: [..."0123456789"],
    models: shipped("mnist", ["standard", "mixed", "robust", "certified"]),
    shown: ["standard", "mixed"],
    digit: true,
    whole: false,
    samples: "samples/mnist",
    sample: "3a",
    defaults: { epsilon: 0.1 }, // the normal model takes the 3 for an 8, and the noise is faint
    l2: { epsilon: 1.5, max: 5 },
    // The sliders' ends, where the catalogue's range is wider than what one looks at.
    sliderMax: { epsilon: 0.5, steps: 50 },
    sliderStep: {},
  },
  gtsrb: {
    shape: { height: 32, width: 32, channels: 3 },
    // Their names are words, and so in messages/gtsrb.
    classes: Array.from({ length: 43 }, (_, i) => String(i)),
    models: shipped("gtsrb", ["standard", "robust", "lenet"]),
    shown: ["standard", "robust", "lenet"],
    digit: false,
    whole: true,
    samples: "samples/gtsrb",
    sample: "test-516", // 60 km/h, which the normal model reads as 80 under attack
    defaults: { epsilon: 0.03 },
    l2: { epsilon: 0.5, max: 5 },
    sliderMax: { epsilon: 0.2, steps: 50 },
    sliderStep: { epsilon: 0.002 },
  },
};

/** The files that a model is made of. @param {ModelFile} model */
export const filesOf = ({ file, denoiser }) => (denoiser ? [file, denoiser] : [file]);

/** What index.html says the site was built with (tools/build-site); elsewhere everything counts.
 * @type {string[] | undefined} */
const built = globalThis.document?.documentElement.dataset.models?.split(" ");

/** The datasets that there is a model for, each with its models.
 * @type {Record<string, Dataset>} */
export const datasets = Object.fromEntries(
  Object.entries(known)
    .map(([name, dataset]) => {
      const models = dataset.models.filter(
        (model) => !built || filesOf(model).every((file) => built.includes(file)),
      );
      const ids = models.map(({ id }) => id);
      const shown = dataset.shown.filter((id) => ids.includes(id)).slice(0, 2);
      return /** @type {const} */ ([
        name,
        { ...dataset, models, shown: shown.length > 0 ? shown : ids.slice(0, 1) },
      ]);
    })
    .filter(([, { models }]) => models.length > 0),
);

/** Whether a dataset is the visitor's: of models that have other images or classes than the site's. It has no
 * images but those that the visitor brings. @param {string} name */
export const isOwnDataset = (name) => name.startsWith("own-");

/** Adds one, where it is not there. @param {string} name which begins with "own-" @param {Pick<Dataset, "shape" | "classes">} about */
export function addOwnDataset(name, { shape, classes }) {
  datasets[name] ??= {
    shape,
    classes: classes.map((_, i) => String(i)),
    models: [],
    shown: [],
    digit: false,
    whole: false,
    samples: "",
    sample: "",
    defaults: { epsilon: shape.channels === 1 ? 0.1 : 0.03 },
    l2: { epsilon: 0.5, max: 5 },
    sliderMax: { epsilon: 0.5, steps: 50 },
    sliderStep: { epsilon: 0.002 },
  };
}

/** A model's files under a name that no other dataset's model has. @param {string} dataset @param {string} id */
export function sourceOf(dataset, id) {
  const model = datasets[dataset]?.models.find((one) => one.id === id);
  if (!model) throw new Error(`There is no model "${id}" for "${dataset}" here.`);
  const { file, denoiser, transform } = model;
  return { id: `${dataset}/${id}`, file, denoiser, transform };
}

/** Whether something stands in front of a model. @param {ModelFile} model */
export const isDefended = ({ denoiser, transform }) => Boolean(denoiser ?? transform);

/** The name of a model behind a transform: "standard-jpeg50"; "-bpda": attacks take it for the identity on their way
 * back. */
export const behind = /^(.+)-(jpeg|blur|median|bits)(\d+(?:\.\d)?)(-bpda)?$/;

/** Adds the model of such a name, where there is one to stand behind. @param {string} dataset @param {string} id */
export function addTransformed(dataset, id) {
  const models = datasets[dataset]?.models ?? [];
  const [, base, kind, strength, bpda] = behind.exec(id) ?? [];
  const model = models.find((one) => one.id === base);
  if (!model || isDefended(model) || models.some((one) => one.id === id)) return;
  const transform = { text: `${kind}:${strength}`, gradient: bpda ? "identity" : "" };
  models.push({ ...model, id, base, transform: /** @type {any} */ (transform) });
}

const styles = [
  ...new Set(Object.values(known).flatMap(({ models }) => models.map(({ id }) => id))),
];

/** Which of the charts' colours a model has, everywhere: from 0 to 7. Those of visitors come last.
 * @param {string} id */
export function styleOf(id) {
  const of = styles.indexOf(id);
  return of >= 0 ? of : 6 + (Number(id.replace(/\D/g, "")) % 2);
}

/** Every dataset, whatever the site has; for the tools. */
export const allDatasets = known;
