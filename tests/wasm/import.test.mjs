// The module that reads what people bring: models of other programs become model files with the same answers.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ownSamples } from "../../web/js/state/samples.js";
import { loadEngine, loadImporter, pnm } from "../support/module.mjs";
import { decodePng } from "../support/png.mjs";
import { readTensors, writeTensors } from "../support/tensors.mjs";
import { binary, npy, root, signflip as tool, temporaryFolder } from "../support/tool.mjs";

const folder = temporaryFolder();
const signflip = await loadEngine(temporaryFolder());
const importer = await loadImporter(temporaryFolder());
const shipped = join(root, "models/mnist-standard.safetensors");
const { metadata, tensors } = readTensors(shipped);
const { classes, normalise, layers, input } = JSON.parse(metadata.signflip);
const places = [
  { dataset: "gtsrb", shape: { height: 32, width: 32, channels: 3 }, classes: ["a", "b"] },
  { dataset: "mnist", shape: input, classes },
];
const unprepared = { mean: [], std: [], range: 0 };
const bring = (file, bytes, more = {}) =>
  importer.bringModel(bytes, { file, prepared: unprepared, architecture: "", places, ...more });

const images = ownSamples();
const pixels = Float32Array.from(images.flatMap((image) => [...image.pixels]));
const logits = (bytes) => signflip.loadModel(bytes).predict(pixels).logits;
const wanted = logits(readFileSync(shipped));
const same = (bytes) =>
  logits(bytes).forEach((value, i) => assert.ok(Math.abs(value - wanted[i]) <= 1e-4, `${i}`));

/** The shipped model's weights as PyTorch would have them: no metadata, modules of other names. */
function stateDict() {
  const floats = {};
  for (const [name, { dtype, shape, bytes: data }] of Object.entries(tensors)) {
    if (!/^\d/.test(name) || name.endsWith(".scale")) continue;
    const values = valuesOf(name, dtype, data, shape);
    floats[`module.layer${name}`] = { dtype: "F32", shape, bytes: Buffer.from(values.buffer) };
  }
  const path = join(folder, "state.safetensors");
  writeTensors(path, floats);
  return readFileSync(path);
}

/** As float32; weights of eight bits have a scale for each output. */
function valuesOf(name, dtype, data, shape) {
  const plain = (Type, bytes) => new Type(Uint8Array.from(bytes).buffer);
  if (dtype === "F32") return plain(Float32Array, data);
  assert.equal(dtype, "I8");
  const scale = plain(Float32Array, tensors[`${name}.scale`].bytes);
  const size = plain(Int8Array, data).length / shape[0];
  return Float32Array.from(plain(Int8Array, data), (value, i) =>
    Math.fround(value * scale[Math.floor(i / size)]),
  );
}

test("a model file of ours stays as it is", () => {
  const brought = bring("my net.safetensors", readFileSync(shipped));
  assert.deepEqual(Buffer.from(brought.bytes), readFileSync(shipped));
  assert.deepEqual(
    [brought.name, brought.dataset, brought.normalises, brought.statesPreparation, brought.notes],
    ["my net", "mnist", true, true, []],
  );
});

test("a model that is of none of the datasets stands alone, with its own classes", () => {
  const brought = bring("net.safetensors", readFileSync(shipped), { places: places.slice(0, 1) });
  assert.equal(brought.dataset, "");
  assert.deepEqual([brought.shape, brought.classes], [input, classes]);
});

test("a state_dict with its architecture and preparation gives the same logits", () => {
  const architecture = JSON.stringify({ input, layers });
  const plain = bring("state.safetensors", stateDict(), { architecture });
  assert.equal(plain.statesPreparation, false);
  const prepared = { ...normalise, range: 0 };
  const brought = bring("state.safetensors", stateDict(), { architecture, prepared });
  assert.ok(brought.normalises);
  same(brought.bytes);
  // On the page's pictures the right preparation is seen to be right.
  const right = importer.rightUnder(
    plain.bytes,
    Uint8Array.from(pixels, (value) => Math.round(255 * value)),
    images.map(({ label }) => label),
    [unprepared, prepared, { mean: [], std: [], range: 255 }],
  );
  assert.equal(right.length, 3);
  assert.ok(right[1] >= 0.9 * images.length && right[1] >= right[0], `${right}`);
});

test(
  "ONNX that the tool exports gives the same logits",
  { skip: !existsSync(binary) && "the command-line tool is not built" },
  () => {
    const onnx = join(folder, "net.onnx");
    assert.equal(tool("export", shipped, "--onnx", onnx).status, 0);
    const brought = bring("net.onnx", readFileSync(onnx));
    assert.equal(brought.dataset, "mnist");
    same(brought.bytes);
  },
);

test("what cannot be used is refused with one sentence", () => {
  assert.throws(() => bring("a.pt", Buffer.from("PK\x03\x04archive/data.pkl")), /pickle.*ONNX/);
  assert.throws(() => bring("a.onnx", Buffer.from("hello")), /a\.onnx/);
  assert.throws(
    () => bring("a.safetensors", readFileSync(shipped), { prepared: { ...normalise, range: 0 } }),
    /says its own/,
  );
  assert.throws(() => bring("state.safetensors", stateDict()), /activations, strides and pools/);
});

test("arrays of NumPy are read as the command line reads them", () => {
  const pixels = Uint8Array.from({ length: 24 }, (_, i) => 10 * i);
  const label = (type, Type, shape, values) => npy(type, shape, Type.from(values));
  const array = (name, bytes) => ({ name, bytes: new Uint8Array(bytes) });
  const three = label("|u1", Uint8Array, [2, 1], [1, 0]);
  const images = npy("|u1", [2, 2, 2, 3], pixels);
  const read = (a, b) => importer.readArrays(array("x_test", a), array("y_test", b));
  const { labels, pixels: found, ...about } = read(images, three);
  assert.deepEqual(about, { height: 2, width: 2, channels: 3, remark: "" });
  assert.deepEqual([...found], [...pixels]);
  assert.deepEqual([...labels], [1, 0]);
  // Floats are rounded to bytes, and that is said where it changed anything.
  const floats = Float32Array.from({ length: 8 }, (_, i) => i / 10);
  const rounded = read(npy("<f4", [2, 2, 2], floats), label("<i8", BigInt64Array, [2], [3n, 4n]));
  assert.deepEqual(
    [...rounded.pixels],
    Array.from(floats, (value) => Math.round(Math.fround(255 * value))),
  );
  assert.match(rounded.remark, /x_test: \d of 8 pixels were rounded/);
  for (const [a, b, why] of [
    [npy("|u1", [24], pixels), three, /x_test has shape 24; images are N×H×W/],
    [npy("|u1", [2, 3, 2, 2], pixels), three, /x_test has images of 2 channels.*N×H×W×C/],
    [npy("<i4", [2, 2, 2], Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8)), three, /of type <i4; pixels/],
    [npy("<f4", [2, 2, 2], floats.fill(1.5)), three, /x_test has the pixel 1\.5, expected/],
    [images, label("<i4", Int32Array, [3], [0, 1, 2]), /y_test has 3 labels for 2 images/],
    [images, label("<i4", Int32Array, [2], [0, -1]), /y_test has the label -1 for image 1/],
    [images.subarray(0, 140), three, /x_test/],
  ])
    assert.throws(() => read(a, b), why);
});

test("folders are the classes of their names", () => {
  assert.deepEqual([...importer.folderClasses(["7", "02"], classes)], [7, 2]);
  assert.throws(
    () => importer.folderClasses(["cat"], classes),
    /the folder "cat" is called by none/,
  );
});

test("a picture becomes what a model of other proportions takes", () => {
  const wide = pnm(30, 10, 1, (x) => (x < 5 || x >= 25 ? 255 : 51));
  const values = importer.prepareImage(wide, { width: 8, height: 4, channels: 3 });
  assert.equal(values.length, 96);
  assert.ok(values.every((value) => Math.abs(value - 0.2) < 1e-6));
  assert.equal(importer.prepareImage(wide, { side: 4, channels: 1 }).length, 16);
});

test("a picture is encoded as PNG without a change", () => {
  const bytes = Uint8Array.from({ length: 6 * 4 * 3 }, (_, i) => (i * 53) % 256);
  const shape = { width: 6, height: 4, channels: 3 };
  const png = decodePng(Buffer.from(importer.encodeImage(bytes, shape)));
  assert.deepEqual({ ...png, pixels: [...png.pixels] }, { ...shape, pixels: [...bytes] });
  assert.throws(() => importer.encodeImage(bytes, { ...shape, width: 5 }), /another number/);
});
