// "Your own model", or test images: a file that is chosen, dropped or fetched becomes a model beside the site's own, or is refused
// with the reason. Reading it is reading.js; keeping it is what nets trained here have too (features/models/own.js).
import { sentenceOf } from "../../engine/errors.js";
import { hasServer } from "../../engine/reach.js";
import { datasets, isOwnDataset } from "../../state/datasets.js";
import { foldersIn } from "../../state/incoming.js";
import { samplesOf } from "../../state/samples.js";
import { createClose, createDialogue, createFileField, open } from "../../ui/dialogue.js";
import { h, setText, styleSheet } from "../../ui/dom.js";
import { addOwn, deleteOwn, keepOwn, nextNumber, ownDatasetFor, ownId } from "../models/own.js";
import { bringTestImages } from "../models/packs.js";
import { createPreparation } from "./preparation.js";
import { broughtOf, fetched, givenOf, isTestSet, testSetOf, triedOn } from "./reading.js";

/** @typedef {import("../../ui/context").ViewContext} ViewContext */
/** @typedef {import("./reading.js").Given} Given */
/** @typedef {import("./reading.js").Brought} Brought */

/** So long may a model's name be on a chip. */
const longest = 24;

/** Opens the dialogue; with files or folders, it begins with them.
 * @param {ViewContext} context @param {(File | FileSystemEntry)[]} [files] */
export async function openBring(context, files = []) {
  const [words] = await Promise.all([
    context.words.with(["bring"]),
    styleSheet("css/later/panels.css"),
  ]);
  const there = /** @type {any} */ (document.querySelector("dialog.bring"));
  const dialogue = there ?? new Bring({ ...context, words }).element;
  if (!there) open(dialogue);
  if (files.length > 0) dialogue.dispatchEvent(new CustomEvent("bring", { detail: files }));
}

class Bring {
  /** @type {Given | null} */ #given = null;
  /** @type {Brought | null} */ #brought = null;
  /** Counts the files, so that one that was overtaken says nothing. */
  #turn = 0;

  /** @param {ViewContext} context whose words hold those of bringing */
  constructor(context) {
    this.context = context;
    const { words } = context;
    this.said = h("p", { class: "hint", role: "status" });
    this.trouble = h("p", { class: "trouble", role: "alert" });
    this.about = h("p", {});
    this.notes = h("ul", { class: "hint" });
    this.preparation = createPreparation(context);
    this.add = h(
      "button",
      { type: "button", class: "primary", onclick: () => this.#add() },
      words.t("bring.add"),
    );
    this.found = h(
      "div",
      { class: "found", hidden: true },
      this.about,
      this.notes,
      this.preparation.element,
      h("div", { class: "buttons" }, this.add),
    );
    this.kept = h("ul", { class: "kept" });
    this.element = this.#layOut();
    this.element.addEventListener("drop", (event) => this.#drop(event));
    this.element.addEventListener("bring", (event) =>
      this.#take(() => givenOf(/** @type {CustomEvent} */ (event).detail)),
    );
    this.#list();
  }

  #layOut() {
    const { words } = this.context;
    return createDialogue(
      "panel bring",
      words.t("bring.title"),
      h("p", { class: "hint", id: "bring-hint" }, words.t("bring.hint")),
      h("p", { class: "hint" }, words.t("bring.data")),
      h("p", { class: "hint" }, words.t("bring.private")),
      this.#createDrop(),
      this.#createFolder(),
      hasServer ? this.#createAddress() : null,
      this.said,
      this.trouble,
      this.found,
      this.kept,
      h("div", { class: "buttons" }, createClose(words.t("bring.close"))),
    );
  }

  /** @param {Record<string, unknown>} attributes */
  #createField = (attributes) =>
    createFileField(attributes, (files) => this.#take(() => givenOf(files)));

  #createDrop() {
    const { words } = this.context;
    const accept = ".safetensors,.onnx,.json,.npz";
    const input = this.#createField({ multiple: true, accept, "aria-describedby": "bring-hint" });
    const ways = h("span", { class: "hint" }, words.t("bring.ways"));
    return h(
      "label",
      { class: "drop" },
      h("span", {}, h("b", {}, words.t("bring.choose")), ways),
      input,
    );
  }

  /** A folder of pictures, which browsers choose by a field of its own. */
  #createFolder() {
    const { words } = this.context;
    const input = this.#createField({ webkitdirectory: true });
    return h("label", { class: "folder" }, words.t("bring.folder"), input);
  }

  #createAddress() {
    const { words } = this.context;
    const field = /** @type {HTMLInputElement} */ (
      h("input", {
        type: "url",
        placeholder: "https://…/model.onnx",
        onkeydown: (/** @type {KeyboardEvent} */ { key }) => key === "Enter" && fetch(),
      })
    );
    const fetch = () => this.#take(() => fetched(field.value.trim()));
    return h(
      "div",
      { class: "address" },
      h("label", {}, words.t("bring.from"), field),
      h("button", { type: "button", onclick: fetch }, words.t("bring.fetch")),
    );
  }

  /** Whatever is dropped on the dialogue is meant for it. @param {DragEvent} event */
  #drop(event) {
    const folders = foldersIn(event.dataTransfer);
    const files = folders.length > 0 ? folders : [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    delete document.documentElement.dataset.drag;
    this.#take(() => givenOf(files));
  }

  /** @param {() => Promise<Given>} give */
  async #take(give) {
    const { words } = this.context;
    const turn = ++this.#turn;
    this.#brought = null;
    this.found.hidden = true;
    setText(this.trouble, "");
    setText(this.said, words.t("bring.reading"));
    try {
      const given = await give();
      if (isTestSet(given)) return await this.#takeTestSet(given, turn);
      const brought = await broughtOf(given);
      const measured = await triedOn(brought);
      if (turn !== this.#turn) return;
      this.#given = given;
      this.#brought = brought;
      this.#show(brought, measured);
    } catch (error) {
      if (turn === this.#turn) this.#refuse(error);
    }
  }

  /** Test images are shown at once, under the attack that is chosen. @param {Given} given @param {number} turn */
  async #takeTestSet(given, turn) {
    const { words, state, update, announce, shelve } = this.context;
    const tell = (/** @type {number} */ done, /** @type {number} */ total) => {
      if (turn === this.#turn) setText(this.said, words.t("data.reading", { done, total }));
    };
    const { dataset, images, remark } = await testSetOf(given, state().dataset, tell);
    if (turn !== this.#turn) return;
    bringTestImages(dataset, images);
    const samples = samplesOf(images);
    shelve(dataset, samples);
    this.element.close();
    const sample = isOwnDataset(dataset) ? { sample: samples[0].id } : {};
    update({ dataset, view: "model", experiment: "", ...sample });
    const count = words.number(images.count, 0);
    announce([words.t("data.there", { file: given.file, count }), remark].join(" ").trim());
  }

  /** @param {Brought} brought @param {Awaited<ReturnType<typeof triedOn>>} measured */
  #show({ name, dataset, shape, classes, parameters, notes, statesPreparation }, measured) {
    const { words } = this.context;
    const about = words.t(dataset ? "bring.about" : "bring.about.other", {
      name,
      dataset: words.t(`dataset.${dataset}`),
      shape: `${shape.height}×${shape.width}×${shape.channels}`,
      classes: classes.length,
      parameters: words.number(parameters, 0),
    });
    setText(this.about, about);
    this.notes.replaceChildren(...notes.map((note) => h("li", { lang: "en" }, note)));
    this.preparation.show(measured, { asked: !statesPreparation, classes: classes.length });
    setText(this.said, "");
    this.found.hidden = false;
    this.add.focus();
  }

  /** @param {unknown} error */
  #refuse(error) {
    const { words } = this.context;
    setText(this.said, "");
    // The library names the fields that it wants; here a visitor gives them otherwise.
    const said = sentenceOf(words, error, "bring.refused")
      .replaceAll("'architecture'", words.t("bring.field.architecture"))
      .replaceAll("'input'", words.t("bring.field.input"));
    setText(this.trouble, said);
  }

  async #add() {
    const { words, state, update, announce, client } = this.context;
    const given = /** @type {Given} */ (this.#given);
    // Converting takes a while, in which a second press would add another.
    this.add.toggleAttribute("disabled", true);
    try {
      const prepared = this.preparation.value();
      const brought = prepared
        ? await broughtOf(given, prepared)
        : /** @type {Brought} */ (this.#brought);
      const { name, bytes, shape, classes } = brought;
      const place = brought.dataset ? undefined : { shape, classes };
      const dataset = place ? ownDatasetFor(place) : brought.dataset;
      const letters = [...name];
      const title = letters.length > longest ? `${letters.slice(0, longest - 1).join("")}…` : name;
      const number = nextNumber();
      const own = { dataset, number, title, bytes: bytes.slice().buffer, ...(place && { place }) };
      client.forget(`${dataset}/${ownId(own.number)}`);
      addOwn(/** @type {any} */ (own));
      const kept = await keepOwn(/** @type {any} */ (own)).then(
        () => "bring.kept",
        () => "bring.notKept",
      );
      const id = ownId(own.number);
      const first = state().dataset === dataset ? state().model[0] : datasets[dataset].shown[0];
      this.element.close();
      update({ dataset, model: [...new Set([first, id])], subject: id });
      announce(words.t(kept, { title }));
    } catch (error) {
      this.#refuse(error);
      this.add.toggleAttribute("disabled", false);
      this.add.focus();
    }
  }

  /** The models that visitors have, each with a way to delete it. */
  #list() {
    const { words } = this.context;
    const own = Object.entries(datasets).flatMap(([dataset, { models }]) =>
      models.filter(({ id }) => /^own-\d+$/.test(id)).map(({ id }) => ({ dataset, id })),
    );
    const items = own.map(({ dataset, id }) => {
      const title = words.t(`model.${id}`, {}, id);
      const button = h(
        "button",
        {
          type: "button",
          "aria-label": words.t("bring.forget.label", { title }),
          onclick: () => this.#forget(dataset, id),
        },
        words.t("bring.forget"),
      );
      return h("li", {}, `${title} · ${words.t(`dataset.${dataset}`)} `, button);
    });
    this.kept.replaceChildren(...items);
    this.kept.hidden = items.length === 0;
  }

  /** @param {string} dataset @param {string} id */
  async #forget(dataset, id) {
    const { words } = this.context;
    const title = words.t(`model.${id}`, {}, id);
    const gone = await deleteOwn(this.context, dataset, Number(id.replace(/\D/g, "")));
    this.#list();
    setText(this.said, words.t(gone ? "bring.forgotten" : "bring.notForgotten", { title }));
  }
}
