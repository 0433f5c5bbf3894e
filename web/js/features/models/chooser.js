// Which test image is looked at: its number, the next and the one before, and any. Map and slice share it.
import { h, setText } from "../../ui/dom.js";
import { pixelsOf } from "./packs.js";
import { createThumbnail, paint } from "./pictures.js";

let choosers = 0;

/** @param {import("./types").LabContext} context @param {number} count images to choose from
 * @returns {{element: HTMLElement, index: () => number, render: () => void}} */
export function createChooser({ words, lab, chosen, choose, className }, count) {
  const id = `lab-image-${++choosers}`;
  const index = () => Math.min(chosen(), count - 1);
  const field = /** @type {HTMLInputElement} */ (
    h("input", {
      id,
      type: "number",
      min: 0,
      max: count - 1,
      step: 1,
      inputmode: "numeric",
      onchange: () => {
        if (Number.isFinite(field.valueAsNumber))
          choose(Math.max(0, Math.min(count - 1, Math.round(field.valueAsNumber))));
      },
    })
  );
  const step = (/** @type {number} */ by) => () => choose((index() + by + count) % count);
  const canvas = h("span", { class: "chosen-image" });
  const about = h("span", { class: "chosen-label" });
  const element = h(
    "div",
    { class: "chooser" },
    canvas,
    h(
      "div",
      {},
      h("label", { for: id }, words.t("chooser.image")),
      h(
        "div",
        { class: "chooser-row" },
        h(
          "button",
          { type: "button", "aria-label": words.t("chooser.previous"), onclick: step(-1) },
          "‹",
        ),
        field,
        h(
          "button",
          { type: "button", "aria-label": words.t("chooser.next"), onclick: step(1) },
          "›",
        ),
        h(
          "button",
          { type: "button", onclick: () => choose(Math.floor(Math.random() * count)) },
          words.t("chooser.any"),
        ),
        about,
      ),
    ),
  );
  let shown = -1;

  async function show() {
    const now = (shown = index());
    const images = await lab.testImages(count);
    if (now !== shown) return;
    const thumbnail = createThumbnail(images.shape, {
      role: "img",
      "aria-label": words.t("chooser.alt", { index: now, label: className(images.labels[now]) }),
    });
    paint(thumbnail, pixelsOf(images, now), images.shape.channels);
    canvas.replaceChildren(thumbnail);
    setText(about, words.t("chooser.label", { label: className(images.labels[now]) }));
  }

  return {
    element,
    index,
    render() {
      if (document.activeElement !== field) field.value = String(index());
      if (shown !== index()) show().catch(() => {});
    },
  };
}
