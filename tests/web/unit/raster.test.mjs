// The rasteriser and our own digits: sizes, place, softness and ink like MNIST's. Whether the networks
// read them is tested with the engine (page/samples.test.mjs).
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  centreOfMass,
  curve,
  drawStrokes,
  middle,
  rasterise,
  side,
  simplify,
} from "../../../web/js/picture/raster.js";
import { ownDigits } from "../../../web/js/picture/strokes.js";

const mean = (pixels) => pixels.reduce((a, b) => a + b, 0) / pixels.length;
const part = (pixels, test) => pixels.filter(test).length / pixels.length;
const near = (value, wanted, within, what) =>
  assert.ok(Math.abs(value - wanted) <= within, `${what}: ${value}, wanted ${wanted} ± ${within}`);

function inkBox(pixels) {
  const xs = [],
    ys = [];
  pixels.forEach((value, i) => value > 0.5 && (xs.push(i % side), ys.push(Math.floor(i / side))));
  return {
    width: Math.max(...xs) - Math.min(...xs) + 1,
    height: Math.max(...ys) - Math.min(...ys) + 1,
  };
}

test("there are two hands for each digit, each with a name of its own", () => {
  assert.equal(ownDigits.length, 20);
  for (let digit = 0; digit < 10; digit++) {
    assert.deepEqual(
      ownDigits
        .filter((d) => d.digit === digit)
        .map((d) => d.id)
        .sort(),
      [`${digit}a`, `${digit}b`],
    );
  }
});

for (const { id, strokes } of ownDigits) {
  test(`${id} lies in the picture as MNIST's digits do`, () => {
    const pixels = rasterise(strokes);
    assert.equal(pixels.length, side * side);
    assert.ok(pixels.every((value) => value >= 0 && value <= 1));
    const [x, y] = centreOfMass(pixels);
    near(x, middle, 0.5, "centre of mass, x");
    near(y, middle, 0.5, "centre of mass, y");
    const { width, height } = inkBox(pixels);
    near(Math.max(width, height), 20, 1, "longer side of the ink");
    // A 1 has little ink in MNIST, too.
    near(mean(pixels), 0.13, id.startsWith("1") ? 0.08 : 0.05, "mean");
    assert.ok(part(pixels, (value) => value > 0.05 && value < 0.95) < 0.15, "few grey pixels");
  });
}

test("all digits together have MNIST's ink: 0.12 to 0.13 on average", () => {
  near(mean(ownDigits.map(({ strokes }) => mean(rasterise(strokes)))), 0.125, 0.02, "mean");
});

test("a drawing's place and size do not matter", () => {
  const { strokes } = ownDigits.find(({ id }) => id === "3a");
  const small = strokes.map((stroke) => stroke.map(([x, y]) => [0.1 + x * 0.3, 0.5 + y * 0.3]));
  const a = rasterise(strokes),
    b = rasterise(small);
  assert.ok(a.every((value, i) => Math.abs(value - b[i]) < 1e-4));
});

test("nothing drawn is black, a dot is a small round spot in the middle", () => {
  assert.ok(rasterise([]).every((value) => value === 0));
  assert.ok(rasterise([[]]).every((value) => value === 0));
  const dot = rasterise([[[0.9, 0.1]]]);
  near(inkBox(dot).width, 3, 1, "dot");
  near(centreOfMass(dot)[0], middle, 0.1, "dot's place");
});

test("strokes are anti-aliased by distance", () => {
  const pixels = drawStrokes([
    [
      [2, 14],
      [26, 14],
    ],
  ]);
  const column = Array.from({ length: side }, (_, y) => pixels[y * side + 14]);
  assert.equal(column[13], 1);
  assert.equal(column[14], 1);
  assert.ok(column[12] > 0 && column[12] < 1 && column[12] === column[15]);
  assert.equal(column[11], 0);
  near(
    column.reduce((a, b) => a + b),
    2.3,
    0.2,
    "stroke width in pixels",
  );
});

test("a curve goes through its points, and simplifying keeps its shape", () => {
  const points = [
    [0, 0],
    [0.5, 1],
    [1, 0],
  ];
  const line = curve(points);
  for (const point of points)
    assert.ok(line.some(([x, y]) => Math.hypot(x - point[0], y - point[1]) < 1e-9));
  const few = simplify(line, 0.01);
  assert.ok(few.length < line.length && few.length > 3);
  assert.deepEqual(
    simplify([
      [0, 0],
      [0.5, 0],
      [1, 0],
    ]),
    [
      [0, 0],
      [1, 0],
    ],
  );
});
