// The command-line tool from outside, on a small dataset made here: train, stop and resume, predict,
// attack, evaluate, inspect.
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { floatsOf, npy, signflip, start, temporaryFolder, writeBars } from "./support.mjs";

const folder = temporaryFolder();
const data = join(folder, "bars");
const file = (name) => join(folder, name);
const trainingOf = (epochs, name, ...more) => ["train", "--dataset", "bars", "--data", data, "--architecture", "s",
  "--epochs", String(epochs), "--out", file(`${name}.safetensors`), ...more];
const training = (name, ...more) => trainingOf(4, name, ...more);

/** Runs the tool and expects success. */
function run(...args) {
  const result = signflip(...args);
  assert.equal(result.status, 0, result.stderr);
  return result.stdout;
}

before(() => {
  mkdirSync(data);
  writeBars(data);
  run(...training("standard", "--log", file("standard.jsonl")));
  run(...training("mixed", "--method", "mixed", "--epsilon", "0.1", "--weights", "f16"));
});

test("the log has the configuration, then a line an epoch", () => {
  const [config, ...epochs] = readFileSync(file("standard.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(config.method, "standard");
  assert.equal(config.seed, 1);
  assert.equal(Object.keys(config.md5).length, 2);
  assert.equal(epochs.length, 4);
  for (const [i, epoch] of epochs.entries()) {
    assert.equal(epoch.epoch, i + 1);
    for (const key of ["loss", "train_accuracy", "validation_accuracy", "validation_robust_accuracy", "learning_rate", "seconds"]) {
      assert.equal(typeof epoch[key], "number", key);
    }
  }
  assert.ok(!existsSync(file("standard.safetensors.checkpoint")), "the checkpoint is removed at the end");
});

test("the same seed gives the same weights whatever the number of threads", () => {
  run(...training("one", "--method", "mixed", "--threads", "1", "--name", "x"));
  run(...training("two", "--method", "mixed", "--threads", "2", "--name", "x"));
  const weights = (name) => {
    const bytes = readFileSync(file(`${name}.safetensors`));
    return bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));
  };
  assert.deepEqual(weights("one"), weights("two"));
});

test("stopped by Ctrl-C and resumed, a run ends with the same weights", async () => {
  const args = (name) => trainingOf(30, name, "--log", file(`${name}.jsonl`));
  run(...args("whole"));
  const child = start(...args("parts"));
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
    // Once: a second Ctrl-C would end it on the spot.
    if (/epoch +3\/30/.test(said) && !child.killed) child.kill("SIGINT");
  });
  const [code] = await once(child, "exit");
  assert.equal(code, 1, said);
  assert.match(said, /stopped; --resume continues after epoch \d+/);
  assert.ok(!existsSync(file("parts.safetensors")));
  run(...args("parts"), "--resume");
  assert.equal(readFileSync(file("parts.jsonl"), "utf8").trim().split("\n").length, 31);
  const tensors = (name) => {
    const bytes = readFileSync(file(`${name}.safetensors`));
    return bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));
  };
  assert.deepEqual(tensors("parts"), tensors("whole"));
});

test("evaluate writes the results that CONTRACT promises", () => {
  const out = file("evaluate.json");
  const text = run("evaluate", "--model", file("mixed.safetensors"), "--dataset", "bars", "--data", data,
    "--attacks", "clean,fgsm,mim", "--epsilon", "0.1", "--json", out);
  assert.match(text, /^clean +\d/m);
  const result = JSON.parse(readFileSync(out, "utf8"));
  assert.deepEqual(Object.keys(result.model), ["file", "sha256", "parameters"]);
  assert.deepEqual(result.dataset, { name: "bars", split: "test", count: 90 });
  assert.deepEqual(result.results.map(({ attack }) => attack), ["clean", "fgsm", "mim", "worst"]);
  const [clean, fgsm, mim, worst] = result.results;
  assert.ok(clean.accuracy > 0.95);
  assert.ok(fgsm.max_linf <= 0.1 && mim.max_linf <= 0.1);
  assert.equal(fgsm.epsilon, 0.1);
  assert.equal(mim.steps, 10);
  assert.ok(worst.accuracy <= Math.min(clean.accuracy, fgsm.accuracy, mim.accuracy));
  assert.equal(fgsm.confusion.flat().reduce((sum, n) => sum + n, 0), 90);
  assert.equal(fgsm.gradients, 90);
  const alone = JSON.parse(run("evaluate", "--model", file("mixed.safetensors"), "--dataset", "bars", "--data", data, "--json", "-"));
  assert.equal(alone.results.length, 1);
});

test("certify writes verified accuracy and radii, and threads change nothing", () => {
  const certify = (...more) => run("certify", "--model", file("mixed.safetensors"), "--dataset", "bars", "--data", data, ...more);
  const text = certify("--epsilon", "0.002", "--json", file("certify.json"));
  assert.match(text, /^method +epsilon +clean +verified +mean radius +median radius/);
  assert.match(text, /^ibp +0\.002 /m);
  const result = JSON.parse(readFileSync(file("certify.json"), "utf8"));
  assert.deepEqual(Object.keys(result), ["signflip", "model", "dataset", "results"]);
  assert.equal(result.model.file, "mixed.safetensors");
  assert.deepEqual(result.dataset, { name: "bars", split: "test", count: 90 });
  const [{ seconds, ...row }] = result.results;
  assert.deepEqual(Object.keys(row), ["method", "norm", "epsilon", "count", "accuracy", "verified_accuracy", "mean_radius", "median_radius"]);
  assert.equal(row.method, "ibp");
  assert.equal(row.epsilon, 0.002);
  assert.ok(seconds > 0);
  assert.ok(row.accuracy > 0.95);
  assert.ok(row.mean_radius > 0.002 && row.mean_radius < 0.1, `mean radius ${row.mean_radius}`);
  assert.ok(row.verified_accuracy > 0.5 && row.verified_accuracy <= row.accuracy, `verified ${row.verified_accuracy}`);

  const [clean] = JSON.parse(run("evaluate", "--model", file("mixed.safetensors"), "--dataset", "bars", "--data", data, "--json", "-")).results;
  assert.equal(row.accuracy, clean.accuracy);
  for (const threads of ["1", "2"]) {
    const [{ seconds: again, ...other }] = JSON.parse(certify("--epsilon", "0.002", "--threads", threads, "--json", "-")).results;
    assert.ok(again > 0);
    assert.deepEqual(other, row);
  }
  const few = JSON.parse(certify("--epsilon", "255/255", "--limit", "7", "--split", "train", "--no-radii", "--json", "-"));
  assert.equal(few.dataset.count, 7);
  assert.equal(few.dataset.split, "train");
  assert.equal(few.results[0].epsilon, 1);
  assert.equal(few.results[0].verified_accuracy, 0);
  assert.ok(!("mean_radius" in few.results[0]));
});

test("evaluate --from crafts on another model, --limit takes the first images", () => {
  const result = JSON.parse(run("evaluate", "--model", file("mixed.safetensors"), "--from", file("standard.safetensors"),
    "--dataset", "bars", "--data", data, "--attacks", "fgsm", "--limit", "50", "--json", "-"));
  assert.equal(result.from.file, "standard.safetensors");
  assert.equal(result.dataset.count, 50);
});

test("evaluate --experiment repeats what the page saved; the command line has the last word", () => {
  const experiment = { signflip: "0.1.0", experiment: 1, dataset: "bars", model: "mixed.safetensors", from: "standard.safetensors",
    attack: "mim", parameters: { epsilon: 0.1, steps: 4, decay: 0.5 }, seed: 7, page: "https://example.org/?attack=mim" };
  writeFileSync(file("experiment.json"), JSON.stringify(experiment));
  const { stdout, stderr, status } = signflip("evaluate", "--experiment", file("experiment.json"), "--data", data, "--json", "-");
  assert.equal(status, 0, stderr);
  const result = JSON.parse(stdout);
  assert.equal(result.model.file, "mixed.safetensors");
  assert.equal(result.from.file, "standard.safetensors");
  assert.equal(result.seed, 7);
  const [clean, mim] = result.results;
  assert.equal(clean.attack, "clean");
  assert.deepEqual([mim.attack, mim.epsilon, mim.steps, mim.decay], ["mim", 0.1, 4, 0.5]);
  const asOptions = JSON.parse(run("evaluate", "--model", file("mixed.safetensors"), "--from", file("standard.safetensors"), "--dataset", "bars",
    "--data", data, "--attacks", "clean,mim", "--epsilon", "0.1", "--steps", "4", "--decay", "0.5", "--seed", "7", "--json", "-"));
  const timeless = ({ results, ...rest }) => ({ ...rest, results: results.map(({ seconds, ...row }) => row) });
  assert.deepEqual(timeless(result), timeless(asOptions));

  const other = JSON.parse(run("evaluate", "--experiment", file("experiment.json"), "--data", data, "--model", file("standard.safetensors"),
    "--epsilon", "0.2", "--seed", "1", "--json", "-"));
  assert.equal(other.model.file, "standard.safetensors");
  assert.deepEqual([other.results[1].epsilon, other.results[1].steps, other.seed], [0.2, 4, 1]);
  const attacks = JSON.parse(run("evaluate", "--experiment", file("experiment.json"), "--data", data, "--attacks", "fgsm", "--json", "-"));
  assert.deepEqual(attacks.results.map(({ attack }) => attack), ["fgsm"]);
  assert.match(run("evaluate", "--help"), /--experiment/);
});

test("an experiment with several models and a target gives each its results, and report reads them", () => {
  const experiment = { experiment: 1, dataset: "bars", model: "mixed.safetensors", attack: "mim", parameters: { epsilon: 0.2, steps: 4 }, target: 2,
    models: [{ model: "mixed.safetensors" }, { model: "standard.safetensors", from: "mixed.safetensors" }] };
  writeFileSync(file("several.json"), JSON.stringify(experiment));
  const { stdout, stderr, status } = signflip("evaluate", "--experiment", file("several.json"), "--data", data, "--json", file("several-results.json"));
  assert.equal(status, 0, stderr);
  assert.match(stderr, /left out \d+ images that are of class 2 already/);
  const results = JSON.parse(readFileSync(file("several-results.json"), "utf8"));
  assert.deepEqual(results.map(({ model, from }) => [model.file, from?.file]),
    [["mixed.safetensors", undefined], ["standard.safetensors", "mixed.safetensors"]]);
  for (const { dataset, target, targeted, results: [clean, mim] } of results) {
    assert.ok(dataset.count > 0 && dataset.count < 90);
    assert.deepEqual([target, targeted, mim.attack, mim.epsilon, mim.steps], [2, true, "mim", 0.2, 4]);
    const total = clean.confusion.flat().reduce((a, b) => a + b);
    assert.equal(total, dataset.count);
    assert.equal(clean.confusion[2].reduce((a, b) => a + b), 0, "none of the target's own class");
    // The success of a targeted attack is to arrive, and the confusion matrix counts who did.
    assert.ok(Math.abs(mim.success_rate - mim.confusion.reduce((sum, row) => sum + row[2], 0) / total) < 1e-9);
    const shown = (100 * mim.success_rate).toFixed(2);
    assert.ok(stdout.includes(`mim: ${shown}% are now read as class 2`), stdout);
  }
  // Each entry is what the same options give alone.
  const alone = JSON.parse(run("evaluate", "--model", file("standard.safetensors"), "--from", file("mixed.safetensors"), "--dataset", "bars",
    "--data", data, "--attacks", "clean,mim", "--epsilon", "0.2", "--steps", "4", "--target", "2", "--json", "-"));
  const timeless = ({ results: rows, ...rest }) => ({ ...rest, results: rows.map(({ seconds, ...row }) => row) });
  assert.deepEqual(timeless(results[1]), timeless(alone));
  // A model of the command line takes the place of both.
  const one = JSON.parse(run("evaluate", "--experiment", file("several.json"), "--data", data, "--model", file("standard.safetensors"), "--json", "-"));
  assert.equal(one.model.file, "standard.safetensors");
  run("report", file("several-results.json"), "--html", file("several.html"));
  const html = readFileSync(file("several.html"), "utf8");
  assert.ok(html.includes("mixed.safetensors") && html.includes("standard.safetensors"));

  const refused = (changes, sentence) => {
    writeFileSync(file("refused.json"), JSON.stringify({ ...experiment, ...changes }));
    const refusal = signflip("evaluate", "--experiment", file("refused.json"), "--data", data);
    assert.equal(refusal.status, 1);
    assert.match(refusal.stderr, sentence);
  };
  refused({ models: [] }, /"models": \[\], expected a list of 1 to 100/);
  refused({ models: [{ from: "mixed.safetensors" }] }, /expected objects, each with a "model"/);
  refused({ models: [{ model: "none.safetensors" }] }, /names the model none.safetensors, which is neither here/);
  refused({ target: 3 }, /the target is class 3, but bars has the classes 0 to 2/);
  refused({ attack: "autoattack", parameters: {} }, /autoattack, which cannot aim at a class: leave out --target/);
});

test("convert stores the weights in eight bits, and keeps what the file says of itself", () => {
  const before = JSON.parse(run("inspect", file("mixed.safetensors"), "--json", "-"));
  const made = JSON.parse(run("convert", "--model", file("mixed.safetensors"), "--weights", "i8", "--out", file("mixed-i8.safetensors"), "--json", "-"));
  const bytes = readFileSync(file("mixed-i8.safetensors"));
  assert.equal(made.bytes, bytes.length);
  assert.ok(made.bytes < 0.75 * made.bytes_before, `${made.bytes} of ${made.bytes_before} bytes`);
  assert.ok(made.largest_change > 0 && made.largest_change < 0.1);
  const after = JSON.parse(run("inspect", file("mixed-i8.safetensors"), "--json", "-"));
  assert.equal(after.selftest, "passed");
  assert.deepEqual(after.layers, before.layers);
  assert.deepEqual(after.metadata["signflip.training"], before.metadata["signflip.training"]);
  assert.equal(after.metadata["signflip.conversion"].from, before.model.sha256);
  assert.match(after.metadata["signflip.conversion"].command, /^signflip convert /);
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())));
  for (const [name, { dtype, shape }] of Object.entries(header)) {
    if (!/^\d+\.weight$/.test(name)) continue;
    assert.equal(dtype, "I8");
    assert.deepEqual([header[`${name}.scale`].dtype, header[`${name}.scale`].shape], ["F32", [shape[0]]]);
  }
  const accuracy = (model) => JSON.parse(run("evaluate", "--model", file(model), "--dataset", "bars", "--data", data, "--json", "-")).results[0].accuracy;
  assert.ok(Math.abs(accuracy("mixed-i8.safetensors") - accuracy("mixed.safetensors")) < 0.05);
  assert.match(run("convert", "--model", file("mixed.safetensors"), "--weights", "f16", "--out", file("mixed-f16.safetensors")), /wrote .*: f16, \d+ bytes \(was \d+\)/);

  writeFileSync(file("cut.safetensors"), bytes.subarray(0, -1));
  assert.match(signflip("convert", "--model", file("cut.safetensors"), "--weights", "i8", "--out", file("never.safetensors")).stderr,
    /cut.safetensors is not a readable model file/);
  assert.match(signflip("convert", "--model", file("mixed.safetensors"), "--weights", "i4", "--out", file("never.safetensors")).stderr, /--weights/);
  assert.ok(!existsSync(file("never.safetensors")));
});

test("attack makes images within epsilon, and predict agrees with its verdicts", () => {
  const count = 6;
  const images = Float32Array.from({ length: count * 144 }, (_, i) => ((i * 7919) % 256) / 255);
  writeFileSync(file("images.npy"), npy("<f4", [count, 12, 12, 1], images));
  writeFileSync(file("targets.npy"), npy("|u1", [count], Uint8Array.from([0, 1, 2, 0, 1, 2])));
  for (const [name, more] of [["untargeted", []], ["targeted", ["--targeted", "--targets", file("targets.npy")]]]) {
    run("attack", "--model", file("standard.safetensors"), "--images", file("images.npy"), "--attack", "bim",
      "--epsilon", "16/255", ...more, "--out", file("adversarial.npy"), "--json", file("attack.json"));
    const adversarial = floatsOf(file("adversarial.npy"));
    assert.equal(adversarial.length, images.length);
    adversarial.forEach((value, i) => {
      assert.ok(value >= 0 && value <= 1);
      assert.ok(Math.abs(value - images[i]) <= 16 / 255);
    });
    const result = JSON.parse(readFileSync(file("attack.json"), "utf8"));
    assert.equal(result.results[0].attack, "bim", name);
    const predicted = JSON.parse(run("predict", "--model", file("standard.safetensors"), "--images", file("adversarial.npy"), "--json", "-"));
    assert.deepEqual(predicted.images.map(({ label }) => label), result.images.map(({ predicted: label }) => label));
    for (const { label, predicted: now, target, success } of result.images) {
      assert.equal(success, target === undefined ? now !== label : now === target);
    }
  }
});

test("predict shows the probabilities of one picture, and writes logits", () => {
  const ppm = Buffer.concat([Buffer.from("P5\n12 12\n255\n"), Buffer.alloc(144, 200)]);
  writeFileSync(file("grey.pgm"), ppm);
  const text = run("predict", "--model", file("standard.safetensors"), "--images", file("grey.pgm"), "--out", file("logits.npy"));
  assert.equal(text.trim().split("\n").length, 4);
  assert.equal(floatsOf(file("logits.npy")).length, 3);
  run("attack", "--model", file("standard.safetensors"), "--images", file("grey.pgm"), "--attack", "fgsm", "--out", file("fooled.png"));
  assert.equal(readFileSync(file("fooled.png")).subarray(1, 4).toString(), "PNG");
});

test("inspect lists layers, parameters and provenance", () => {
  const about = JSON.parse(run("inspect", file("mixed.safetensors"), "--json", "-"));
  assert.equal(about.selftest, "passed");
  assert.equal(about.layers.reduce((sum, { parameters }) => sum + parameters, 0), about.model.parameters);
  assert.equal(about.metadata["signflip.training"].method, "mixed");
  assert.match(run("inspect", file("mixed.safetensors")), /multiply-adds/);
});
