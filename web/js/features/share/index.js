// "Share and keep": the link, a figure, a table, and the experiment for the command line, all of them made of the
// result that is shown and of nothing newer. Everything is made here in the browser and handed to it as a file.
import { writeUrl } from "../../state/state.js";
import { csvFile } from "../../ui/csv.js";
import { h, save, setText, styleSheet } from "../../ui/dom.js";
import { experimentOf, tableOf } from "./records.js";
import { pictureOf } from "./still.js";

/** @typedef {import("../../types").Snapshot} Snapshot */
/** @typedef {import("../../types").ExploreResult} ExploreResult */
/** @typedef {import("../../ui/context").ViewContext} ViewContext */
/** What is made of a result: a text to copy, or a file.
 * @typedef {(context: ViewContext, now: Snapshot, result: ExploreResult) => string | Blob | Promise<Blob>} Make */

export const messages = ["share"];

/** The address of what is shown: as it was asked, at the step that is looked at.
 * @param {ViewContext} context @param {Snapshot} now @param {ExploreResult} result */
function linkOf({ link }, now, { state: asked }) {
  const { step, theme, lang } = now.state;
  const query = writeUrl({ ...asked, step, theme, lang, view: "image" }, navigator.language);
  return `${link().split("?")[0]}${query ? `?${query}` : ""}`;
}

/** @type {Record<string, Make>} */
const makers = {
  link: linkOf,
  png: (context) => pictureOf(context, "image/png"),
  csv: ({ words }, now, result) =>
    csvFile(tableOf(now, result, (label) => words.className(result.request.dataset, label))),
  json: (context, now, result) => {
    const experiment = experimentOf(now, result, {
      version: document.documentElement.dataset.version ?? "",
      page: linkOf(context, now, result),
    });
    return new Blob([JSON.stringify(experiment, null, 1), "\n"], { type: "application/json" });
  },
};

/** The snippets' dialogue and its words come when they are wanted. @param {ViewContext} context */
async function embed(context) {
  const [{ openDialogue }, words] = await Promise.all([
    import("../embed/dialogue.js"),
    context.words.with(["embedding"]),
  ]);
  const { dataset, attack } = context.state();
  openDialogue({ ...context, words }, `signflip-${dataset}-${attack}.png`);
}

/** @param {HTMLElement} element @param {ViewContext} context
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
  /** @param {string} link */
  async function copy(link) {
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
  }
  /** @param {string} name */
  async function keep(name) {
    if (name === "embed") return embed(context);
    const now = context.snapshot();
    if (!now.result) return say(words.t("share.nothing"));
    const { dataset, attack } = now.result.request;
    const made = await makers[name](context, now, now.result);
    if (typeof made === "string") return copy(made);
    const file = `signflip-${dataset}-${attack}.${name}`;
    save(made, file);
    say(words.t("share.saved", { file }));
  }
  const onclick = (/** @type {string} */ name) => () =>
    keep(name).catch((error) =>
      say(
        words.t("share.failed", { detail: error instanceof Error ? error.message : String(error) }),
      ),
    );
  const buttons = [...Object.keys(makers), "embed"].map((name) =>
    h(
      "button",
      {
        type: "button",
        "data-keep": name,
        title: words.t(`share.${name}.about`),
        onclick: onclick(name),
      },
      words.t(`share.${name}`),
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
