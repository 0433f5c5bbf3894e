// Bringing one's own picture: chosen from the disk, dropped anywhere on the page, or pasted. It hands the
// bytes to the engine, which decodes them and makes them ready; the browser decodes what the engine cannot.
import { datasets } from "../../state/datasets.js";
import { h, setText } from "../../ui/dom.js";
import { onPicture } from "../../state/incoming.js";
import { Picture } from "../../picture/picture.js";
import { packPicture, unpackPicture } from "../../picture/pixels.js";
import { EngineError } from "../../engine/errors.js";
import { decodedByBrowser } from "./browser-decode.js";

/** Larger files than this are not read: no photograph needs it. */
const largest = 40 << 20;

export const messages = ["upload"];

/** @typedef {import("../../ui/context").ViewContext} ViewContext */

/** @param {HTMLElement} place @param {ViewContext} context
 * @returns {import("../../ui/context").MountedView} */
export function mount(place, { words, state, update, announce, client }) {
  const { shape, digit } = datasets[state().dataset];
  const size = shape.height * shape.width * shape.channels;
  const picture = new Picture(shape, { "aria-hidden": "true" });
  const input = /** @type {HTMLInputElement} */ (
    h("input", {
      type: "file",
      id: "upload",
      accept: "image/png,image/jpeg,image/bmp,image/*",
      "aria-describedby": "upload-hint",
      onchange: () => {
        const file = input.files?.[0];
        if (file) take(file);
        input.value = "";
      },
    })
  );
  const trouble = h("p", { class: "trouble", role: "alert" });
  const element = h(
    "div",
    { class: "upload" },
    h(
      "label",
      { class: "drop", for: "upload" },
      picture.element,
      h(
        "span",
        {},
        h("b", {}, words.t("upload.choose")),
        h("span", { class: "hint" }, words.t("upload.ways")),
      ),
      input,
    ),
    h("p", { class: "hint", id: "upload-hint" }, words.t("upload.hint")),
    trouble,
  );
  let shown = "";
  let turn = 0;

  /** Once more where the worker was replaced meanwhile. @param {ArrayBuffer} bytes @returns {Promise<Float32Array | null>} */
  async function prepared(bytes) {
    const body = { bytes, shape: { side: shape.height, channels: shape.channels, digit } };
    return (await client.aside("prepare", body, null)) ?? client.aside("prepare", body, null);
  }

  /** @param {Blob} file @param {unknown} refused what the engine says of it */
  async function preparedByBrowser(file, refused) {
    if (refused instanceof EngineError) throw refused;
    const bytes = await decodedByBrowser(file);
    if (bytes) return prepared(bytes);
    throw new Error(words.t("upload.unknown", { type: file.type || "?" }));
  }

  /** @param {Blob} file */
  async function take(file) {
    const mine = ++turn;
    element.toggleAttribute("data-waiting", true);
    setText(trouble, "");
    try {
      if (file.size > largest) throw new Error(words.t("upload.large"));
      const pixels = await prepared(await file.arrayBuffer()).catch((error) =>
        preparedByBrowser(file, error),
      );
      if (mine !== turn || !pixels) return;
      update({ sample: "picture", picture: packPicture(pixels) });
      announce(words.t("upload.done"));
    } catch (error) {
      if (mine === turn)
        setText(
          trouble,
          error instanceof Error
            ? words.t("upload.failed", { detail: error.message })
            : String(error),
        );
    } finally {
      if (mine === turn) element.toggleAttribute("data-waiting", false);
    }
  }
  place.append(element);
  const stop = onPicture(take);

  return {
    remove: stop,
    render({ state: { picture: packed, sample } }) {
      element.toggleAttribute("data-active", sample === "picture");
      if (packed === shown) return;
      shown = packed;
      const pixels = unpackPicture(packed, size);
      element.toggleAttribute("data-filled", pixels !== null);
      if (pixels) picture.show(pixels);
    },
  };
}
