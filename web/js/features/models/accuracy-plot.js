// The plot of accuracy over something else: over budgets, over epochs.
import { Plot } from "../../ui/plot.js";

/** digits: of values on the x axis that are not whole.
 * @param {import("../../ui/i18n.js").Words} words
 * @param {{label: string, height: number, xName: string, digits: number}} options */
export const accuracyPlot = (words, { label, height, xName, digits }) =>
  new Plot({
    label,
    height,
    xName,
    yName: words.t("curve.accuracy"),
    xText: (x) => words.number(x, x === Math.round(x) ? 0 : digits),
    yText: (y) => words.wholePercent(y),
  });
