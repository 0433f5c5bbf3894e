// Test sets in .npz: what is read, in which order, and what is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { testSetIn } from "../../../web/js/features/bring/npz.js";
import { npz } from "../../support/npz.mjs";
import { npy } from "../../support/tool.mjs";

const read = (file, largest = 1 << 20) =>
  testSetIn(file.buffer.slice(file.byteOffset, file.byteOffset + file.length), largest);
/** Image number n is all n; its label is n modulo 3. */
const bytes = Uint8Array.from({ length: 20 * 4 }, (_, i) => Math.floor(i / 4));
const images = npy("|u1", [20, 2, 2], bytes);
const labels = npy(
  "<i8",
  [20, 1],
  BigInt64Array.from({ length: 20 }, (_, n) => BigInt(n % 3)),
);

/** Every image once, each with its label. */
function whole({ count, shape, pixels, labels: read }) {
  assert.equal(count, 20);
  assert.deepEqual(shape, { height: 2, width: 2, channels: 1 });
  const found = Array.from({ length: 20 }, (_, n) => pixels[4 * n]);
  assert.deepEqual(
    [...found].sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, n) => n),
  );
  assert.notDeepEqual(
    found,
    [...found].sort((a, b) => a - b),
  );
  found.forEach((image, n) => assert.equal(read[n], image % 3));
}

test("stored and deflated, by MedMNIST's names and by Keras'", async () => {
  whole(await read(npz({ train_images: images, test_images: images, test_labels: labels })));
  whole(await read(npz({ x_test: images, y_test: labels }, true)));
  const floats = npy(
    "<f4",
    [20, 2, 2, 1],
    Float32Array.from(bytes, (value) => value / 255),
  );
  whole(await read(npz({ "X-test": floats, y_test: labels }, true)));
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
  await refused({ ...good, x_test: npy("|u1", [80], bytes) }, "data.images", "x_test");
  await refused({ ...good, x_test: npy("|u1", [10, 2, 2, 2], bytes) }, "data.images", "x_test");
  await refused({ ...good, x_test: npy(">f4", [20, 1, 1], bytes) }, "data.type", "x_test");
  const far = Float32Array.from({ length: 80 }, () => 1.5);
  await refused({ ...good, x_test: npy("<f4", [20, 2, 2], far) }, "data.range", "x_test");
  const few = npy("<i4", [3], Int32Array.of(0, 1, 2));
  await refused({ ...good, y_test: few }, "data.labels", "y_test");
  const negative = npy(
    "<i4",
    [20],
    Int32Array.from({ length: 20 }, () => -1),
  );
  await refused({ ...good, y_test: negative }, "data.labels", "y_test");
  await refused({ ...good, x_test: images.subarray(0, 100) }, "data.damaged", "x_test");
  await refused(good, "data.large", "x_test", 100);
  // One wrong bit, which only the checksum tells.
  const file = npz(good);
  file[file.indexOf(images) + images.length - 1] ^= 1;
  await refused(file, "data.damaged", "x_test");
});
