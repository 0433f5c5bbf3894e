// What an attack's outcome is called. One rule for what is shown, announced and tested.

/** @typedef {import("./types").Lane} Lane */

/** kind colours the lane; detail picks the words.
 * @param {Pick<Lane, "label" | "target" | "cleanLabel" | "adversarialLabel">} lane
 * @returns {{kind: "fooled" | "held" | "misread", detail: "fooled" | "hit" | "missed" | "held" | "misread"}} */
export function verdictOf({ label, target, cleanLabel, adversarialLabel }) {
  if (cleanLabel !== label) return { kind: "misread", detail: "misread" };
  if (adversarialLabel === label) return { kind: "held", detail: "held" };
  if (target === null) return { kind: "fooled", detail: "fooled" };
  return { kind: "fooled", detail: adversarialLabel === target ? "hit" : "missed" };
}
