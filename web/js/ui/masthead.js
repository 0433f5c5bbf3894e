// The top of the page, its name, views, dataset, language, theme; and its foot.
import { datasets } from "../state/datasets.js";
import { views, writeUrl } from "../state/state.js";
import { choice, h, plainClick, whenChanged } from "./dom.js";
import { createSettings } from "./settings.js";

/** @typedef {import("./context").Context} Context */
/** @typedef {{element: HTMLElement, render: () => void}} Part */

/** Where the guided start begins (features/guide). @type {Partial<import("../types").State>} */
const guided = {
  guide: 1,
  view: "image",
  dataset: "mnist",
  sample: "3a",
  model: ["standard"],
  attack: "fgsm",
  parameters: { epsilon: 0 },
  target: null,
  from: "",
};

/** The way to it. @param {Context} context @param {Record<string, string>} [more] attributes */
const guideLink = ({ words, update }, more) =>
  h(
    "a",
    {
      ...more,
      href: "?guide=1&model=standard&epsilon=0",
      onclick: plainClick(() => update(guided)),
    },
    words.t("page.guide"),
  );

/** @param {Context} context
 * @returns {{elements: HTMLElement[], render: () => void}} */
export function createMasthead(context) {
  const { words } = context;
  const tagline = h("p", { class: "tagline" }, words.t("page.tagline"));
  const nav = createViews(context);
  const settings = createSettings(context);
  const sets = createDatasets(context);
  const skip = (/** @type {string} */ to) =>
    h("a", { class: "skip", href: `#${to}` }, words.t(`page.skip.${to}`));
  return {
    elements: [
      skip("results"),
      skip("controls"),
      h(
        "div",
        { class: "brand" },
        h("h1", {}, "Signflip"),
        h(
          "span",
          { class: "mark", "aria-hidden": "true" },
          h("b", { class: "minus" }, "−"),
          h("b", { class: "plus" }, "+"),
        ),
        tagline,
      ),
      nav.element,
      h("div", { class: "settings" }, sets.element, ...settings.elements),
    ],
    render() {
      for (const part of [nav, sets, settings]) part.render();
    },
  };
}

/** Links to the views; each leads to the state as it is. @param {Context} context @returns {Part} */
function createViews(context) {
  const { words, state, update } = context;
  const links = views.map(
    (view) =>
      /** @type {HTMLAnchorElement} */ (
        h(
          "a",
          { "data-view": view, onclick: plainClick(() => update({ view })) },
          words.t(`view.${view}`),
        )
      ),
  );
  const address = whenChanged(() =>
    links.forEach((link, i) => {
      link.href = `?${writeUrl({ ...state(), view: views[i] }, navigator.language)}`;
    }),
  );
  return {
    element: h(
      "nav",
      { class: "views", "aria-label": words.t("view.title") },
      ...links,
      guideLink(context, { class: "guided" }),
    ),
    render() {
      const now = state();
      // While answers come the addresses wait for the last.
      if (context.explorer.scheduler.idle) address(now);
      links.forEach((link, i) => {
        if (views[i] === now.view) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      });
    },
  };
}

/** @param {Context} context @returns {Part} */
function createDatasets({ words, state, update }) {
  const element = h("fieldset", { class: "datasets" });
  /** @type {Map<string, HTMLInputElement>} */
  const inputs = new Map();

  /** A visitor may bring another. */
  function build() {
    inputs.clear();
    const choices = Object.keys(datasets).map((dataset) => {
      const label = words.t(`dataset.${dataset}`, {}, dataset);
      const onchange = () => update({ dataset });
      const options = { name: "dataset", value: dataset, label, class: "tab", onchange };
      const { element: tab, input } = choice(options, label);
      inputs.set(dataset, input);
      return tab;
    });
    element.hidden = choices.length < 2;
    const legend = h("legend", { class: "hidden" }, words.t("dataset.title"));
    element.replaceChildren(legend, ...choices);
  }

  build();
  /** What is checked; a choice whose words are on their way stays. */
  let shown = "";
  return {
    element,
    render() {
      const { dataset } = state();
      const isNew = inputs.size !== Object.keys(datasets).length;
      if (isNew) build();
      if (!isNew && dataset === shown) return;
      shown = dataset;
      for (const [name, input] of inputs) input.checked = name === dataset;
    },
  };
}

/** The foot of the page: what it is, whose work it stands on. @param {Context} context */
export function createFooter(context) {
  const { words } = context;
  const { source } = document.documentElement.dataset;
  const link = (/** @type {string} */ name, /** @type {string} */ href) =>
    h("a", { href, rel: "noopener" }, words.t(`footer.${name}`));
  return [
    h("p", {}, words.t("footer.private")),
    h("p", {}, words.t("footer.engine")),
    h(
      "p",
      { class: "links" },
      guideLink(context),
      link("course", "lessons/index.html"),
      link("licence", "LICENSE.txt"),
      source ? link("source", source) : null,
      link("mnist", "https://ieeexplore.ieee.org/document/726791"),
      link("gtsrb", "https://benchmark.ini.rub.de/gtsrb_news.html"),
    ),
  ];
}
