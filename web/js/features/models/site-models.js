// The models that the site brought, as the tools take them: those of datasets.js whose files the
// site has. Their bytes are fetched once, when a run first needs them.
import { datasets } from "../../state/datasets.js";
import { siteFile } from "../../engine/download.js";

/** @param {string} dataset @returns {import("./types").LabModel[]} */
export function siteModels(dataset) {
  return datasets[dataset].models.map(({ id, file, denoiser, transform }) => ({
    id,
    classifier: () => siteFile(file),
    ...(denoiser ? { denoiser: () => siteFile(denoiser) } : {}),
    transform,
  }));
}
