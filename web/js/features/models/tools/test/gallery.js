// The images of one cell of a confusion matrix, each as it was and as the attack left it. Choosing one
// makes it the image that the map and the slice look at.
import { h, setText } from "../../../../ui/dom.js";
import { pixelsOf } from "../../packs.js";
import { createThumbnail, paint } from "../../pictures.js";

/** So many pairs at a time. */
const page = 24;

/** @param {import("../../types").LabContext} context
 * @returns {{element: HTMLElement, show: (cell: {title: string, indices: number[], images: import("../../types").Images, adversarial: Uint8Array,
 *   after: ArrayLike<number>}) => void, clear: () => void, render: () => void}} */
export function createGallery({ words, className, chosen, choose, open }) {
  const title = h("h4", { tabindex: -1 });
  const pairs = h("div", { class: "pairs" });
  const more = h("button", { type: "button", onclick: () => grow() });
  const map = h("button", { type: "button", onclick: () => open("map") }, words.t("gallery.map"));
  const slice = h(
    "button",
    { type: "button", onclick: () => open("slice") },
    words.t("gallery.slice"),
  );
  const onward = h("p", { class: "onward buttons", hidden: true }, map, slice);
  const element = h(
    "section",
    { class: "gallery", hidden: true, "aria-label": words.t("gallery.label") },
    title,
    h("p", { class: "hint" }, words.t("gallery.hint")),
    onward,
    pairs,
    more,
  );
  /** @type {Parameters<ReturnType<typeof createGallery>["show"]>[0] | null} */
  let cell = null;
  let shown = 0;
  /** @type {Map<number, HTMLElement>} */
  const buttons = new Map();

  function grow() {
    if (!cell) return;
    const { indices, images, adversarial, after } = cell;
    const { shape, labels } = images,
      size = shape.height * shape.width * shape.channels;
    for (const index of indices.slice(shown, shown + page)) {
      const before = createThumbnail(shape, { "aria-hidden": "true" }),
        now = createThumbnail(shape, { "aria-hidden": "true" });
      paint(before, pixelsOf(images, index), shape.channels);
      paint(now, adversarial.subarray(index * size, (index + 1) * size), shape.channels);
      const button = h(
        "button",
        { type: "button", class: "pair", "aria-pressed": "false", onclick: () => choose(index) },
        before,
        h("span", { "aria-hidden": "true" }, "→"),
        now,
        h("span", { class: "number" }, `№ ${index}`),
        h(
          "span",
          { class: "hidden" },
          words.t("gallery.image", {
            label: className(labels[index]),
            predicted: className(after[index]),
          }),
        ),
      );
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
