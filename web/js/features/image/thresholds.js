// How near a model is to being fooled: the smallest budget that the attack at hand found, and, where it
// can be had, the radius within which nothing can fool it. Asks for a search where none runs by itself.
import { datasets } from "../../state/datasets.js";
import { h, setText } from "../../ui/dom.js";
import { budgetOf } from "../../engine/explorer.js";

/** @param {import("../../ui/context").Context} context @param {string} model
 * @returns {import("../../ui/context").View} */
export function createThresholds({ words, state, explorer }, model) {
  const value = h("span", { class: "value" });
  const bar = h("progress", { max: 1, "aria-label": words.t("smallest.search"), hidden: true });
  const button = /** @type {HTMLButtonElement} */ (
    h("button", {
      type: "button",
      hidden: true,
      onclick: () => {
        if (button.dataset.does === "stop") explorer.endSearches();
        else explorer.findSmallest(model);
      },
    })
  );
  const proof = datasets[state().dataset].models.some(
    ({ id, denoiser }) => id === model && !denoiser,
  );
  const radius = h("span", { class: "value" });
  // A proof takes longer than a quick attack, so the first is asked for.
  const prove = h(
    "button",
    {
      type: "button",
      "aria-label": words.t("certified.prove.label", {
        model: words.t(`model.${model}`, {}, model),
      }),
      onclick: () => explorer.certify(model),
    },
    words.t("certified.prove"),
  );
  const certified = h(
    "div",
    { hidden: !proof },
    h(
      "dt",
      { title: words.t("certified.about") },
      words.t("certified.title"),
      h("span", { class: "hidden" }, ` (${words.t("certified.about")})`),
    ),
    h("dd", {}, radius, prove),
  );
  const title = h(
    "dt",
    { title: words.t("smallest.about") },
    words.t("smallest.title"),
    h("span", { class: "hidden" }, ` (${words.t("smallest.about")})`),
  );

  return {
    element: h(
      "dl",
      { class: "thresholds" },
      h("div", {}, title, h("dd", {}, value, bar, button)),
      certified,
    ),
    render({ analysis, result, attacks }) {
      const found = analysis.smallest[model];
      const lane = result?.lanes.find((one) => one.model === model);
      const budget = result && budgetOf(attacks.find(({ name }) => name === result.request.attack));
      const searching = typeof found === "number";
      const proved = analysis.certified[model];
      prove.hidden = !lane || proved !== undefined;
      setText(
        radius,
        proved === undefined
          ? ""
          : proved === null
            ? words.t("certified.wait")
            : proved === 0
              ? words.t("certified.none")
              : words.t("certified.value", {
                  radius: words.number(proved, proved < 0.001 ? 5 : 4),
                  levels: words.number(proved * 255, proved < 0.004 ? 2 : 1),
                }),
      );
      bar.hidden = !searching && !(lane && budget && found === undefined);
      bar.setAttribute("value", searching ? String(found) : "0");
      const done = found !== undefined && found !== null && !searching;
      button.hidden = !lane || !budget || !(searching || found === null);
      button.dataset.does = searching ? "stop" : "find";
      setText(button, words.t(searching ? "smallest.stop" : "smallest.find"));
      button.setAttribute(
        "aria-label",
        words.t(searching ? "smallest.stop.label" : "smallest.find.label", {
          model: words.t(`model.${model}`, {}, model),
        }),
      );
      setText(
        value,
        !lane
          ? ""
          : !budget
            ? words.t("smallest.none")
            : !done
              ? ""
              : found.epsilon === null
                ? words.t("smallest.beyond", { epsilon: words.number(found.upTo, 2) })
                : found.epsilon === 0
                  ? words.t("smallest.zero")
                  : words.t(found.upTo <= 1 ? "smallest.value" : "smallest.length", {
                      epsilon: words.number(found.epsilon, 3),
                      levels: words.number(found.epsilon * 255, 1),
                    }),
      );
    },
  };
}
