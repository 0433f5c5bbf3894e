// Which square of a picture is cut out, and how the picture is turned before: arithmetic, and the drawing of it.
// The turned picture lies in the middle of its box, the smallest upright rectangle around it.

/** turn: quarters, clockwise; fine: degrees on top of that. x, y: the square's middle, as parts of the box. side:
 * the square's, as a part of the picture's shorter side.
 * @typedef {{turn: number, fine: number, x: number, y: number, side: number}} Cut */

/** @typedef {{width: number, height: number}} Size */

/** The largest square in the middle of the picture as it is. @returns {Cut} */
export const middleCut = () => ({ turn: 0, fine: 0, x: 0.5, y: 0.5, side: 1 });

export const smallestSide = 0.1;
export const largestFine = 45;
/** More pixels than any network here looks at. */
const mostPixels = 1024;

/** @param {Cut} cut in radians */
const angleOf = ({ turn, fine }) => ((90 * turn + fine) * Math.PI) / 180;

/** The box around the turned picture, in the picture's pixels. @param {Size} picture @param {Cut} cut @returns {Size} */
export function boxOf({ width, height }, cut) {
  const angle = angleOf(cut);
  const [c, s] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
  return { width: width * c + height * s, height: width * s + height * c };
}

/** The square within the box, in the picture's pixels. @param {Size} picture @param {Cut} cut */
export function squareOf(picture, cut) {
  const box = boxOf(picture, cut);
  const side = cut.side * Math.min(picture.width, picture.height);
  return { left: cut.x * box.width - side / 2, top: cut.y * box.height - side / 2, side };
}

/** The nearest that is possible: its square lies in the box. @param {Size} picture @param {Cut} cut @returns {Cut} */
export function possible(picture, cut) {
  const within = (
    /** @type {number} */ value,
    /** @type {number} */ low,
    /** @type {number} */ high,
  ) => Math.min(high, Math.max(low, value));
  const side = within(cut.side, smallestSide, 1);
  const fine = within(cut.fine, -largestFine, largestFine);
  const now = { turn: ((cut.turn % 4) + 4) % 4, fine, side };
  const box = boxOf(picture, { ...cut, ...now });
  const half = (side * Math.min(picture.width, picture.height)) / 2;
  return {
    ...now,
    x: within(cut.x, half / box.width, 1 - half / box.width),
    y: within(cut.y, half / box.height, 1 - half / box.height),
  };
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

/** The square that is cut out. @param {ImageBitmap} picture @param {Cut} cut @returns {HTMLCanvasElement} */
export function cutOut(picture, cut) {
  const { left, top, side } = squareOf(picture, cut);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.max(1, Math.min(mostPixels, Math.round(side)));
  drawTurned(canvas, picture, cut, { left, top, scale: canvas.width / side });
  return canvas;
}
