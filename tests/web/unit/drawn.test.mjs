// The images that we draw: as many of each class, the same for the same seed, all of them different, and of a size
// that needs no dataset's room.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { draw } from "../../../web/js/picture/drawn/index.js";

const folder = new URL("../../../web/js/picture/drawn/", import.meta.url).pathname;

for (const [dataset, count, classes, shape] of [
  ["mnist", 520, 10, { height: 28, width: 28, channels: 1 }],
  ["gtsrb", 430, 43, { height: 32, width: 32, channels: 3 }],
])
  test(`${count} drawn images for ${dataset}`, () => {
    const images = draw({ dataset, count, seed: 1 });
    assert.deepEqual(images.shape, shape);
    const size = images.pixels.length / count;
    assert.equal(size, shape.height * shape.width * shape.channels);
    const each = Array(classes).fill(0);
    for (const label of images.labels) each[label]++;
    assert.deepEqual(each, Array(classes).fill(count / classes));
    const seen = new Set();
    for (let i = 0; i < count; i++) {
      const image = images.pixels.subarray(i * size, (i + 1) * size);
      const [low, high] = [Math.min(...image), Math.max(...image)];
      assert.ok(high - low > 60, `image ${i} is flat`);
      seen.add(Buffer.from(image).toString("base64"));
    }
    assert.equal(seen.size, count, "no image is there twice");
    assert.deepEqual(
      draw({ dataset, count: 50, seed: 1 }).pixels,
      images.pixels.slice(0, 50 * size),
    );
    const others = draw({ dataset, count: 50, seed: 2 });
    for (let i = 0; i < 50; i++)
      assert.ok(
        !seen.has(Buffer.from(others.pixels.subarray(i * size, (i + 1) * size)).toString("base64")),
        "what is learnt from is not what is tested with",
      );
  });

test("what draws them is a few kilobytes", () => {
  const text = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("");
  assert.ok(brotliCompressSync(text).length < 10000, `${brotliCompressSync(text).length} bytes`);
});
