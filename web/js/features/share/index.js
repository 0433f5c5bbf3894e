// "Share and keep": the link, a figure, a table, and the experiment for the command line. Everything is
// made here in the browser and handed to it as a file; nothing is sent anywhere.
import { h, save, setText, styleSheet } from "../../ui/dom.js";
import { csvOf, experimentOf } from "./records.js";
import { pictureOf } from "./still.js";

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
      finish(await pictureOf(context, "image/png"), "png");
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

  /** The snippets' dialogue and its words come when they are wanted. */
  async function embed() {
    const [{ openDialogue }, spoken] = await Promise.all([
      import("../embed/dialogue.js"),
      words.with(["embedding"]),
    ]);
    const { dataset, attack } = context.state();
    openDialogue({ ...context, words: spoken }, `signflip-${dataset}-${attack}.png`);
  }

  const buttons = Object.entries({ ...keep, embed }).map(
    ([name, act]) =>
      /** @type {HTMLButtonElement} */ (
        h(
          "button",
          {
            type: "button",
            "data-keep": name,
            title: words.t(`share.${name}.about`),
            onclick: async () => {
              if (!["link", "embed"].includes(name) && !context.snapshot().result)
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
