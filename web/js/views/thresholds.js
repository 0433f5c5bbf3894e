// How near a model is to being fooled: the smallest budget that the attack at hand found, and, where it
// can be had, the radius within which nothing can fool it. Asks for a search where none runs by itself.
import { h, setText } from "../dom.js";
import { budgetOf } from "../explorer.js";

/** @param {import("./context").Context} context @param {string} model
 * @returns {import("./context").View} */
export function createThresholds({ words, explorer }, model) {
  const value = h("span", { class: "value" });
  const bar = h("progress", { max: 1, "aria-label": words.t("smallest.search"), hidden: true });
  const button = /** @type {HTMLButtonElement} */ (h("button", { type: "button", hidden: true, onclick: () => {
    if (button.dataset.does === "stop") explorer.endSearches();
    else explorer.findSmallest(model);
  } }));
  const title = h("dt", { title: words.t("smallest.about") }, words.t("smallest.title"), h("span", { class: "hidden" }, ` (${words.t("smallest.about")})`));

  return {
    element: h("dl", { class: "thresholds" }, h("div", {}, title, h("dd", {}, value, bar, button))),
    render({ findings, result, attacks }) {
      const found = findings.smallest[model];
      const lane = result?.lanes.find((one) => one.model === model);
      const budget = result && budgetOf(attacks.find(({ name }) => name === result.request.attack));
      const searching = typeof found === "number";
      bar.hidden = !searching && !(lane && budget && found === undefined);
      bar.setAttribute("value", searching ? String(found) : "0");
      const done = found !== undefined && found !== null && !searching;
      button.hidden = !lane || !budget || !(searching || found === null);
      button.dataset.does = searching ? "stop" : "find";
      setText(button, words.t(searching ? "smallest.stop" : "smallest.find"));
      button.setAttribute("aria-label", words.t(searching ? "smallest.stop.label" : "smallest.find.label", { model: words.t(`model.${model}`, {}, model) }));
      setText(value, !lane ? "" : !budget ? words.t("smallest.none") : !done ? ""
        : found.epsilon === null ? words.t("smallest.beyond", { epsilon: words.number(found.upTo, 2) })
        : found.epsilon === 0 ? words.t("smallest.zero")
        : words.t(found.upTo <= 1 ? "smallest.value" : "smallest.length", { epsilon: words.number(found.epsilon, 3), levels: words.number(found.epsilon * 255, 1) }));
    },
  };
}
