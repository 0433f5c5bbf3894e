// Under the explorable: a few experiments to start from, and the explanation.
import { datasets } from "../../state/datasets.js";
import { h, plainClick, rich } from "../../ui/dom.js";
import { writeUrl } from "../../state/state.js";

/** @typedef {import("../../ui/context").Context} Context */

export const styles = "css/later/about.css";
export const messages = ["about"];

const sections = ["fgsm", "steps", "epsilon", "defended", "honest"];
/** Sections about a defended model, and which model that is in each dataset. */
const ofDefended = ["defended", "honest"];
/** @type {Record<string, string>} */
const defended = { mnist: "mixed", gtsrb: "robust" };

/** What the page is set to for each experiment. They promise no outcome: one looks.
 * @type {Record<string, Partial<import("../../types").State>>} */
const digits = {
  step: { sample: "3a", attack: "fgsm", parameters: { epsilon: 0.2 }, target: null, from: "" },
  iterate: {
    sample: "3a",
    attack: "mim",
    parameters: { epsilon: 0.2, steps: 10 },
    target: null,
    from: "",
  },
  goal: {
    sample: "3a",
    attack: "mim",
    parameters: { epsilon: 0.25, steps: 20 },
    target: 8,
    from: "",
  },
  transfer: {
    sample: "3a",
    attack: "mim",
    parameters: { epsilon: 0.25, steps: 10 },
    target: null,
    from: "standard",
  },
};

/** Of traffic signs the picture stays the visitor's. @type {Record<string, Partial<import("../../types").State>>} */
const signs = {
  step: { attack: "fgsm", parameters: { epsilon: 0.03 }, target: null, from: "" },
  iterate: { attack: "mim", parameters: { epsilon: 0.03, steps: 10 }, target: null, from: "" },
  goal: { attack: "mim", parameters: { epsilon: 0.06, steps: 20 }, target: 14, from: "" },
  transfer: {
    attack: "mim",
    parameters: { epsilon: 0.06, steps: 10 },
    target: null,
    from: "standard",
  },
};

/** Links, so that an experiment can be copied or opened beside; a plain click sets this page.
 * @param {Context} context */
function createExperiments({ words, state, update }) {
  return h(
    "section",
    { class: "experiments", "aria-labelledby": "try-title" },
    h("h2", { id: "try-title" }, words.t("try.title")),
    h(
      "ul",
      {},
      ...Object.entries(state().dataset === "mnist" ? digits : signs).map(([name, patch]) =>
        h(
          "li",
          {},
          h(
            "a",
            {
              href: `?${writeUrl({ ...state(), ...patch }, navigator.language)}`,
              onclick: plainClick(() => {
                update(patch);
                document.getElementById("results")?.scrollIntoView({ block: "nearest" });
              }),
            },
            words.t(`try.${name}`),
          ),
        ),
      ),
    ),
  );
}

/** @param {HTMLElement} element @param {import("../../ui/context").ViewContext} context
 * @returns {import("../../ui/context").MountedView} */
export function mount(element, context) {
  const { words, state } = context;
  const { dataset } = state();
  const told = datasets[dataset].models.some(({ id }) => id === defended[dataset])
    ? sections
    : sections.filter((name) => !ofDefended.includes(name));
  element.append(
    createExperiments(context),
    h(
      "section",
      { "aria-labelledby": "about-title" },
      h("h2", { id: "about-title" }, words.t("about.title")),
      h(
        "p",
        { class: "formula", role: "math", "aria-label": words.t("about.formula.alt") },
        words.t("about.formula"),
      ),
      h(
        "div",
        { class: "columns" },
        ...told.map((name) =>
          h(
            "article",
            { class: name },
            h("h3", {}, words.t(`about.${name}.title`)),
            h("p", {}, ...rich(words.t(`about.${name}.text`))),
          ),
        ),
      ),
    ),
  );
  return { render() {} };
}
