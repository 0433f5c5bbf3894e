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

/** The step at which the lanes are shown: the one that is looked at, where the way of each lane is there and not all
 * are at its end; null: the attack's result.
 * @param {import("../types").Snapshot} snapshot */
export function stepOf({ result, state: { step }, analysis: { traces } }) {
  const ways = (result?.lanes ?? []).map(({ model }) => traces[model]?.steps);
  if (step === null || !ways.every(Boolean)) return null;
  // Of a long way not every step was kept: the next one that was.
  const at = Math.max(...ways.map((steps) => steps.find((one) => one >= step) ?? -1));
  return at >= 0 && ways.some((steps) => at < steps[steps.length - 1]) ? at : null;
}

/** The lanes of the result at hand, at the step that is looked at; none where there is no result.
 * @param {import("../types").Snapshot} snapshot @returns {Lane[]} */
export function lanesOf(snapshot) {
  const { result, analysis } = snapshot;
  const step = stepOf(snapshot);
  return (result?.lanes ?? []).map((lane) =>
    result && step !== null
      ? laneAt(lane, analysis.traces[lane.model], step, result.request)
      : lane,
  );
}

/** The state of what is shown: as the result was asked, at the step that is looked at.
 * @param {import("../types").Snapshot} snapshot @param {import("../types").ExploreResult} result */
export function shownState(snapshot, { state }) {
  const { theme, lang } = snapshot.state;
  return { ...state, step: stepOf(snapshot), theme, lang, view: "image" };
}

/** The ends of the scale of changes: the largest change in any lane's result, which no step exceeds.
 * @param {Pick<import("../types").ExploreResult, "lanes">} result */
export const scaleOf = ({ lanes }) => Math.max(...lanes.map(({ linf }) => linf));
