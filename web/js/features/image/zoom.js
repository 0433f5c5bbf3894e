// A lane's pictures as large as the window, one at a time, and the way back and forth between original and
// adversarial image. Fetched when one enlarges a picture first.
import { Picture } from "../../picture/picture.js";
import { changeOf } from "../../picture/pixels.js";
import { createClose, createDialogue, open } from "../../ui/dialogue.js";
import { h, setText, styleSheet } from "../../ui/dom.js";

/** @typedef {{lane: import("../../types").Lane, image: Float32Array, scale: number, title: string, kind: string,
 *   shape: {width: number, height: number, channels: number}}} Shown  kind: which picture comes first */

/** @param {import("../../ui/context").ViewContext} context with the words of "zoom" @param {Shown} shown */
export async function openZoom({ words, scheme }, shown) {
  await styleSheet("css/later/panels.css");
  const kinds = ["original", "perturbation", "adversarial", ...(shown.lane.seen ? ["seen"] : [])];
  const place = h("div", { class: "zoom-picture" });
  const buttons = kinds.map((kind) =>
    h(
      "button",
      { type: "button", "data-kind": kind, onclick: () => show(kind) },
      words.t(`image.${kind}`),
    ),
  );
  const flip = h("button", { type: "button", onclick: () => turn() }, words.t("zoom.flip"));
  const dialogue = createDialogue(
    "zoom",
    shown.title,
    place,
    h("div", { class: "buttons" }, ...buttons, flip, createClose(words.t("zoom.close"))),
  );
  let now = "";

  /** @param {string} kind */
  function show(kind) {
    now = kind;
    const name = words.t(`image.${kind}`);
    const picture = pictureOf(shown, kind, scheme());
    picture.element.setAttribute("role", "img");
    picture.describe(name);
    place.replaceChildren(picture.element);
    for (const button of buttons)
      button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
  }
  const turn = () => show(now === "original" ? "adversarial" : "original");

  show(shown.kind);
  setText(flip, words.t("zoom.flip"));
  dialogue.addEventListener("click", (event) => event.target === dialogue && dialogue.close());
  open(dialogue);
}

/** @param {Shown} shown @param {string} kind @param {import("../../picture/colour.js").Scheme} scheme */
function pictureOf({ lane, image, scale, shape }, kind, scheme) {
  if (kind === "perturbation")
    return new Picture({ width: shape.width, height: shape.height }).signed(
      changeOf(lane.adversarial, image, shape.channels),
      scale,
      scheme,
    );
  const pixels = { original: image, adversarial: lane.adversarial, seen: lane.seen }[kind];
  return new Picture(shape).show(/** @type {Float32Array} */ (pixels));
}
