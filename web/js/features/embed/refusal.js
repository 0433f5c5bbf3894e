// What is wrong with parts of a state that the page around asks for while the frame is there: what the address of a frame
// would take for a default in silence.
import { datasets } from "../../state/datasets.js";
import { fixed, views } from "../../state/state.js";
import { languages } from "../../messages/languages.js";
import { unpackPicture } from "../../picture/pixels.js";
import { ownDigits } from "../../picture/strokes.js";

/** @typedef {import("../../types").AttackInfo} AttackInfo */
/** @typedef {import("../../types").State} State */

/** The members of a list, in any order. @param {string} text */
const members = (text) =>
  text
    .split(/[\s,]+/)
    .sort()
    .join();

/** What a parameter can be, where it cannot be this; beyond its range it has the nearest value.
 * @param {import("../../types").Parameter} parameter @param {string} text @returns {string | null} */
function expectedOf({ kind, choices = ["true", "false"] }, text) {
  if (kind === "choice" || kind === "boolean")
    return choices.includes(text) ? null : choices.join(", ");
  return text.trim() !== "" && Number.isFinite(Number(text)) ? null : "a number";
}

/** A parameter of the attack, or else of another: links keep what another attack was given.
 * @param {string} name @param {string} attack @param {AttackInfo[]} attacks */
const parameterOf = (name, attack, attacks) =>
  [...attacks.filter((one) => one.name === attack), ...attacks]
    .flatMap(({ parameters }) => parameters)
    .find((parameter) => parameter.name === name);

/** What a part of the state can be, where it cannot be this. @param {string} name @param {string} text
 * @param {State} state what an address makes of all parts @param {AttackInfo[]} attacks @returns {string | null} */
function expectedPart(name, text, state, attacks) {
  const { models, classes, digit, shape } = datasets[state.dataset];
  const ids = models.map(({ id }) => id).join(", ");
  if (name === "attack") {
    const names = attacks.map((attack) => attack.name);
    return names.includes(text) ? null : names.join(", ");
  }
  if (name === "sample") {
    const known = ["picture", ...(digit ? ["drawing", ...ownDigits.map(({ id }) => id)] : [])];
    const isKnown = known.includes(text) || /^(test|drawn)-\d+$/.test(text);
    return isKnown ? null : `${known.join(", ")}, or a test image like test-7`;
  }
  if (name === "picture") {
    const size = shape.height * shape.width * shape.channels;
    return text === "" || unpackPicture(text, size) ? null : `${size} bytes as base64url`;
  }
  const taken = [Reflect.get(state, name) ?? ""].flat().join();
  if (members(taken) === members(text)) return null;
  /** @type {Record<string, string>} */
  const expected = {
    dataset: Object.keys(datasets).join(", "),
    model: `some of ${ids}`,
    from: ids,
    target: `a class from 0 to ${classes.length - 1}`,
    label: `a class from 0 to ${classes.length - 1}`,
    grayBox: "true or false",
    view: views.join(", "),
    theme: "auto, light, dark",
    lang: Object.keys(languages).join(", "),
    guide: "a number from 0 to 3",
    ...Object.fromEntries(["step", "image", "count"].map((one) => [one, "a whole number"])),
  };
  return expected[name] ?? "letters, digits, points and dashes";
}

/** The first part that is not there to be had, and what is; null where all are.
 * @param {Map<string, string>} parts as an address has them @param {State} state what an address makes of all parts
 * @param {AttackInfo[]} attacks @returns {string | null} */
export function refusalOf(parts, state, attacks) {
  for (const [name, text] of parts) {
    const parameter = parameterOf(name, state.attack, attacks);
    const isPart = fixed.includes(name);
    if (!isPart && !parameter)
      return `${name} is no part of the state, and no parameter of any attack`;
    const expected =
      isPart || !parameter ? expectedPart(name, text, state, attacks) : expectedOf(parameter, text);
    if (expected !== null) return `${name} is "${text}"; expected ${expected}`;
  }
  return null;
}
