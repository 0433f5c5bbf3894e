// The adversarial image itself as a file, at the step that is looked at: as a picture of 8 bits that keeps the attack's
// budget, and as NumPy's floats without any rounding.
import { askImport } from "../../engine/import-port.js";
import { datasets } from "../../state/datasets.js";
import { lanesOf } from "../../state/lanes.js";

/** @typedef {import("../../types").Snapshot} Snapshot */
/** @typedef {import("../../types").ExploreResult} ExploreResult */

/** An array of float32 as NumPy's file (format 1.0), in C order. @param {Float32Array} values @param {number[]} shape */
export function npyFile(values, shape) {
  const about = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`;
  // The data begins at a multiple of 64 bytes.
  const length = Math.ceil((10 + about.length + 1) / 64) * 64 - 10;
  const head = new Uint8Array(10 + length);
  head.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, length & 255, length >> 8]);
  head.set(new TextEncoder().encode(`${about.padEnd(length - 1)}\n`), 10);
  const data = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => data.setFloat32(4 * i, value, true));
  return new Blob([head, data]);
}

/** The lane of a model as it is looked at. @param {Snapshot} now @param {string} model */
function laneOf(now, model) {
  const lanes = lanesOf(now);
  return lanes.find((lane) => lane.model === model) ?? lanes[0];
}

/** The file, and where the model reads something else in its 8 bits than is shown, that.
 * @param {import("../../ui/context").ViewContext} context @param {Snapshot} now @param {ExploreResult} result
 * @param {string} model @returns {Promise<{blob: Blob, note: string}>} */
export async function pngOf({ client, words }, now, { request }, model) {
  const { adversarial, adversarialLabel } = laneOf(now, model);
  const body = { request, model, adversarial: adversarial.slice() };
  // Once more where the worker was replaced meanwhile.
  const { pixels, label } =
    (await client.aside("written", body, request)) ??
    (await client.aside("written", body, request));
  const { shape } = datasets[request.dataset];
  const blob = new Blob([await askImport("encode", { pixels, shape })], { type: "image/png" });
  if (label === adversarialLabel) return { blob, note: "" };
  const note = words.t("share.rounded", {
    model: words.t(`model.${model}`, {}, model),
    label: words.named(request.dataset, label),
    shown: words.named(request.dataset, adversarialLabel),
  });
  return { blob, note };
}

/** N×H×W×C with N = 1, as the command line reads it. @param {Snapshot} now @param {ExploreResult} result
 * @param {string} model */
export function npyOf(now, { request }, model) {
  const { height, width, channels } = datasets[request.dataset].shape;
  return npyFile(laneOf(now, model).adversarial, [1, height, width, channels]);
}
