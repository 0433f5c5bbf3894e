// The figure's pen on a canvas of twice its size, in the theme's colours as the browser computes them.

/** @typedef {import("./figure.js").Look} Look */

export class CanvasPen {
  /** @param {number} width @param {number} height */
  constructor(width, height) {
    const sharp = 2;
    this.canvas = document.createElement("canvas");
    this.canvas.width = width * sharp;
    this.canvas.height = height * sharp;
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.context.scale(sharp, sharp);
    this.context.imageSmoothingEnabled = false;
    this.family = getComputedStyle(document.body).fontFamily;
  }

  /** @param {string} name */
  #colour(name) {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = `var(--${name})`;
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  }

  /** @param {Look} look */
  #take({ size, weight = 400, colour = "text", align }) {
    this.context.font = `${weight} ${size}px ${this.family}`;
    this.context.fillStyle = this.#colour(colour);
    this.context.textAlign = align ?? "left";
  }

  /** Text that gives way to "…" where it is too long.
   * @param {string} text @param {number} x @param {number} y @param {Look} look */
  write(text, x, y, look) {
    this.#take(look);
    let short = text;
    while (short.length > 1 && this.context.measureText(short).width > look.room)
      short = `${short.slice(0, -2)}…`;
    this.context.fillText(short, x, y);
  }

  /** Text in as many lines as it takes. @param {string} text @param {number} x @param {number} y @param {Look} look
   * @returns {number} where its last line stands */
  paragraph(text, x, y, look) {
    this.#take(look);
    let line = "",
      at = y;
    for (const word of text.split(" ")) {
      const longer = line ? `${line} ${word}` : word;
      if (line && this.context.measureText(longer).width > look.room) {
        this.context.fillText(line, x, at);
        at += look.size * 1.3;
        line = word;
      } else line = longer;
    }
    this.context.fillText(line, x, at);
    return at;
  }

  /** @param {string} colour @param {number} x @param {number} y @param {number} width @param {number} height */
  fill(colour, x, y, width, height) {
    this.context.fillStyle = this.#colour(colour);
    this.context.fillRect(x, y, width, height);
  }

  /** @param {string} colour @param {number} x @param {number} y @param {number} width @param {number} height */
  frame(colour, x, y, width, height) {
    this.context.strokeStyle = this.#colour(colour);
    this.context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
  }

  /** @param {import("./figure.js").Pixels} pixels @param {number} x @param {number} y @param {number} width @param {number} height */
  picture(pixels, x, y, width, height) {
    const small = document.createElement("canvas");
    small.width = pixels.width;
    small.height = pixels.height;
    const context = /** @type {CanvasRenderingContext2D} */ (small.getContext("2d"));
    const data = context.createImageData(pixels.width, pixels.height);
    data.data.set(pixels.rgba);
    context.putImageData(data, 0, 0);
    this.context.drawImage(small, x, y, width, height);
  }
}
