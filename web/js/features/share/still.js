// The result at hand as a picture file: what the page saves, and what a frame gives to the page around it.
import { datasets } from "../../state/datasets.js";
import { laneAt } from "../image/lane.js";
import { drawFigure } from "./figure.js";
import { parametersOf, smallestOf } from "./records.js";

/** @typedef {import("../../types").Snapshot} Snapshot */
/** @typedef {import("../../ui/i18n.js").Words} Words */

/** "MIM · ε 0.2 · steps 10": what was asked. @param {Words} words @param {Snapshot} now */
export function titleOf(words, now) {
  const result = /** @type {import("../../types").ExploreResult} */ (now.result);
  const attack = now.attacks.find((one) => one.name === result.request.attack);
  const given = parametersOf(now, result);
  const value = (/** @type {string} */ name) =>
    typeof given[name] === "number"
      ? words.number(given[name], name === "epsilon" ? 3 : 0)
      : given[name];
  const shown = (attack?.parameters ?? [])
    .filter(({ name }) => ["epsilon", "steps", "queries"].includes(name) && name in given)
    .map(({ name, title }) => `${words.t(`parameter.${name}`, {}, title)} ${value(name)}`);
  const { step } = now.state;
  return [
    words.t(`attack.${result.request.attack}`, {}, attack?.title),
    ...shown,
    ...(step === null ? [] : [words.t("figure.step", { step })]),
  ].join(" · ");
}

/** @param {{words: Words, scheme: () => import("../../picture/colour.js").Scheme, snapshot: () => Snapshot}} context
 *   whose words hold those of sharing
 * @param {string} type such as "image/png"
 * @returns {Promise<Blob>} rejects where there is no result, or the browser does not write that type */
export async function pictureOf({ words, scheme, snapshot }, type) {
  const now = snapshot();
  const { result, analysis } = now;
  const { dataset, step } = now.state;
  if (!result) throw new Error(words.t("share.nothing"));
  const { shape } = datasets[dataset];
  const canvas = drawFigure({
    lanes: result.lanes.map((lane) =>
      step !== null && analysis.traces[lane.model]
        ? laneAt(lane, analysis.traces[lane.model], step, result.request, shape.channels)
        : lane,
    ),
    image: result.request.image,
    shape,
    words,
    scheme: scheme(),
    title: titleOf(words, now),
    names: result.lanes.map(({ model }) => words.t(`model.${model}`, {}, model)),
    smallest: result.lanes.map(({ model }) => smallestOf(now, model)),
    scale: Math.max(...result.lanes.map(({ linf }) => linf)),
    className: (label) => words.className(dataset, label),
  });
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, type));
  if (blob?.type !== type) throw new Error(words.t("share.type", { type }));
  return blob;
}
