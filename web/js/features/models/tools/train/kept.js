// The nets that are kept in this browser, each with a way to delete it: also those of earlier visits.
import { datasets } from "../../../../state/datasets.js";
import { h } from "../../../../ui/dom.js";
import { ownId } from "../../own.js";

/** @param {import("../../types").LabContext} context @param {(number: number) => void} forget
 * @returns {{element: HTMLElement, render: (numbers?: number[]) => void}} without those of these numbers */
export function createKept({ words, lab, titleOf }, forget) {
  const list = h("ul", {});
  const element = h(
    "section",
    { class: "kept-nets", hidden: true },
    h("h4", {}, words.t("train.keptNets")),
    list,
  );
  let shown = "";
  return {
    element,
    render(others = []) {
      const numbers = datasets[lab.dataset].models
        .map(({ id }) => Number(/^own-(\d+)$/.exec(id)?.[1] ?? 0))
        .filter((number) => number > 0 && !others.includes(number));
      const titles = numbers.map((number) => titleOf(ownId(number)));
      element.hidden = numbers.length === 0;
      if (titles.join("\n") === shown) return;
      shown = titles.join("\n");
      list.replaceChildren(
        ...numbers.map((number, i) =>
          h(
            "li",
            {},
            `${titles[i]} `,
            h(
              "button",
              {
                type: "button",
                "aria-label": words.t("train.forgetNet", { title: titles[i] }),
                onclick: () => forget(number),
              },
              words.t("train.forget"),
            ),
          ),
        ),
      );
    },
  };
}
