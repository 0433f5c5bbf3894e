// What training can be told besides its method: range tests, mirrored and cut images, batches of one,
// and the log as its documentation has it.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { idx, refuses, signflip, succeeds, temporaryFolder, writeBars } from "../support/tool.mjs";

const folder = temporaryFolder();
const file = (name) => join(folder, name);
const read = (name) => readFileSync(file(name), "utf8");

const run = (...args) => succeeds(...args).stdout;

writeBars(folder);
const data = ["--dataset", "bars", "--data", folder];
run(
  ...["train", ...data, "--epochs", "3", "--seed", "2", "--out", file("bars.safetensors")],
  ...["--log", file("bars.jsonl")],
);

test("a learning-rate range test prints losses at rising rates, and report draws it", () => {
  const train = ["train", ...data, "--batch-size", "20", "--seed", "1", "--range-test"];
  const text = run(...train, "--log", file("range.jsonl"));
  assert.match(text, /^learning rate +loss +smoothed\n/);
  const [, lowest, good] = text
    .match(/lowest at ([\d.e-]+); a tenth of that is .*: ([\d.e-]+)$/m)
    .map(Number);
  assert.ok(Math.abs(Math.log10(lowest / good) - 1) < 0.2);
  assert.ok(lowest > 1e-4 && lowest < 1, `${lowest}`);
  const [head, ...steps] = read("range.jsonl").trim().split("\n").map(JSON.parse);
  assert.equal(head.range_test, true);
  assert.ok(steps.length <= 30 && steps.length >= 10);
  steps.forEach(({ step, learning_rate }, i) => {
    assert.equal(step, i + 1);
    const rate = 10 ** (-5 * (1 - (i + 0.5) / 30));
    assert.ok(Math.abs(learning_rate / rate - 1) < 1e-6);
  });
  assert.ok(Math.abs(steps[0].smoothed_loss - steps[0].loss) < 1e-6);
  run("report", file("range.jsonl"), "--html", file("range.html"), "--svg", file("range"));
  assert.deepEqual(readdirSync(file("range")), ["range-test-range-jsonl.svg"]);
  assert.match(read("range.html"), /Range test: range\.jsonl/);
  refuses(
    [...train, "--out", file("x.safetensors")],
    /--out was given, but has an effect only with a run that writes a model/,
  );
  refuses(["train", ...data], /--out is required/);
});

test("train --flip and --cutout change what is learned from, and are in log and model", () => {
  const train = (name, ...more) => {
    run(
      "train",
      ...data,
      "--epochs",
      "1",
      "--seed",
      "4",
      "--out",
      file(`${name}.safetensors`),
      "--log",
      file(`${name}.jsonl`),
      ...more,
    );
    return JSON.parse(read(`${name}.jsonl`).split("\n")[0]).augmentation;
  };
  assert.deepEqual(Object.keys(train("plain")).sort(), [
    "brightness",
    "contrast",
    "rotation",
    "scale",
    "shift",
    "whole_pixels",
  ]);
  assert.equal(train("flipped", "--flip").flip, true);
  assert.ok(Math.abs(train("cut", "--cutout", "0.4").cutout - 0.4) < 1e-6);
  const bytes = (name) => readFileSync(file(`${name}.safetensors`));
  assert.notDeepEqual(bytes("flipped"), bytes("plain"));
  assert.notDeepEqual(bytes("cut"), bytes("plain"));
  const { metadata } = JSON.parse(run("inspect", file("cut.safetensors"), "--json", "-"));
  assert.ok(Math.abs(metadata["signflip.training"].augmentation.cutout - 0.4) < 1e-6);
  refuses(
    ["train", ...data, "--cutout", "2", "--out", file("x.safetensors")],
    /--cutout is 2, expected a number from 0 to 1/,
  );
});

test("batch norm of a flat layer trains where one image is left over", () => {
  const small = file("small");
  mkdirSync(small);
  writeFileSync(
    join(small, "train-images-idx3-ubyte"),
    idx(
      [41, 4, 4],
      Array.from({ length: 41 * 16 }, (_, i) => (i * 37) % 256),
    ),
  );
  writeFileSync(
    join(small, "train-labels-idx1-ubyte"),
    idx(
      [41],
      Array.from({ length: 41 }, (_, n) => n % 2),
    ),
  );
  writeFileSync(
    file("flat.json"),
    JSON.stringify({
      layers: [
        { type: "flatten" },
        { type: "dense", units: 8 },
        { type: "batchnorm1d" },
        { type: "relu" },
        { type: "dense", units: 2 },
      ],
    }),
  );
  const train = (size) => [
    ...["train", "--dataset", "small", "--data", small, "--architecture", file("flat.json")],
    ...[
      "--validation",
      "0",
      "--epochs",
      "2",
      "--batch-size",
      size,
      "--out",
      file("flat.safetensors"),
    ],
  ];
  run(...train("40"));
  refuses(train("1"), /--batch-size is 1, but the network has batch norm of a flat layer/);
});

test("the documented log is the log that is written, and Python reads it", () => {
  const guide = readFileSync(new URL("../../src/train/README.md", import.meta.url), "utf8");
  const keys = new Set([...guide.matchAll(/`([a-z_0-9]+)`/g)].map(([, key]) => key));
  const [head, ...epochs] = read("bars.jsonl").trim().split("\n").map(JSON.parse);
  for (const epoch of epochs) {
    for (const key of Object.keys(epoch)) assert.ok(keys.has(key), key);
  }
  const options = new Set(signflip("train", "--help").stdout.match(/--[a-z-]+/g));
  for (const key of Object.keys(head)) {
    assert.ok(keys.has(key) || options.has(`--${key.replaceAll("_", "-")}`), key);
  }
  assert.equal(head.validation_images + Math.round(0.9 * head.images), head.images);
});
