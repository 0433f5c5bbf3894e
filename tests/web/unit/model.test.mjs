// The plain parts of the "Explore a model" view: counting, packs, ticks and where a region's number stands.
import assert from "node:assert/strict";
import { test } from "node:test";
import { survivors, Tally } from "../../../web/js/features/models/counts.js";
import { readPack } from "../../../web/js/engine/pack.js";
import { ticksOf } from "../../../web/js/ui/plot.js";
import { regions } from "../../../web/js/features/models/tools/slice/model.js";

test("a tally counts labels by predictions, in whatever order the stretches come", () => {
  const tally = new Tally(5, 3);
  const labels = [0, 1, 2, 2, 1];
  tally.add(
    { clean: [2, 1], judged: [[0, 1]], l0: [1, 2], l2: [4, 3], linf: [0.2, 0.1] },
    labels.slice(3),
    3,
  );
  assert.equal(tally.done, 2);
  assert.equal(tally.median("l2"), 3.5);
  tally.add(
    { clean: [0, 1, 2], judged: [[1, 1, 0]], l0: [3, 4, 5], l2: [1, 2, 9], linf: [0, 0, 0] },
    labels.slice(0, 3),
    0,
  );
  assert.deepEqual([...tally.before], [1, 0, 0, 0, 2, 0, 0, 0, 2]);
  assert.deepEqual([...tally.after], [0, 1, 0, 0, 2, 0, 2, 0, 0]);
  assert.deepEqual([tally.clean, tally.robust], [5, 2]);
  assert.deepEqual(tally.imagesOf(labels, 2, 0), [2, 3]);
  assert.deepEqual(tally.topConfusions(5), [
    { label: 2, predicted: 0, count: 2, share: 1 },
    { label: 0, predicted: 1, count: 1, share: 1 },
  ]);
  assert.equal(tally.median("l2"), 3);
});

test("smallest changes tell the accuracy at every budget", () => {
  const images = [
    { distance: 1, clean: true, fooled: true },
    { distance: 2, clean: true, fooled: true },
    { distance: 0, clean: false, fooled: true },
    { distance: 9, clean: true, fooled: false },
  ];
  assert.deepEqual(survivors(images, [0, 1, 1.5, 2, 100]), [0.75, 0.5, 0.5, 0.25, 0.25]);
  assert.deepEqual(survivors([], [1]), [0]);
});

test("packs are images and labels, and damage is noticed", () => {
  const pack = Uint8Array.from([
    0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 0, 0, 8, 1, 0, 0, 0, 2, 7, 9,
  ]);
  const { count, shape, pixels, labels } = readPack(pack);
  assert.deepEqual(
    [count, shape, [...pixels], [...labels]],
    [2, { height: 1, width: 3, channels: 1 }, [1, 2, 3, 4, 5, 6], [7, 9]],
  );
  assert.throws(() => readPack(pack.slice(0, 20)), /cut short/);
  assert.throws(() => readPack(pack.slice(1)), /no IDX/);
  assert.throws(() => readPack(pack.slice(0, 22)), /no IDX/);
  const fewer = pack.slice();
  fewer[29] = 1;
  assert.throws(() => readPack(fewer), /labels/);
});

test("ticks are round numbers from 0 to the end", () => {
  assert.deepEqual(ticksOf(0.5, 5), [0, 0.1, 0.2, 0.3, 0.4, 0.5]);
  assert.deepEqual(ticksOf(8, 8), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(ticksOf(3.2, 4), [0, 1, 2, 3]);
});

test("a region's number stands inside it, and small regions have none", () => {
  const size = 9,
    labels = Int16Array.from({ length: size * size }, (_, i) => (i % size < 6 ? 4 : 7));
  labels[0] = 2;
  const found = regions(labels);
  assert.deepEqual(
    found.map(({ label }) => label),
    [4],
  );
  const [{ x, y }] = found;
  assert.ok(x >= 2 && x <= 3 && y >= 2 && y <= 6, `${x}, ${y}`);
});
