// The configurations in models/: each is one that train takes, and what its model was trained with.
import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { root, signflip, temporaryFolder } from "../support/tool.mjs";

const models = join(root, "models");
const names = readdirSync(models)
  .filter((name) => name.endsWith(".safetensors"))
  .map((name) => name.replace(".safetensors", ""));

/** The options that --print-config says are set. */
function configOf(...args) {
  const { status, stdout, stderr } = signflip("train", ...args, "--print-config");
  assert.equal(status, 0, stderr);
  return Object.fromEntries(
    [...stdout.matchAll(/^([\w-]+) = (.*)$/gm)].map(([, key, value]) => [
      key,
      value.replace(/^"(.*)"$/, "$1"),
    ]),
  );
}

test("every model has a configuration that train reads", () => {
  assert.ok(names.length >= 9);
  for (const name of names) {
    const config = configOf("--config", join(models, `${name}.toml`));
    assert.equal(config.name, name);
    assert.equal(config.dataset, name.split("-")[0]);
  }
});

test("a configuration says what its model's metadata says", () => {
  for (const name of names) {
    const config = configOf("--config", join(models, `${name}.toml`));
    const { stdout } = signflip("inspect", join(models, `${name}.safetensors`), "--json", "-");
    const training = JSON.parse(stdout).metadata["signflip.training"];
    const said = { ...training, ...training.augmentation };
    const number = (text) =>
      text
        .split("/")
        .map(Number)
        .reduce((a, b) => a / b);
    for (const key of [
      ...["architecture", "method", "epochs", "batch-size", "learning-rate", "optimiser", "seed"],
      ...["schedule", "weight-decay", "average", "validation", "shift", "scale", "rotation"],
      ...["brightness", "contrast", "label-smoothing", "epsilon", "steps", "ramp", "beta", "kappa"],
    ]) {
      const value = said[key.replaceAll("-", "_")];
      if (value === undefined || config[key] === undefined) continue;
      if (typeof value === "string") assert.equal(config[key], value, `${name}: ${key}`);
      else
        assert.ok(
          Math.abs(number(config[key]) - value) < 1e-6,
          `${name}: ${key} is ${config[key]}, the model says ${value}`,
        );
    }
  }
});

test("the card names the configuration", () => {
  const folder = temporaryFolder();
  for (const part of ["runs", "models", "tools"]) mkdirSync(join(folder, part));
  symlinkSync(join(root, "tools/lib"), join(folder, "tools/lib"));
  const log = {
    dataset: "mnist",
    validation: 0,
    images: 6,
    seed: 1,
    md5: { a: "b" },
    command: "signflip train",
  };
  const epoch = { epoch: 1, loss: 0.5, train_accuracy: 0.9, validation_accuracy: null, seconds: 3 };
  writeFileSync(
    join(folder, "models/mnist-standard.jsonl"),
    [log, epoch].map((line) => JSON.stringify(line)).join("\n"),
  );
  const about = {
    metadata: { "signflip.training": log },
    input: { height: 28, width: 28, channels: 1 },
    classes: Array(10).fill("x"),
    model: { parameters: 5, sha256: "00" },
    multiply_adds: 7,
  };
  writeFileSync(join(folder, "runs/mnist-standard.inspect.json"), JSON.stringify(about));
  const { status, stderr } = spawnSync(
    "node",
    [join(root, "tools/lib/card.mjs"), "mnist-standard"],
    { cwd: folder, encoding: "utf8" },
  );
  assert.equal(status, 0, stderr);
  const card = readFileSync(join(folder, "models/mnist-standard.md"), "utf8");
  assert.match(card, /\[mnist-standard\.toml\]\(mnist-standard\.toml\)/);
  assert.match(card, /signflip train --config models\/mnist-standard\.toml/);
});

test("tools/train-models trains by the configurations, and knows no other model", () => {
  const script = readFileSync(join(root, "tools/train-models"), "utf8");
  assert.match(script, /signflip train --config "models\/\$name\.toml"/);
  const [, listed] = script.match(/^names="([^"]*)"$/m);
  assert.deepEqual(listed.split(" ").sort(), [...names].sort());
  for (const name of names) assert.ok(existsSync(join(models, `${name}.toml`)));
});

test("of several seeds the median on validation images is shipped, and an unfinished run is refused", () => {
  const folder = temporaryFolder();
  const log = (seed, clean, robust, { epochs = 2, method = "pgd" } = {}) =>
    writeFileSync(
      join(folder, `${seed}.jsonl`),
      [
        { epochs: 2, method },
        ...Array.from({ length: epochs }, (_, i) => ({
          epoch: i + 1,
          validation_accuracy: i + 1 === epochs ? clean : 0.1,
          validation_robust_accuracy: robust,
        })),
      ]
        .map((line) => JSON.stringify(line))
        .join("\n"),
    );
  const median = (seeds) =>
    spawnSync("node", [join(root, "tools/lib/median-seed.mjs"), folder, String(seeds)], {
      encoding: "utf8",
    });
  log(1, 0.99, 0.9);
  log(2, 0.97, 0.92);
  log(3, 0.98, 0.95);
  const { stdout, stderr } = median(3);
  assert.equal(stdout, "2\n", "by the robust accuracy, where there is one");
  assert.match(stderr, /seed 3: validation 98\.00%, robust 95\.00%/);
  assert.match(stderr, /median: seed 2, 92\.00%; all are from 90\.00% to 95\.00%/);
  for (const [seed, clean] of [0.99, 0.97, 0.98].entries())
    log(seed + 1, clean, 0, { method: "standard" });
  assert.equal(median(3).stdout, "3\n", "by clean images, where nothing is defended");
  for (const [seed, clean] of [0.99, 0.97, 0.98, 0.96].entries()) log(seed + 1, clean, null);
  assert.equal(median(3).stdout, "3\n");
  assert.equal(median(4).stdout, "2\n", "the lower of two in the middle");
  log(3, 0.98, null, { epochs: 1 });
  const refused = median(3);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /3\.jsonl ends after epoch 1 of 2/);
});
