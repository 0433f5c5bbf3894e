// signflip report from outside: results and a log as the tool itself writes them, one page out; and
// one sentence for each kind of bad input.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { signflip, temporaryFolder, writeBars } from "../support/tool.mjs";

const folder = temporaryFolder();
const data = join(folder, "bars");
const file = (name) => join(folder, name);

/** Writes a file of the tests' own; its path. */
const write = (name, text) => {
  writeFileSync(file(name), text);
  return file(name);
};

/** Runs the tool and expects success. */
function run(...args) {
  const result = signflip(...args);
  assert.equal(result.status, 0, result.stderr);
  return result;
}

/** Expects one sentence that matches every pattern, and no page. */
function refuses(args, ...patterns) {
  const { status, stderr, signal } = signflip("report", ...args);
  assert.equal(signal, null);
  assert.ok(status > 0 && status < 126, `status ${status}`);
  assert.ok(stderr.trim().split("\n").length <= 2, stderr);
  for (const pattern of patterns) assert.match(stderr, pattern);
  assert.ok(!existsSync(file("none.html")));
}

before(() => {
  mkdirSync(data);
  writeBars(data);
  run(
    "train",
    "--dataset",
    "bars",
    "--data",
    data,
    "--architecture",
    "s",
    "--epochs",
    "3",
    "--out",
    file("net.safetensors"),
    "--log",
    file("net.jsonl"),
  );
  for (const epsilon of ["0.1", "0.2"]) {
    run(
      "evaluate",
      "--model",
      file("net.safetensors"),
      "--dataset",
      "bars",
      "--data",
      data,
      "--attacks",
      "clean,fgsm",
      "--epsilon",
      epsilon,
      "--json",
      file(`fgsm-${epsilon}.json`),
    );
  }
});

test("one page from results and a log, the same bytes each time", () => {
  const inputs = ["fgsm-0.1.json", "fgsm-0.2.json", "net.jsonl"].map(file);
  run("report", ...inputs, "--html", file("report.html"));
  const page = readFileSync(file("report.html"), "utf8");
  for (const name of ["fgsm-0.1.json", "fgsm-0.2.json"]) {
    for (const { accuracy } of JSON.parse(readFileSync(file(name), "utf8")).results) {
      assert.ok(page.includes(`${(100 * accuracy).toFixed(2)}%`), `${name}: ${accuracy}`);
    }
  }
  const [, ...epochs] = readFileSync(file("net.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  for (const { loss } of epochs) assert.ok(page.includes(loss.toFixed(4)), `loss ${loss}`);
  assert.match(page, /accuracy against ε/);
  assert.match(page, /Only single-step attacks/);
  assert.doesNotMatch(page, /<script|https?:/);
  assert.equal(run("report", ...inputs, "--html", "-").stdout, page);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith(".tmp")),
    [],
  );
});

test("a file given twice counts once", () => {
  const { stderr } = run(
    "report",
    file("net.jsonl"),
    file("net.jsonl"),
    "--html",
    file("twice.html"),
  );
  assert.match(stderr, /net\.jsonl is the same as an earlier file/);
  assert.equal(
    readFileSync(file("twice.html"), "utf8").match(/Configuration: net\.jsonl<\/caption>/g).length,
    1,
  );
});

test("what cannot be read is refused in a sentence, and nothing is written", () => {
  const to = ["--html", file("none.html")];
  refuses([file("absent.json"), ...to], /absent\.json/);
  refuses([folder, ...to], /cannot read/);
  refuses([write("text.json", "hello"), ...to], /text\.json is not JSON/, /signflip evaluate/);
  refuses([write("empty.json", ""), ...to], /empty\.json is empty/);
  refuses(
    [file("fgsm-0.1.json"), write("other.json", '{"classes": []}'), ...to],
    /other\.json has the members classes/,
  );
  const results = JSON.parse(readFileSync(file("fgsm-0.1.json"), "utf8"));
  results.results[1].accuracy = "high";
  refuses(
    [write("wrong.json", JSON.stringify(results)), ...to],
    /wrong\.json: results\[1\]\.accuracy is "high", expected a number from 0 to 1/,
  );
  refuses(
    [write("cut.jsonl", readFileSync(file("net.jsonl"), "utf8").slice(0, -20)), ...to],
    /cut\.jsonl line 4 is not JSON/,
  );
  refuses([write("binary.json", Buffer.from([0, 255, 254, 123])), ...to], /binary\.json/);
  refuses(
    [file("net.jsonl"), "--html", file("no/such/folder/r.html")],
    /--html/,
    /no\/such\/folder/,
  );
  refuses(
    [file("net.jsonl"), "--html", file("net.jsonl")],
    /--html is .*net\.jsonl/,
    /also a file to read/,
  );
  refuses([file("net.jsonl")], /--html/);
  refuses(to, /files/);
});

test("--svg and --csv write pictures and tables of the same figures", () => {
  const results = write(
    "sweep.json",
    JSON.stringify({
      signflip: "0.1.0",
      model: { file: "net, 1.safetensors", sha256: "x", parameters: 1 },
      dataset: { name: "mnist", split: "test", count: 100 },
      seed: 4,
      results: [
        { attack: "clean", accuracy: 0.98, loss: 0.1 },
        { attack: "fgsm", norm: "linf", epsilon: 0.1, accuracy: 0.9, loss: 0.3 },
        { attack: "fgsm", norm: "linf", epsilon: 0.2, accuracy: 0.5, loss: 1 },
      ],
    }),
  );
  const logs = ["one", "two"].map((name) =>
    write(
      `${name}.jsonl`,
      [
        { method: "standard", epochs: 2 },
        { epoch: 1, loss: 2, validation_accuracy: 0.8 },
        { epoch: 2, loss: 1, validation_accuracy: name === "one" ? 0.9 : 0.85 },
      ]
        .map((line) => JSON.stringify(line))
        .join("\n"),
    ),
  );
  const svg = file("figures");
  const csv = file("tables");
  const { status, stdout, stderr } = signflip(
    "report",
    results,
    ...logs,
    "--svg",
    svg,
    "--csv",
    csv,
  );
  assert.equal(status, 0, stderr);
  const pictures = readdirSync(svg).sort();
  for (const name of [
    "net-1-accuracy-against-l-100-images.svg",
    "loss-one-jsonl.svg",
    "loss-of-2-runs.svg",
    "validation-accuracy-of-2-runs.svg",
  ]) {
    assert.ok(pictures.includes(name), `${name} is not among ${pictures}`);
    assert.match(stdout, new RegExp(name.replaceAll(".", "\\.")));
  }
  for (const name of pictures) {
    const text = readFileSync(join(svg, name), "utf8");
    assert.match(text, /^<\?xml.*\n<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    assert.match(text, /<\/svg>\n$/);
    assert.doesNotMatch(text, /NaN|var\(/);
  }
  assert.match(
    readFileSync(
      join(
        svg,
        pictures.find((name) => name.startsWith("net")),
      ),
      "utf8",
    ),
    /FGSM/,
  );

  const [header, ...rows] = readFileSync(join(csv, "results.csv"), "utf8").trim().split("\r\n");
  assert.equal(rows.length, 3);
  const columns = header.split(",");
  assert.match(rows[1], /"net, 1\.safetensors"/);
  const cells = rows[1].replace(/"net, 1\.safetensors"/, "net").split(",");
  const cell = (name) => cells[columns.indexOf(name)];
  assert.equal(cell("attack"), "fgsm");
  assert.equal(cell("epsilon"), "0.1");
  assert.equal(cell("accuracy"), "0.9");
  assert.equal(cell("seed"), "4");
  assert.ok(Math.abs(Number(cell("accuracy_low")) - 0.825634) < 1e-6);
  assert.ok(Math.abs(Number(cell("accuracy_high")) - 0.944771) < 1e-6);
  const training = readFileSync(join(csv, "training.csv"), "utf8").trim().split("\r\n");
  assert.equal(training.length, 5);
  assert.match(training[4], /two\.jsonl,2,1,,0\.85,,,,false$/);

  refuses([logs[0], "--svg", file("none/figures")], /--svg is .*none.* does not exist/);
  refuses([logs[0], "--csv", results], /--csv is .*sweep\.json, which is a file/);
});

test("samples of other images stand beside each other, and each says its seed", () => {
  const drawn = (seed, attack) => {
    const json = file(`seed-${seed}.json`);
    run(
      ...["evaluate", "--model", file("net.safetensors"), "--dataset", "bars", "--data", data],
      ...["--attacks", attack, "--epsilon", "0.1", "--limit", "12", "--seed", seed, "--json", json],
    );
    assert.equal(JSON.parse(readFileSync(json, "utf8")).dataset.sample_seed, Number(seed));
    return json;
  };
  run("report", drawn("1", "fgsm"), drawn("6", "mim"), "--html", file("seeds.html"));
  const page = readFileSync(file("seeds.html"), "utf8");
  for (const seed of [1, 6]) assert.match(page, new RegExp(`12 images drawn by seed ${seed}`));
  run(
    ...["evaluate", "--model", file("net.safetensors"), "--dataset", "bars", "--data", data],
    ...["--attacks", "pgd", "--seed", "6", "--json", file("all.json")],
  );
  assert.equal(JSON.parse(readFileSync(file("all.json"), "utf8")).dataset.sample_seed, undefined);
});
