// Cropping and rotating by hand: a frame of the model's proportions over the picture that was brought, moved and sized
// by mouse, touch or keys, and two ways to turn the picture. Fetched when one wants it. It tells which part is wanted;
// what the network gets of that is the engine's business (index.js).
import { h } from "../../ui/dom.js";
import {
  boxOf,
  drawTurned,
  frameOf,
  largestFine,
  largestFrame,
  middleCut,
  possible,
  smallestSide,
  sourceOf,
} from "./cut.js";

/** @typedef {import("./cut.js").Cut} Cut */
/** @typedef {import("./cut.js").Source} Source */

export { cutOut } from "./cut.js";
export const messages = ["crop"];

/** Canvas pixels of the stage, a square in which the whole picture is seen. */
const stage = 480;
/** How far an arrow moves the frame, as a part of the box; with Shift an eighth of that. */
const stride = 1 / 40;
const arrows = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
});
const sizes = /** @type {Record<string, number>} */ ({ "+": 1, "=": 1, "-": -1, "−": -1 });

/** @param {import("../../ui/i18n.js").Words} words with those of "crop" @param {ImageBitmap} picture
 * @param {number} aspect the frame's width by its height
 * @param {{change: (cut: Cut | null) => void, close: () => void}} told change: null for the picture as it came
 * @returns {{element: HTMLElement, focus: () => void}} */
export function createCrop(words, picture, aspect, { change, close }) {
  const source = sourceOf(picture, aspect);
  let cut = middleCut();
  const canvas = /** @type {HTMLCanvasElement} */ (
    h("canvas", { width: stage, height: stage, "aria-hidden": "true" })
  );
  const frame = createFrame(words, (event) => {
    const next = typed(cut, event);
    if (!next) return;
    event.preventDefault();
    to(next);
  });
  const size = createSlider(words.t("crop.size"), 100 * smallestSide, 100, "%", (value) =>
    to({ ...cut, side: value / 100 }),
  );
  const fine = createSlider(words.t("crop.fine"), -largestFine, largestFine, "°", (value) =>
    to({ ...cut, fine: value }),
  );

  function paint() {
    const box = boxOf(picture, cut);
    const scale = stage / Math.max(box.width, box.height);
    const [left, top] = [box.width, box.height].map((side) => (side - stage / scale) / 2);
    drawTurned(canvas, picture, cut, { left, top, scale });
    const part = frameOf(source, cut);
    const along = (/** @type {number} */ length) => `${(100 * scale * length) / stage}%`;
    Object.assign(frame.style, { left: along(part.left - left), top: along(part.top - top) });
    Object.assign(frame.style, { width: along(part.width), height: along(part.height) });
    size.show(Math.round(100 * cut.side));
    fine.show(Math.round(cut.fine));
  }
  /** @param {Cut} next */
  function to(next) {
    cut = possible(source, next);
    paint();
    change(cut);
  }
  drag(frame, (dx, dy, sizing) => to((sizing ? sized : moved)(source, cut, dx, dy)));
  paint();

  const button = (/** @type {string} */ key, /** @type {() => void} */ onclick) =>
    h("button", { type: "button", onclick }, words.t(key));
  const reset = () => {
    cut = middleCut();
    paint();
    change(null);
  };
  const turned = (/** @type {number} */ by) => () => to({ ...cut, turn: cut.turn + by });
  const element = h(
    "div",
    { class: "crop", role: "group", "aria-label": words.t("crop.title") },
    h("div", { class: "crop-stage" }, canvas, frame),
    h("p", { class: "hint", id: "crop-hint" }, words.t("crop.hint")),
    size.element,
    fine.element,
    h(
      "div",
      { class: "buttons" },
      button("crop.left", turned(-1)),
      button("crop.right", turned(1)),
      button("crop.reset", reset),
      button("crop.close", close),
    ),
  );
  return { element, focus: () => frame.focus() };
}

/** @param {import("../../ui/i18n.js").Words} words @param {(event: KeyboardEvent) => void} onkeydown */
const createFrame = (words, onkeydown) =>
  h(
    "div",
    {
      class: "crop-frame",
      tabindex: 0,
      role: "application",
      "aria-label": words.t("crop.frame"),
      "aria-roledescription": words.t("crop.role"),
      "aria-describedby": "crop-hint",
      onkeydown,
    },
    h("span", { class: "crop-corner" }),
  );

/** The picture's pixels along the stage. @param {Source} source @param {Cut} cut */
function alongStage(source, cut) {
  const box = boxOf(source, cut);
  return { box, along: Math.max(box.width, box.height) };
}

/** @param {Source} source @param {Cut} cut @param {number} dx by parts of the stage @param {number} dy */
function moved(source, cut, dx, dy) {
  const { box, along } = alongStage(source, cut);
  return { ...cut, x: cut.x + (dx * along) / box.width, y: cut.y + (dy * along) / box.height };
}

/** By its lower right corner; the other one stays.
 * @param {Source} source @param {Cut} cut @param {number} dx by parts of the stage @param {number} dy */
function sized(source, cut, dx, dy) {
  const { box, along } = alongStage(source, cut);
  const { width, height } = largestFrame(source);
  const grown = { ...cut, side: cut.side + (along * (dx / width + dy / height)) / 2 };
  const { side } = possible(source, grown);
  const half = (side - cut.side) / 2;
  const [x, y] = [(half * width) / box.width, (half * height) / box.height];
  return { ...cut, side, x: cut.x + x, y: cut.y + y };
}

/** What a key makes of a cut; null where it means nothing. @param {Cut} cut @param {KeyboardEvent} event */
function typed(cut, { key, shiftKey, ctrlKey, metaKey, altKey }) {
  if (ctrlKey || metaKey || altKey) return null;
  const reach = shiftKey ? stride / 8 : stride;
  const [x, y] = arrows[key] ?? [0, 0];
  if (key in arrows) return { ...cut, x: cut.x + reach * x, y: cut.y + reach * y };
  return key in sizes ? { ...cut, side: cut.side + stride * sizes[key] } : null;
}

/** One pointer moves the frame, or its corner, which sizes it.
 * @param {HTMLElement} frame @param {(dx: number, dy: number, sizing: boolean) => void} move by parts of the stage */
function drag(frame, move) {
  /** @type {{pointer: number, x: number, y: number, sizing: boolean} | null} */
  let held = null;
  frame.addEventListener("pointerdown", ({ button, pointerId, clientX: x, clientY: y, target }) => {
    if (button !== 0 || held) return;
    frame.setPointerCapture(pointerId);
    held = { pointer: pointerId, x, y, sizing: target !== frame };
  });
  frame.addEventListener("pointermove", ({ pointerId, clientX: x, clientY: y }) => {
    if (pointerId !== held?.pointer) return;
    const { width } = /** @type {HTMLElement} */ (frame.parentElement).getBoundingClientRect();
    const [dx, dy] = [(x - held.x) / width, (y - held.y) / width];
    Object.assign(held, { x, y });
    move(dx, dy, held.sizing);
  });
  for (const end of ["pointerup", "pointercancel"])
    frame.addEventListener(end, (event) => {
      if (/** @type {PointerEvent} */ (event).pointerId === held?.pointer) held = null;
    });
}

/** A slider with its name and value. @param {string} name @param {number} min @param {number} max
 * @param {string} unit @param {(value: number) => void} oninput */
function createSlider(name, min, max, unit, oninput) {
  const value = h("span", {});
  const input = /** @type {HTMLInputElement} */ (
    h("input", { type: "range", min, max, step: 1, oninput: () => oninput(input.valueAsNumber) })
  );
  const element = h("label", {}, h("span", {}, name, " ", value), input);
  return {
    element,
    show(/** @type {number} */ now) {
      const text = `${now}${unit}`;
      if (value.textContent !== text) value.textContent = text;
      input.value = String(now);
      input.setAttribute("aria-valuetext", text);
    },
  };
}
