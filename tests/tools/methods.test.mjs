// Every training method from outside, on a small dataset made here: it writes a model and a log that
// say what was done, and its options are refused where they do not fit.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { signflip, temporaryFolder, writeBars } from "../support/tool.mjs";

const folder = temporaryFolder();
const data = join(folder, "bars");
const file = (name) => join(folder, name);
const train = (method, ...more) =>
  signflip(
    "train",
    "--dataset",
    "bars",
    "--data",
    data,
    "--method",
    method,
    "--epochs",
    "3",
    "--epsilon",
    "25.5/255",
    "--out",
    file(`${method}.safetensors`),
    "--log",
    file(`${method}.jsonl`),
    ...more,
  );

/** The lines of a log. */
const log = (method) =>
  readFileSync(file(`${method}.jsonl`), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

/** A run that is refused: one sentence with these words in it, and no file. */
function refuses(result, ...words) {
  assert.notEqual(result.status, 0);
  for (const word of words) assert.match(result.stderr, word);
}

before(() => {
  mkdirSync(data);
  writeBars(data);
  assert.equal(train("standard").status, 0);
});

const options = {
  mixed: ["--attack", "mim", "--steps", "3"],
  finetune: ["--finetune-epochs", "2"],
  fast: ["--attack", "n-fgsm", "--ramp", "1", "--average", "0.9"],
  pgd: ["--steps", "3", "--balance", "1"],
  trades: ["--steps", "3", "--beta", "2"],
  ibp: ["--warm-up", "1", "--ramp", "1", "--clip", "8"],
  denoiser: ["--architecture", "denoiser", "--classifier", file("standard.safetensors")],
};
for (const [method, more] of Object.entries(options)) {
  test(`--method ${method} trains, logs and writes a model that loads`, () => {
    const result = train(method, ...more);
    assert.equal(result.status, 0, result.stderr);
    assert.doesNotMatch(result.stderr, /warning/);
    const [config, ...epochs] = log(method);
    assert.equal(config.method, method);
    assert.equal(config.epsilon, 0.1);
    assert.equal(epochs.length, 3);
    for (const epoch of epochs) {
      assert.ok(epoch.validation_robust_accuracy >= 0 && epoch.validation_robust_accuracy <= 1);
      assert.equal(epoch.undone, false);
    }
    const about = JSON.parse(
      signflip("inspect", file(`${method}.safetensors`), "--json", "-").stdout,
    );
    assert.equal(about.metadata["signflip.training"].method, method);
  });
}

test("a network that has learnt nothing is a warning, and what may help", () => {
  const one = (/** @type {string[]} */ ...more) =>
    signflip(
      ...["train", "--dataset", "bars", "--data", data, "--epochs", "1"],
      ...["--out", file("unlearnt.safetensors"), ...more],
    );
  const hopeless = one("--method", "ibp", "--epsilon", "1");
  assert.equal(hopeless.status, 0, hopeless.stderr);
  assert.match(
    hopeless.stderr,
    /warning: the network has learnt nothing: it is right on \d+\.\d% of the validation images, and the same answer for all would be on 3\d\.\d%;.*--warm-up and --ramp/,
  );
  const still = one("--method", "pgd", "--steps", "2", "--epsilon", "1", "--validation", "0");
  assert.equal(still.status, 0, still.stderr);
  assert.match(still.stderr, /% of the training images/);
});

// Blocks with and without a projection, depthwise and dilated convolutions, batch norm without a
// bias before it: trained from a file, attacked, certified.
test("a residual network of all kinds of convolutions goes the whole way", () => {
  const bare = (filters, kernel, more = {}) => ({
    type: "conv2d",
    filters,
    kernel,
    bias: false,
    ...more,
  });
  const norm = { type: "batchnorm2d" };
  const relu = { type: "relu" };
  const layers = [
    bare(6, 3, { padding: "same" }),
    norm,
    relu,
    {
      type: "residual",
      body: [bare(6, 3, { padding: 2, dilation: 2, groups: 6 }), norm, relu, bare(6, 1), norm],
    },
    relu,
    {
      type: "residual",
      body: [bare(8, 3, { stride: 2, padding: 1 }), norm, relu],
      shortcut: [bare(8, 1, { stride: 2 }), norm],
    },
    { type: "flatten" },
    { type: "dense", units: 3 },
  ];
  writeFileSync(file("residual.json"), JSON.stringify({ layers }));
  const trained = train("pgd", "--steps", "2", "--architecture", file("residual.json"));
  assert.equal(trained.status, 0, trained.stderr);
  assert.ok(log("pgd").at(-1).validation_accuracy > 0.5, JSON.stringify(log("pgd")));
  const model = file("pgd.safetensors");
  const about = JSON.parse(signflip("inspect", model, "--json", "-").stdout);
  assert.equal(about.selftest, "passed");
  const named = Object.fromEntries(about.layers.map((layer) => [layer.layer, layer]));
  // Batch norm is folded into the convolutions before it, which gives them a bias.
  assert.equal(named["2.body.0"].parameters, 6 * 9 + 6);
  assert.equal(named["2.body.0"].groups, 6);
  assert.equal(named["4.shortcut.0"].parameters, 6 * 8 + 8);
  assert.deepEqual(named["4"].output, named["4.body.0"].output);
  assert.equal(
    about.layers.reduce((sum, { parameters }) => sum + parameters, 0),
    about.model.parameters,
  );
  const on = ["--model", model, "--dataset", "bars", "--data", data, "--epsilon", "0.02"];
  const attacked = signflip("evaluate", ...on, "--attacks", "clean,pgd", "--json", "-");
  assert.equal(attacked.status, 0, attacked.stderr);
  const certified = signflip("certify", ...on, "--json", "-");
  assert.equal(certified.status, 0, certified.stderr);
  const [clean, pgd] = JSON.parse(attacked.stdout).results;
  assert.ok(clean.accuracy > 0.5 && pgd.accuracy <= clean.accuracy);
});

test("a denoiser stands in front of its classifier", () => {
  const results = JSON.parse(
    signflip(
      "evaluate",
      "--model",
      file("standard.safetensors"),
      "--denoiser",
      file("denoiser.safetensors"),
      "--gray-box",
      "--dataset",
      "bars",
      "--data",
      data,
      "--attacks",
      "clean,fgsm",
      "--epsilon",
      "0.1",
      "--json",
      "-",
    ).stdout,
  );
  assert.match(results.denoiser.file, /denoiser\.safetensors/);
  assert.equal(results.gray_box, true);
  // Crafted through the denoiser, judged without it.
  const options = [
    "evaluate",
    "--model",
    file("standard.safetensors"),
    "--from-denoiser",
    file("denoiser.safetensors"),
    "--dataset",
    "bars",
    "--data",
    data,
    "--attacks",
    "fgsm",
    "--epsilon",
    "0.1",
  ];
  const transferred = JSON.parse(
    signflip(...options, "--from", file("standard.safetensors"), "--json", "-").stdout,
  );
  assert.match(transferred.from_denoiser.file, /denoiser\.safetensors/);
  assert.notEqual(transferred.results[0].loss, results.results[1].loss);
  refuses(signflip(...options), /--from is missing/);
  refuses(
    signflip(...options, "--from", file("denoiser.safetensors")),
    /--from is .*denoiser\.safetensors, which is a denoiser/,
    /--from-denoiser/,
  );
});

test("--init goes on from a model, with its architecture", () => {
  const result = train(
    "pgd",
    "--steps",
    "2",
    "--init",
    file("standard.safetensors"),
    "--name",
    "warm",
  );
  assert.equal(result.status, 0, result.stderr);
  const [config, first] = log("pgd");
  assert.match(config.init, /standard\.safetensors/);
  assert.ok(first.train_accuracy > 0.6, "a start from scratch would not be there yet");
});

test("options that do not fit the method", () => {
  refuses(train("pgd", "--attack", "deepfool"), /--attack/, /deepfool/);
  refuses(train("fast", "--attack", "pgd"), /--attack/, /rs-fgsm/);
  refuses(train("trades", "--attack", "fgsm"), /--attack/, /trades/);
  refuses(train("standard", "--attack", "fgsm"), /--attack/, /standard/);
  refuses(train("finetune", "--finetune-epochs", "3"), /--finetune-epochs/, /3/);
  refuses(train("denoiser", "--architecture", "denoiser"), /--classifier/);
  refuses(train("denoiser", "--classifier", file("standard.safetensors")), /denoiser/, /12×12/);
  refuses(train("mixed", "--classifier", file("standard.safetensors")), /--classifier/);
  refuses(train("pgd", "--init", file("nowhere.safetensors")), /--init/, /nowhere/);
  refuses(train("ibp", "--kappa", "2"), /^signflip: --kappa is 2, expected a number from 0 to 1$/m);
  refuses(
    signflip(
      "train",
      "--dataset",
      "bars",
      "--data",
      data,
      "--epsilon",
      "8/0",
      "--out",
      file("out.safetensors"),
    ),
    /--epsilon/,
    /8\/0/,
  );
  assert.ok(!existsSync(file("out.safetensors")));
});
