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
  const write = (name, text) => {
    writeFileSync(file(name), text);
    return file(name);
  };
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
