// The images of one cell of a confusion matrix, each as it was and as the attack left it. Choosing one
// makes it the image that the map and the slice look at.
import { packPicture } from "../../../../picture/pixels.js";
import { h, setText } from "../../../../ui/dom.js";
import { pixelsOf } from "../../packs.js";
import { createThumbnail, paint } from "../../pictures.js";

/** So many pairs at a time. */
const page = 24;

/** @typedef {{title: string, indices: number[], images: import("../../types").Images, adversarial: Uint8Array,
 *   after: ArrayLike<number>}} Cell */

/** @param {import("../../types").LabContext} context
 * @returns {{element: HTMLElement, show: (cell: Cell) => void, clear: () => void, render: () => void}} */
export function createGallery(context) {
  const { words, chosen } = context;
  const title = h("h4", { tabindex: -1 });
  const pairs = h("div", { class: "pairs" });
  const more = h("button", { type: "button", onclick: () => grow() });
  const onward = createOnward(context, () => cell?.images);
  const element = h(
    "section",
    { class: "gallery", hidden: true, "aria-label": words.t("gallery.label") },
    title,
    h("p", { class: "hint" }, words.t("gallery.hint")),
    onward,
    pairs,
    more,
  );
  /** @type {Cell | null} */
  let cell = null;
  let shown = 0;
  /** @type {Map<number, HTMLElement>} */
  const buttons = new Map();

  function grow() {
    if (!cell) return;
    const { indices } = cell;
    for (const index of indices.slice(shown, shown + page)) {
      const button = createPair(context, cell, index);
      buttons.set(index, button);
      pairs.append(button);
    }
    shown = Math.min(indices.length, shown + page);
    more.hidden = shown >= indices.length;
    setText(more, words.t("gallery.more", { count: Math.min(page, indices.length - shown) }));
    render();
  }

  function render() {
    for (const [index, button] of buttons)
      button.setAttribute("aria-pressed", String(index === chosen()));
    onward.hidden = !buttons.has(chosen());
  }

  return {
    element,
    render,
    show(now) {
      cell = now;
      shown = 0;
      buttons.clear();
      pairs.replaceChildren();
      setText(title, now.title);
      element.hidden = false;
      grow();
      title.focus({ preventScroll: true });
      element.scrollIntoView({ block: "nearest" });
    },
    clear() {
      cell = null;
      element.hidden = true;
    },
  };
}

/** An image as it was and as the attack left it. @param {import("../../types").LabContext} context @param {Cell} cell
 * @param {number} index */
function createPair({ words, className, choose }, { images, adversarial, after }, index) {
  const { shape, labels } = images,
    size = shape.height * shape.width * shape.channels;
  const before = createThumbnail(shape, { "aria-hidden": "true" }),
    now = createThumbnail(shape, { "aria-hidden": "true" });
  paint(before, pixelsOf(images, index), shape.channels);
  paint(now, adversarial.subarray(index * size, (index + 1) * size), shape.channels);
  const said = { label: className(labels[index]), predicted: className(after[index]) };
  return h(
    "button",
    { type: "button", class: "pair", "aria-pressed": "false", onclick: () => choose(index) },
    before,
    h("span", { "aria-hidden": "true" }, "→"),
    now,
    h("span", { class: "number" }, `№ ${index}`),
    h("span", { class: "hidden" }, words.t("gallery.image", said)),
  );
}

/** What can be done with the chosen image. @param {import("../../types").LabContext} context
 * @param {() => import("../../types").Images | undefined} images */
function createOnward({ words, open, chosen, update }, images) {
  const button = (/** @type {string} */ name, /** @type {() => void} */ onclick) =>
    h("button", { type: "button", onclick }, words.t(`gallery.${name}`));
  /** The test image itself, with the attack as it is set, in the view of one image. */
  const explore = () => {
    const all = images();
    if (!all) return;
    const pixels = Float32Array.from(pixelsOf(all, chosen()), (value) => value / 255);
    const label = all.labels[chosen()];
    update({ view: "image", sample: "picture", picture: packPicture(pixels), label });
  };
  return h(
    "p",
    { class: "onward buttons", hidden: true },
    button("explore", explore),
    button("map", () => open("map")),
    button("slice", () => open("slice")),
  );
}
