// What people bring of their own is read as they mean it, or something is said: images whose pixels, labels or
// classes are others than expected, and outputs that would be written over what was read.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { readTensors } from "../support/tensors.mjs";
import { floatsOf, refuses, succeeds, temporaryFolder, writeBars } from "../support/tool.mjs";

const folder = temporaryFolder();
const file = (name) => join(folder, name);
const data = ["--dataset", "bars", "--data", file("bars")];
const model = ["--model", file("bars.safetensors")];
const run = (...args) => succeeds(...args).stderr;

/** A grey picture of 12×12 whose middle is dark, bright or neither. */
function pgm(name, third) {
  const pixels = Array.from({ length: 144 }, (_, i) =>
    Math.floor((i % 12) / 4) === third ? 200 : 40,
  );
  writeFileSync(file(name), Buffer.concat([Buffer.from("P5 12 12 255\n"), Buffer.from(pixels)]));
}

before(() => {
  mkdirSync(file("bars"));
  writeBars(file("bars"));
  succeeds("train", ...data, "--epochs", "4", "--out", file("bars.safetensors"));
  for (const third of [0, 1, 2]) {
    for (const place of ["words", "words/a", "words/b", "words/c", "pictures"])
      mkdirSync(file(place), { recursive: true });
    for (const n of [0, 1, 2]) pgm(`words/${"abc"[third]}/${n}.pgm`, third);
    pgm(`pictures/${third}.pgm`, third);
  }
});

test("evaluate's table is headed as its columns are", () => {
  const { stdout } = succeeds(
    "evaluate",
    ...model,
    ...data,
    "--attacks",
    "clean,fgsm",
    "--epsilon",
    "0.1",
  );
  const [head, clean] = stdout.split("\n");
  assert.match(head, /^attack +accuracy +8-bit +loss +success .*95% interval$/);
  assert.match(clean, /^clean +\d/);
  assert.equal(head.indexOf("accuracy") + "accuracy".length, clean.indexOf("%") + 1);
  assert.match(
    succeeds("certify", ...model, ...data, "--epsilon", "0.01", "--limit", "9").stdout,
    /^method +epsilon +clean +verified/,
  );
});

test("pictures that were read are not written over", () => {
  const attack = ["attack", ...model, "--attack", "fgsm", "--epsilon", "0.1", "--images"];
  const before = readFileSync(file("pictures/1.pgm"));
  succeeds(...attack, file("pictures/"), "--out", file("made/"));
  assert.ok(existsSync(file("made/1.png")));
  const made = readFileSync(file("made/1.png"));
  for (const images of [["made/"], ["made/1.png", "made/2.png"]]) {
    refuses(
      [...attack, ...images.map(file), "--out", file("made/")],
      /--out is .*made\/\d\.png, which is also a file to read \(--images\)/,
    );
  }
  refuses(
    [...attack, file("made/"), "--out", file("other/"), "--sheet", file("made/1.png")],
    /--sheet is .*1\.png, which is also a file to read/,
  );
  assert.deepEqual(readFileSync(file("made/1.png")), made);
  assert.deepEqual(readFileSync(file("pictures/1.pgm")), before);
});

test("classes that are matched by position are told", () => {
  const words = ["--dataset", "words", "--data", file("words")];
  const stderr = run("evaluate", ...model, ...words, "--attacks", "clean");
  assert.match(
    stderr,
    /the classes of the model have numbers for names: 0 is taken for "a", 1 is taken for "b"/,
  );
  assert.match(
    stderr,
    /words is not divided into training and test images: all 9 are taken as the test split/,
  );
  assert.doesNotMatch(run("evaluate", ...model, ...data, "--attacks", "clean"), /taken for/);
});

test("a change is judged on other images than it was learnt from, where the data have no splits, too", () => {
  const words = [
    "--dataset",
    "words",
    "--data",
    file("words"),
    "--epsilon",
    "0.2",
    "--epochs",
    "1",
  ];
  refuses(
    ["universal", ...model, ...words],
    /--limit is 0, but words is not divided, so it must leave some of the 9 images to judge on/,
  );
  const { seen, unseen } = JSON.parse(
    succeeds("universal", ...model, ...words, "--limit", "6", "--json", "-").stdout,
  );
  assert.deepEqual([seen.count, unseen.count], [6, 3]);
});

test("a network that is trained on has the dataset's classes", () => {
  const words = [
    "--dataset",
    "words",
    "--data",
    file("words"),
    "--epochs",
    "1",
    "--validation",
    "0",
  ];
  const init = ["--init", file("bars.safetensors")];
  succeeds(
    "train",
    ...words,
    ...init,
    "--out",
    file("words.safetensors"),
    "--log",
    file("w.jsonl"),
  );
  assert.deepEqual(JSON.parse(readTensors(file("words.safetensors")).metadata.signflip).classes, [
    "a",
    "b",
    "c",
  ]);
  const [head] = readFileSync(file("w.jsonl"), "utf8").split("\n");
  assert.equal(JSON.parse(head).architecture, undefined, "it is the init model's");
  assert.match(JSON.parse(head).init, /bars\.safetensors/);
});

test("- is stdout only where that is said", () => {
  const evaluate = ["evaluate", ...model, ...data, "--attacks", "clean"];
  refuses([...evaluate, "--csv", "-"], /--csv is -, expected a file/);
  refuses(
    ["predict", ...model, "--images", file("pictures/"), "--out", "-"],
    /--out is -, expected a file/,
  );
  succeeds(...evaluate, "--json", file("clean.json"));
  const report = ["report", file("clean.json"), "--html", "-"];
  refuses([...report, "--json", "-"], /--html and --json are both -/);
  const { stdout } = succeeds(...report, "--csv", file("tables"));
  assert.match(stdout, /^<!doctype html>/i);
  assert.doesNotMatch(stdout, /wrote/);
});

test("a denoiser has no classes to list", () => {
  succeeds(
    ...["train", ...data, "--method", "denoiser", "--architecture", "denoiser", "--epochs", "1"],
    ...[
      "--epsilon",
      "0.1",
      "--classifier",
      file("bars.safetensors"),
      "--out",
      file("d.safetensors"),
    ],
  );
  const predict = ["predict", "--model", file("d.safetensors"), "--images", file("pictures/")];
  for (const [option, name] of [
    ["--json", "d.json"],
    ["--csv", "d.csv"],
  ]) {
    refuses(
      [...predict, "--out", file("d.npy"), option, file(name)],
      new RegExp(`${option} was given, but .* is a denoiser`),
    );
    assert.ok(!existsSync(file("d.npy")));
  }
  succeeds(...predict, "--out", file("d.npy"));
  assert.equal(floatsOf(file("d.npy")).length, 3 * 144);
});

test("models of one name are told apart", () => {
  mkdirSync(file("p"));
  mkdirSync(file("q"));
  const bytes = readFileSync(file("bars.safetensors"));
  for (const place of ["p", "q"]) writeFileSync(file(`${place}/net.safetensors`), bytes);
  const { stdout } = succeeds(
    ...["evaluate", "--model", file("p/net.safetensors"), "--model", file("q/net.safetensors")],
    ...[...data, "--attacks", "clean", "--csv", file("pq.csv")],
  );
  assert.match(stdout, /net\.safetensors \(.*p\/net\.safetensors\)/);
  assert.match(stdout, /net\.safetensors \(.*q\/net\.safetensors\)/);
  assert.match(readFileSync(file("pq.csv"), "utf8"), /model_sha256\r\n.*,[0-9a-f]{64}\r\n/);
});

test("seeds of one file stand in their column", () => {
  succeeds(
    ...["evaluate", ...model, ...data, "--attacks", "square", "--queries", "5", "--epsilon", "0.1"],
    ...["--seed", "4,9", "--csv", file("seeds.csv")],
  );
  const [header, ...rows] = readFileSync(file("seeds.csv"), "utf8").trim().split("\r\n");
  const column = header.split(",").indexOf("seed");
  const attacked = rows.filter((row) => /,square,/.test(row)).map((row) => row.split(",")[column]);
  assert.deepEqual(attacked, ["4", "9"]);
  for (const row of rows) assert.doesNotMatch(row, /seed=/);
});

test("labels, classes and epochs that cannot be meant are refused", () => {
  refuses(
    ["attack", ...model, "--images", file("pictures/"), "--attack", "fgsm", "--labels", "1,"],
    /--labels is 1,, which ends with a comma/,
  );
  mkdirSync(file("single/all"), { recursive: true });
  pgm("single/all/1.pgm", 0);
  refuses(
    ["train", "--dataset", "single", "--data", file("single"), "--out", file("s.safetensors")],
    /single has one class, expected at least two/,
  );
  refuses(
    [
      "train",
      ...data,
      "--method",
      "pgd",
      "--epochs",
      "2",
      "--warm-up",
      "5",
      "--out",
      file("w.safetensors"),
    ],
    /warm-up and ramp are 5 and 0 epochs, but there are 2: epsilon would never be 0\.25/,
  );
});
