// The goals of a lesson's tasks: conditions on what a figure reports in its "signflip-result" event. Pure
// functions, no DOM; lesson.js listens and shows, tests/wasm/lessons.test.mjs proves every task solvable.
//
// A goal is one or more conditions with spaces between them, all of which must hold of one result:
//
//   attack=mim epsilon<=0.1 standard.adversarial=8 mixed.success=false
//
// On the left a field of the result (attack, sample, dataset, target), a parameter of the attack, or a field of
// one model (its id, a dot, the field). On the right a number, true, false, none, or a word.

/** @typedef {{id: string, label: number | null, clean: number, adversarial: number, success: boolean,
 *   l0: number, l2: number, linf: number, confidence: number}} ModelResult */
/** @typedef {{dataset: string, sample: string, attack: string, parameters: Record<string, unknown>,
 *   target: number | null, models: ModelResult[]}} Result */
/** @typedef {{path: string, relation: string, value: string}} Condition */

const form = /^([a-zA-Z][\w-]*(?:\.[a-z][\w]*)?)(<=|>=|!=|=|<|>)([^\s=<>]\S*)$/;
const own = ["attack", "sample", "dataset", "target"];
/** Distances come as 32-bit floats: 0.2 arrives as 0.20000000298. */
const rounding = 1e-6;

/** @param {string} goal @returns {Condition[]} @throws where a condition cannot be read */
export function conditionsOf(goal) {
  return goal
    .trim()
    .split(/\s+/)
    .map((text) => {
      const match = form.exec(text);
      if (!match) throw new Error(`a goal's condition is like "epsilon<=0.1", not "${text}"`);
      const [, path, relation, value] = match;
      return { path, relation, value };
    });
}

/** @param {Result} result @param {string} path @returns {unknown} undefined where the result has no such field */
function fieldOf(result, path) {
  const [first, second] = path.split(".");
  if (second !== undefined) {
    const model = result.models.find(({ id }) => id === first);
    return model?.[/** @type {keyof ModelResult} */ (second)];
  }
  if (own.includes(first)) return result[/** @type {keyof Result} */ (first)] ?? "none";
  return result.parameters[first];
}

/** @param {string} goal @param {Result} result */
export function holds(goal, result) {
  return conditionsOf(goal).every(({ path, relation, value }) => {
    const field = fieldOf(result, path);
    if (field === undefined || field === null) return false;
    if (relation === "=") return String(field) === value || Number(field) === Number(value);
    if (relation === "!=") return String(field) !== value && Number(field) !== Number(value);
    const [left, right] = [Number(field), Number(value)];
    switch (relation) {
      case "<=":
        return left <= right + rounding;
      case ">=":
        return left >= right - rounding;
      case "<":
        return left < right - rounding;
      default:
        return left > right + rounding;
    }
  });
}
