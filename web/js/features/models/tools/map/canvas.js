// The map's drawing: every test image as its class's number in its class's colour, large numbers where the
// classes have their middle, and the way of one image across. It computes no map.
import { classColour } from "../../class-colours.js";

/** @typedef {{places: Float32Array, labels: ArrayLike<number>, classes: number}} Cloud
 * @typedef {{places: Float32Array, labels: ArrayLike<number>, step: number}} Way */

/** Places beyond this part of all on either side do not stretch the map. */
const stray = 0.005;

export class MapCanvas {
  /** @type {CanvasRenderingContext2D} */ #context;
  /** The points, drawn once. @type {HTMLCanvasElement} */ #base = document.createElement("canvas");
  #drawn = "";
  /** @type {{left: number, top: number, scale: number, middleX: number, middleY: number}} */
  #frame = { left: 0, top: 0, scale: 1, middleX: 0, middleY: 0 };

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.#context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  }

  /** Fits the drawing's pixels to the element's. */
  resize() {
    const { clientWidth, clientHeight } = this.canvas,
      ratio = Math.min(2, devicePixelRatio || 1);
    if (clientWidth === 0) return;
    const width = Math.round(clientWidth * ratio),
      height = Math.round(clientHeight * ratio);
    if (this.canvas.width !== width || this.canvas.height !== height)
      Object.assign(this.canvas, { width, height });
  }

  /** @param {Cloud | null} cloud @param {Way | null} way @param {import("../../../../picture/colour.js").Scheme} scheme @param {string} key changes with the cloud */
  draw(cloud, way, scheme, key) {
    this.resize();
    const { width, height } = this.canvas,
      context = this.#context;
    context.clearRect(0, 0, width, height);
    if (!cloud || width === 0) return;
    const drawing = `${key} ${scheme} ${width} ${height}`;
    if (this.#drawn !== drawing) {
      this.#drawn = drawing;
      this.#fit(cloud.places);
      this.#drawBase(cloud, scheme);
    }
    context.drawImage(this.#base, 0, 0);
    if (way) this.#drawWay(way, cloud.classes, scheme);
  }

  /** Where a place lies on the canvas. @param {number} x @param {number} y @returns {[number, number]} */
  at(x, y) {
    const { left, top, scale, middleX, middleY } = this.#frame;
    return [left + (x - middleX) * scale, top - (y - middleY) * scale];
  }

  /** The point nearest to a position in CSS pixels, or −1 where none is near.
   * @param {Float32Array} places @param {number} cssX @param {number} cssY */
  nearest(places, cssX, cssY) {
    const ratio = this.canvas.width / (this.canvas.clientWidth || 1);
    let best = -1,
      least = (24 * ratio) ** 2;
    for (let i = 0; i < places.length / 2; i++) {
      const [x, y] = this.at(places[2 * i], places[2 * i + 1]);
      const distance = (x - cssX * ratio) ** 2 + (y - cssY * ratio) ** 2;
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  }

  /** @param {Float32Array} places */
  #fit(places) {
    const ends = [0, 1].map((axis) => {
      const values = Float32Array.from(
        { length: places.length / 2 },
        (_, i) => places[2 * i + axis],
      ).sort();
      const cut = Math.floor(values.length * stray);
      return [values[cut], values[values.length - 1 - cut]];
    });
    const { width, height } = this.canvas,
      margin = 0.06;
    const scale = Math.min(
      (width * (1 - 2 * margin)) / (ends[0][1] - ends[0][0] || 1),
      (height * (1 - 2 * margin)) / (ends[1][1] - ends[1][0] || 1),
    );
    this.#frame = {
      left: width / 2,
      top: height / 2,
      scale,
      middleX: (ends[0][0] + ends[0][1]) / 2,
      middleY: (ends[1][0] + ends[1][1]) / 2,
    };
  }

  /** @param {Cloud} cloud @param {import("../../../../picture/colour.js").Scheme} scheme */
  #drawBase({ places, labels, classes }, scheme) {
    const base = this.#base,
      unit = this.canvas.width / (this.canvas.clientWidth || 1);
    Object.assign(base, { width: this.canvas.width, height: this.canvas.height });
    const context = /** @type {CanvasRenderingContext2D} */ (base.getContext("2d"));
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = `600 ${(classes > 10 ? 10 : 12.5) * unit}px system-ui, sans-serif`;
    const sums = Array.from({ length: classes }, () => [0, 0, 0]);
    for (let i = 0; i < labels.length; i++) {
      const [x, y] = this.at(places[2 * i], places[2 * i + 1]);
      context.fillStyle = classColour(labels[i], classes, scheme, 0.75);
      context.fillText(String(labels[i]), x, y);
      const sum = sums[labels[i]];
      ((sum[0] += x), (sum[1] += y), sum[2]++);
    }
    context.font = `800 ${(classes > 10 ? 15 : 30) * unit}px system-ui, sans-serif`;
    context.lineWidth = 6 * unit;
    context.lineJoin = "round";
    sums.forEach(([x, y, n], label) => {
      if (n === 0) return;
      context.strokeStyle = scheme === "dark" ? "#1b1d21" : "#ffffff";
      context.strokeText(String(label), x / n, y / n);
      context.fillStyle = classColour(label, classes, scheme);
      context.fillText(String(label), x / n, y / n);
    });
  }

  /** @param {Way} way @param {number} classes @param {import("../../../../picture/colour.js").Scheme} scheme */
  #drawWay({ places, labels, step }, classes, scheme) {
    const context = this.#context,
      unit = this.canvas.width / (this.canvas.clientWidth || 1);
    const ink = scheme === "dark" ? "#ffffff" : "#000000",
      paper = scheme === "dark" ? "#000000" : "#ffffff";
    const points = Array.from({ length: places.length / 2 }, (_, i) =>
      this.at(places[2 * i], places[2 * i + 1]),
    );
    context.lineJoin = "round";
    for (const [colour, width] of /** @type {[string, number][]} */ ([
      [paper, 6],
      [ink, 2.5],
    ])) {
      context.beginPath();
      points.forEach(([x, y], i) => (i === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
      context.strokeStyle = colour;
      context.lineWidth = width * unit;
      context.stroke();
    }
    points.forEach(([x, y], i) => {
      const now = i === step,
        radius =
          (now ? 13 : i === 0 || i === points.length - 1 ? 6 : points.length > 60 ? 1.5 : 4) * unit;
      context.beginPath();
      context.arc(x, y, radius, 0, 7);
      context.fillStyle = now ? ink : classColour(labels[i], classes, scheme);
      context.fill();
      context.lineWidth = 1.5 * unit;
      context.strokeStyle = now ? paper : ink;
      context.stroke();
    });
    const [x, y] = points[step];
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = `800 ${15 * unit}px system-ui, sans-serif`;
    context.fillStyle = paper;
    context.fillText(String(labels[step]), x, y + unit);
  }
}
