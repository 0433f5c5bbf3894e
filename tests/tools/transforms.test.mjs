// Input transforms in front of a model: blur and JPEG, the gradient that attacks take through them,
// and what the report says of that.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { npy, refuses, root, succeeds, temporaryFolder, writeBars } from "../support/tool.mjs";

const folder = temporaryFolder();
const file = (name) => join(folder, name);
writeBars(folder);
const data = ["--dataset", "bars", "--data", folder];
succeeds("train", ...data, "--epochs", "3", "--seed", "2", "--out", file("bars.safetensors"));
const model = ["--model", file("bars.safetensors")];

/** Clean accuracy, accuracy under PGD and the whole results behind a transform. */
function behind(...transform) {
  const attacks = ["--attacks", "clean,pgd", "--epsilon", "0.3"];
  const results = JSON.parse(
    succeeds("evaluate", ...model, ...data, ...attacks, ...transform, "--json", "-").stdout,
  );
  const [clean, pgd] = results.results;
  return { clean: clean.accuracy, pgd: pgd.accuracy, results };
}

test("attacks see through blur and JPEG, by their own gradients unless told otherwise", () => {
  for (const transform of ["blur:1", "jpeg:30"]) {
    const own = behind("--transform", transform);
    assert.equal(own.results.transform, transform);
    assert.equal(own.results.transform_gradient, "own");
    assert.ok(own.clean > 0.9, `${transform}: ${own.clean}`);
    const identity = behind("--transform", transform, "--transform-gradient", "identity");
    assert.equal(identity.results.transform_gradient, "identity");
    const gray = behind("--transform", transform, "--gray-box");
    assert.equal(gray.results.transform_gradient, undefined);
    assert.ok(own.pgd < own.clean, `${transform}: ${own.pgd} of ${own.clean}`);
    assert.ok(own.pgd <= gray.pgd, `${transform}: ${own.pgd}, gray-box ${gray.pgd}`);
  }
  assert.equal(behind("--transform", "bits:3").results.transform_gradient, "identity");
});

test("the report tells the gradients apart, and warns where no attack knew of the transform", () => {
  const evaluate = ["evaluate", ...model, ...data, "--transform", "jpeg:30", "--epsilon", "0.1"];
  succeeds(...evaluate, "--attacks", "pgd", "--json", file("own.json"));
  const other = ["--attacks", "pgd", "--transform-gradient", "identity"];
  succeeds(...evaluate, ...other, "--json", file("identity.json"));
  succeeds(...evaluate, "--attacks", "pgd", "--gray-box", "--json", file("gray.json"));
  const report = (...files) => {
    succeeds("report", ...files.map(file), "--html", file("report.html"), "--csv", folder);
    return readFileSync(file("report.html"), "utf8");
  };
  const both = report("own.json", "identity.json", "gray.json");
  assert.match(both, /bars behind jpeg:30/);
  assert.match(both, /the transform's own gradient|the transform&#39;s own gradient/);
  assert.doesNotMatch(both, /No attack that knows the model/);
  const lines = readFileSync(file("results.csv"), "utf8").trim().split("\r\n");
  const column = lines[0].split(",").indexOf("transform_gradient");
  assert.deepEqual(
    lines.slice(1).map((line) => line.split(",")[column]),
    ["own", "identity", ""],
  );
  assert.match(report("gray.json"), /No attack that knows the model/);
});

test("an experiment of the page names a transform, and its gradient", () => {
  const attack = { attack: "pgd", parameters: { epsilon: 0.3 } };
  const front = { transform: "jpeg:30", transform_gradient: "identity" };
  const named = { experiment: 1, model: "bars.safetensors", ...attack, ...front };
  writeFileSync(file("page.json"), JSON.stringify(named));
  const told = ["evaluate", "--experiment", file("page.json"), ...data, "--json", "-"];
  const { results } = behind("--transform", "jpeg:30", "--transform-gradient", "identity");
  const read = JSON.parse(succeeds(...told).stdout);
  assert.equal(read.transform, "jpeg:30");
  assert.equal(read.transform_gradient, "identity");
  assert.deepEqual(
    read.results.map(({ accuracy }) => accuracy),
    results.results.map(({ accuracy }) => accuracy),
  );
  writeFileSync(file("page.json"), JSON.stringify({ ...named, transform: "jpeg:300" }));
  refuses(told, /--transform: a transform is 'jpeg:300', expected/);
});

test("attack crafts through a transform", () => {
  const image = new Float32Array(144).map((_, i) => (i % 12 < 4 ? 0.8 : 0.2));
  writeFileSync(file("one.npy"), npy("<f4", [1, 12, 12, 1], image));
  const attack = ["attack", ...model, "--images", file("one.npy"), "--attack", "pgd"];
  const made = succeeds(...attack, "--transform", "blur:1.5", "--json", "-").stdout;
  assert.equal(JSON.parse(made).transform, "blur:1.5");
});

test("transforms that make no sense are refused", () => {
  const evaluate = ["evaluate", ...model, ...data, "--attacks", "clean,fgsm"];
  for (const text of ["jpeg", "jpeg:0", "jpeg:101", "jpeg:7.5", "blur:0", "blur:20", "sharpen:1"]) {
    refuses(
      [...evaluate, "--transform", text],
      /--transform: a transform is '.*', expected bits:1 to bits:8, median:3 .* or jpeg:1 to jpeg:100/,
    );
  }
  refuses([...evaluate, "--transform-gradient", "own"], /there is no --transform/);
  refuses(
    [...evaluate, "--transform", "median:3", "--transform-gradient", "own"],
    /--transform-gradient: .*bits and median have none/,
  );
  refuses(
    [...evaluate, "--transform", "jpeg:75", "--transform-gradient", "exact"],
    /is 'exact', expected identity or own/,
  );
  refuses(
    [...evaluate, "--transform", "jpeg:75", "--transform-gradient", "own", "--gray-box"],
    /with --gray-box attacks ignore the transform/,
  );
  refuses(
    ["evaluate", ...model, ...data, "--transform", "jpeg:75", "--transform-gradient", "own"],
    /--transform-gradient was given, but has an effect only with attacks/,
  );
  const two = "models/gtsrb-standard.safetensors";
  refuses(
    ["evaluate", "--model", join(root, two), ...data, "--transform", "jpeg:75", "--denoiser", two],
    /--denoiser and --transform were both given/,
  );
});
