// What stands under the figure on paper, instead of the controls: attack, goal, parameters, and where to try it.
import { datasets } from "../../state/datasets.js";
import { shownState } from "../../state/lanes.js";
import { valueOf, writeUrl } from "../../state/state.js";
import { h, setText } from "../../ui/dom.js";

/** @param {import("../../ui/context").Context} context @returns {import("../../ui/context").View} */
export function createCaption({ words, explorer }) {
  const asked = h("p", {});
  const address = h("p", {});
  return {
    element: h("div", { class: "printed" }, asked, address),
    render(snapshot) {
      const { attacks, result } = snapshot;
      const attack = attacks.find(({ name }) => name === result?.request.attack);
      // On paper there is only what has come to rest.
      if (!attack || !result || !explorer.scheduler.idle) return;
      const now = shownState(snapshot, result);
      const { target, dataset } = result.request;
      const touched = attack.parameters.filter(
        ({ name }) => name in now.parameters || name in result.request.parameters,
      );
      const said = [
        words.t(`attack.${attack.name}`, {}, attack.title),
        ...(target === null
          ? []
          : [words.t("target.class", { digit: words.className(dataset, target) })]),
        ...touched.map((parameter) => {
          const value = valueOf(now, parameter);
          const digits = parameter.kind === "real" ? 3 : 0;
          const title = words.t(`parameter.${parameter.name}`, {}, parameter.title);
          return `${title} ${typeof value === "number" ? words.number(value, digits) : value}`;
        }),
      ];
      setText(asked, said.join(" · "));
      // A whole picture in an address is nothing that one types.
      const typed =
        now.sample === "picture" ? { sample: datasets[dataset].sample, picture: "" } : {};
      const query = writeUrl({ ...now, ...typed, hide: [] }, "");
      const here = location.href.replace(/[^/]*$/, "");
      setText(address, here.startsWith("http") ? `${here}index.html${query && `?${query}`}` : "");
    },
  };
}
