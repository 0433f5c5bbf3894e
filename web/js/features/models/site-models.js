// The models that the site brought, as the laboratory wants them: those of datasets.js whose files the
// site has. Their bytes are fetched once, when a run first needs them.
import { datasets } from "../../state/datasets.js";
import { EngineError } from "../../engine/worker-port.js";

/** @param {string} url @returns {Promise<ArrayBuffer>} */
export async function bytesOf(url) {
  const response = await fetch(url).catch(() => null);
  if (!response?.ok) throw new EngineError("error.download", url.split("/").slice(-1)[0]);
  return response.arrayBuffer();
}

/** @param {string} file @returns {() => Promise<ArrayBuffer>} */
function lazily(file) {
  /** @type {Promise<ArrayBuffer> | null} */
  let bytes = null;
  return () => {
    bytes ??= bytesOf(new URL(file, document.baseURI).href).catch((error) => {
      bytes = null;
      throw error;
    });
    return bytes;
  };
}

/** @param {string} dataset @returns {import("./types").LabModel[]} */
export function siteModels(dataset) {
  return datasets[dataset].models.map(({ id, file, denoiser }) => ({
    id,
    title: "",
    classifier: lazily(file),
    ...(denoiser ? { denoiser: lazily(denoiser) } : {}),
  }));
}
