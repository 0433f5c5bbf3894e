// The top of the page, its name, views, dataset, language, light or dark; and its foot.
import { datasets } from "../state/datasets.js";
import { choice, h, plainClick, setText } from "./dom.js";
import { createSettings } from "./settings.js";
import { views, writeUrl } from "../state/state.js";

/** @param {import("./context").Context} context
 * @returns {{elements: HTMLElement[], render: () => void}} */
export function createMasthead(context) {
  const { words, state, update } = context;
  const settings = createSettings(context);
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
  const names = Object.keys(datasets);
  const choices = names.map((dataset) =>
    choice(
      {
        name: "dataset",
        value: dataset,
        label: words.t(`dataset.${dataset}`, {}, dataset),
        class: "tab",
        onchange: () => update({ dataset }),
      },
      words.t(`dataset.${dataset}`, {}, dataset),
    ),
  );
  const tagline = h("p", { class: "tagline" });
  setText(tagline, words.t("page.tagline"));
  return {
    elements: [
      h("a", { class: "skip", href: "#results" }, words.t("page.skip")),
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
      h("nav", { class: "views", "aria-label": words.t("view.title") }, ...links),
      h(
        "div",
        { class: "settings" },
        h(
          "fieldset",
          { class: "datasets", hidden: names.length < 2 },
          h("legend", { class: "hidden" }, words.t("dataset.title")),
          ...choices.map(({ element }) => element),
        ),
        ...settings.elements,
      ),
    ],
    render() {
      const now = state();
      settings.render();
      choices.forEach(({ input }, i) => {
        input.checked = names[i] === now.dataset;
      });
      links.forEach((link, i) => {
        link.href = `?${writeUrl({ ...now, view: views[i] }, navigator.language)}`;
        if (views[i] === now.view) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      });
    },
  };
}

/** The foot of the page. @param {import("./context").Context} context */
export function createFooter({ words }) {
  const said = (/** @type {string} */ name) => h("p", {}, words.t(`footer.${name}`));
  const course = h("a", { href: "lessons/index.html" }, words.t("footer.course"));
  return [said("private"), h("p", {}, course), said("engine"), said("licence")];
}
