// Which part of a picture is cut out, and how the picture is turned before: arithmetic, and the drawing of it.
// The turned picture lies in the middle of its box, the smallest upright rectangle around it.

/** turn: quarters, clockwise; fine: degrees on top of that. x, y: the frame's middle, as parts of the box. side:
 * the frame's, as a part of the largest one's.
 * @typedef {{turn: number, fine: number, x: number, y: number, side: number}} Cut */

/** @typedef {{width: number, height: number}} Size */
/** A picture, and how wide for its height is what a network looks at. @typedef {Size & {aspect: number}} Source */

/** The largest frame in the picture as it is. @param {Source} source @returns {Size} */
export function largestFrame({ width, height, aspect }) {
  return { width: Math.min(width, height * aspect), height: Math.min(height, width / aspect) };
}

/** That, in the middle. @returns {Cut} */
export const middleCut = () => ({ turn: 0, fine: 0, x: 0.5, y: 0.5, side: 1 });

export const smallestSide = 0.1;
export const largestFine = 45;
/** More pixels than any network here looks at. */
const mostPixels = 1024;

/** @param {Size} picture @param {number} aspect @returns {Source} */
export const sourceOf = ({ width, height }, aspect) => ({ width, height, aspect });

/** @param {Cut} cut in radians */
const angleOf = ({ turn, fine }) => ((90 * turn + fine) * Math.PI) / 180;

/** The box around the turned picture, in the picture's pixels. @param {Size} picture @param {Cut} cut @returns {Size} */
export function boxOf({ width, height }, cut) {
  const angle = angleOf(cut);
  const [c, s] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
  return { width: width * c + height * s, height: width * s + height * c };
}

/** The frame within the box, in the picture's pixels. @param {Source} source @param {Cut} cut */
export function frameOf(source, cut) {
  const box = boxOf(source, cut);
  const largest = largestFrame(source);
  const [width, height] = [cut.side * largest.width, cut.side * largest.height];
  return {
    left: cut.x * box.width - width / 2,
    top: cut.y * box.height - height / 2,
    width,
    height,
  };
}

/** The nearest that is possible: its frame lies in the box. @param {Source} source @param {Cut} cut @returns {Cut} */
export function possible(source, cut) {
  const within = (
    /** @type {number} */ value,
    /** @type {number} */ low,
    /** @type {number} */ high,
  ) => Math.min(high, Math.max(low, value));
  const fine = within(cut.fine, -largestFine, largestFine);
  const turned = { ...cut, turn: ((cut.turn % 4) + 4) % 4, fine };
  const box = boxOf(source, turned);
  const largest = largestFrame(source);
  const most = Math.min(1, box.width / largest.width, box.height / largest.height);
  const side = within(cut.side, Math.min(smallestSide, most), most);
  const [x, y] = [(side * largest.width) / 2 / box.width, (side * largest.height) / 2 / box.height];
  return { ...turned, side, x: within(cut.x, x, 1 - x), y: within(cut.y, y, 1 - y) };
}

/** Draws the turned picture so that this point of its box is the canvas' corner; around it is white paper.
 * @param {HTMLCanvasElement} canvas @param {ImageBitmap} picture @param {Cut} cut
 * @param {{left: number, top: number, scale: number}} view scale: canvas pixels for one of the picture's */
export function drawTurned(canvas, picture, cut, { left, top, scale }) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const box = boxOf(picture, cut);
  context.resetTransform();
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.scale(scale, scale);
  context.translate(box.width / 2 - left, box.height / 2 - top);
  context.rotate(angleOf(cut));
  context.drawImage(picture, -picture.width / 2, -picture.height / 2);
}

/** What is cut out. @param {ImageBitmap} picture @param {number} aspect @param {Cut} cut @returns {HTMLCanvasElement} */
export function cutOut(picture, aspect, cut) {
  const { left, top, width, height } = frameOf(sourceOf(picture, aspect), cut);
  const scale = Math.min(1, mostPixels / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  drawTurned(canvas, picture, cut, { left, top, scale });
  return canvas;
}
