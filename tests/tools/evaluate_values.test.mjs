// The values that evaluate and attack report, from outside: sweeps, the row "worst", what was used
// where a parameter is automatic, and pictures judged as they are written.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { npy, signflip, succeeds, temporaryFolder, writeBars } from "../support/tool.mjs";

const folder = temporaryFolder();
const data = join(folder, "bars");
const file = (name) => join(folder, name);

const run = (...args) => succeeds(...args).stdout;
const model = file("net.safetensors");
const evaluate = (...more) => [
  "evaluate",
  "--model",
  model,
  "--dataset",
  "bars",
  "--data",
  data,
  ...more,
];
const results = (...more) => JSON.parse(run(...evaluate(...more, "--json", "-"))).results;

before(() => {
  mkdirSync(data);
  writeBars(data);
  run(
    ...["train", "--dataset", "bars", "--data", data, "--architecture", "s", "--epochs", "3"],
    "--out",
    model,
  );
});

test("a list or a range of epsilons is one run, with a worst row for each", () => {
  const swept = results("--attacks", "clean,fgsm,mim", "--epsilon", "0,0.1,102/255");
  assert.deepEqual(
    swept.map(({ attack, epsilon }) => [attack, epsilon]),
    [
      ["clean", undefined],
      ...["fgsm", "mim", "worst"].flatMap((attack) =>
        [0, 0.1, 0.4].map((epsilon) => [attack, epsilon]),
      ),
    ],
  );
  const at = (name, radius) =>
    swept.find(({ attack, epsilon }) => attack === name && epsilon === radius);
  for (const radius of [0.1, 0.4]) {
    const worst = at("worst", radius);
    assert.equal(worst.norm, "linf");
    assert.ok(worst.accuracy <= Math.min(at("fgsm", radius).accuracy, at("mim", radius).accuracy));
    assert.ok(worst.loss >= Math.max(at("fgsm", radius).loss, at("mim", radius).loss));
    assert.ok(worst.max_linf > 0 && worst.max_linf <= radius);
    assert.equal(worst.mean_l2 > 0, worst.successes > 0);
    assert.equal(
      worst.confusion.flat().reduce((sum, count) => sum + count, 0),
      90,
    );
  }
  const range = results("--attacks", "fgsm", "--epsilon", "0:0.3:13", "--limit", "10");
  assert.deepEqual(
    range.map(({ epsilon }) => epsilon),
    [0, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.175, 0.2, 0.225, 0.25, 0.275, 0.3],
  );
  for (const wrong of ["0,,0.1", "0:1", "0:1:1", "0:1:x", "0.1,lots"]) {
    assert.match(
      signflip(...evaluate("--attacks", "fgsm", "--epsilon", wrong)).stderr,
      /--epsilon is/,
    );
  }
});

test("--attacks all runs every attack that suits", () => {
  const names = (...more) =>
    results("--attacks", "all", "--steps", "2", "--limit", "2", ...more).map(
      ({ attack }) => attack,
    );
  const all = names("--epsilon", "0.1", "--queries", "5");
  for (const name of ["clean", "fgsm", "autoattack", "deepfool", "square"]) {
    assert.ok(all.includes(name), name);
  }
  const targeted = names("--target", "0");
  assert.ok(targeted.includes("jsma") && !targeted.includes("fab-t"));
});

test("attacks without a budget are judged at epsilon, and their failures said", () => {
  const [deepfool, fgsm, worst] = results(
    "--attacks",
    "deepfool,fgsm",
    "--norm",
    "linf",
    "--epsilon",
    "0.05",
  );
  assert.equal(worst.attack, "worst");
  assert.equal(worst.epsilon, 0.05);
  assert.ok(deepfool.accuracy < 0.2 && worst.accuracy <= fgsm.accuracy && worst.accuracy > 0.5);
  assert.equal(deepfool.successes + deepfool.failures, 90);
  assert.deepEqual(
    results("--attacks", "clean,deepfool").map(({ attack }) => attack),
    ["clean", "deepfool"],
  );
});

test("results say which step size was used, and which images survived", () => {
  const [pgd] = results("--attacks", "pgd", "--epsilon", "0.1", "--steps", "10");
  assert.ok(Math.abs(pgd["step-size"] - 0.025) < 1e-12);
  assert.deepEqual(pgd.automatic, ["step-size"]);
  assert.equal([...pgd.correct].filter((c) => c === "1").length / 90, pgd.accuracy);
});

test("a model whose classes stand in another order than the dataset's is refused", () => {
  const bytes = readFileSync(model);
  const size = Number(bytes.readBigUInt64LE(0));
  const head = bytes.toString("utf8", 8, 8 + size);
  const swapped = head.replace('\\"classes\\":[\\"0\\",\\"1\\"', '\\"classes\\":[\\"1\\",\\"0\\"');
  assert.notEqual(swapped, head);
  writeFileSync(
    file("swapped.safetensors"),
    Buffer.concat([bytes.subarray(0, 8), Buffer.from(swapped), bytes.subarray(8 + size)]),
  );
  for (const command of [["evaluate"], ["certify", "--epsilon", "0.1"]]) {
    const { status, stderr } = signflip(
      ...command,
      "--model",
      file("swapped.safetensors"),
      "--dataset",
      "bars",
      "--data",
      data,
    );
    assert.equal(status, 1);
    assert.match(stderr, /class 0 of the model is "1", but that of bars is "0"/);
  }
});

test("a written picture keeps the budget and is judged as it is written", () => {
  const pixels = new Uint8Array(144).map((_, i) => (i * 37) % 256);
  writeFileSync(file("clean.npy"), npy("|u1", [1, 12, 12], pixels));
  const attack = [
    "attack",
    "--model",
    model,
    "--images",
    file("clean.npy"),
    "--attack",
    "fgsm",
    "--epsilon",
    "0.05",
  ];
  const text = run(...attack, "--out", file("out.png"), "--json", file("out.json"));
  const [image] = JSON.parse(readFileSync(file("out.json"), "utf8")).images;
  assert.match(text, new RegExp(`→ ${image.predicted_8bit}$`, "m"));
  const predicted = JSON.parse(
    run("predict", "--model", model, "--images", file("out.png"), "--json", "-"),
  );
  assert.equal(predicted.images[0].label, image.predicted_8bit);
  // From the picture on, an attack with no room brings back the picture itself.
  const still = [
    "attack",
    "--model",
    model,
    "--images",
    file("out.png"),
    "--attack",
    "fgsm",
    "--epsilon",
    "0",
  ];
  run(...still, "--out", file("again.npy"));
  const again = readFileSync(file("again.npy"));
  const start = 10 + again.readUInt16LE(8);
  pixels.forEach((pixel, i) => {
    const level = Math.round(255 * again.readFloatLE(start + 4 * i));
    assert.ok(
      Math.abs(level - pixel) <= 12,
      `pixel ${i}: ${pixel} → ${level}, but epsilon is 12.75 levels`,
    );
  });
  const { status, stderr } = signflip(...attack, "--out", file("out.jpg"));
  assert.equal(status, 1);
  assert.match(stderr, /--out is .*out\.jpg, expected a file that ends in \.npy or \.png/);
});

/** The model with its first layer's weights times 1e15 and its last one's times 1e30, without self-test. */
function overflowing(bytes) {
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__, ...tensors } = JSON.parse(bytes.toString("utf8", 8, start));
  const weights = Object.keys(tensors).filter((name) => /^\d+\.weight$/.test(name));
  const layer = (name) => Number.parseInt(name, 10);
  weights.sort((a, b) => layer(a) - layer(b));
  const factors = new Map([
    [weights[0], 1e15],
    [weights.at(-1), 1e30],
  ]);
  const header = { __metadata__ };
  const parts = [];
  let end = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    if (name.startsWith("selftest.")) continue;
    const [from, to] = tensor.data_offsets;
    const part = Buffer.from(bytes.subarray(start + from, start + to));
    for (let at = 0; at < part.length && factors.has(name); at += 4) {
      part.writeFloatLE(Math.fround(part.readFloatLE(at) * factors.get(name)), at);
    }
    header[name] = { ...tensor, data_offsets: [end, (end += part.length)] };
    parts.push(part);
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...parts]);
}

test("a model whose weights overflow has no class for any image, and the commands say so", () => {
  const broken = file("overflow.safetensors");
  writeFileSync(broken, overflowing(readFileSync(model)));
  const zeros = file("zeros.npy");
  const images = file("two.npy");
  writeFileSync(images, npy("<f4", [2, 12, 12], new Float32Array(288).fill(0.5)));
  writeFileSync(zeros, npy("|u1", [2], new Uint8Array(2)));
  const predicted = JSON.parse(
    run("predict", "--model", broken, "--images", images, "--json", "-"),
  );
  assert.deepEqual(
    predicted.images.map(({ label, class: name }) => [label, name]),
    [
      [-1, null],
      [-1, null],
    ],
  );
  assert.match(
    run("predict", "--model", broken, "--images", images),
    /no class for 2 of 2 images: its logits are not numbers/,
  );
  const [clean, fgsm] = JSON.parse(
    run(
      ...["evaluate", "--model", broken, "--dataset", "bars", "--data", data],
      ...["--attacks", "clean,fgsm", "--json", "-"],
    ),
  ).results;
  for (const row of [clean, fgsm]) {
    assert.equal(row.accuracy, 0, "also of the images whose label is 0");
    assert.equal(row.without_class, 90);
    assert.equal(row.loss, null);
  }
  assert.match(
    run("attack", "--model", broken, "--images", images, "--labels", zeros, "--attack", "fgsm"),
    /answer to 2 images is not a number/,
  );
});
