// What an attack's outcome is called. One rule for what is shown, announced and tested.

/** @typedef {import("../types").Lane} Lane */

/** All lanes' verdicts in words, for those who hear the page.
 * @param {import("../ui/i18n.js").Words} words @param {string} dataset @param {Lane[]} lanes */
export function sayVerdicts(words, dataset, lanes) {
  const name = (/** @type {number} */ label) => words.className(dataset, label);
  return lanes
    .map((lane) =>
      words.t(`status.${verdictOf(lane).kind}`, {
        model: words.t(`model.${lane.model}`, {}, lane.model),
        label: name(lane.label),
        before: name(lane.cleanLabel),
        after: name(lane.adversarialLabel),
      }),
    )
    .join(" ");
}

/** kind colours the lane; detail picks the words.
 * @param {Pick<Lane, "label" | "target" | "cleanLabel" | "adversarialLabel">} lane
 * @returns {{kind: "fooled" | "held" | "misread", detail: "fooled" | "hit" | "missed" | "held" | "misread"}} */
export function verdictOf({ label, target, cleanLabel, adversarialLabel }) {
  if (cleanLabel !== label) return { kind: "misread", detail: "misread" };
  if (adversarialLabel === label) return { kind: "held", detail: "held" };
  if (target === null) return { kind: "fooled", detail: "fooled" };
  return { kind: "fooled", detail: adversarialLabel === target ? "hit" : "missed" };
}
