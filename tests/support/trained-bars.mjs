// Two small networks trained on a small dataset made here, for the tests of the command-line tool.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { signflip, temporaryFolder, writeBars } from "./tool.mjs";

export const folder = temporaryFolder();
export const data = join(folder, "bars");
export const file = (name) => join(folder, name);
export const trainingOf = (epochs, name, ...more) => [
  "train",
  "--dataset",
  "bars",
  "--data",
  data,
  "--architecture",
  "s",
  "--epochs",
  String(epochs),
  "--out",
  file(`${name}.safetensors`),
  ...more,
];
export const training = (name, ...more) => trainingOf(4, name, ...more);

/** Runs the tool and expects success. */
export function run(...args) {
  const result = signflip(...args);
  assert.equal(result.status, 0, result.stderr);
  return result.stdout;
}

/** Writes the dataset and trains standard.safetensors and mixed.safetensors in `folder`. */
export function trainBars() {
  mkdirSync(data);
  writeBars(data);
  run(...training("standard", "--log", file("standard.jsonl")));
  run(...training("mixed", "--method", "mixed", "--epsilon", "0.1", "--weights", "f16"));
}

/** The results of evaluating one of these models on the bars. @param {string} model "standard" @param {...string} more options */
export const evaluated = (model, ...more) =>
  JSON.parse(
    run(
      ..."evaluate --dataset bars --json -".split(" "),
      ...["--data", data, "--model", file(`${model}.safetensors`), ...more],
    ),
  );
