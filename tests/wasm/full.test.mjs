// The full module agrees with the native tool: transforms in front of a model, Grad-CAM, one change for a set; and
// what it refuses. Expects both builds (tools/test makes them).
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadFull } from "../support/module.mjs";
import { floatsOf, npy, root, succeeds, temporaryFolder } from "../support/tool.mjs";
import { ownSamples } from "../../web/js/state/samples.js";

const folder = temporaryFolder();
const file = (name) => join(folder, name);
const path = join(root, "models/mnist-standard.safetensors");
const signflip = await loadFull(folder);
const model = signflip.loadModel(readFileSync(path));
const digits = ownSamples();
const labels = digits.map(({ label }) => label);
const pixels = Float32Array.from(digits.flatMap((digit) => [...digit.pixels]));
const count = digits.length;
writeFileSync(file("images.npy"), npy("<f4", [count, 28, 28, 1], pixels));
writeFileSync(file("labels.npy"), npy("<i4", [count], Int32Array.from(labels)));
const given = ["--model", path, "--images", file("images.npy"), "--labels", file("labels.npy")];

const furthest = (a, b) => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

for (const [transform, gradient] of [
  ["jpeg:30", "own"],
  ["jpeg:30", "identity"],
  ["blur:1.5", "own"],
  ["median:3", "identity"],
  ["bits:2", "identity"],
])
  test(`behind ${transform}, gradients ${gradient}: the tool's adversarial images`, () => {
    const behind = model.transformedBy(transform, gradient);
    const { adversarial, labels: read } = behind.attack(
      { attack: "fgsm", epsilon: 0.2 },
      pixels,
      labels,
    );
    const options = ["--transform", transform, "--transform-gradient", gradient];
    const out = ["--attack", "fgsm", "--epsilon", "0.2", "--out", file("a.npy")];
    const json = JSON.parse(succeeds("attack", ...given, ...options, ...out, "--json", "-").stdout);
    const native = floatsOf(file("a.npy"));
    // Where a gradient is nothing but rounding its sign is chance.
    const apart = adversarial.filter((value, i) => Math.abs(value - native[i]) > 1e-6).length;
    assert.ok(apart < 0.01 * native.length, `${apart} of ${native.length} values`);
    const right = read.filter((label, i) => label === labels[i]).length / count;
    assert.ok(Math.abs(right - json.results[0].accuracy) <= 1 / count, JSON.stringify(json));
    const alone = model.predict(behind.seenByNetwork(pixels)).logits;
    assert.deepEqual(behind.predict(pixels).logits, alone);
    behind.delete();
  });

test("Grad-CAM is the tool's", () => {
  succeeds("saliency", ...given, "--grad-cam", file("cam.npy"));
  const maps = model.gradCam(pixels, labels),
    native = floatsOf(file("cam.npy"));
  assert.equal(maps.length, count * 28 * 28);
  assert.ok(Math.max(...maps) > 0.01);
  assert.ok(furthest(maps, native) <= 1e-4 * Math.max(...native), `${furthest(maps, native)}`);
});

// A dataset of the digits: the same to learn from and to judge on.
const bytes = Uint8Array.from(pixels, (value) => Math.round(255 * value));
for (const split of ["train", "test"]) {
  writeFileSync(file(`${split}_images.npy`), npy("|u1", [count, 28, 28, 1], bytes));
  writeFileSync(file(`${split}_labels.npy`), npy("|u1", [count], Uint8Array.from(labels)));
}
const learning = ["--model", path, "--dataset", "mnist", "--data", folder, "--batch", "8"];

/** Learns with the tool and here. @param {string} command @param {string[]} options @param {object} ours */
function learnt(command, options, ours) {
  const out = ["--out", file("change.npy"), "--json", "-"];
  const json = JSON.parse(succeeds(command, ...learning, ...options, ...out).stdout);
  const change = model.learnShared({ batch: 8, ...ours }, bytes);
  const { clean, changed, random } = change.judge(model, bytes);
  const target = ours.target ?? null;
  const foolable = [...clean.keys()].filter((i) => clean[i] !== target);
  const rate = (read) =>
    foolable.filter((i) => (target === null ? read[i] !== clean[i] : read[i] === target)).length /
    foolable.length;
  assert.ok(Math.abs(rate(changed) - json.seen.fooling_rate) <= 2 / count, JSON.stringify(json));
  assert.ok(Math.abs(rate(random) - json.seen.fooling_rate_random) <= 1 / count);
  assert.equal(foolable.length, json.seen.fooled_of);
  change.losses.forEach((loss, i) =>
    assert.ok(Math.abs(loss - json.epochs[i].loss) < 0.02 * (1 + Math.abs(loss)), `epoch ${i}`),
  );
  return { change, native: floatsOf(file("change.npy")), rate: rate(changed) };
}

test("a universal perturbation is the tool's", () => {
  const { change, native, rate } = learnt("universal", ["--epsilon", "0.25", "--epochs", "6"], {
    ...{ epsilon: 0.25, epochs: 6 },
  });
  assert.ok(rate > 0.5, `${rate}`);
  assert.ok(Math.max(...change.values.map(Math.abs)) <= 0.25 + 1e-6);
  // A sign that rounding turned moves a pixel by a step or two.
  const apart = change.values.filter((value, i) => Math.abs(value - native[i]) > 1e-4).length;
  assert.ok(apart < 0.03 * native.length, `${apart} values`);
  change.delete();
});

test("one with a goal in L2, and a patch that lies, turns and grows at random, are the tool's", () => {
  const l2 = ["--norm", "l2", "--epsilon", "3", "--target", "8", "--epochs", "4"];
  const { change, native } = learnt("universal", l2, {
    ...{ norm: "l2", epsilon: 3, target: 8, epochs: 4 },
  });
  assert.ok(furthest(change.values, native) < 0.05);
  const placed = ["--size", "9", "--rotation", "20", "--scale", "0.8,1.2", "--epochs", "4"];
  const patch = learnt("patch", [...placed, "--target", "3"], {
    ...{ patch: 9, rotation: 20, scale: [0.8, 1.2], target: 3, epochs: 4 },
  });
  assert.equal(patch.change.values.length, 81);
  const apart = patch.change.values.filter((v, i) => Math.abs(v - patch.native[i]) > 1e-3).length;
  assert.ok(apart <= 4, `${apart} values`);
});

test("what is judged is what is shown, and a fixed patch changes nothing beside it", () => {
  const change = model.learnShared({ patch: 6, at: [2, 20], epochs: 1, batch: 8 }, bytes);
  const changed = change.changed(model, bytes);
  assert.deepEqual(model.predict(changed).labels, change.judge(model, bytes).changed);
  changed.forEach((value, i) => {
    const row = Math.floor((i % 784) / 28),
      column = i % 28;
    const covered = row >= 2 && row < 8 && column >= 20 && column < 26;
    if (!covered) assert.equal(value, Math.fround(bytes[i] / 255));
  });
});

test("what does not suit is refused, with what would", () => {
  assert.throws(() => model.transformedBy("jpeg:0"), /'jpeg:0', expected .*jpeg:1 to jpeg:100/);
  assert.throws(() => model.transformedBy("bits:2", "own"), /none of their own/);
  assert.throws(() => model.learnShared({}, bytes), /epsilon is 0, expected a number above 0/);
  assert.throws(() => model.learnShared({ patch: 40 }, bytes), /40/);
  assert.throws(() => model.learnShared({ epsilon: 0.1, target: 10 }, bytes), /target is 10/);
  assert.throws(() => model.learnShared({ epsilon: 0.1 }, bytes, () => false), /cancelled/);
  const behind = model.transformedBy("blur:1");
  assert.throws(() => behind.certifiedRadii(pixels, labels), /behind a denoiser or a transform/);
  behind.delete();
  assert.throws(() => behind.predict(pixels), /deleted/);
  assert.throws(() => behind.gradCam(pixels, labels), /deleted/);
});
