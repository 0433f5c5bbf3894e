// The search for the smallest budget that fools a model: upwards in equal steps until one does, then
// halving the last step. Upwards, because success need not grow with the budget: one large FGSM step can
// overshoot where a smaller one did not. It knows no model; it is told whether a budget fools.

/** Budgets tried on the way up, and how often the step that succeeded is halved. */
const steps = 12,
  halvings = 7;

/** @param {(epsilon: number) => Promise<boolean>} fools
 * @param {{upTo: number, onProgress?: (fraction: number) => void}} options
 * @returns {Promise<{epsilon: number | null, upTo: number, attacks: number}>} null where none fooled */
export async function smallestBudget(fools, { upTo, onProgress }) {
  let attacks = 0;
  const attempt = (/** @type {number} */ epsilon) => {
    attacks++;
    return fools(epsilon);
  };
  if (await attempt(0)) return { epsilon: 0, upTo, attacks };
  let low = 0,
    high = 0;
  for (let k = 1; k <= steps && high === 0; k++) {
    const epsilon = (upTo * k) / steps;
    if (await attempt(epsilon)) high = epsilon;
    else low = epsilon;
    onProgress?.((0.6 * k) / steps);
  }
  if (high === 0) return { epsilon: null, upTo, attacks };
  for (let k = 1; k <= halvings; k++) {
    const middle = (low + high) / 2;
    if (await attempt(middle)) high = middle;
    else low = middle;
    onProgress?.(0.6 + (0.4 * k) / halvings);
  }
  return { epsilon: high, upTo, attacks };
}
