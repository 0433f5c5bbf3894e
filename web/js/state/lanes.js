// A result's lanes as they are looked at: at the end of the attack, or at a step on the way there.
import { datasets } from "./datasets.js";
import { normsOf } from "../picture/pixels.js";

/** @typedef {import("../types").Lane} Lane */

/** The lane as it stood at a step of the attack.
 * @param {Lane} lane @param {import("../types").Trace} trace @param {number} step @param {import("../types").ExploreRequest} request
 * @returns {Lane} */
function laneAt(lane, trace, step, { image, dataset }) {
  const last = trace.steps.length - 1;
  const nearest = trace.steps.findIndex((at) => at >= step);
  const i = nearest < 0 ? last : nearest;
  if (i === last) return lane;
  const classes = lane.before.length;
  const adversarial = trace.images.subarray(i * image.length, (i + 1) * image.length);
  return {
    ...lane,
    adversarial,
    seen: null,
    adversarialLabel: trace.labels[i],
    after: trace.probabilities.subarray(i * classes, (i + 1) * classes),
    ...normsOf(adversarial, image, datasets[dataset].shape.channels),
    underway: true,
  };
}

/** The lanes of the result at hand, at the step that is looked at; none where there is no result.
 * @param {import("../types").Snapshot} snapshot @returns {Lane[]} */
export function lanesOf({ result, state: { step }, analysis: { traces } }) {
  if (!result) return [];
  return result.lanes.map((lane) =>
    step !== null && traces[lane.model]
      ? laneAt(lane, traces[lane.model], step, result.request)
      : lane,
  );
}

/** The ends of the scale of changes: the largest change in any lane's result, which no step exceeds.
 * @param {Pick<import("../types").ExploreResult, "lanes">} result */
export const scaleOf = ({ lanes }) => Math.max(...lanes.map(({ linf }) => linf));
