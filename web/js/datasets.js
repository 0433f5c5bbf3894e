// What the page knows about each dataset: its classes, the models that are shown for it, and where the
// sliders start; and which attacks the first view has. Data only; a second dataset is a second entry.

/** @typedef {{id: string, file: string, denoiser?: string}} ModelFile */
/** @typedef {{classes: string[], models: ModelFile[], samples: string, sample: string,
 *             defaults: import("./types").ParameterValues, sliderMax: Record<string, number>}} Dataset */

/** The attacks of the first view's engine (src/wasm/first_catalog.cpp); any other in the URL asks for the
 * whole engine at once. */
export const firstAttacks = ["fgsm", "bim", "mim", "pgd"];

/** @type {Record<string, Dataset>} */
export const datasets = {
  mnist: {
    classes: [..."0123456789"],
    models: [
      { id: "standard", file: "models/mnist-standard.safetensors" },
      { id: "mixed", file: "models/mnist-mixed.safetensors" },
    ],
    samples: "samples/mnist",
    sample: "3a",
    defaults: { epsilon: 0.2 },
    // The sliders' ends, where the catalogue's range is wider than what one looks at.
    sliderMax: { epsilon: 0.5, steps: 50 },
  },
};
