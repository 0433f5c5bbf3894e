// The command-line tool from outside, on a small dataset made here: train, stop and resume, convert,
// attack, predict, inspect.
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { before, test } from "node:test";
import { floatsOf, npy, signflip, start } from "../support/tool.mjs";
import { data, file, run, trainBars, training, trainingOf } from "../support/trained-bars.mjs";

before(trainBars);

test("the log has the configuration, then a line per epoch", () => {
  const [config, ...epochs] = readFileSync(file("standard.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(config.method, "standard");
  assert.equal(config.seed, 1);
  assert.equal(Object.keys(config.md5).length, 2);
  assert.equal(epochs.length, 4);
  for (const [i, epoch] of epochs.entries()) {
    assert.equal(epoch.epoch, i + 1);
    for (const key of [
      "loss",
      "train_accuracy",
      "validation_accuracy",
      "validation_robust_accuracy",
      "learning_rate",
      "seconds",
    ]) {
      assert.equal(typeof epoch[key], "number", key);
    }
  }
  assert.ok(
    !existsSync(file("standard.safetensors.checkpoint")),
    "the checkpoint is removed at the end",
  );
});

test("stopped by Ctrl-C and resumed, a run ends with the same weights", async () => {
  // So many that a busy machine does not end them before it hears of the third.
  const args = (name) => trainingOf(120, name, "--log", file(`${name}.jsonl`));
  run(...args("whole"));
  const child = start(...args("parts"));
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
    // Once: a second Ctrl-C would end it on the spot.
    if (/epoch +3\/120/.test(said) && !child.killed) child.kill("SIGINT");
  });
  const [code] = await once(child, "exit");
  assert.equal(code, 1, said);
  assert.match(said, /stopped; --resume continues after epoch \d+/);
  assert.ok(!existsSync(file("parts.safetensors")));
  run(...args("parts"), "--resume");
  assert.equal(readFileSync(file("parts.jsonl"), "utf8").trim().split("\n").length, 121);
  assert.deepEqual(
    readFileSync(file("parts.safetensors")),
    readFileSync(file("whole.safetensors")),
  );
});

test("convert stores the weights in eight bits, and keeps what the file says of itself", () => {
  const before = JSON.parse(run("inspect", file("mixed.safetensors"), "--json", "-"));
  const made = JSON.parse(
    run(
      "convert",
      "--model",
      file("mixed.safetensors"),
      "--weights",
      "i8",
      "--out",
      file("mixed-i8.safetensors"),
      "--json",
      "-",
    ),
  );
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
    assert.deepEqual(
      [header[`${name}.scale`].dtype, header[`${name}.scale`].shape],
      ["F32", [shape[0]]],
    );
  }
  const accuracy = (model) =>
    JSON.parse(
      run("evaluate", "--model", file(model), "--dataset", "bars", "--data", data, "--json", "-"),
    ).results[0].accuracy;
  assert.ok(Math.abs(accuracy("mixed-i8.safetensors") - accuracy("mixed.safetensors")) < 0.05);
  assert.match(
    run(
      "convert",
      "--model",
      file("mixed.safetensors"),
      "--weights",
      "f16",
      "--out",
      file("mixed-f16.safetensors"),
    ),
    /wrote .*: f16, \d+ bytes \(was \d+\)/,
  );

  writeFileSync(file("cut.safetensors"), bytes.subarray(0, -1));
  assert.match(
    signflip(
      "convert",
      "--model",
      file("cut.safetensors"),
      "--weights",
      "i8",
      "--out",
      file("never.safetensors"),
    ).stderr,
    /cut.safetensors is not a readable model file/,
  );
  assert.match(
    signflip(
      "convert",
      "--model",
      file("mixed.safetensors"),
      "--weights",
      "i4",
      "--out",
      file("never.safetensors"),
    ).stderr,
    /--weights/,
  );
  assert.ok(!existsSync(file("never.safetensors")));
});

test("attack makes images within epsilon, and predict agrees with its verdicts", () => {
  const count = 6;
  const images = Float32Array.from({ length: count * 144 }, (_, i) => ((i * 7919) % 256) / 255);
  writeFileSync(file("images.npy"), npy("<f4", [count, 12, 12, 1], images));
  writeFileSync(file("targets.npy"), npy("|u1", [count], Uint8Array.from([0, 1, 2, 0, 1, 2])));
  for (const [name, more] of [
    ["untargeted", []],
    ["targeted", ["--targeted", "--targets", file("targets.npy")]],
  ]) {
    run(
      "attack",
      "--model",
      file("standard.safetensors"),
      "--images",
      file("images.npy"),
      "--attack",
      "bim",
      "--epsilon",
      "16/255",
      ...more,
      "--out",
      file("adversarial.npy"),
      "--json",
      file("attack.json"),
    );
    const adversarial = floatsOf(file("adversarial.npy"));
    assert.equal(adversarial.length, images.length);
    adversarial.forEach((value, i) => {
      assert.ok(value >= 0 && value <= 1);
      assert.ok(Math.abs(value - images[i]) <= 16 / 255);
    });
    const result = JSON.parse(readFileSync(file("attack.json"), "utf8"));
    assert.equal(result.results[0].attack, "bim", name);
    const predicted = JSON.parse(
      run(
        "predict",
        "--model",
        file("standard.safetensors"),
        "--images",
        file("adversarial.npy"),
        "--json",
        "-",
      ),
    );
    assert.deepEqual(
      predicted.images.map(({ label }) => label),
      result.images.map(({ predicted: label }) => label),
    );
    for (const { label, predicted: now, target, success } of result.images) {
      assert.equal(success, target === undefined ? now !== label : now === target);
    }
  }
});

test("predict shows the probabilities of one picture, and writes logits", () => {
  const ppm = Buffer.concat([Buffer.from("P5\n12 12\n255\n"), Buffer.alloc(144, 200)]);
  writeFileSync(file("grey.pgm"), ppm);
  const text = run(
    "predict",
    "--model",
    file("standard.safetensors"),
    "--images",
    file("grey.pgm"),
    "--out",
    file("logits.npy"),
  );
  assert.equal(text.trim().split("\n").length, 4);
  assert.equal(floatsOf(file("logits.npy")).length, 3);
  run(
    "attack",
    "--model",
    file("standard.safetensors"),
    "--images",
    file("grey.pgm"),
    "--attack",
    "fgsm",
    "--out",
    file("fooled.png"),
  );
  assert.equal(readFileSync(file("fooled.png")).subarray(1, 4).toString(), "PNG");
  // A class for all images in place of a file, and an ending in capitals.
  const aimed = (labels, targets) => [
    ..."attack --attack fgsm --out".split(" "),
    file("AIMED.PNG"),
    ...["--model", file("standard.safetensors"), "--images", file("grey.pgm")],
    ...["--labels", labels, "--targets", targets, "--json", "-"],
  ];
  const { images } = JSON.parse(run(...aimed("1", "2")));
  assert.deepEqual([images[0].label, images[0].target], [1, 2]);
  assert.equal(readFileSync(file("AIMED.PNG")).subarray(1, 4).toString(), "PNG");
  const { status, stderr } = signflip(...aimed("1", "3"));
  assert.notEqual(status, 0);
  assert.match(stderr, /--targets is 3, expected a class from 0 to 2, or a file/);
});

test("inspect lists layers, parameters and provenance", () => {
  const about = JSON.parse(run("inspect", file("mixed.safetensors"), "--json", "-"));
  assert.equal(about.selftest, "passed");
  assert.equal(
    about.layers.reduce((sum, { parameters }) => sum + parameters, 0),
    about.model.parameters,
  );
  assert.equal(about.metadata["signflip.training"].method, "mixed");
  assert.match(run("inspect", file("mixed.safetensors")), /multiply-adds/);
});
