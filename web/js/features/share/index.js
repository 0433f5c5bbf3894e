// "Share and keep": the link, a figure, a table, and the experiment for the command line. Everything is
// made here in the browser and handed to it as a file; nothing is sent anywhere.
import { datasets } from "../../state/datasets.js";
import { h, save, setText, styleSheet } from "../../ui/dom.js";
import { laneAt } from "../image/lane.js";
import { drawFigure } from "./figure.js";
import { csvOf, experimentOf, parametersOf, smallestOf } from "./records.js";

/** @typedef {import("../../types").Snapshot} Snapshot */

export const messages = ["share"];

/** @param {HTMLElement} element @param {import("../../ui/context").ViewContext} context
 * @returns {import("../../ui/context").MountedView} */
export function mount(element, context) {
  styleSheet("css/later/panels.css");
  const { words } = context;
  const said = h("p", { class: "hint said" }, words.t("share.about"));
  const field = /** @type {HTMLInputElement} */ (
    h("input", {
      type: "text",
      readonly: true,
      hidden: true,
      "aria-label": words.t("share.field"),
      onfocus: () => field.select(),
    })
  );
  /** @param {string} text */
  function say(text) {
    setText(said, text);
    context.announce(text);
  }

  const keep = {
    async link() {
      const link = context.link();
      try {
        await navigator.clipboard.writeText(link);
        say(words.t("share.copied"));
      } catch {
        // No permission, or no secure page: by hand then.
        field.hidden = false;
        field.value = link;
        field.focus();
        say(words.t("share.field"));
      }
    },
    async png() {
      const now = context.snapshot();
      const result = /** @type {import("../../types").ExploreResult} */ (now.result);
      const { dataset } = now.state;
      const { shape } = datasets[dataset];
      const { step } = now.state;
      const lanes = result.lanes.map((lane) =>
        step !== null && now.analysis.traces[lane.model]
          ? laneAt(lane, now.analysis.traces[lane.model], step, result.request, shape.channels)
          : lane,
      );
      const canvas = drawFigure({
        lanes,
        image: result.request.image,
        shape,
        words,
        scheme: context.scheme(),
        title: titleOf(now),
        names: lanes.map(({ model }) => words.t(`model.${model}`, {}, model)),
        smallest: lanes.map(({ model }) => smallestOf(now, model)),
        scale: Math.max(...result.lanes.map(({ linf }) => linf)),
        className: (label) => words.className(dataset, label),
      });
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
      finish(blob, "png");
    },
    async csv() {
      const now = context.snapshot();
      const text = csvOf(
        now,
        /** @type {import("../../types").ExploreResult} */ (now.result),
        (label) => words.className(now.state.dataset, label),
      );
      // The mark tells spreadsheets that it is UTF-8.
      finish(new Blob(["\ufeff", text], { type: "text/csv" }), "csv");
    },
    async json() {
      const now = context.snapshot();
      const experiment = experimentOf(
        now,
        /** @type {import("../../types").ExploreResult} */ (now.result),
        { version: document.documentElement.dataset.version ?? "", page: context.link() },
      );
      finish(
        new Blob([JSON.stringify(experiment, null, 1), "\n"], { type: "application/json" }),
        "json",
      );
    },
  };

  /** @param {Blob} blob @param {string} ending */
  function finish(blob, ending) {
    const { dataset, attack } = context.state();
    const file = `signflip-${dataset}-${attack}.${ending}`;
    save(blob, file);
    say(words.t("share.saved", { file }));
  }

  /** "MIM · ε 0.2 · steps 10": what was asked. @param {Snapshot} now */
  function titleOf(now) {
    const result = /** @type {import("../../types").ExploreResult} */ (now.result);
    const attack = now.attacks.find((one) => one.name === result.request.attack);
    const given = parametersOf(now, result);
    const value = (/** @type {string} */ name) =>
      typeof given[name] === "number"
        ? words.number(given[name], name === "epsilon" ? 3 : 0)
        : given[name];
    const shown = (attack?.parameters ?? [])
      .filter(({ name }) => ["epsilon", "steps", "queries"].includes(name) && name in given)
      .map(({ name, title }) => `${words.t(`parameter.${name}`, {}, title)} ${value(name)}`);
    const { step } = now.state;
    return [
      words.t(`attack.${result.request.attack}`, {}, attack?.title),
      ...shown,
      ...(step === null ? [] : [words.t("figure.step", { step })]),
    ].join(" · ");
  }

  const buttons = Object.entries(keep).map(
    ([name, act]) =>
      /** @type {HTMLButtonElement} */ (
        h(
          "button",
          {
            type: "button",
            "data-keep": name,
            title: words.t(`share.${name}.about`),
            onclick: async () => {
              if (name !== "link" && !context.snapshot().result)
                return say(words.t("share.nothing"));
              await act().catch((error) =>
                say(
                  words.t("share.failed", {
                    detail: error instanceof Error ? error.message : String(error),
                  }),
                ),
              );
            },
          },
          words.t(`share.${name}`),
        )
      ),
  );
  element.append(
    h("h2", { id: "share-title" }, words.t("share.title")),
    h("div", { class: "buttons" }, ...buttons),
    field,
    said,
  );
  return { render() {} };
}
