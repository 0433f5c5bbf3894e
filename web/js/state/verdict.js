// What an attack's outcome is called. One rule for what is shown, announced, saved and tested.

/** @typedef {import("../types").Lane} Lane */
/** @typedef {import("../ui/i18n.js").Words} Words */

/** kind colours the lane; detail picks the words.
 * @param {Pick<Lane, "label" | "target" | "cleanLabel" | "adversarialLabel">} lane
 * @returns {{kind: "fooled" | "held" | "misread", detail: "fooled" | "hit" | "missed" | "held" | "misread"}} */
export function verdictOf({ label, target, cleanLabel, adversarialLabel }) {
  if (cleanLabel !== label) return { kind: "misread", detail: "misread" };
  if (adversarialLabel === label) return { kind: "held", detail: "held" };
  if (target === null) return { kind: "fooled", detail: "fooled" };
  return { kind: "fooled", detail: adversarialLabel === target ? "hit" : "missed" };
}

/** What one sees and what the network says, in a sentence or two. Where nobody said what the picture shows, only
 * the network is spoken of.
 * @param {Words} words @param {Pick<import("../types").ExploreRequest, "dataset" | "label">} request @param {Lane} lane */
export function sentenceOfLane(words, { dataset, label }, lane) {
  const { kind } = verdictOf(lane);
  const name = (/** @type {number} */ of) => words.named(dataset, of);
  return words.t(`sentence.${label === null ? "own." : ""}${kind}`, {
    label: name(lane.label),
    before: name(lane.cleanLabel),
    after: name(lane.adversarialLabel),
    sure: words.wholePercent(lane.after[lane.adversarialLabel]),
  });
}

/** The outcome in a word or two. What did not succeed claims only what was tried.
 * @param {Words} words @param {Pick<import("../types").ExploreRequest, "dataset">} request @param {Lane} lane
 * @param {string} attack as people call it */
export function outcomeOf(words, { dataset }, lane, attack) {
  const { detail } = verdictOf(lane);
  const failed = lane.underway ? "underway" : lane.milliseconds === null ? "spared" : "held";
  return words.t(`verdict.${detail === "held" ? failed : detail}`, {
    attack,
    target: lane.target === null ? "" : words.className(dataset, lane.target),
  });
}

/** All lanes' verdicts in words, for those who hear the page.
 * @param {Words} words @param {Pick<import("../types").ExploreResult, "request" | "lanes">} result */
export const sayVerdicts = (words, { request, lanes }) =>
  lanes
    .map((lane) =>
      words.t("status.lane", {
        model: words.t(`model.${lane.model}`, {}, lane.model),
        sentence: sentenceOfLane(words, request, lane),
      }),
    )
    .join(" ");
