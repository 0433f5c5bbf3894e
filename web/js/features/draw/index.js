// The drawing area: mouse, finger, pen, or the keyboard. It gathers strokes and shows them as drawn;
// what the networks see is made by raster.js. The state owns the drawing, not this view.
import { packDrawing, unpackDrawing } from "../../picture/drawing.js";
import { h } from "../../ui/dom.js";

/** @typedef {import("../../picture/raster.js").Stroke} Stroke */

const resolution = 320;
const penWidth = 0.075;
const stride = 1 / 32;
const arrows = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
});

export const messages = ["draw"];

/** @param {HTMLElement} place @param {import("../../ui/context").ViewContext} context
 * @returns {import("../../ui/context").MountedView} */
export function mount(place, { words, state, update, announce, scheme }) {
  /** @type {Stroke[]} */
  let strokes = [];
  let packed = "";
  /** @type {Stroke | null} the stroke under the mouse or finger */
  let live = null;
  /** @type {Stroke | null} the stroke that the keyboard draws */
  let typed = null;
  /** @type {[number, number]} */
  let pen = [0.5, 0.25];
  let focused = false;

  const canvas = /** @type {HTMLCanvasElement} */ (
    h("canvas", { width: resolution, height: resolution, "aria-hidden": "true" })
  );
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const pad = h(
    "div",
    {
      class: "pad",
      tabindex: 0,
      role: "application",
      "aria-label": words.t("pad.label"),
      "aria-roledescription": words.t("pad.role"),
      "aria-describedby": "pad-hint",
    },
    canvas,
  );
  const element = h(
    "div",
    { class: "draw" },
    pad,
    h(
      "div",
      { class: "draw-side" },
      h("div", {}, h("p", { id: "pad-hint", class: "hint" }, words.t("pad.hint"))),
      h(
        "div",
        { class: "buttons" },
        h(
          "button",
          { type: "button", onclick: () => change(strokes.slice(0, -1)) },
          words.t("pad.undo"),
        ),
        h(
          "button",
          {
            type: "button",
            onclick: () => {
              change([]);
              announce(words.t("pad.cleared"));
            },
          },
          words.t("pad.clear"),
        ),
      ),
    ),
    h("p", { class: "hint truth" }, words.t("pad.truth")),
  );

  function paint() {
    const dark = scheme() === "dark";
    context.clearRect(0, 0, resolution, resolution);
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = "#fff";
    context.lineWidth = penWidth * resolution;
    for (const stroke of strokes) {
      context.beginPath();
      stroke.forEach(([x, y], i) =>
        context[i === 0 ? "moveTo" : "lineTo"](x * resolution, y * resolution),
      );
      if (stroke.length === 1) context.lineTo(stroke[0][0] * resolution, stroke[0][1] * resolution);
      context.stroke();
    }
    if (!focused) return;
    context.beginPath();
    context.arc(
      pen[0] * resolution,
      pen[1] * resolution,
      penWidth * resolution * 0.75,
      0,
      2 * Math.PI,
    );
    context.lineWidth = 5;
    context.strokeStyle = typed ? "#ff9a3d" : dark ? "#7db2ff" : "#6aa5ff";
    context.stroke();
  }

  /** @param {Stroke[]} next */
  function change(next) {
    strokes = next;
    if (!next.includes(/** @type {Stroke} */ (typed))) typed = null;
    packed = packDrawing(strokes);
    paint();
    update({ sample: "drawing", drawing: packed });
  }

  /** @param {PointerEvent} event @returns {[number, number]} */
  function at(event) {
    const box = canvas.getBoundingClientRect();
    const inside = (/** @type {number} */ value) => Math.min(1, Math.max(0, value));
    return [
      inside((event.clientX - box.left) / box.width),
      inside((event.clientY - box.top) / box.height),
    ];
  }

  pad.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pad.setPointerCapture(event.pointerId);
    live = [at(event)];
    typed = null;
    change([...strokes, live]);
  });
  pad.addEventListener("pointermove", (event) => {
    if (!live) return;
    for (const step of event.getCoalescedEvents?.() ?? [event]) live.push(at(step));
    change(strokes);
  });
  for (const end of ["pointerup", "pointercancel"])
    pad.addEventListener(end, () => {
      live = null;
    });

  pad.addEventListener("keydown", (event) => {
    const arrow = arrows[event.key];
    if (arrow && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const reach = event.shiftKey ? stride / 4 : stride;
      pen = [
        Math.min(1, Math.max(0, pen[0] + arrow[0] * reach)),
        Math.min(1, Math.max(0, pen[1] + arrow[1] * reach)),
      ];
      typed?.push(pen);
    } else if (event.key === " ") {
      if (typed) typed = null;
      else strokes = [...strokes, (typed = [pen])];
      announce(words.t(typed ? "pad.down" : "pad.up"));
    } else if (event.key === "Escape" && typed) {
      typed = null;
    } else return;
    event.preventDefault();
    if (typed) change(strokes);
    else paint();
  });
  pad.addEventListener("focus", () => {
    focused = pad.matches(":focus-visible");
    paint();
  });
  pad.addEventListener("blur", () => {
    focused = false;
    typed = null;
    paint();
  });

  place.append(element);
  return {
    render() {
      const { drawing, sample } = state();
      element.toggleAttribute("data-active", sample === "drawing");
      if (drawing !== packed) {
        packed = drawing;
        strokes = unpackDrawing(drawing);
        typed = null;
      }
      paint();
    },
  };
}
