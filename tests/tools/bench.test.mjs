// tools/bench --device cuda where there is no card: what it refuses, that the programs on both sides
// speak of the same things, and what is made of their words.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root, temporaryFolder } from "../support/tool.mjs";

const folder = temporaryFolder();
const keys = ["engine", "configuration", "device", "net", "batch", "what", "images_per_second"];
const parse = (text) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

/** A folder to be all of PATH: what tools/bench needs before it builds, and these scripts. */
function path(name, scripts = {}) {
  const bin = join(folder, name);
  mkdirSync(bin);
  for (const program of ["bash", "env", "dirname"]) {
    symlinkSync(
      spawnSync("which", [program], { encoding: "utf8" }).stdout.trim(),
      join(bin, program),
    );
  }
  for (const [file, body] of Object.entries(scripts))
    writeFileSync(join(bin, file), `#!/bin/bash\n${body}\n`, { mode: 0o755 });
  return bin;
}

test("bench says in one sentence why it cannot measure a card", (t) => {
  const refuse = (sentence, bin, ...args) => {
    const env = { PATH: bin, CUDA_HOME: join(folder, "none") };
    const run = spawnSync(join(root, "tools/bench"), ["--device", ...args], {
      encoding: "utf8",
      env,
    });
    assert.equal(run.status, 1);
    assert.match(run.stderr, sentence);
    assert.equal(run.stderr.trim().split("\n").length, 1, run.stderr);
  };
  refuse(/needs nvcc of the CUDA toolkit/, path("bare"), "cuda");
  refuse(/--web measures WebAssembly/, path("web"), "cuda", "--web");
  refuse(/--device is cpu or cuda, not "gpu"/, path("gpu"), "gpu");
  if (existsSync("/dev/nvidia0") || existsSync("/dev/dxg")) return t.skip("there is a card here");
  refuse(
    /neither nvidia-smi nor \/dev knows/,
    path("cardless", { nvcc: "exit 0", "nvidia-smi": "exit 9" }),
    "cuda",
  );
});

test("our program and PyTorch's print the same keys, for the same cases", (t) => {
  const program = join(root, "build/release/tests/device/signflip_cuda_bench_on_host");
  if (!existsSync(program)) return t.skip("signflip_cuda_bench_on_host is not built");
  const size = ["--nets", "S,G", "--batches", "2", "--steps", "1", "--seconds", "0"];
  const run = spawnSync(program, size, { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  const ours = parse(run.stdout);
  for (const row of ours) {
    assert.deepEqual(Object.keys(row), keys);
    assert.ok(row.images_per_second > 0);
  }

  // No PyTorch here: its main() with everything that would measure replaced.
  const script = `
import sys
from unittest.mock import MagicMock
torch = MagicMock(__version__="2.9")
torch.cuda.get_device_name.return_value = "Card"
sys.modules.update({"torch": torch, "torch.nn": torch.nn})
sys.path.insert(0, sys.argv.pop(1))
import pytorch_cuda
pytorch_cuda.pgd = lambda *_: None
pytorch_cuda.captured = lambda work: work
pytorch_cuda.speed = lambda work, images, seconds: (work(), 7.0 * images)[1]
pytorch_cuda.main()`;
  const peer = spawnSync("python3", ["-c", script, join(root, "tests/bench"), ...size], {
    encoding: "utf8",
  });
  assert.equal(peer.status, 0, peer.stderr);
  assert.equal(peer.stderr, "");
  const theirs = parse(peer.stdout);
  for (const row of theirs) assert.deepEqual(Object.keys(row), keys);
  const cases = (rows) =>
    [...new Set(rows.map(({ what, net, batch }) => `${what}/${net}/${batch}`))].sort();
  assert.deepEqual(cases(ours), cases(theirs));
  assert.deepEqual(
    [...new Set(theirs.map(({ configuration }) => configuration))],
    ["eager", "compile", "graphs", "compile-graphs"],
  );
});

/** A program that stands in for a bench: prints its rows for the net and batch that it is asked for. */
function standIn(name, engine, speeds) {
  const file = join(folder, name);
  writeFileSync(
    file,
    `#!/usr/bin/env node
const args = process.argv.slice(2);
const after = (option) => args[args.indexOf(option) + 1];
const [net, batch] = [after("--nets"), Number(after("--batches"))];
for (const [what, configuration, images_per_second] of ${JSON.stringify(speeds)}) {
  console.log(JSON.stringify({ engine: ${JSON.stringify(engine)}, configuration, device: "Card, compute capability 9.0", net, batch, what, images_per_second }));
}
`,
  );
  chmodSync(file, 0o755);
  return file;
}

/** Runs cuda.mjs into a new folder, then the report. */
function measure(name, ...args) {
  const out = join(folder, name);
  mkdirSync(out);
  const run = spawnSync("node", [join(root, "tests/bench/cuda.mjs"), "--out", out, ...args], {
    encoding: "utf8",
  });
  const report = () => {
    const file = join(out, "all.json");
    const { status, stdout } = spawnSync(
      "node",
      [join(root, "tests/bench/report.mjs"), out, file],
      { encoding: "utf8" },
    );
    assert.equal(status, 0);
    return { table: stdout, json: JSON.parse(readFileSync(file, "utf8")) };
  };
  return { ...run, report };
}

const ours = standIn("ours", "Signflip", [
  ["pgd-40", "one launch", 9000],
  ["pgd-40", "graph", 4000],
  ["training-step", "graph", 2000],
]);

test("ratios are of each side's quickest, and of eager PyTorch, beside the aims", () => {
  const python = standIn("python", "PyTorch 2.9", [
    ["pgd-40", "eager", 2500],
    ["pgd-40", "graphs", 7500],
    ["training-step", "eager", 1000],
  ]);
  const run = measure(
    "peers",
    "--bench",
    ours,
    "--python",
    python,
    "--rounds",
    "2",
    "--filter",
    "/S/",
  );
  assert.equal(run.status, 0, run.stderr);
  const { table, json } = run.report();
  assert.match(table, /On Card, compute capability 9\.0/);
  assert.deepEqual(json.cuda.map((row) => row.case).slice(0, 3), [
    "pgd-40/S/256, one launch",
    "pgd-40/S/256, graph",
    "training-step/S/256, graph",
  ]);
  assert.equal(Math.round(json.cuda[0].imagesPerSecond), 9000);
  const row = (name, configuration) => {
    const found = json.comparisons.find(
      (one) => one.case === name && one.configuration === configuration,
    );
    return [Number(found.ratio.toFixed(2)), found.target];
  };
  assert.deepEqual(row("pgd-40/S/256", "eager"), [3.6, 3]);
  assert.deepEqual(row("pgd-40/S/1024", "its best: graphs"), [1.2, 1.5]);
  assert.deepEqual(row("training-step/S/8192", "its best: eager"), [2, null]);
  assert.match(table, /pgd-40\/S\/256 .*eager.* 3\.60 +3\.0 +reached/);
  assert.match(table, /pgd-40\/S\/256 .*graphs.* 1\.20 +1\.5 +missed/);
});

test("without PyTorch there are our figures alone; what fails ends it with a sentence", () => {
  const alone = measure("alone", "--bench", ours, "--rounds", "1", "--filter", "^pgd-40/M/1024");
  const { json } = alone.report();
  assert.deepEqual(
    json.cuda.map((row) => row.case),
    ["pgd-40/M/1024, one launch", "pgd-40/M/1024, graph"],
  );
  assert.equal(json.comparisons, undefined);

  const failing = join(
    path("failing", {
      bench: "echo 'no CUDA device can be used: none was found; use the device cpu' >&2; exit 1",
    }),
    "bench",
  );
  const chatting = join(path("chatting", { bench: "echo hello" }), "bench");
  for (const [name, sentence, ...args] of [
    [
      "card",
      /^no CUDA device can be used: none was found; use the device cpu\n$/,
      "--bench",
      failing,
    ],
    ["words", /printed "hello", which is no JSON\.\n$/, "--bench", chatting],
    ["nothing", /did not start: .*ENOENT/, "--bench", join(folder, "no-such-program")],
    [
      "filter",
      /^--filter conv matches none of the cases on a card/,
      "--bench",
      ours,
      "--filter",
      "conv",
    ],
  ]) {
    const run = measure(name, ...args);
    assert.equal(run.status, 1, name);
    assert.match(run.stderr, sentence);
    assert.equal(run.stderr.trim().split("\n").length, 1, run.stderr);
  }
});
