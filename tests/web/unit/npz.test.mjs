// The archive of a test set: which arrays are found in it, as they were, and what is refused. What is in the arrays the
// import module reads: tests/wasm/import.test.mjs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { testArraysIn } from "../../../web/js/features/bring/npz.js";
import { npz } from "../../support/npz.mjs";
import { npy } from "../../support/tool.mjs";

const read = (file, largest = 1 << 20) =>
  testArraysIn(file.buffer.slice(file.byteOffset, file.byteOffset + file.length), largest);
const images = npy(
  "|u1",
  [20, 2, 2],
  Uint8Array.from({ length: 80 }, (_, i) => i),
);
const labels = npy(
  "|u1",
  [20],
  Uint8Array.from({ length: 20 }, (_, i) => i % 3),
);

test("stored and deflated, by MedMNIST's names and by Keras'", async () => {
  for (const [arrays, names, compressed] of [
    [
      { train_images: labels, test_images: images, test_labels: labels },
      ["test_images", "test_labels"],
    ],
    [{ x_test: images, y_test: labels }, ["x_test", "y_test"], true],
    [{ "X-test": images, y_test: labels }, ["X_test", "y_test"], true],
  ]) {
    const found = await read(npz(arrays, compressed));
    assert.deepEqual([found.images.name, found.labels.name], names);
    assert.deepEqual(Buffer.from(found.images.bytes), images);
    assert.deepEqual(Buffer.from(found.labels.bytes), labels);
  }
});

test("what is no test set is refused by name", async () => {
  const refused = async (arrays, key, detail, largest) =>
    assert.rejects(read(Buffer.isBuffer(arrays) ? arrays : npz(arrays), largest), (error) => {
      assert.deepEqual([error.key, error.message], [key, detail]);
      return true;
    });
  const good = { x_test: images, y_test: labels };
  await refused(Buffer.from("hello, this is no archive at all"), "data.damaged", "ZIP");
  await refused({ x_train: images, y_train: labels }, "data.names", "x_train, y_train");
  await refused(good, "data.large", "x_test", 100);
  // One wrong bit, which only the checksum tells.
  const file = npz(good);
  file[file.indexOf(images) + images.length - 1] ^= 1;
  await refused(file, "data.damaged", "x_test");
});
