// Figure of lesson 1: a digit whose pixels one changes, the gradient beside it, and the logits that the network
// gives. The engine runs in the page itself: one image takes it about a millisecond. It reports as
// <sign-flip> does: a "signflip-result" event, with the number of changed pixels as l0.
import { paint, paintSigned } from "../js/picture/colour.js";
import { rasterise } from "../js/picture/raster.js";
import { ownDigits } from "../js/picture/strokes.js";
import { h } from "../js/ui/dom.js";
import { whenNear } from "./engine.js";
import { opposite, randomIndices, steepest } from "./pixels.js";
import { numberIn } from "./words.js";

const side = 28;
const arrows = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
});

/** @param {string} label @returns {{element: HTMLCanvasElement, show: (fill: (rgba: Uint8ClampedArray) => void) => void}} */
function createCanvas(label) {
  const element = /** @type {HTMLCanvasElement} */ (
    h("canvas", { width: side, height: side, role: "img", "aria-label": label })
  );
  const context = /** @type {CanvasRenderingContext2D} */ (element.getContext("2d"));
  const data = context.createImageData(side, side);
  return {
    element,
    show(fill) {
      fill(data.data);
      context.putImageData(data, 0, 0);
    },
  };
}

class Board {
  #original = rasterise(ownDigits.find(({ id }) => id === "3a")?.strokes ?? []);
  /** The class whose loss the gradient climbs; on an empty sheet none is true, and the network's own counts. */
  #label = 3;
  #pixels = this.#original.slice();
  /** @type {Float32Array} */ #gradient = new Float32Array(side * side);
  #steepest = 0;
  #cursor = { x: 14, y: 14 };
  /** What the pointer paints while it is down. @type {0 | 1 | null} */ #painting = null;
  #random = randomIndices(1);

  /** @param {HTMLElement} place @param {import("./words.js").Words} words @param {import("../js/engine/model.js").Model} model */
  constructor(place, words, model) {
    this.place = place;
    this.words = words;
    this.model = model;
    const { board } = words;
    this.image = createCanvas(board.image);
    this.slopes = createCanvas(board.gradientAlt);
    this.mark = h("span", { class: "cursor", hidden: true });
    this.readout = h("p", { class: "hint", "aria-live": "polite" });
    this.verdict = h("p", { class: "verdict", role: "status" });
    this.bars = Array.from({ length: 10 }, (_, digit) => ({
      bar: h("span", { class: "bar" }),
      value: h("span", { class: "value" }),
      digit,
    }));
    this.pad = h(
      "div",
      {
        class: "board-pad",
        tabindex: 0,
        role: "application",
        "aria-roledescription": board.role,
        "aria-label": board.label,
        "aria-describedby": "board-hint",
      },
      this.image.element,
      this.mark,
    );
    place.replaceChildren(
      h(
        "div",
        { class: "board-pictures" },
        h("div", {}, h("p", { class: "name" }, board.image), this.pad),
        h("div", {}, h("p", { class: "name" }, board.gradient), this.slopes.element),
        h(
          "div",
          { class: "logits" },
          h("p", { class: "name" }, board.logits),
          h(
            "ol",
            { start: 0 },
            ...this.bars.map(({ bar, value, digit }) =>
              h(
                "li",
                {},
                h("span", { class: "digit" }, String(digit)),
                h("span", { class: "track" }, bar),
                value,
              ),
            ),
          ),
        ),
      ),
      h("p", { id: "board-hint", class: "hint" }, board.hint),
      h(
        "p",
        { class: "buttons" },
        this.#button(board.steepest, () => this.#set(steepest(this.#pixels, this.#gradient))),
        this.#button(board.random, () => this.#turn(this.#random(side * side))),
        this.#button(board.back, () => this.#start(this.#original, 3)),
        this.#button(board.clear, () => this.#start(new Float32Array(side * side), null)),
      ),
      this.readout,
      this.verdict,
    );
    this.#listen();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#show());
    this.#compute(false);
  }

  /** @param {string} label @param {() => void} onclick */
  #button(label, onclick) {
    return h("button", { type: "button", onclick }, label);
  }

  #listen() {
    const { pad } = this;
    const at = (/** @type {PointerEvent} */ event) => {
      const box = pad.getBoundingClientRect();
      const inside = (/** @type {number} */ part) =>
        Math.min(side - 1, Math.max(0, Math.floor(part * side)));
      this.#cursor = {
        x: inside((event.clientX - box.left) / box.width),
        y: inside((event.clientY - box.top) / box.height),
      };
      return this.#cursor.y * side + this.#cursor.x;
    };
    pad.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      pad.setPointerCapture(event.pointerId);
      const index = at(event);
      this.#painting = opposite(this.#pixels[index]);
      this.#set({ index, value: this.#painting });
    });
    pad.addEventListener("pointermove", (event) => {
      const index = at(event);
      if (this.#painting !== null && this.#pixels[index] !== this.#painting)
        this.#set({ index, value: this.#painting });
      else this.#describe();
    });
    for (const end of ["pointerup", "pointercancel"])
      pad.addEventListener(end, () => {
        this.#painting = null;
      });
    pad.addEventListener("keydown", (event) => {
      const arrow = arrows[event.key];
      if (event.key === " ") this.#turn(this.#cursor.y * side + this.#cursor.x);
      else if (arrow) {
        const inside = (/** @type {number} */ value) => Math.min(side - 1, Math.max(0, value));
        this.#cursor = {
          x: inside(this.#cursor.x + arrow[0]),
          y: inside(this.#cursor.y + arrow[1]),
        };
      } else return;
      event.preventDefault();
      this.mark.hidden = false;
      this.#describe();
    });
    pad.addEventListener("blur", () => {
      this.mark.hidden = true;
    });
  }

  /** @param {ArrayLike<number>} pixels @param {number | null} label */
  #start(pixels, label) {
    this.#pixels = Float32Array.from(pixels);
    this.#label = label ?? -1;
    this.#random = randomIndices(1);
    this.#compute(true);
  }

  /** @param {number} index */
  #turn(index) {
    this.#set({ index, value: opposite(this.#pixels[index]) });
  }

  /** @param {{index: number, value: 0 | 1}} change */
  #set({ index, value }) {
    this.#pixels[index] = value;
    this.#cursor = { x: index % side, y: Math.floor(index / side) };
    this.#compute(true);
  }

  /** @param {boolean} report */
  #compute(report) {
    const { logits, probabilities, labels } = this.model.predict(this.#pixels);
    const label = this.#label < 0 ? labels[0] : this.#label;
    this.#gradient = this.model.gradient(this.#pixels, [label]);
    this.logits = logits;
    this.read = { label: labels[0], probability: probabilities[labels[0]] };
    this.#show();
    if (!report) return;
    const change = this.#pixels.map((value, i) => value - this.#original[i]);
    const model = {
      id: "standard",
      label: this.#label < 0 ? null : this.#label,
      clean: 3,
      adversarial: labels[0],
      success: this.#label >= 0 && labels[0] !== this.#label,
      l0: change.reduce((count, value) => count + Number(value !== 0), 0),
      l2: Math.hypot(...change),
      linf: change.reduce((top, value) => Math.max(top, Math.abs(value)), 0),
      confidence: probabilities[labels[0]],
    };
    const detail = {
      dataset: "mnist",
      sample: this.#label < 0 ? "drawing" : "3a",
      attack: "pixels",
      parameters: {},
      target: null,
      models: [model],
    };
    this.place.dispatchEvent(new CustomEvent("signflip-result", { bubbles: true, detail }));
  }

  #describe() {
    const { x, y } = this.#cursor;
    this.mark.style.left = `${(100 * x) / side}%`;
    this.mark.style.top = `${(100 * y) / side}%`;
    const i = y * side + x;
    const number = (/** @type {number} */ value) => numberIn(this.words, value, 2);
    this.readout.textContent = this.words.board.pixel(
      y + 1,
      x + 1,
      number(this.#pixels[i]),
      numberIn(this.words, (100 * this.#gradient[i]) / (this.#steepest || 1), 0),
    );
  }

  #show() {
    const scheme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const steep = this.#gradient.reduce((top, slope) => Math.max(top, Math.abs(slope)), 0);
    this.#steepest = steep;
    this.image.show((rgba) => paint(this.#pixels, 1, rgba));
    this.slopes.show((rgba) => paintSigned(this.#gradient, steep, scheme, rgba));
    const logits = [...(this.logits ?? [])];
    const [low, high] = [Math.min(...logits), Math.max(...logits)];
    for (const { bar, value, digit } of this.bars) {
      bar.style.width = `${(100 * (logits[digit] - low)) / (high - low || 1)}%`;
      const top = logits[digit] === high;
      bar.classList.toggle("right", top && digit === this.#label);
      bar.classList.toggle("wrong", top && this.#label >= 0 && digit !== this.#label);
      value.textContent = numberIn(this.words, logits[digit], 1);
    }
    const { label, probability } = /** @type {{label: number, probability: number}} */ (this.read);
    const changed = this.#pixels.reduce(
      (count, value, i) => count + Number(value !== this.#original[i]),
      0,
    );
    this.place.dataset.read = String(label);
    this.verdict.textContent = this.words.board.read(
      label,
      numberIn(this.words, 100 * probability, 1),
      changed,
    );
    this.#describe();
  }
}

/** @param {HTMLElement} place @param {import("./words.js").Words} words */
export function createBoard(place, words) {
  whenNear(place, words.board.failed, (model) => new Board(place, words, model));
}
