// The explanation under the explorable, a few experiments to start from, and the footer.
import { h, plainClick, rich } from "../dom.js";
import { writeUrl } from "../state.js";

/** @typedef {import("./context").Context} Context */

const sections = ["fgsm", "steps", "epsilon", "defended", "honest"];

/** What the page is set to for each experiment. They promise no outcome: one looks.
 * @type {Record<string, Partial<import("../types").State>>} */
const experiments = {
  step: { sample: "3a", attack: "fgsm", parameters: { epsilon: 0.2 }, target: null, from: "" },
  iterate: { sample: "3a", attack: "mim", parameters: { epsilon: 0.2, steps: 10 }, target: null, from: "" },
  goal: { sample: "3a", attack: "mim", parameters: { epsilon: 0.25, steps: 20 }, target: 8, from: "" },
  transfer: { sample: "3a", attack: "mim", parameters: { epsilon: 0.25, steps: 10 }, target: null, from: "standard" },
};

/** Links, so that an experiment can be copied or opened beside; a plain click sets this page.
 * @param {Context} context */
function createExperiments({ words, state, update }) {
  return h("section", { class: "experiments", "aria-labelledby": "try-title" },
    h("h2", { id: "try-title" }, words.t("try.title")),
    h("ul", {}, ...Object.entries(experiments).map(([name, patch]) => h("li", {}, h("a", {
      href: `?${writeUrl({ ...state(), ...patch }, navigator.language)}`,
      onclick: plainClick(() => {
        update(patch);
        document.getElementById("results")?.scrollIntoView({ block: "nearest" });
      }),
    }, words.t(`try.${name}`))))));
}

/** @param {Context} context */
export function createAbout(context) {
  const { words } = context;
  return h("div", { class: "about" }, createExperiments(context), h("section", { "aria-labelledby": "about-title" },
    h("h2", { id: "about-title" }, words.t("about.title")),
    h("p", { class: "formula", role: "math", "aria-label": words.t("about.formula.alt") }, words.t("about.formula")),
    h("div", { class: "columns" }, ...sections.map((name) => h("article", { class: name },
      h("h3", {}, words.t(`about.${name}.title`)), h("p", {}, ...rich(words.t(`about.${name}.text`))))))));
}

/** @param {Context} context */
export function createFooter({ words }) {
  return ["private", "engine", "licence"].map((name) => h("p", {}, words.t(`footer.${name}`)));
}
