// What a paper's appendix is made of: figures as PNG, sheets of images, tables as CSV, figures class
// by class, calibration, distances, and what is published beside ours.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodePng } from "../support/png.mjs";
import { floatsOf, npy, refuses, succeeds, temporaryFolder, writeBars } from "../support/tool.mjs";

const folder = temporaryFolder();
const file = (name) => join(folder, name);
const read = (name) => readFileSync(file(name), "utf8");
const json = (name) => JSON.parse(read(name));
/** Lines of cells; none of ours is quoted. */
const table = (name) =>
  read(name)
    .trim()
    .split("\r\n")
    .map((line) => line.split(","));

const run = (...args) => succeeds(...args).stdout;

writeBars(folder);
const model = ["--model", file("bars.safetensors")];
const data = ["--dataset", "bars", "--data", folder];
run(
  ...["train", ...data, "--epochs", "3", "--seed", "2", "--out", file("bars.safetensors")],
  ...["--log", file("bars.jsonl")],
);

test("report --png draws what --svg draws, with the same bytes each time", () => {
  run(
    "evaluate",
    ...model,
    ...data,
    "--attacks",
    "clean,fgsm,deepfool",
    "--epsilon",
    "0:0.3:4",
    "--json",
    file("sweep.json"),
  );
  for (const out of ["png", "again"]) {
    run("report", file("sweep.json"), file("bars.jsonl"), "--svg", file("svg"), "--png", file(out));
  }
  const names = readdirSync(file("png")).sort();
  assert.deepEqual(
    names.map((name) => name.replace(/png$/, "svg")),
    readdirSync(file("svg")).sort(),
  );
  assert.ok(names.length >= 6, names.join(" "));
  for (const name of names) {
    assert.deepEqual(
      readFileSync(join(file("png"), name)),
      readFileSync(join(file("again"), name)),
    );
    const { width, height, channels, pixels } = decodePng(readFileSync(join(file("png"), name)));
    assert.equal(width, 1440);
    assert.equal(channels, 3);
    const svg = readFileSync(join(file("svg"), name.replace(/png$/, "svg")), "utf8");
    const [, , high] = svg.match(/viewBox="0 0 (\d+) (\d+)"/);
    assert.equal(height, 4 * high);
    // The first series' blue is there where the SVG has it, and words are: dark pixels.
    const is = (at, r, g, b) => pixels[at] === r && pixels[at + 1] === g && pixels[at + 2] === b;
    const count = (...colour) => {
      let found = 0;
      for (let at = 0; at < pixels.length; at += 3) found += is(at, ...colour) ? 1 : 0;
      return found;
    };
    if (/class="(line|m|m bar) s0"/.test(svg)) assert.ok(count(0x00, 0x72, 0xb2) > 50, name);
    assert.ok(count(0x1b, 0x1d, 0x21) > 300, name);
    assert.ok(count(255, 255, 255) > (width * height) / 2, name);
  }
  refuses(
    ["report", file("sweep.json"), "--png", file("no/where")],
    /--png is .*no\/where, but the folder/,
  );
});

test("attack --sheet shows images, changes and what became of them", () => {
  writeFileSync(
    file("three.npy"),
    npy(
      "|u1",
      [3, 12, 12, 1],
      Uint8Array.from({ length: 432 }, (_, i) =>
        Math.floor((i % 12) / 4) === Math.floor(i / 144) ? 200 : 40,
      ),
    ),
  );
  const attack = [
    "attack",
    ...model,
    "--images",
    file("three.npy"),
    "--attack",
    "fgsm",
    "--epsilon",
    "0.2",
  ];
  run(...attack, "--sheet", file("sheet.png"), "--out", file("three-out.npy"));
  const { width, height, pixels } = decodePng(readFileSync(file("sheet.png")));
  const scale = Math.floor(168 / 12);
  const at = (x, y) => pixels[3 * (y * width + x)];
  assert.ok(width > 3 * 12 * scale && height > 3 * 12 * scale);
  // Every image and every adversarial image, as written, pixel by pixel.
  const adversarial = floatsOf(file("three-out.npy"));
  const column = Math.max(12 * scale, 150) + 24;
  const row = 12 * scale + 2 * 20 + 24;
  for (let n = 0; n < 3; ++n) {
    for (let i = 0; i < 144; ++i) {
      const x = 16 + (i % 12) * scale + 3;
      const y = 44 + n * row + Math.floor(i / 12) * scale + 3;
      const clean = Math.floor((i % 12) / 4) === n ? 200 : 40;
      assert.equal(at(x, y), clean);
      const written = at(x + 2 * column, y);
      assert.ok(Math.abs(written - 255 * adversarial[144 * n + i]) <= 1.001);
      assert.ok(Math.abs(written - clean) <= 51);
      // The largest change of the sheet is black or white, none is the middle grey.
      const change = at(x + column, y);
      assert.ok(Math.abs(change - Math.round(127.5 + (127.5 * (written - clean)) / 51)) <= 1);
    }
  }
  refuses(
    [...attack, "--sheet", file("sheet.jpg")],
    /--sheet is .*sheet\.jpg, expected a file that ends in \.png/,
  );
});

test("--csv writes the figures of --json, for every command with results", () => {
  run(
    "evaluate",
    ...model,
    ...data,
    "--attacks",
    "clean,fgsm",
    "--epsilon",
    "0.1",
    "--json",
    file("e.json"),
    "--csv",
    file("e.csv"),
  );
  const [head, ...rows] = table("e.csv");
  const { results } = json("e.json");
  assert.equal(rows.length, 3); // and the worst of them
  rows.forEach((row, i) => {
    for (const name of [
      "attack",
      "accuracy",
      "accuracy_8bit",
      "loss",
      "success_rate",
      "max_linf",
    ]) {
      const value = row[head.indexOf(name)];
      assert.ok(
        value === String(results[i][name]) || Math.abs(value - results[i][name]) < 1e-9,
        name,
      );
    }
    const [low, high] = results[i].accuracy_interval;
    assert.ok(Math.abs(row[head.indexOf("accuracy_low")] - low) < 1e-9);
    assert.ok(Math.abs(row[head.indexOf("accuracy_high")] - high) < 1e-9);
  });
  run(
    "certify",
    ...model,
    ...data,
    "--epsilon",
    "0,0.01",
    "--json",
    file("c.json"),
    "--csv",
    file("c.csv"),
  );
  const proofs = table("c.csv");
  assert.equal(proofs.length, 3);
  json("c.json").results.forEach(
    ({ verified_accuracy, verified_accuracy_interval, accuracy_interval }, i) => {
      const cell = (name) => Number(proofs[i + 1][proofs[0].indexOf(name)]);
      assert.ok(Math.abs(cell("verified_accuracy") - verified_accuracy) < 1e-9);
      assert.ok(Math.abs(cell("verified_low") - verified_accuracy_interval[0]) < 1e-9);
      assert.ok(accuracy_interval[0] < accuracy_interval[1]);
    },
  );
  run(
    "attack",
    ...model,
    "--images",
    file("three.npy"),
    "--attack",
    "fgsm",
    "--csv",
    file("a.csv"),
  );
  assert.equal(table("a.csv")[1][table("a.csv")[0].indexOf("attack")], "fgsm");
  run(
    "predict",
    ...model,
    "--images",
    file("three.npy"),
    "--csv",
    file("p.csv"),
    "--json",
    file("p.json"),
  );
  const said = table("p.csv");
  assert.deepEqual(said[0], [
    "image",
    "label",
    "class",
    "probability of 0",
    "probability of 1",
    "probability of 2",
  ]);
  json("p.json").images.forEach(({ label, probabilities }, i) => {
    assert.equal(Number(said[i + 1][1]), label);
    assert.ok(Math.abs(said[i + 1][3 + label] - probabilities[label]) < 1e-7);
  });
  refuses(
    ["evaluate", ...model, ...data, "--csv", file("e.txt")],
    /--csv is .*e\.txt, expected a file that ends in \.csv/,
  );
});

/** Labels of the test set, and what predict says of its images. */
function predictions() {
  const images = join(folder, "t10k-images-idx3-ubyte.gz");
  run("predict", ...model, "--images", images, "--json", file("all.json"));
  const labels = [...readFileSync(join(folder, "t10k-labels-idx1-ubyte")).subarray(8)];
  return { labels, said: json("all.json").images };
}

test("accuracy class by class, with intervals, in JSON, on the terminal and in the report", () => {
  const text = run(
    "evaluate",
    ...model,
    ...data,
    "--attacks",
    "clean,fgsm",
    "--epsilon",
    "0.25",
    "--per-class",
    "--json",
    file("k.json"),
  );
  const { results, classes } = json("k.json");
  assert.deepEqual(classes, ["0", "1", "2"]);
  const { labels, said } = predictions();
  for (const k of [0, 1, 2]) {
    const own = said.filter((_, n) => labels[n] === k);
    const right = own.filter(({ label }) => label === k).length;
    const { count, accuracy, interval } = results[0].per_class[k];
    assert.equal(count, own.length);
    assert.ok(Math.abs(accuracy - right / own.length) < 1e-12);
    assert.ok(interval[0] <= accuracy && accuracy <= interval[1]);
    const [attacked, worst] = [1, 2].map((row) => results[row].per_class[k].accuracy);
    const percent = (value) => `${(100 * value).toFixed(2)}%`;
    assert.match(
      text,
      new RegExp(
        `^${k} +${count} +${percent(accuracy)} +${percent(attacked)} +${percent(worst)}$`,
        "m",
      ),
    );
  }
  run("report", file("k.json"), "--html", file("k.html"), "--csv", file("k"));
  assert.match(read("k.html"), /Accuracy of each class/);
  const [head, ...rows] = table("k/classes.csv");
  assert.equal(rows.length, 9);
  assert.equal(Number(rows[0][head.indexOf("accuracy")]), results[0].per_class[0].accuracy);
  // Images that got no class are in no column of the matrix, but of their class.
  const lost = json("k.json");
  const { per_class } = lost.results[0];
  const right = per_class[0].accuracy * per_class[0].count;
  per_class[0].count += 2;
  writeFileSync(file("lost.json"), JSON.stringify(lost));
  run("report", file("lost.json"), "--csv", file("lost"));
  const [, first] = table("lost/classes.csv");
  assert.equal(Number(first[head.indexOf("count")]), per_class[0].count);
  assert.ok(Math.abs(first[head.indexOf("accuracy")] * per_class[0].count - right) < 1e-9);
  // Wilson's interval, worked out by hand for the whole.
  const { accuracy, accuracy_interval } = results[1];
  const [n, z] = [labels.length, 1.959963984540054];
  const middle = (accuracy + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half =
    (z / (1 + (z * z) / n)) * Math.sqrt((accuracy * (1 - accuracy)) / n + (z * z) / (4 * n * n));
  assert.ok(Math.abs(accuracy_interval[0] - Math.max(0, middle - half)) < 1e-9);
  assert.ok(Math.abs(accuracy_interval[1] - Math.min(1, middle + half)) < 1e-9);
  for (const name of ["accuracy_8bit_interval", "success_rate_interval"])
    assert.equal(results[1][name].length, 2);
});

test("calibration is the mean distance of confidence and accuracy over fifteen bins", () => {
  run(
    "evaluate",
    ...model,
    ...data,
    "--attacks",
    "clean,fgsm",
    "--epsilon",
    "0.2",
    "--json",
    file("q.json"),
  );
  const [clean, attacked] = json("q.json").results;
  const { labels, said } = predictions();
  const bins = Array.from({ length: 15 }, () => ({ count: 0, confidence: 0, right: 0 }));
  said.forEach(({ label, probabilities }, n) => {
    const confidence = Math.max(...probabilities);
    const bin = bins[Math.max(0, Math.ceil(15 * confidence) - 1)];
    ++bin.count;
    bin.confidence += confidence;
    bin.right += label === labels[n] ? 1 : 0;
  });
  const error =
    bins.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.right), 0) / labels.length;
  assert.ok(Math.abs(clean.calibration.expected_error - error) < 1e-5);
  assert.deepEqual(
    clean.calibration.bins.map(({ count }) => count),
    bins.map(({ count }) => count),
  );
  // Under attack the model is more often wrong than it is unsure.
  assert.ok(attacked.calibration.expected_error > clean.calibration.expected_error);
  run("report", file("q.json"), "--html", file("q.html"), "--svg", file("q"));
  assert.match(read("q.html"), /confidence and accuracy/);
  assert.ok(readdirSync(file("q")).some((name) => name.includes("confidence-and-accuracy")));
});

test("attacks without a budget: judged at each radius, and as a histogram", () => {
  const text = run(
    "evaluate",
    ...model,
    ...data,
    "--attacks",
    "clean,deepfool",
    "--epsilon",
    "0,2,4",
    "--json",
    file("d.json"),
  );
  const [clean, deepfool] = json("d.json").results;
  const { distances, accuracy_at } = deepfool;
  assert.equal(distances.length, 90);
  assert.deepEqual(
    accuracy_at.map(({ norm, epsilon }) => [norm, epsilon]),
    [
      ["l2", 0],
      ["l2", 2],
      ["l2", 4],
    ],
  );
  for (const { epsilon, accuracy, accuracy_interval } of accuracy_at) {
    const left =
      distances.filter((distance) => distance === null || distance > epsilon).length / 90;
    assert.ok(Math.abs(accuracy - left) < 1e-12);
    assert.ok(accuracy_interval[0] <= accuracy && accuracy <= accuracy_interval[1]);
  }
  const said = accuracy_at.map(
    ({ epsilon, accuracy }) => `${epsilon}: ${(100 * accuracy).toFixed(2)}%`,
  );
  assert.ok(text.includes(`\ndeepfool within L2 ${said.join(", ")}\n`), text);
  assert.equal(accuracy_at[0].accuracy, clean.accuracy);
  assert.ok(accuracy_at[2].accuracy < accuracy_at[0].accuracy);
  run("report", file("d.json"), "--html", file("d.html"), "--svg", file("d"));
  assert.ok(readdirSync(file("d")).some((name) => name.includes("how-far-deepfool")));
  const html = read("d.html");
  assert.match(html, /how far DeepFool/);
  const bars = html
    .match(/class="m bar s0"[^>]*><title>[^<]*: (\d+)/g)
    .map((bar) => Number(bar.match(/(\d+)$/)[1]));
  const fooled = distances.filter((distance) => distance > 0).length;
  assert.equal(
    bars.reduce((sum, bar) => sum + bar, 0),
    fooled,
  );
  refuses(
    ["evaluate", ...model, ...data, "--epsilon", "0.1"],
    /--epsilon was given, but no attack/,
  );
});

test("the report has published figures beside ours where there are some", () => {
  const results = (epsilon) => ({
    model: { file: "net.safetensors", sha256: "x" },
    dataset: { name: "mnist", split: "test", count: 1000 },
    results: [
      { attack: "clean", accuracy: 0.98 },
      { attack: "pgd", norm: "linf", epsilon, steps: 40, accuracy: 0.91 },
    ],
  });
  writeFileSync(file("ours.json"), JSON.stringify(results(0.3)));
  const page = run("report", file("ours.json"), "--html", "-");
  assert.match(page, /Beside published figures/);
  assert.match(page, /PGD, 40 steps, L∞, ε = 0\.3.*91\.00%.*93\.20%.*Madry et al\. 2018/s);
  writeFileSync(file("others.json"), JSON.stringify(results(0.25)));
  assert.doesNotMatch(run("report", file("others.json"), "--html", "-"), /93\.20%/);
});
