// What the module does beyond models and attacks: a denoiser in front of a classifier, pictures made
// ready, the iterates of an attack, calls within calls.
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ownSamples } from "../../web/js/state/samples.js";
import { root, temporaryFolder } from "../support/tool.mjs";
import { convolutionDenoiser, loadEngine, loadMapper, pnm } from "../support/module.mjs";

const signflip = await loadEngine(temporaryFolder());
const classifier = signflip.loadModel(
  readFileSync(join(root, "models/mnist-standard.safetensors")),
);
const shape = classifier.inputShape;
const identity = signflip.loadModel(convolutionDenoiser(shape, [[1]]));
const ninth = 1 / 9;
const blur = signflip.loadModel(
  convolutionDenoiser(shape, [
    [ninth, ninth, ninth],
    [ninth, ninth, ninth],
    [ninth, ninth, ninth],
  ]),
);
const { pixels, label } = ownSamples().find(({ id }) => id === "3a");
const mim = { attack: "mim", epsilon: 0.2, steps: 5 };
const near = (a, b, within) => a.every((value, i) => Math.abs(value - b[i]) <= within);

test("behind a denoiser that changes nothing a model is the same", () => {
  const model = classifier.denoisedBy(identity);
  assert.deepEqual(model.inputShape, shape);
  assert.deepEqual(model.classes, classifier.classes);
  assert.ok(near(model.predict(pixels).logits, classifier.predict(pixels).logits, 1e-4));
  assert.deepEqual(
    model.attack(mim, pixels, label).adversarial,
    classifier.attack(mim, pixels, label).adversarial,
  );
  model.delete();
});

test("adaptive attacks go through the denoiser, gray-box attacks do not know of it", () => {
  const model = classifier.denoisedBy(blur);
  const cleaned = blur.predict(pixels).logits;
  assert.ok(near(model.predict(pixels).logits, classifier.predict(cleaned).logits, 1e-4));
  const alone = classifier.attack(mim, pixels, label);
  const gray = model.attack({ ...mim, grayBox: true }, pixels, label);
  const adaptive = model.attack(mim, pixels, label);
  assert.deepEqual(gray.adversarial, alone.adversarial);
  assert.notDeepEqual(adaptive.adversarial, alone.adversarial);
  // Both are judged with the denoiser in front.
  for (const { adversarial, logits } of [gray, adaptive]) {
    assert.ok(near(logits, classifier.predict(blur.predict(adversarial).logits).logits, 1e-3));
  }
  assert.ok(adaptive.loss[0] > gray.loss[0], "knowing the defence, an attack is stronger");
});

test("a denoised model outlives its parts", () => {
  const part = signflip.loadModel(convolutionDenoiser(shape, [[1]]));
  const model = classifier.denoisedBy(part);
  part.delete();
  assert.equal(model.predict(pixels).labels[0], classifier.predict(pixels).labels[0]);
});

test("what does not fit gets a sentence", () => {
  const small = signflip.loadModel(
    convolutionDenoiser({ height: 8, width: 8, channels: 1 }, [[1]]),
  );
  assert.throws(() => classifier.denoisedBy(small), /8×8/);
  assert.throws(() => classifier.denoisedBy(classifier), /denoiser/);
  assert.throws(
    () => classifier.attack({ ...mim, grayBox: true }, pixels, label),
    /gray-box attack needs a model behind a denoiser/,
  );
});

test("onStep tells every iterate but the last, which is the answer, and its loss", () => {
  const steps = [];
  const { adversarial } = classifier.attack(
    {
      ...mim,
      onStep: (image, step, value, iterate) => steps.push({ image, step, value, iterate }),
    },
    pixels,
    label,
  );
  assert.deepEqual(
    steps.map(({ step }) => step),
    [0, 1, 2, 3, 4],
  );
  assert.deepEqual(steps[0].iterate, pixels);
  for (const { iterate, value } of steps) {
    const p = classifier.predict(iterate).probabilities[label];
    assert.ok(
      Math.abs(value + Math.log(p)) <= 1e-3 * Math.max(1, value),
      `${value} where the probability is ${p}`,
    );
    assert.ok(iterate.every((x, i) => Math.abs(x - pixels[i]) <= 0.2 + 1e-6));
  }
  assert.notDeepEqual(steps[4].iterate, adversarial);
});

test("calls that are alike find their own images, whatever was called between or within them", () => {
  const inverted = pixels.map((value) => 1 - value),
    seen = [];
  const alone = [pixels, inverted].map((image) => classifier.attack(mim, image, label).adversarial);
  const other = classifier.predict(inverted).logits;
  let calls = 0;
  const { adversarial } = classifier.attack(
    {
      ...mim,
      onStep() {
        if (calls++ % 2) seen.push(classifier.predict(inverted).logits);
        else seen.push(classifier.attack(mim, inverted, label).adversarial);
      },
    },
    pixels,
    label,
  );
  assert.deepEqual(adversarial, alone[0]);
  assert.deepEqual(seen, [alone[1], other, alone[1], other, alone[1]]);
  // So many images that the engine's memory grows: what was laid out before is elsewhere.
  const many = new Float32Array(8000 * pixels.length);
  for (let i = 0; i < many.length; i += pixels.length) many.set(pixels, i);
  assert.equal(classifier.predict(pixels).labels[0], label);
  for (let time = 0; time < 2; time++)
    assert.ok(classifier.predict(many).labels.every((found) => found === label));
  assert.deepEqual(classifier.attack(mim, pixels, label).adversarial, alone[0]);
  assert.equal(classifier.attack({ ...mim, steps: 6 }, pixels, label).gradients, 6);
});

test("within the certified radius no attack succeeds, and beyond what fools it nothing is certified", () => {
  const model = signflip.loadModel(readFileSync(join(root, "models/mnist-mixed.safetensors")));
  const [radius] = model.certifiedRadii(pixels, label);
  assert.ok(radius > 0 && radius < 0.2, `${radius}`);
  const inside = model.attack({ attack: "pgd", epsilon: radius, steps: 20 }, pixels, label);
  assert.equal(inside.labels[0], label);
  const fooling = model.attack({ attack: "deepfool", norm: "linf" }, pixels, label);
  assert.ok(radius < fooling.linf[0], `${radius} certified, fooled at ${fooling.linf[0]}`);
  assert.equal(model.certifiedRadii(pixels, (label + 1) % 10)[0], 0);
  assert.throws(() => model.certifiedRadii(pixels.subarray(1), label), /multiple of 784/);
  const denoised = model.denoisedBy(identity);
  assert.throws(() => denoised.certifiedRadii(pixels, label), /nothing can be proved/);
  denoised.delete();
});

test("a photograph of a digit becomes MNIST's: light on dark, scaled, centred", () => {
  // A black 1 on white paper, off the middle, in a wide picture.
  const photo = pnm(300, 200, 3, (x, y) => (x > 180 && x < 192 && y > 30 && y < 130 ? 25 : 235));
  const digit = signflip.prepareImage(photo, { side: 28, channels: 1, digit: true });
  assert.equal(digit.length, 784);
  const ink = Array.from(digit).flatMap((value, i) =>
    value > 0.5 ? [[i % 28, Math.floor(i / 28)]] : [],
  );
  const ys = ink.map(([, y]) => y);
  assert.equal(Math.max(...ys) - Math.min(...ys) + 1, 20);
  assert.equal(digit[0], 0);
  assert.equal(classifier.predict(digit).labels[0], 1);
});

test("any other picture is its middle square, in the model's size and channels", () => {
  const wide = pnm(90, 30, 3, (x, y, c) => (x >= 30 && x < 60 ? [255, 51, 0][c] : 128));
  const sign = signflip.prepareImage(wide, { side: 32, channels: 3 });
  assert.equal(sign.length, 32 * 32 * 3);
  assert.ok(sign.every((value, i) => Math.abs(value - [1, 0.2, 0][i % 3]) < 1e-6));
});

test("whole, all of a picture is resized, as the tool does with signs", () => {
  const wide = pnm(90, 30, 3, (x, y, c) => (x < 45 ? [255, 51, 0][c] : 128));
  const sign = signflip.prepareImage(wide, { side: 32, channels: 3, whole: true });
  for (const [column, colour] of [
    [0, [1, 0.2, 0]],
    [15, [1, 0.2, 0]],
    [16, [128, 128, 128].map((value) => value / 255)],
    [31, [128, 128, 128].map((value) => value / 255)],
  ])
    colour.forEach((value, c) =>
      assert.ok(Math.abs(sign[3 * (32 * 7 + column) + c] - value) < 1e-6, `column ${column}`),
    );
});

test("what is no picture, or shows nothing, gets a sentence", () => {
  assert.throws(
    () => signflip.prepareImage(Buffer.from("hello"), { side: 32, channels: 3 }),
    /the picture/,
  );
  assert.throws(
    () =>
      signflip.prepareImage(
        pnm(40, 40, 1, () => 200),
        { side: 28, channels: 1, digit: true },
      ),
    /nothing that stands out/,
  );
});

test("pictures are a module of their own, without which all else works", async () => {
  const folder = temporaryFolder();
  await loadEngine(folder);
  const binary = readFileSync(join(folder, "signflip-import.wasm"));
  rmSync(join(folder, "signflip-import.wasm"));
  const { default: create } = await import(join(folder, "signflip.js"));
  const grey = pnm(2, 1, 1, (x) => 200 * x);
  const alone = await create();
  assert.ok(alone.attacks().length > 0);
  assert.throws(
    () => alone.decodeImage(grey),
    /^Error: decodeImage\(\) needs signflip-import\.wasm/,
  );
  assert.throws(
    () => alone.prepareImage(grey, { side: 2, channels: 1 }),
    /^Error: prepareImage\(\)/,
  );
  const unwanted = await create({ importBinary: null });
  assert.throws(() => unwanted.decodeImage(grey), /importBinary: null/);
  const given = await create({ importBinary: binary });
  assert.deepEqual([...given.decodeImage(grey).pixels], [0, 200]);
});

test("bytes are pixels of 255ths, and pieces of a run give what one call gives", () => {
  const bytes = Uint8Array.from(pixels, (value) => Math.round(255 * value));
  const floats = Float32Array.from(bytes, (value) => value / 255);
  assert.deepEqual(classifier.predict(bytes), classifier.predict(floats));
  const pgd = { attack: "pgd", epsilon: 0.1, steps: 3, seed: 5 };
  const two = new Float32Array([...floats, ...pixels]);
  const { adversarial } = classifier.attack(pgd, two, [label, label]);
  assert.deepEqual(classifier.attack(pgd, bytes, label).adversarial, adversarial.slice(0, 784));
  const second = classifier.attack({ ...pgd, firstImage: 1 }, pixels, label);
  assert.deepEqual(second.adversarial, adversarial.slice(784));
});

test("features, their maps and slices travel through the call buffer", async () => {
  const mapper = await loadMapper(temporaryFolder());
  const images = ownSamples();
  const all = new Float32Array(images.flatMap(({ pixels: values }) => [...values]));
  const labels = images.map((sample) => sample.label);
  const features = classifier.features(all);
  const width = features.length / images.length;
  assert.ok(Number.isInteger(width) && width > 1, `${width} features`);
  for (const kind of ["lda", "pca"]) {
    const { places, map, share } = mapper.fit(kind, features, labels, 10);
    assert.equal(places.length, 2 * images.length);
    assert.equal(map.length, 3 * width);
    assert.ok(share[0] >= share[1] && share[0] + share[1] <= 1 + 1e-9, `${share}`);
    assert.ok(near(mapper.project(map, features), places, 1e-3));
  }
  const { u, v } = classifier.plane(pixels, label, 7);
  assert.equal(
    u.reduce((sum, value, i) => sum + value * v[i], 0),
    0,
  );
  const found = classifier.slice(pixels, { u, v }, Float32Array.of(0, 0.2), Float32Array.of(0, 0));
  const fgsm = classifier.attack({ attack: "fgsm", epsilon: 0.2 }, pixels, label);
  assert.deepEqual([...found.labels], [label, fgsm.labels[0]]);
  assert.ok(Math.abs(found.confidences[1] - fgsm.probabilities[fgsm.labels[0]]) < 1e-4);
  assert.throws(() => mapper.fit("tsne", features, labels, 10), /pca or lda/);
  assert.throws(
    () => classifier.slice(pixels, { u, v }, Float32Array.of(0), new Float32Array(0)),
    /as many a as b/,
  );
});
