// Bringing one's own picture: chosen from the disk, dropped anywhere on the page, pasted, or taken. It hands the
// bytes to the engine, which decodes them and makes them ready; the browser decodes what the engine cannot. What was
// brought can be cropped and rotated by hand (crop.js).
import { datasets } from "../../state/datasets.js";
import { createFileField } from "../../ui/dialogue.js";
import { h, setText } from "../../ui/dom.js";
import { onPicture } from "../../state/incoming.js";
import { Picture } from "../../picture/picture.js";
import { packPicture, unpackPicture } from "../../picture/pixels.js";
import { EngineError } from "../../engine/errors.js";
import { askImport } from "../../engine/import-port.js";
import { createTruth } from "../image/truth.js";
import { canvasOf, decodedByBrowser, pnmOf } from "./browser-decode.js";
import { createCamera } from "./camera.js";
import { isDoubtful } from "./doubt.js";

/** Larger files than this are not read: no photograph needs it. */
const largest = 40 << 20;

export const messages = ["upload", "truth"];
export const styles = "css/later/panels.css";

/** @typedef {import("../../ui/context").ViewContext} ViewContext */

/** The file that was brought last, and what the state has of it: as long as that is shown it can be cropped, in every
 * language. @type {{file: Blob, packed: string} | null} */
let original = null;
/** Counts what was given, in every language: of several only the last counts. */
let turn = 0;

/** @param {HTMLElement} place @param {ViewContext} context
 * @returns {import("../../ui/context").MountedView} */
export function mount(place, context) {
  const { words, state, announce } = context;
  const { shape, digit } = datasets[state().dataset];
  const frame = createFrame(context, take);
  const truth = createTruth(context, "picture");
  const give = giver(context, frame);
  const cropping = createCropping(context, frame, give);
  let shown = "";

  /** @param {Blob} file */
  async function take(file) {
    original = { file, packed: "" };
    cropping.close();
    if (await give(() => file)) announce(words.t("upload.done"));
  }
  const camera = createCamera(context, (picture) =>
    // In a format that the browser can read again, to crop it.
    canvasOf(picture)?.toBlob((file) => file && take(file)),
  );
  frame.element.append(cropping.element, camera.element, truth.element);
  place.append(frame.element);

  const ignore = onPicture(take);
  return {
    remove() {
      camera.close();
      cropping.close();
      ignore();
    },
    hide: () => camera.close(),
    render({ state: { picture: packed, sample, view }, result, current }) {
      if (current && result) {
        const doubtful = result.state.sample === "picture" && isDoubtful(result, digit);
        setText(frame.doubt, doubtful ? words.t("upload.doubt") : "");
      }
      if (view !== "image") camera.close();
      frame.element.toggleAttribute("data-active", sample === "picture");
      truth.render();
      cropping.render(sample === "picture" && packed !== "" && packed === original?.packed);
      if (packed === shown) return;
      shown = packed;
      const pixels = unpackPicture(packed, shape.height * shape.width * shape.channels);
      frame.element.toggleAttribute("data-filled", pixels !== null);
      if (pixels) frame.picture.show(pixels);
    },
  };
}

/** Gives the networks a file, or a part of the one before, as their picture. Where another is given or chosen meanwhile
 * that one counts. @param {ViewContext} context @param {ReturnType<typeof createFrame>} frame */
function giver(context, { element, trouble }) {
  const { words, state, update } = context;
  const chosen = () => [state().dataset, state().sample, state().drawing].join();
  /** What was said of the picture is said of its part. It never rejects.
   * @param {() => Blob} made @param {boolean} [part] @returns {Promise<boolean>} whether it is the picture now */
  return async (made, part = false) => {
    const mine = ++turn,
      before = chosen();
    element.toggleAttribute("data-waiting", true);
    setText(trouble, "");
    try {
      const pixels = await pixelsOf(context, made());
      if (mine !== turn || chosen() !== before) return false;
      const packed = packPicture(pixels);
      if (original) original.packed = packed;
      update({ sample: "picture", picture: packed, ...(part && { label: state().label }) });
      return true;
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      if (mine === turn) setText(trouble, words.t("upload.failed", { detail }));
      return false;
    } finally {
      if (mine === turn) element.toggleAttribute("data-waiting", false);
    }
  };
}

/** The way to crop.js, and its place. @param {ViewContext} context @param {{trouble: HTMLElement}} frame
 * @param {ReturnType<typeof giver>} give */
function createCropping({ words, state }, { trouble }, give) {
  /** @type {ImageBitmap | null} */
  let picture = null;
  const place = h("div", {});
  const begin = h("button", { type: "button", onclick: open }, words.t("upload.crop"));

  async function open() {
    const { file } = /** @type {NonNullable<typeof original>} */ (original);
    const [{ createCrop, cutOut, messages: named }, bitmap] = await Promise.all([
      import("./crop.js"),
      createImageBitmap(file).catch(() => null),
    ]);
    const found = await words.with(named);
    if (file !== original?.file || picture) return bitmap?.close();
    if (!bitmap) return setText(trouble, words.t("upload.uncropped"));
    picture = bitmap;
    const { shape } = datasets[state().dataset];
    const aspect = shape.width / shape.height;
    const change = inTurn((/** @type {import("./cut.js").Cut | null} */ cut) =>
      give(() => (cut ? new Blob([pnmOf(cutOut(bitmap, aspect, cut))]) : file), true),
    );
    const crop = createCrop(found, bitmap, aspect, {
      change,
      close() {
        close();
        begin.focus();
      },
    });
    place.replaceChildren(crop.element);
    begin.hidden = true;
    crop.focus();
  }

  function close() {
    picture?.close();
    picture = null;
    place.replaceChildren();
    begin.hidden = false;
  }
  const element = h("div", { class: "cropping", hidden: true }, begin, place);
  return {
    element,
    close,
    render(/** @type {boolean} */ possible) {
      // Where it is open it stays: the state may be a step behind.
      element.hidden = !possible && picture === null;
    },
  };
}

/** Does one thing at a time, and of what is asked meanwhile only the newest.
 * @template T @param {(asked: T) => Promise<unknown>} act */
function inTurn(act) {
  /** @type {{asked: T} | null} */
  let next = null;
  let busy = false;
  return async (/** @type {T} */ asked) => {
    next = { asked };
    if (busy) return;
    busy = true;
    while (next) {
      const { asked: now } = next;
      next = null;
      await act(now);
    }
    busy = false;
  };
}

/** A file as the network's picture. The browser decodes what the engine cannot.
 * @param {ViewContext} context @param {Blob} file @returns {Promise<Float32Array>} */
async function pixelsOf({ words, state }, file) {
  const { shape, digit, whole } = datasets[state().dataset];
  const wanted = { ...shape, digit, whole };
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
  const accept = "image/png,image/jpeg,image/bmp,image/*";
  const attributes = { id: "upload", accept, "aria-describedby": "upload-hint" };
  const input = createFileField(attributes, ([file]) => take(file));
  const trouble = h("p", { class: "trouble", role: "alert" });
  const doubt = h("p", { class: "hint doubt", role: "status" });
  const ways = h("span", { class: "hint" }, words.t("upload.ways"));
  const said = h("span", {}, h("b", {}, words.t("upload.choose")), ways);
  const element = h(
    "div",
    { class: "upload" },
    h("label", { class: "drop", for: "upload" }, picture.element, said, input),
    h("p", { class: "hint", id: "upload-hint" }, words.t("upload.hint")),
    trouble,
    doubt,
  );
  return { element, picture, trouble, doubt };
}
