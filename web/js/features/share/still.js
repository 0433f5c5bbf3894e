// The result at hand as a picture file: what the page saves, and what a frame gives to the page around it.
import { datasets } from "../../state/datasets.js";
import { lanesOf, scaleOf, stepOf } from "../../state/lanes.js";
import { CanvasPen } from "./canvas-pen.js";
import { drawFigure, sizeOf } from "./figure.js";
import { parametersOf, smallestOf } from "./records.js";

/** @typedef {import("../../types").Snapshot} Snapshot */
/** @typedef {import("../../ui/i18n.js").Words} Words */

/** "MIM · ε 0.2 · steps 10": what was asked.
 * @param {Words} words @param {Snapshot} now @param {import("../../types").ExploreRequest} request */
function titleOf(words, now, request) {
  const attack = now.attacks.find(({ name }) => name === request.attack);
  const given = parametersOf(now, { request });
  const value = (/** @type {string} */ name) =>
    typeof given[name] === "number"
      ? words.number(given[name], name === "epsilon" ? 3 : 0)
      : given[name];
  const shown = (attack?.parameters ?? [])
    .filter(({ name }) => ["epsilon", "steps", "queries"].includes(name) && name in given)
    .map(({ name, title }) => `${words.t(`parameter.${name}`, {}, title)} ${value(name)}`);
  const step = stepOf(now);
  const at = step === null ? [] : [words.t("figure.step", { step })];
  return [attack ? words.attack(attack) : request.attack, ...shown, ...at].join(" · ");
}

/** What the figure of a result has. @param {Words} words whose messages hold those of sharing @param {Snapshot} now
 * @param {import("../../types").ExploreResult} result @param {import("../../picture/colour.js").Scheme} scheme
 * @returns {import("./figure.js").Content} */
export function contentOf(words, now, result, scheme) {
  const { request } = result;
  const lanes = lanesOf(now);
  const attack = now.attacks.find(({ name }) => name === request.attack);
  return {
    lanes,
    request,
    shape: datasets[request.dataset].shape,
    words,
    scheme,
    title: titleOf(words, now, request),
    address: "",
    attack: attack ? words.attack(attack) : request.attack,
    names: lanes.map(({ model }) => words.t(`model.${model}`, {}, model)),
    smallest: lanes.map(({ model }) => smallestOf(now, model)),
    scale: scaleOf(result),
  };
}

/** @param {{words: Words, scheme: () => import("../../picture/colour.js").Scheme, snapshot: () => Snapshot}} context
 *   whose words hold those of sharing
 * @param {string} type such as "image/png"
 * @returns {Promise<Blob>} rejects where there is no result, or the browser does not write that type */
export async function pictureOf({ words, scheme, snapshot }, type) {
  const now = snapshot();
  if (!now.result) throw new Error(words.t("share.nothing"));
  const content = contentOf(words, now, now.result, scheme());
  const pen = new CanvasPen(...sizeOf(content));
  drawFigure(content, pen);
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => pen.canvas.toBlob(resolve, type));
  if (blob?.type !== type) throw new Error(words.t("share.type", { type }));
  return blob;
}
