// A photograph of a written digit as a phone takes it: uneven light and shadows are on the paper, not in the picture that
// the networks get.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bmp } from "../../support/bmp.mjs";
import { resultOf, settled, start } from "../../support/browser.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const side = 300;
/** A 7: two strokes. */
const strokes = [
  [85, 75, 205, 75],
  [205, 75, 130, 235],
];

/** How far a place is from the nearest stroke. */
const toInk = (x, y) =>
  Math.min(
    ...strokes.map(([x0, y0, x1, y1]) => {
      const [dx, dy] = [x1 - x0, y1 - y0];
      const along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy);
      const part = Math.min(1, Math.max(0, along));
      return Math.hypot(x - x0 - part * dx, y - y0 - part * dy);
    }),
  );

/** Dark ink on warm paper under some light. @param {(x: number, y: number) => number} light x, y: 0 to 1 */
const photographed = (light) =>
  bmp(side, side, (x, y) => {
    const value = (toInk(x, y) < 9 ? 60 : 235) * light(x / side, y / side);
    return [value, 0.97 * value, 0.9 * value].map(Math.round);
  });

const step = (value) => Math.min(1, Math.max(0, value));
const lights = {
  "light from one side": (x) => 1 - 0.7 * x,
  "a dark corner": (x, y) => 1 - 0.35 * (x + y),
  "a hand's shadow": (x, y) => 1 - 0.6 * step((x + 0.4 * y - 0.6) / 0.1),
  "a lamp": (x, y) => 1 - 0.7 * Math.hypot(x - 0.5, y - 0.5),
};

test("under uneven light and in shadow a digit is prepared and read as in even light", async (t) => {
  const page = await site.open();
  await settled(page);
  await page.locator("#tab-upload").click();
  await page.locator("#upload").waitFor({ state: "attached" });
  const taken = (light) =>
    resultOf(page, () => page.locator("#upload").setInputFiles(photographed(light)));
  const even = await taken(() => 1);
  assert.deepEqual(
    even.lanes.map(({ cleanLabel }) => cleanLabel),
    [7, 7],
  );
  for (const [name, light] of Object.entries(lights)) {
    const { request, lanes } = await taken(light);
    const apart =
      request.image.reduce((sum, value, i) => sum + Math.abs(value - even.request.image[i]), 0) /
      request.image.length;
    t.diagnostic(`${name}: ${(255 * apart).toFixed(2)} grey levels a pixel from even light`);
    assert.ok(apart < 6 / 255, `${name}: ${255 * apart} grey levels a pixel`);
    for (const { model, cleanLabel, before: sure } of lanes)
      assert.ok(cleanLabel === 7 && sure[7] > 0.9, `${name}: ${model} reads ${cleanLabel}`);
    assert.equal(await page.locator(".doubt").textContent(), "", `${name}: no warning`);
  }
  assert.deepEqual(page.problems, []);
});
