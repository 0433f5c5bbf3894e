// What a tool found as files: its numbers as CSV, its drawing as SVG and PNG.
import { csvFile } from "../../ui/csv.js";
import { h, save } from "../../ui/dom.js";

/** What a tool can give; null where it has found nothing yet.
 * @typedef {{csv: () => unknown[][] | null, svg?: () => SVGSVGElement | null}} Makers */

/** @param {SVGSVGElement} drawing */
const svgFile = (drawing) =>
  new Blob([new XMLSerializer().serializeToString(drawing)], { type: "image/svg+xml" });

/** Twice as sharp as on the screen, on the page's ground. @param {SVGSVGElement} drawing @returns {Promise<Blob>} */
async function pngFile(drawing) {
  const address = URL.createObjectURL(svgFile(drawing));
  const image = new Image();
  image.src = address;
  await image.decode();
  URL.revokeObjectURL(address);
  const canvas = document.createElement("canvas");
  canvas.width = 2 * image.naturalWidth;
  canvas.height = 2 * image.naturalHeight;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("PNG"))), "image/png"),
  );
}

/** @param {import("./types").LabContext} context @param {string} tool @param {Makers} makers
 * @returns {{element: HTMLElement, render: () => void}} */
export function createKeep({ words, announce, state }, tool, makers) {
  const files = {
    csv: () => csvFile(makers.csv() ?? []),
    ...(makers.svg
      ? {
          png: () => pngFile(/** @type {SVGSVGElement} */ (makers.svg?.())),
          svg: () => svgFile(/** @type {SVGSVGElement} */ (makers.svg?.())),
        }
      : {}),
  };
  const said = h("span", { class: "hint", role: "status" });
  const buttons = Object.entries(files).map(([ending, make]) => {
    const onclick = async () => {
      const file = `signflip-${state().dataset}-${tool}.${ending}`;
      try {
        save(await make(), file);
        announce(words.t("keep.saved", { file }));
      } catch (error) {
        said.textContent = words.t("keep.failed", { detail: String(error) });
      }
    };
    const label = words.t("keep.file", { type: ending.toUpperCase() });
    const options = { type: "button", disabled: true, "data-keep": ending, "aria-label": label };
    return /** @type {HTMLButtonElement} */ (
      h("button", { ...options, onclick }, ending.toUpperCase())
    );
  });
  return {
    element: h("p", { class: "keep buttons" }, words.t("keep.title"), ...buttons, said),
    render() {
      for (const button of buttons) button.disabled = makers.csv() === null;
    },
  };
}
