// Pen strokes → the grey picture that MNIST would have made of them: anti-aliased by distance to the
// polyline, scaled into 20×20, centred by mass in 28×28. Pure arithmetic: no canvas, runs in node.
// It knows nothing of who drew the strokes; our samples and a visitor's drawing both come through here.

/** @typedef {[number, number]} Point  x to the right, y down; any unit, only proportions count */
/** @typedef {Point[]} Stroke  a polyline; a single point is a dot */

export const side = 28;
const box = 20;
/** Half the width of the pen and the width of its soft edge, in pixels of the 28×28 picture. */
const radius = 1.15;
const softness = 1.1;
/** A drawing smaller than this part of its unit square is not blown up further: a dot stays a dot. */
const smallest = 0.12;
/** Where MNIST has its centre of mass: the middle of pixel 14, counted from 0 (measured: 14.50, 14.49). */
export const middle = 14.5;

/** Nearest squared distance of (x, y) to the segment a–b.
 * @param {number} x @param {number} y @param {Point} a @param {Point} b */
function squaredDistance(x, y, a, b) {
  const dx = b[0] - a[0],
    dy = b[1] - a[1];
  const length = dx * dx + dy * dy;
  const along =
    length === 0 ? 0 : Math.min(1, Math.max(0, ((x - a[0]) * dx + (y - a[1]) * dy) / length));
  const px = x - a[0] - along * dx,
    py = y - a[1] - along * dy;
  return px * px + py * py;
}

/** Draws polylines that are already in pixel coordinates.
 * @param {Stroke[]} strokes @param {number} size
 * @returns {Float32Array} size·size values in [0,1], rows first */
export function drawStrokes(strokes, size = side) {
  const reach = radius + softness / 2;
  const nearest = new Float32Array(size * size).fill(reach * reach);
  for (const stroke of strokes) {
    for (let i = 0; i < Math.max(1, stroke.length - 1); i++) {
      const a = stroke[i],
        b = stroke[Math.min(i + 1, stroke.length - 1)];
      const left = Math.max(0, Math.floor(Math.min(a[0], b[0]) - reach));
      const right = Math.min(size - 1, Math.ceil(Math.max(a[0], b[0]) + reach));
      const top = Math.max(0, Math.floor(Math.min(a[1], b[1]) - reach));
      const bottom = Math.min(size - 1, Math.ceil(Math.max(a[1], b[1]) + reach));
      for (let y = top; y <= bottom; y++) {
        for (let x = left; x <= right; x++) {
          const d = squaredDistance(x + 0.5, y + 0.5, a, b);
          if (d < nearest[y * size + x]) nearest[y * size + x] = d;
        }
      }
    }
  }
  return nearest.map((d) => Math.min(1, Math.max(0, (reach - Math.sqrt(d)) / softness)));
}

/** Centre of mass in pixel coordinates (pixel 0 reaches from 0 to 1), or null where it is empty.
 * @param {Float32Array} pixels @param {number} size
 * @returns {Point | null} */
export function centreOfMass(pixels, size = side) {
  let mass = 0,
    x = 0,
    y = 0;
  for (let i = 0; i < pixels.length; i++) {
    mass += pixels[i];
    x += pixels[i] * ((i % size) + 0.5);
    y += pixels[i] * (Math.floor(i / size) + 0.5);
  }
  return mass > 0 ? [x / mass, y / mass] : null;
}

/** @param {Stroke[]} strokes */
function bounds(strokes) {
  let left = Infinity,
    top = Infinity,
    right = -Infinity,
    bottom = -Infinity;
  for (const stroke of strokes) {
    for (const [x, y] of stroke) {
      ((left = Math.min(left, x)), (right = Math.max(right, x)));
      ((top = Math.min(top, y)), (bottom = Math.max(bottom, y)));
    }
  }
  return { left, top, right, bottom };
}

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** The 28×28 picture of a drawing, sized and centred as MNIST was. No strokes: all black.
 * @param {Stroke[]} strokes in a unit square
 * @returns {Float32Array} 784 values in [0,1] */
export function rasterise(strokes) {
  const drawn = strokes.filter((stroke) => stroke.length > 0);
  if (drawn.length === 0) return new Float32Array(side * side);
  const { left, top, right, bottom } = bounds(drawn);
  const scale = (box - 2 * radius) / Math.max(right - left, bottom - top, smallest);
  let dx = middle - (scale * (left + right)) / 2,
    dy = middle - (scale * (top + bottom)) / 2;
  const place = () =>
    drawn.map((stroke) =>
      stroke.map(([x, y]) => /** @type {Point} */ ([x * scale + dx, y * scale + dy])),
    );
  const centre = centreOfMass(drawStrokes(place()));
  if (centre) {
    // Centre by mass, but never push ink over the edge.
    const margin = radius + softness / 2;
    dx = clamp(dx + middle - centre[0], margin - scale * left, side - margin - scale * right);
    dy = clamp(dy + middle - centre[1], margin - scale * top, side - margin - scale * bottom);
  }
  return drawStrokes(place());
}

/** A smooth curve through the given points (Catmull–Rom), as a polyline.
 * @param {Point[]} points @param {number} pieces segments between two points
 * @returns {Stroke} */
export function curve(points, pieces = 8) {
  if (points.length < 3) return points.slice();
  /** @type {Stroke} */
  const line = [points[0]];
  for (let i = 0; i + 1 < points.length; i++) {
    const p0 = points[Math.max(0, i - 1)],
      p1 = points[i],
      p2 = points[i + 1];
    const p3 = points[Math.min(points.length - 1, i + 2)];
    for (let k = 1; k <= pieces; k++) {
      const t = k / pieces,
        t2 = t * t,
        t3 = t2 * t;
      /** @param {0 | 1} c */
      const at = (c) =>
        0.5 *
        (2 * p1[c] +
          (p2[c] - p0[c]) * t +
          (2 * p0[c] - 5 * p1[c] + 4 * p2[c] - p3[c]) * t2 +
          (3 * p1[c] - p0[c] - 3 * p2[c] + p3[c]) * t3);
      line.push([at(0), at(1)]);
    }
  }
  return line;
}

/** Leaves out points that lie closer than tolerance to the line through the ones that stay (Douglas–Peucker).
 * @param {Stroke} stroke @param {number} tolerance
 * @returns {Stroke} */
export function simplify(stroke, tolerance = 0.004) {
  if (stroke.length < 3) return stroke.slice();
  const first = stroke[0],
    last = stroke[stroke.length - 1];
  let farthest = 0,
    distance = 0;
  for (let i = 1; i + 1 < stroke.length; i++) {
    const d = squaredDistance(stroke[i][0], stroke[i][1], first, last);
    if (d > distance) ((farthest = i), (distance = d));
  }
  if (distance <= tolerance * tolerance) return [first, last];
  return [
    ...simplify(stroke.slice(0, farthest + 1), tolerance).slice(0, -1),
    ...simplify(stroke.slice(farthest), tolerance),
  ];
}
