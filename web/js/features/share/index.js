// "Share and keep": the link, a figure, a table, and the experiment for the command line, all of them made of the
// result that is shown and of nothing newer. Everything is made here in the browser and handed to it as a file.
import { shownState, stepOf } from "../../state/lanes.js";
import { writeUrl } from "../../state/state.js";
import { csvFile } from "../../ui/csv.js";
import { h, save, setText, styleSheet } from "../../ui/dom.js";
import { npyOf, pngOf } from "./adversarial.js";
import { experimentOf, tableOf } from "./records.js";
import { pictureOf } from "./still.js";

/** @typedef {import("../../types").Snapshot} Snapshot */
/** @typedef {import("../../types").ExploreResult} ExploreResult */
/** @typedef {import("../../ui/context").ViewContext} ViewContext */
/** A file, and what is to be said of it. @typedef {{blob: Blob, note: string}} Noted */
/** What is made of a result: a text to copy, or a file; model: the one that was chosen, where there are several.
 * @typedef {(context: ViewContext, now: Snapshot, result: ExploreResult, model: string) => string | Blob | Promise<Blob | Noted>} Make */

export const messages = ["share"];

/** The address of what is shown: as it was asked, at the step that is looked at.
 * @param {ViewContext} context @param {Snapshot} now @param {ExploreResult} result */
function linkOf({ link }, now, result) {
  const query = writeUrl(shownState(now, result), navigator.language);
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

/** Of one model's adversarial image, by the ending of their files. @type {Record<string, Make>} */
const images = { png: pngOf, npy: (_context, now, result, model) => npyOf(now, result, model) };

/** The snippets' dialogue and its words come when they are wanted. @param {ViewContext} context */
async function embed(context) {
  const [{ openDialogue }, words] = await Promise.all([
    import("../embed/dialogue.js"),
    context.words.with(["embedding"]),
  ]);
  const { dataset, attack } = context.state();
  openDialogue({ ...context, words }, `signflip-${dataset}-${attack}.png`);
}

/** The link on its way to the clipboard; where that is closed, a field to copy it from.
 * @param {ViewContext["words"]} words @param {(text: string) => void} say */
function createLink(words, say) {
  const field = /** @type {HTMLInputElement} */ (
    h("input", {
      type: "text",
      readonly: true,
      hidden: true,
      "aria-label": words.t("share.field"),
      onfocus: () => field.select(),
    })
  );
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
  return { field, copy };
}

/** @param {HTMLElement} element @param {ViewContext} context
 * @returns {import("../../ui/context").MountedView} */
export function mount(element, context) {
  styleSheet("css/later/panels.css");
  const { words } = context;
  const said = h("p", { class: "hint said" }, words.t("share.about"));
  /** @param {string} text */
  function say(text) {
    setText(said, text);
    context.announce(text);
  }
  const { field, copy } = createLink(words, say);
  /** @param {string} name @param {{[name: string]: Make}} among @param {string} [model] */
  async function keep(name, among, model = "") {
    if (name === "embed") return embed(context);
    const now = context.snapshot();
    if (!now.result) return say(words.t("share.nothing"));
    const { dataset, attack } = now.result.request;
    const made = await among[name](context, now, now.result, model);
    if (typeof made === "string") return copy(made);
    const step = stepOf(now);
    const of = model && `-${model}${step === null ? "" : `-step-${step}`}`;
    const file = `signflip-${dataset}-${attack}${of}.${name}`;
    const { blob, note } = made instanceof Blob ? { blob: made, note: "" } : made;
    save(blob, file);
    say([words.t("share.saved", { file }), note].filter(Boolean).join(" "));
  }
  /** @param {unknown} error */
  const fail = (error) =>
    say(
      words.t("share.failed", { detail: error instanceof Error ? error.message : String(error) }),
    );
  /** @param {string} key of what it is called @param {string} name @param {() => Promise<void>} act */
  const button = (key, name, act) =>
    h(
      "button",
      {
        type: "button",
        "data-keep": name,
        title: words.t(`${key}.about`),
        onclick: () => act().catch(fail),
      },
      words.t(key),
    );
  const model = createModelChoice(context);
  element.append(
    h("h2", { id: "share-title" }, words.t("share.title")),
    h(
      "div",
      { class: "buttons" },
      ...[...Object.keys(makers), "embed"].map((name) =>
        button(`share.${name}`, name, () => keep(name, makers)),
      ),
    ),
    h(
      "div",
      { class: "buttons", role: "group", "aria-label": words.t("share.adversarial") },
      h("label", {}, words.t("share.image"), " ", model.element),
      ...Object.keys(images).map((name) =>
        button(`share.image.${name}`, `image-${name}`, () => keep(name, images, model.value())),
      ),
    ),
    field,
    said,
  );
  return { render: (snapshot) => model.render(snapshot) };
}

/** Whose adversarial image it is: one of the models that are shown. @param {ViewContext} context */
function createModelChoice({ words }) {
  const element = /** @type {HTMLSelectElement} */ (h("select", {}));
  let shown = "";
  return {
    element,
    value: () => element.value,
    /** @param {Snapshot} snapshot */
    render({ result }) {
      const models = result?.lanes.map(({ model }) => model) ?? [];
      if (models.join() === shown) return;
      shown = models.join();
      const { value } = element;
      element.replaceChildren(
        ...models.map((id) => h("option", { value: id }, words.t(`model.${id}`, {}, id))),
      );
      if (models.includes(value)) element.value = value;
    },
  };
}
