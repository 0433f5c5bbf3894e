// The drawing area: mouse, finger, pen, or the keyboard. It gathers strokes and shows them as drawn;
// what the networks see is made by raster.js. The state owns the drawing, not this view.
import { packDrawing, unpackDrawing } from "../../picture/drawing.js";
import { h } from "../../ui/dom.js";
import { createTruth } from "../image/truth.js";

/** @typedef {import("../../picture/raster.js").Stroke} Stroke */
/** @typedef {import("../../ui/context").ViewContext} ViewContext */

const resolution = 320;
const penWidth = 0.075;
const stride = 1 / 32;
/** A touch that is wider or higher than this, in CSS pixels, is a palm. */
const palm = 60;
const arrows = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
});

export const messages = ["draw", "truth"];

/** @param {HTMLElement} place @param {ViewContext} context
 * @returns {import("../../ui/context").MountedView} */
export function mount(place, context) {
  const pad = new Pad(context);
  const truth = createTruth(context, "drawing");
  place.append(createFrame(context, pad, truth.element));
  return {
    render() {
      pad.render();
      truth.render();
    },
  };
}

/** The pad, its hints and buttons. @param {ViewContext} context @param {Pad} pad @param {HTMLElement} truth */
function createFrame({ words, announce }, pad, truth) {
  const button = (/** @type {string} */ name, /** @type {() => void} */ onclick) =>
    h("button", { type: "button", onclick }, words.t(`pad.${name}`));
  const clear = () => {
    pad.change([]);
    announce(words.t("pad.cleared"));
  };
  return h(
    "div",
    { class: "draw" },
    pad.element,
    h(
      "div",
      { class: "draw-side" },
      h("div", {}, h("p", { id: "pad-hint", class: "hint" }, words.t("pad.hint"))),
      h(
        "div",
        { class: "buttons" },
        button("undo", () => pad.change(pad.strokes.slice(0, -1))),
        button("clear", clear),
      ),
    ),
    truth,
  );
}

/** @param {number} value */
const inside = (value) => Math.min(1, Math.max(0, value));

class Pad {
  /** @type {Stroke[]} */ strokes = [];
  #packed = "";
  /** The stroke under the mouse, pen or finger, and whose it is. @type {{stroke: Stroke, pointer: number} | null} */
  #live = null;
  /** Whether a pen has drawn: then fingers rest. */ #pen = false;
  /** The stroke that the keyboard draws. @type {Stroke | null} */ #typed = null;
  /** @type {[number, number]} */ #at = [0.5, 0.25];
  #focused = false;

  /** @param {ViewContext} context */
  constructor(context) {
    this.context = context;
    const { words } = context;
    this.canvas = /** @type {HTMLCanvasElement} */ (
      h("canvas", { width: resolution, height: resolution, "aria-hidden": "true" })
    );
    this.paper = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.element = h(
      "div",
      {
        class: "pad",
        tabindex: 0,
        role: "application",
        "aria-label": words.t("pad.label"),
        "aria-roledescription": words.t("pad.role"),
        "aria-describedby": "pad-hint",
        onpointerdown: (/** @type {PointerEvent} */ event) => this.#begin(event),
        onpointermove: (/** @type {PointerEvent} */ event) => this.#draw(event),
        onpointerup: (/** @type {PointerEvent} */ event) => this.#end(event),
        onpointercancel: (/** @type {PointerEvent} */ event) => this.#end(event),
        onkeydown: (/** @type {KeyboardEvent} */ event) => this.#onKey(event),
        onfocus: () => this.#focus(this.element.matches(":focus-visible")),
        onblur: () => this.#focus(false),
      },
      this.canvas,
    );
  }

  render() {
    const { drawing, sample } = this.context.state();
    this.element.parentElement?.toggleAttribute("data-active", sample === "drawing");
    if (drawing !== this.#packed) {
      this.#packed = drawing;
      this.strokes = unpackDrawing(drawing);
      this.#typed = null;
    }
    this.#paint();
  }

  /** @param {Stroke[]} next */
  change(next) {
    this.strokes = next;
    if (!next.includes(/** @type {Stroke} */ (this.#typed))) this.#typed = null;
    this.#packed = packDrawing(next);
    this.#paint();
    this.context.update({ sample: "drawing", drawing: this.#packed });
  }

  /** @param {PointerEvent} event @returns {[number, number]} */
  #place({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return [inside((clientX - left) / width), inside((clientY - top) / height)];
  }

  /** One pointer draws at a time; palms, and fingers beside a pen, do not. @param {PointerEvent} event */
  #begin(event) {
    const { button, pointerType, pointerId } = event;
    if (pointerType === "pen") this.#pen = true;
    const resting =
      pointerType === "touch" && (this.#pen || Math.max(event.width, event.height) > palm);
    if (button !== 0 || this.#live || resting) return;
    this.element.setPointerCapture(pointerId);
    this.#live = { stroke: [this.#place(event)], pointer: pointerId };
    this.#typed = null;
    this.change([...this.strokes, this.#live.stroke]);
  }

  /** @param {PointerEvent} event */
  #draw(event) {
    if (event.pointerId !== this.#live?.pointer) return;
    // Some browsers give an empty list.
    const between = event.getCoalescedEvents?.() ?? [];
    for (const step of between.length > 0 ? between : [event])
      this.#live.stroke.push(this.#place(step));
    this.change(this.strokes);
  }

  /** @param {PointerEvent} event */
  #end({ pointerId }) {
    if (pointerId === this.#live?.pointer) this.#live = null;
  }

  /** @param {boolean} focused */
  #focus(focused) {
    this.#focused = focused;
    if (!focused) this.#typed = null;
    this.#paint();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const { words, announce } = this.context;
    const arrow = arrows[event.key];
    if (arrow && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const reach = event.shiftKey ? stride / 4 : stride;
      this.#at = [inside(this.#at[0] + arrow[0] * reach), inside(this.#at[1] + arrow[1] * reach)];
      this.#typed?.push(this.#at);
    } else if (event.key === " ") {
      if (this.#typed) this.#typed = null;
      else this.strokes = [...this.strokes, (this.#typed = [this.#at])];
      announce(words.t(this.#typed ? "pad.down" : "pad.up"));
    } else if (event.key === "Escape" && this.#typed) {
      this.#typed = null;
    } else return;
    event.preventDefault();
    if (this.#typed) this.change(this.strokes);
    else this.#paint();
  }

  #paint() {
    const { paper } = this;
    paper.clearRect(0, 0, resolution, resolution);
    paper.lineCap = paper.lineJoin = "round";
    paper.strokeStyle = "#fff";
    paper.lineWidth = penWidth * resolution;
    for (const stroke of this.strokes) {
      paper.beginPath();
      stroke.forEach(([x, y], i) =>
        paper[i === 0 ? "moveTo" : "lineTo"](x * resolution, y * resolution),
      );
      if (stroke.length === 1) paper.lineTo(stroke[0][0] * resolution, stroke[0][1] * resolution);
      paper.stroke();
    }
    if (!this.#focused) return;
    // Where the keyboard's pen is: full while it is down; grey is seen on ink and on paper.
    const [x, y] = this.#at.map((value) => value * resolution);
    paper.beginPath();
    paper.arc(x, y, penWidth * resolution * 0.75, 0, 2 * Math.PI);
    paper.lineWidth = 5;
    paper.strokeStyle = paper.fillStyle = "#8a8a8a";
    paper.stroke();
    if (this.#typed) paper.fill();
  }
}
