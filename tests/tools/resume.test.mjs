// Long work is never lost: evaluations that are interrupted go on, training runs are not overwritten,
// and files that cannot be written are refused before work starts.
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { signflip, start } from "../support/tool.mjs";
import { data, file, folder, run, trainBars, trainingOf } from "../support/trained-bars.mjs";

before(trainBars);

const evaluation = (json, ...more) => [
  "evaluate",
  ...["--model", file("mixed.safetensors"), "--dataset", "bars", "--data", data],
  ...["--json", file(json), ...more],
];
const read = (name) => JSON.parse(readFileSync(file(name), "utf8"));

function refuses(args, ...patterns) {
  const { status, stdout, stderr } = signflip(...args);
  assert.ok(status > 0 && status < 126, `${args.join(" ")}: status ${status}, ${stdout}`);
  for (const pattern of patterns) assert.match(stderr, pattern);
}

/** Starts the tool and interrupts it, once, when `condition` of what it has printed holds. */
async function interrupt(args, condition) {
  const child = start(...args);
  let stdout = "";
  let stderr = "";
  const look = () => !child.killed && condition({ stdout, stderr }) && child.kill("SIGINT");
  child.stdout.on("data", (text) => ((stdout += text), look()));
  child.stderr.on("data", (text) => ((stderr += text), look()));
  const [status] = await once(child, "exit");
  return { status, stdout, stderr };
}

/** Everything but the time that it took. */
const timeless = (value) =>
  JSON.parse(JSON.stringify(value, (key, inner) => (key === "seconds" ? 0 : inner)));

test("an interrupted evaluation says what is done, keeps it, and goes on from there", async () => {
  const options = [
    "--attacks",
    "clean,fgsm,pgd,deepfool",
    "--epsilon",
    "0.05,0.1",
    "--steps",
    "400",
    "--restarts",
    "30",
  ];
  run(...evaluation("whole.json", ...options));
  const { status, stdout, stderr } = await interrupt(
    evaluation("parts.json", ...options),
    ({ stdout: table }) => /^fgsm .*\nfgsm /m.test(table),
  );
  assert.ok(status > 0, `${status}: ended before it was interrupted`);
  assert.match(
    stderr,
    /stopped; [3-5] of 6 results are in .*parts\.json, and the same command goes on/,
  );
  assert.match(stdout, /^clean /m);
  const partial = read("parts.json");
  const done = partial.results.length;
  assert.ok(done >= 3 && done < 6);
  assert.ok(partial.unfinished);
  assert.equal(partial.results[0].attack, "clean");

  const { stderr: said } = signflip(...evaluation("parts.json", ...options));
  assert.match(said, new RegExp(`going on after ${done} results`));
  assert.deepEqual(timeless(read("parts.json")), timeless(read("whole.json")));
  // What was done before is not done again: it took the same time to the last digit.
  assert.deepEqual(read("parts.json").results.slice(0, done), partial.results);
});

test("an unfinished evaluation of another kind is not overwritten; what differs is named", async () => {
  const { status } = await interrupt(
    evaluation("slow.json", "--attacks", "fgsm,pgd", "--steps", "10000", "--restarts", "100"),
    ({ stdout }) => /^fgsm /m.test(stdout),
  );
  assert.ok(status > 0);
  const before = readFileSync(file("slow.json"), "utf8");
  const other = (...more) => evaluation("slow.json", "--attacks", "fgsm,pgd", ...more);
  refuses(
    other("--steps", "10000", "--restarts", "99"),
    /slow\.json, which holds an unfinished run of another kind: its attacks\[1\]\.restarts is "100", this run's is "99"/,
    /--restart/,
  );
  refuses(
    other("--steps", "10000", "--restarts", "100", "--seed", "3"),
    /attacks\[0\]\.seed is 0, this run's is 3/,
  );
  refuses(
    other("--limit", "30", "--steps", "10000", "--restarts", "100"),
    /its limit is 0, this run's is 30|dataset\.count/,
  );
  assert.equal(readFileSync(file("slow.json"), "utf8"), before);
  run(...evaluation("slow.json", "--attacks", "fgsm", "--restart"));
  assert.equal(read("slow.json").results.length, 1);
  assert.ok(!read("slow.json").unfinished);
});

test("several models and several seeds in one run", () => {
  const args = evaluation(
    "several.json",
    ...["--model", file("standard.safetensors"), "--attacks", "clean,pgd", "--seed", "1,2"],
    ...["--epsilon", "0.1", "--steps", "3"],
  );
  const table = run(...args);
  const results = read("several.json");
  assert.deepEqual(
    results.map(({ model }) => model.file),
    ["mixed.safetensors", "standard.safetensors"],
  );
  for (const { results: rows, seeds } of results) {
    assert.deepEqual(seeds, [1, 2]);
    assert.deepEqual(
      rows.map(({ attack, seed }) => [attack, seed]),
      [
        ["clean", undefined],
        ["pgd", 1],
        ["pgd", 2],
        ["worst", undefined],
      ],
    );
    assert.notEqual(rows[1].loss, rows[2].loss);
  }
  assert.match(table, /^pgd, seed 2 /m);
  const one = JSON.parse(
    run(
      ..."evaluate --attacks pgd --seed 2 --epsilon 0.1 --steps 3 --json -".split(" "),
      ...["--model", file("mixed.safetensors"), "--dataset", "bars", "--data", data],
    ),
  );
  assert.equal(one.results[0].loss, results[0].results[2].loss);
  assert.equal(one.seed, 2);
});

const training = (name, ...more) =>
  trainingOf(20000, name, "--log", file(`${name}.jsonl`), ...more);

test("a training run that is unfinished is not overwritten, and one that is finished stays so", async () => {
  const { status } = await interrupt(training("long"), ({ stderr }) =>
    /epoch +2\/20000/.test(stderr),
  );
  assert.ok(status > 0);
  const checkpoint = readFileSync(file("long.safetensors.checkpoint"));
  refuses(
    training("long"),
    /long\.safetensors\.checkpoint is the checkpoint of an unfinished run \(\d+ of 20000 epochs\)/,
    /--resume goes on with it, --restart begins anew/,
  );
  refuses(
    [...training("long"), "--checkpoint", file("elsewhere.checkpoint")],
    /long\.jsonl is the log of an unfinished run/,
  );
  refuses(
    [...training("long"), "--checkpoint", file("elsewhere.checkpoint"), "--resume"],
    /long\.jsonl is the log of an unfinished run, but there is no checkpoint .*elsewhere/,
  );
  refuses([...training("long"), "--resume", "--restart"], /--resume and --restart/);
  assert.deepEqual(readFileSync(file("long.safetensors.checkpoint")), checkpoint);

  const differing = (...more) => [...training("long", "--resume"), ...more];
  refuses(differing("--learning-rate", "0.5"), /its learning_rate is 0\.002, this run's is 0\.5/);
  refuses(differing("--limit", "300"), /another run: /, /images|limit/);
  refuses(differing("--weights", "f16"), /its weights is "f32", this run's is "f16"/);

  const short = (...more) => trainingOf(2, "long", "--log", file("long.jsonl"), ...more);
  run(...short("--restart"));
  const bytes = readFileSync(file("long.safetensors"));
  assert.match(
    run(...short("--resume")),
    /long\.safetensors is finished: nothing is left to train/,
  );
  run(...short());
  assert.deepEqual(readFileSync(file("long.safetensors")), bytes);
});

test("a log of another run is not taken up, nor lost", async () => {
  const { status } = await interrupt(training("logged"), ({ stderr }) =>
    /epoch +1\/20000/.test(stderr),
  );
  assert.ok(status > 0);
  const own = file("logged.jsonl");
  const log = readFileSync(own, "utf8");
  const other = file("another.jsonl");
  writeFileSync(other, log.replace('"seed":1', '"seed":2'));
  const resumed = training("logged").map((word) => (word === own ? other : word));
  refuses(
    [...resumed, "--resume"],
    /--log is .*another\.jsonl, which is not the log of the run to resume/,
  );
  assert.equal(readFileSync(other, "utf8"), log.replace('"seed":1', '"seed":2'));
  refuses(
    ["train", "--dataset", "bars", "--data", data, "--range-test", "--log", own],
    /--log is .*logged\.jsonl, the log of a run that is not finished/,
  );
  assert.equal(readFileSync(own, "utf8"), log);
});

test("a log that lacks epochs is not gone on with, but a new one is", async () => {
  const { status } = await interrupt(training("cut"), ({ stderr }) =>
    /epoch +3\/20000/.test(stderr),
  );
  assert.ok(status > 0);
  const log = file("cut.jsonl");
  const [head, first, second, ...others] = readFileSync(log, "utf8").trimEnd().split("\n");
  const resume = (...more) => [...training("cut", "--resume"), ...more];
  for (const [lines, lacking] of [
    [[head, first], 2],
    [[head], 1],
    [[head, first, ...others], 2],
  ]) {
    const shortened = `${lines.join("\n")}\n`;
    writeFileSync(log, shortened);
    refuses(
      resume(),
      new RegExp(
        `--log is .*cut\\.jsonl, which lacks epoch ${lacking} of the \\d+ that the checkpoint`,
      ),
    );
    assert.equal(readFileSync(log, "utf8"), shortened);
  }
  writeFileSync(log, `${[head, first, second, ...others].join("\n")}\n`);
  // Another log, from here on; then it is the run's.
  const fresh = resume().map((word) => (word === log ? file("fresh.jsonl") : word));
  for (let round = 0; round < 2; round++) {
    let seen = 0;
    const again = await interrupt(
      fresh,
      ({ stderr }) => (seen = stderr.match(/epoch +\d+\/20000/g)?.length) > 2,
    );
    assert.ok(again.status > 0 && seen > 2, again.stderr);
  }
  const epochs = readFileSync(file("fresh.jsonl"), "utf8").trimEnd().split("\n").slice(1);
  const numbers = epochs.map((line) => JSON.parse(line).epoch);
  assert.ok(numbers[0] > 2 && numbers.length > 3, `${numbers}`);
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => numbers[0] + i),
  );
});

test("a finished model of another network is no result of this run", () => {
  const network = (activation) => {
    const layers = [{ type: "flatten" }, { type: "dense", units: 8 }, { type: activation }];
    writeFileSync(
      file("one.json"),
      JSON.stringify({ layers: [...layers, { type: "dense", units: 3 }] }),
    );
  };
  const training = [
    "train",
    ...["--dataset", "bars", "--data", data, "--architecture", file("one.json"), "--epochs", "1"],
    ...["--out", file("one.safetensors"), "--resume"],
  ];
  network("relu");
  run(...training);
  assert.match(run(...training), /one\.safetensors is finished/);
  const before = readFileSync(file("one.safetensors"));
  network("tanh");
  refuses(training, /one\.safetensors is the result of such a run with another network/);
  refuses([...training, "--name", "other"], /with another network/);
  assert.deepEqual(readFileSync(file("one.safetensors")), before);
});

test("the same seed gives the same file, whatever the threads and folders", () => {
  mkdirSync(file("elsewhere"));
  run(...trainingOf(2, "here", "--threads", "1", "--name", "x", "--limit", "100"));
  run(...trainingOf(2, "elsewhere/there", "--threads", "2", "--name", "x", "--limit", "100"));
  assert.deepEqual(
    readFileSync(file("here.safetensors")),
    readFileSync(file("elsewhere/there.safetensors")),
  );
});

test("two runs on one checkpoint: the second is refused", async () => {
  const child = start(...training("shared"));
  let said = "";
  // The first checkpoint is there before the second epoch ends.
  await new Promise((resolve) =>
    child.stderr.on("data", (text) => (said += text).includes("2/20000") && resolve()),
  );
  child.kill("SIGSTOP"); // it is at work for as long as the second needs, on a busy machine too
  refuses(
    training("shared", "--resume"),
    /another run is at work on .*shared\.safetensors\.checkpoint/,
  );
  child.kill("SIGKILL");
  await once(child, "exit");
  // A killed run leaves no lock behind.
  refuses(training("shared"), /unfinished run/);
  assert.ok(readdirSync(folder).filter((name) => /^shared.*lock$/.test(name)).length <= 1);
});

test("files that cannot be written are refused before work starts, by one rule", () => {
  const model = file("mixed.safetensors");
  const train = (...more) => ["train", "--dataset", "nowhere", ...more];
  const out = ["--out", file("x.safetensors")];
  refuses(
    train(...out, "--log", file("x.safetensors")),
    /--log is .*\.jsonl|--out and --log are both/,
  );
  refuses(
    train(...out, "--log", file("x.log"), "--checkpoint", file("./x.log")),
    /--log and --checkpoint are both/,
  );
  refuses(train(...out, "--checkpoint", file("x.safetensors")), /--out and --checkpoint are both/);
  refuses(
    train("--out", file("x.pt")),
    /--out is .*x\.pt, expected a file that ends in \.safetensors/,
  );
  refuses(train("--out", file("x")), /expected a file that ends in \.safetensors/);
  refuses(
    train(...out, "--init", file("x.safetensors")),
    /--out is .*also a file to read \(--init\)/,
  );
  writeFileSync(file("image.npy"), "x");
  const attack = (name) => [
    "attack",
    "--model",
    model,
    "--images",
    file("image.npy"),
    "--attack",
    "fgsm",
    "--out",
    file(name),
  ];
  for (const [args, option] of [
    [train("--out", file("none/x.safetensors")), "--out"],
    [train(...out, "--log", file("none/x.jsonl")), "--log"],
    [train(...out, "--checkpoint", file("none/x.checkpoint")), "--checkpoint"],
    [
      ["predict", "--model", model, "--images", file("image.npy"), "--out", file("none/x.npy")],
      "--out",
    ],
    [attack("none/x.npy"), "--out"],
    [["evaluate", "--model", model, "--dataset", "bars", "--json", file("none/x.json")], "--json"],
    [
      [
        "certify",
        "--model",
        model,
        "--dataset",
        "bars",
        "--epsilon",
        "0",
        "--json",
        file("none/x.json"),
      ],
      "--json",
    ],
    [["inspect", model, "--json", file("none/x.json")], "--json"],
    [
      ["convert", "--model", model, "--weights", "f16", "--out", file("none/x.safetensors")],
      "--out",
    ],
    [["report", file("standard.jsonl"), "--html", file("none/x.html")], "--html"],
  ]) {
    refuses(args, new RegExp(`${option} is .*none.*, but the folder .*none does not exist`));
  }
  refuses(attack("x.jpg"), /--out is .*x\.jpg, expected a file that ends in \.npy or \.png/);
  refuses(attack("image.npy"), /also a file to read \(--images\)/);
  refuses(
    ["inspect", model, "--json", file("x.png")],
    /--json is .*expected a file that ends in \.json/,
  );
  refuses(
    ["convert", "--model", model, "--weights", "f16", "--out", model],
    /also a file to read \(--model\)/,
  );
  for (const name of ["x.safetensors", "x.log", "x.jpg", "x.png"])
    assert.ok(!existsSync(join(folder, name)), name);
});

test("--keep best ships the epoch with the best validation, --patience ends a run, also across interruptions", async () => {
  const options = ["--keep", "best", "--patience", "3", "--learning-rate", "0.02"];
  const args = (name, ...more) =>
    trainingOf(60, name, "--log", file(`${name}.jsonl`), ...options, ...more);
  const { stderr: said } = signflip(...args("whole"));
  const epochs = readFileSync(file("whole.jsonl"), "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => JSON.parse(line));
  const scores = epochs.map((epoch) => epoch.validation_accuracy);
  const best = scores.indexOf(Math.max(...scores)) + 1;
  assert.equal(epochs.length, best + 3);
  assert.match(said, new RegExp(`no better validation for 3 epochs: the best was epoch ${best}`));
  const about = JSON.parse(run("inspect", file("whole.safetensors"), "--json", "-"));
  assert.equal(about.metadata["signflip.training"].best_epoch, best);
  assert.match(run(...args("whole", "--resume")), /nothing is left to train/);
  run(...args("whole"));

  await interrupt(args("pieces"), ({ stderr }) => /epoch +1\/60/.test(stderr));
  run(...args("pieces", "--resume"));
  assert.deepEqual(
    readFileSync(file("pieces.safetensors")),
    readFileSync(file("whole.safetensors")),
  );
  refuses(
    args("none", "--validation", "0"),
    /--keep was given, but has an effect only with --validation/,
  );
});
