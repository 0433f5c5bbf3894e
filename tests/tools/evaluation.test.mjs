// The command-line tool from outside, on a small dataset made here: evaluate, certify, experiments.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { before, test } from "node:test";
import { signflip } from "../support/tool.mjs";
import { data, evaluated, file, run, trainBars } from "../support/trained-bars.mjs";

before(trainBars);

test("evaluate writes its table and its results", () => {
  const out = file("evaluate.json");
  const text = run(
    "evaluate",
    "--model",
    file("mixed.safetensors"),
    "--dataset",
    "bars",
    "--data",
    data,
    "--attacks",
    "clean,fgsm,mim",
    "--epsilon",
    "0.1",
    "--json",
    out,
  );
  assert.match(text, /^clean +\d/m);
  const result = JSON.parse(readFileSync(out, "utf8"));
  assert.deepEqual(Object.keys(result.model), ["file", "sha256", "parameters"]);
  assert.deepEqual(result.dataset, { name: "bars", split: "test", count: 90 });
  assert.deepEqual(
    result.results.map(({ attack }) => attack),
    ["clean", "fgsm", "mim", "worst"],
  );
  const [clean, fgsm, mim, worst] = result.results;
  assert.ok(clean.accuracy > 0.95);
  assert.ok(fgsm.max_linf <= 0.1 && mim.max_linf <= 0.1);
  assert.equal(fgsm.epsilon, 0.1);
  assert.equal(mim.steps, 10);
  assert.ok(worst.accuracy <= Math.min(clean.accuracy, fgsm.accuracy, mim.accuracy));
  assert.equal(
    fgsm.confusion.flat().reduce((sum, n) => sum + n, 0),
    90,
  );
  assert.equal(fgsm.gradients, 90);
  const alone = evaluated("mixed");
  assert.equal(alone.results.length, 1);
});

test("certify writes verified accuracy and radii, and threads change nothing", () => {
  const certify = (...more) =>
    run(
      "certify",
      "--model",
      file("mixed.safetensors"),
      "--dataset",
      "bars",
      "--data",
      data,
      ...more,
    );
  const text = certify("--epsilon", "0.002", "--json", file("certify.json"));
  assert.match(text, /^method +epsilon +clean +verified +mean radius +median radius/);
  assert.match(text, /^ibp +0\.002 /m);
  const result = JSON.parse(readFileSync(file("certify.json"), "utf8"));
  assert.deepEqual(Object.keys(result), ["signflip", "model", "dataset", "results"]);
  assert.equal(result.model.file, "mixed.safetensors");
  assert.deepEqual(result.dataset, { name: "bars", split: "test", count: 90 });
  const [{ seconds, ...row }] = result.results;
  assert.deepEqual(Object.keys(row), [
    "method",
    "norm",
    "epsilon",
    "count",
    "accuracy",
    "accuracy_interval",
    "verified_accuracy",
    "verified_accuracy_interval",
    "mean_radius",
    "median_radius",
  ]);
  assert.equal(row.method, "ibp");
  assert.equal(row.epsilon, 0.002);
  certify("--epsilon", "0.01", "--limit", "20", "--json", file("intervals.json"));
  certify("--epsilon", "0.01", "--limit", "20", "--bound", "crown", "--json", file("linear.json"));
  const [{ results: intervals }, { results: linear }] = ["intervals", "linear"].map((name) =>
    JSON.parse(readFileSync(file(`${name}.json`), "utf8")),
  );
  assert.equal(linear[0].method, "crown");
  assert.ok(linear[0].verified_accuracy >= intervals[0].verified_accuracy);
  assert.ok(linear[0].mean_radius > intervals[0].mean_radius * 1.05);
  assert.ok(seconds > 0);
  assert.ok(row.accuracy > 0.95);
  assert.ok(row.mean_radius > 0.002 && row.mean_radius < 0.1, `mean radius ${row.mean_radius}`);
  assert.ok(
    row.verified_accuracy > 0.5 && row.verified_accuracy <= row.accuracy,
    `verified ${row.verified_accuracy}`,
  );

  const [clean] = evaluated("mixed").results;
  assert.equal(row.accuracy, clean.accuracy);
  for (const threads of ["1", "2"]) {
    const [{ seconds: again, ...other }] = JSON.parse(
      certify("--epsilon", "0.002", "--threads", threads, "--json", "-"),
    ).results;
    assert.ok(again > 0);
    assert.deepEqual(other, row);
  }
  const few = JSON.parse(
    certify(
      "--epsilon",
      "255/255",
      "--limit",
      "7",
      "--split",
      "train",
      "--no-radii",
      "--json",
      "-",
    ),
  );
  assert.equal(few.dataset.count, 7);
  assert.equal(few.dataset.split, "train");
  assert.equal(few.results[0].epsilon, 1);
  assert.equal(few.results[0].verified_accuracy, 0);
  assert.ok(!("mean_radius" in few.results[0]));
});

test("evaluate --from crafts on another model, --limit takes of each class its share", () => {
  const result = evaluated(
    "mixed",
    "--from",
    file("standard.safetensors"),
    "--attacks",
    "fgsm",
    "--limit",
    "50",
  );
  assert.equal(result.from.file, "standard.safetensors");
  assert.equal(result.dataset.count, 50);
  const all = JSON.parse(
    run(
      ..."evaluate --dataset bars --json -".split(" "),
      ...["--model", file("mixed.safetensors"), "--data", data],
    ),
  );
  const labels = ({ results }) =>
    results[0].confusion.map((row) => row.reduce((sum, count) => sum + count));
  const share = labels(all).map((count) => (count * 50) / all.dataset.count);
  for (const [label, count] of labels(result).entries()) {
    assert.ok(Math.abs(count - share[label]) < 1, `class ${label}: ${count}, not ${share[label]}`);
  }
});

test("a budget in L2 is said beside those in L∞, and starts that are the same are refused", () => {
  const asked = (...more) => [
    "evaluate",
    ...["--model", file("mixed.safetensors"), "--dataset", "bars", "--data", data],
    ...["--epsilon", "0.1", ...more],
  ];
  const table = run(...asked("--attacks", "clean,fgsm,pgd", "--norm", "l2"));
  assert.deepEqual(
    [...table.matchAll(/^([a-z]+(?:, L2)?) /gm)].map(([, name]) => name),
    ["attack", "clean", "fgsm", "pgd, L2", "worst", "worst, L2"],
  );
  const { status, stderr } = signflip(
    ...asked("--attacks", "pgd", "--random-start", "false", "--restarts", "3"),
  );
  assert.equal(status, 1);
  assert.match(stderr, /--restarts is 3, but without --random-start each start of pgd is the same/);
});

test("--limit is fixed by --seed, in evaluate, certify and train alike", () => {
  const sample = (...more) =>
    JSON.parse(
      run(
        ..."evaluate --dataset bars --limit 40 --json -".split(" "),
        ...["--model", file("mixed.safetensors"), "--data", data, ...more],
      ),
    ).results[0].loss;
  assert.equal(sample("--seed", "1"), sample("--seed", "1"));
  assert.notEqual(sample("--seed", "1"), sample("--seed", "2"));
  const certified = (...more) =>
    JSON.parse(
      run(
        ..."certify --dataset bars --epsilon 0,0.01 --no-radii --limit 40 --json -".split(" "),
        ...["--model", file("mixed.safetensors"), "--data", data, ...more],
      ),
    );
  assert.deepEqual(
    certified("--seed", "1").results.map(({ epsilon, count }) => [epsilon, count]),
    [
      [0, 40],
      [0.01, 40],
    ],
  );
  assert.equal(certified("--seed", "1").seed, 1);
  const { status, stderr } = signflip(
    ..."certify --dataset bars --epsilon 0 --seed 3".split(" "),
    ...["--model", file("mixed.safetensors"), "--data", data],
  );
  assert.notEqual(status, 0);
  assert.match(stderr, /--seed was given, but has an effect only with --limit/);
});

test("evaluate --experiment repeats what the page saved; the command line has the last word", () => {
  const experiment = {
    signflip: "0.1.0",
    experiment: 1,
    dataset: "bars",
    model: "mixed.safetensors",
    from: "standard.safetensors",
    attack: "pgd",
    parameters: { epsilon: 0.1, steps: 4, restarts: 2 },
    seed: 7,
    page: "https://example.org/?attack=pgd",
  };
  writeFileSync(file("experiment.json"), JSON.stringify(experiment));
  const { stdout, stderr, status } = signflip(
    "evaluate",
    "--experiment",
    file("experiment.json"),
    "--data",
    data,
    "--json",
    "-",
  );
  assert.equal(status, 0, stderr);
  const result = JSON.parse(stdout);
  assert.equal(result.model.file, "mixed.safetensors");
  assert.equal(result.from.file, "standard.safetensors");
  assert.equal(result.seed, 7);
  const [clean, pgd] = result.results;
  assert.equal(clean.attack, "clean");
  assert.deepEqual([pgd.attack, pgd.epsilon, pgd.steps, pgd.restarts], ["pgd", 0.1, 4, 2]);
  const asOptions = evaluated(
    "mixed",
    "--from",
    file("standard.safetensors"),
    "--attacks",
    "clean,pgd",
    "--epsilon",
    "0.1",
    "--steps",
    "4",
    "--restarts",
    "2",
    "--seed",
    "7",
  );
  const timeless = ({ results, ...rest }) => ({
    ...rest,
    results: results.map(({ seconds, ...row }) => row),
  });
  assert.deepEqual(timeless(result), timeless(asOptions));

  const other = JSON.parse(
    run(
      "evaluate",
      "--experiment",
      file("experiment.json"),
      "--data",
      data,
      "--model",
      file("standard.safetensors"),
      "--epsilon",
      "0.2",
      "--seed",
      "1",
      "--json",
      "-",
    ),
  );
  assert.equal(other.model.file, "standard.safetensors");
  assert.deepEqual([other.results[1].epsilon, other.results[1].steps, other.seed], [0.2, 4, 1]);
  const attacks = JSON.parse(
    run(
      "evaluate",
      "--experiment",
      file("experiment.json"),
      "--data",
      data,
      "--attacks",
      "fgsm",
      "--json",
      "-",
    ),
  );
  assert.deepEqual(
    attacks.results.map(({ attack }) => attack),
    ["fgsm"],
  );
  assert.match(run("evaluate", "--help"), /--experiment/);
});

test("an experiment with several models and a target gives each its results, and report reads them", () => {
  const experiment = {
    experiment: 1,
    dataset: "bars",
    attack: "mim",
    parameters: { epsilon: 0.2, steps: 4 },
    target: 2,
    models: [
      { model: "mixed.safetensors" },
      { model: "standard.safetensors", from: "mixed.safetensors" },
    ],
  };
  writeFileSync(file("several.json"), JSON.stringify(experiment));
  const { stdout, stderr, status } = signflip(
    "evaluate",
    "--experiment",
    file("several.json"),
    "--data",
    data,
    "--json",
    file("several-results.json"),
  );
  assert.equal(status, 0, stderr);
  assert.match(stderr, /left out \d+ images that are of class 2 already/);
  const results = JSON.parse(readFileSync(file("several-results.json"), "utf8"));
  assert.deepEqual(
    results.map(({ model, from }) => [model.file, from?.file]),
    [
      ["mixed.safetensors", undefined],
      ["standard.safetensors", "mixed.safetensors"],
    ],
  );
  for (const {
    dataset,
    target,
    targeted,
    results: [clean, mim],
  } of results) {
    assert.ok(dataset.count > 0 && dataset.count < 90);
    assert.deepEqual(
      [target, targeted, mim.attack, mim.epsilon, mim.steps],
      [2, true, "mim", 0.2, 4],
    );
    const total = clean.confusion.flat().reduce((a, b) => a + b);
    assert.equal(total, dataset.count);
    assert.equal(
      clean.confusion[2].reduce((a, b) => a + b),
      0,
      "none of the target's own class",
    );
    // The success of a targeted attack is to arrive, and the confusion matrix counts who did.
    assert.ok(
      Math.abs(mim.success_rate - mim.confusion.reduce((sum, row) => sum + row[2], 0) / total) <
        1e-9,
    );
    const shown = (100 * mim.success_rate).toFixed(2);
    assert.ok(stdout.includes(`mim: ${shown}% are now read as class 2`), stdout);
  }
  // Each entry is what the same options give alone.
  const alone = evaluated(
    "standard",
    "--from",
    file("mixed.safetensors"),
    "--attacks",
    "clean,mim",
    "--epsilon",
    "0.2",
    "--steps",
    "4",
    "--target",
    "2",
  );
  const timeless = ({ results: rows, ...rest }) => ({
    ...rest,
    results: rows.map(({ seconds, ...row }) => row),
  });
  assert.deepEqual(timeless(results[1]), timeless(alone));
  // A model of the command line takes the place of both.
  const one = JSON.parse(
    run(
      "evaluate",
      "--experiment",
      file("several.json"),
      "--data",
      data,
      "--model",
      file("standard.safetensors"),
      "--json",
      "-",
    ),
  );
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
  refused(
    { models: [{ model: "none.safetensors" }] },
    /names the model none.safetensors, which is neither here/,
  );
  refused({ target: 3 }, /the target is class 3, but bars has the classes 0 to 2/);
  refused(
    { attack: "autoattack", parameters: {} },
    /autoattack, which cannot aim at a class: leave out --target/,
  );
});
