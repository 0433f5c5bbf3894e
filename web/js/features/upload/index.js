// Bringing one's own picture: chosen from the disk, dropped anywhere on the page, pasted, or taken. It hands the
// bytes to the engine, which decodes them and makes them ready; the browser decodes what the engine cannot.
import { datasets } from "../../state/datasets.js";
import { h, setText } from "../../ui/dom.js";
import { onPicture } from "../../state/incoming.js";
import { Picture } from "../../picture/picture.js";
import { packPicture, unpackPicture } from "../../picture/pixels.js";
import { EngineError } from "../../engine/errors.js";
import { askImport } from "../../engine/import-port.js";
import { createTruth } from "../image/truth.js";
import { decodedByBrowser, pnmOf } from "./browser-decode.js";
import { createCamera } from "./camera.js";

/** Larger files than this are not read: no photograph needs it. */
const largest = 40 << 20;

export const messages = ["upload", "truth"];
export const styles = "css/later/panels.css";

/** @typedef {import("../../ui/context").ViewContext} ViewContext */

/** @param {HTMLElement} place @param {ViewContext} context
 * @returns {import("../../ui/context").MountedView} */
export function mount(place, context) {
  const { words, state, update, announce } = context;
  const { shape } = datasets[state().dataset];
  const frame = createFrame(context, take);
  const truth = createTruth(context, "picture");
  let shown = "";
  let turn = 0;

  /** @param {Blob} file */
  async function take(file) {
    const mine = ++turn;
    frame.element.toggleAttribute("data-waiting", true);
    setText(frame.trouble, "");
    try {
      const pixels = await pixelsOf(context, file);
      if (mine !== turn) return;
      update({ sample: "picture", picture: packPicture(pixels) });
      announce(words.t("upload.done"));
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      if (mine === turn) setText(frame.trouble, words.t("upload.failed", { detail }));
    } finally {
      if (mine === turn) frame.element.toggleAttribute("data-waiting", false);
    }
  }
  const camera = createCamera(context, (picture) => take(new Blob([pnmOf(picture) ?? ""])));
  frame.element.append(camera.element, truth.element);
  place.append(frame.element);

  const ignore = onPicture(take);
  return {
    remove() {
      camera.close();
      ignore();
    },
    hide: () => camera.close(),
    render({ state: { picture: packed, sample, view } }) {
      if (view !== "image") camera.close();
      frame.element.toggleAttribute("data-active", sample === "picture");
      truth.render();
      if (packed === shown) return;
      shown = packed;
      const pixels = unpackPicture(packed, shape.height * shape.width * shape.channels);
      frame.element.toggleAttribute("data-filled", pixels !== null);
      if (pixels) frame.picture.show(pixels);
    },
  };
}

/** A file as the network's picture. The browser decodes what the engine cannot.
 * @param {ViewContext} context @param {Blob} file @returns {Promise<Float32Array>} */
async function pixelsOf({ words, state }, file) {
  const { shape, digit, whole } = datasets[state().dataset];
  const wanted = { side: shape.height, channels: shape.channels, digit, whole };
  const prepared = (/** @type {ArrayBuffer} */ bytes) =>
    askImport("prepare", { bytes, shape: wanted });
  if (file.size > largest) throw new Error(words.t("upload.large"));
  return prepared(await file.arrayBuffer()).catch(async (refused) => {
    if (refused instanceof EngineError) throw refused;
    const bytes = await decodedByBrowser(file);
    if (bytes) return prepared(bytes);
    throw new Error(words.t("upload.unknown", { type: file.type || "?" }));
  });
}

/** Where a file is chosen or dropped. @param {ViewContext} context @param {(file: Blob) => void} take */
function createFrame({ words, state }, take) {
  const picture = new Picture(datasets[state().dataset].shape, { "aria-hidden": "true" });
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
  const ways = h("span", { class: "hint" }, words.t("upload.ways"));
  const said = h("span", {}, h("b", {}, words.t("upload.choose")), ways);
  const element = h(
    "div",
    { class: "upload" },
    h("label", { class: "drop", for: "upload" }, picture.element, said, input),
    h("p", { class: "hint", id: "upload-hint" }, words.t("upload.hint")),
    trouble,
  );
  return { element, picture, trouble };
}
