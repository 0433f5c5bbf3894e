// signflip import and export: other programs' files to ours and back, what is refused, and the check
// on a dataset.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { readTensors, writeTensors } from "../support/tensors.mjs";
import { floatsOf, npy, root, signflip, temporaryFolder, writeBars } from "../support/tool.mjs";

const folder = temporaryFolder();
const data = join(folder, "bars");
const file = (name) => join(folder, name);
const trained = file("trained.safetensors");

const ok = (...args) => {
  const result = signflip(...args);
  assert.equal(result.status, 0, `${args.join(" ")}\n${result.stderr}`);
  return result;
};

/** One line on stderr that matches, exit status 1, and nothing written. */
function refuses(args, ...patterns) {
  const { status, stderr } = signflip(...args, "--out", file("refused.safetensors"));
  assert.equal(status, 1, stderr);
  assert.equal(stderr.trim().split("\n").length, 1, stderr);
  for (const pattern of patterns) assert.match(stderr, pattern);
  assert.ok(!existsSync(file("refused.safetensors")));
}

const logits = (model) => {
  ok("predict", "--model", model, "--images", file("images.npy"), "--out", file("logits.npy"));
  return floatsOf(file("logits.npy"));
};

function sameLogits(a, b) {
  const first = logits(a),
    second = logits(b);
  assert.equal(first.length, second.length);
  first.forEach((value, k) => assert.ok(Math.abs(value - second[k]) <= 1e-4, `${k}: ${value}`));
}

before(() => {
  mkdirSync(data);
  writeBars(data);
  const images = Float32Array.from({ length: 4 * 144 }, (_, i) => ((i * 37) % 101) / 100);
  writeFileSync(file("images.npy"), npy("<f4", [4, 12, 12, 1], images));
  ok(
    ...["train", "--dataset", "bars", "--data", data, "--architecture", "s", "--epochs", "3"],
    ...["--out", trained],
  );
  // As torch.save_file writes a state_dict: names of modules in the order of the alphabet.
  const names = { 0: "features.0", 2: "features.2", 5: "classifier.0", 7: "classifier.2" };
  const state = {};
  for (const [name, tensor] of Object.entries(readTensors(trained).tensors)) {
    const [place, what] = name.split(".");
    if (names[place]) state[`module.${names[place]}.${what}`] = tensor;
  }
  state["module.n.num_batches_tracked"] = { dtype: "I64", shape: [], bytes: Buffer.alloc(8) };
  writeTensors(
    file("state.safetensors"),
    Object.fromEntries(Object.entries(state).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
});

const normalisation = () => {
  const { mean, std } = JSON.parse(readTensors(trained).metadata.signflip).normalise;
  return ["--mean", mean.join(), "--std", std.join()];
};
const state = () => ["import", file("state.safetensors"), "--architecture", "s"];
const shape = ["--input", "12x12x1"];

test("a state_dict and the name of its architecture are a model with the same logits", () => {
  const out = file("imported.safetensors");
  const { stdout } = ok(...state(), ...shape, ...normalisation(), "--out", out);
  assert.match(stdout, /layer 5 dense ← module\.classifier\.0/);
  sameLogits(trained, out);
  assert.match(ok("inspect", out).stdout, /self-test +passed/);
});

test("an architecture file, class names and a name of its own", () => {
  const { layers } = JSON.parse(readTensors(trained).metadata.signflip);
  writeFileSync(file("net.json"), JSON.stringify({ layers }));
  writeFileSync(file("classes.txt"), "\ufeffleft\n middle\nright\t\r\n\n");
  const out = file("named.safetensors");
  ok(
    ...["import", file("state.safetensors"), "--architecture", file("net.json"), ...shape],
    ...["--classes", file("classes.txt"), "--name", "bars", ...normalisation(), "--out", out],
  );
  const { name, classes } = JSON.parse(readTensors(out).metadata.signflip);
  assert.equal(name, "bars");
  assert.deepEqual(classes, ["left", "middle", "right"]);
  sameLogits(trained, out);
});

test("a list of classes that is none is refused with its line", () => {
  const classes = (text) => {
    writeFileSync(file("bad.txt"), text);
    return [...state(), ...shape, "--classes", file("bad.txt")];
  };
  refuses(classes("a\n\nb\n"), /line 2 is blank/);
  refuses(classes("a\nb\na\n"), /line 3 names a again/);
  refuses(classes("\n"), /names no classes/);
  refuses(classes("a\nb\u200b\nc\n"), /line 2 is b\\u\{200B\}, expected a name in UTF-8/);
  refuses(classes(Buffer.from([0x61, 0x0a, 0xe4, 0x0a])), /line 2 is \\xE4, expected/);
  refuses(classes("a\nb\n"), /names of 2 classes, but the model has 3 outputs/);
});

test("what is missing or does not fit is asked for by its option", () => {
  refuses(["import", file("state.safetensors")], /--architecture FILE\.json/);
  refuses(state(), /input|tensors are not those/);
  refuses(
    [...state(), "--input", "12x12"],
    /--input is 12x12, expected height, width and channels/,
  );
  refuses([...state(), "--input", "16x16x1"], /layer 5 \(dense\) needs a weight of/);
  refuses([...state(), ...shape, "--mean", "0.5"], /mean is given without std/);
  refuses(
    [...state(), ...shape, "--mean", "33.3", "--std", "78.6"],
    /mean is 33\.3, expected 0 to 1, .*for pixels from 0 to 255 the pixel range is 255/,
  );
  refuses(
    [...state(), ...shape, "--mean", "0.1", "--std", "0.3", "--pixel-range", "255"],
    /mean and std are 0\.1 and 0\.3, as of pixels from 0 to 1, but the pixel range is 255/,
  );
  refuses([...state(), ...shape, "--mean", "0.5", "--std", "0"], /std is 0, expected more than 0/);
  refuses([...state(), ...shape, "--limit", "5"], /--limit .* --dataset/);
  refuses(["import", trained], /a model file of Signflip already/);
});

test("formats that are not read say the way to go", () => {
  const write = (name, text) => {
    writeFileSync(file(name), Buffer.from(text, "latin1"));
    return ["import", file(name)];
  };
  refuses(write("net.h5", "\x89HDF\r\n\x1a\n0000"), /net\.h5: it is HDF5.*tf2onnx/);
  refuses(write("net.keras", "PK\x03\x04....config.json"), /Keras archive.*onnx/);
  refuses(write("net.pt", "PK\x03\x04....net/data.pkl"), /pickle.*signflip_export\.py/);
  refuses(write("net.pth", "\x80\x02}q\x00X\x01"), /pickle.*signflip_export\.py/);
  refuses(write("net.txt", "hello, this is no model"), /not a readable model file/);
});

const checked = (...more) => {
  const out = file("checked.safetensors");
  const { stderr } = ok(
    ...[...state(), ...shape, "--dataset", "bars", "--data", data, "--out", out],
    ...["--json", file("check.json"), ...more],
  );
  return { stderr, ...JSON.parse(readFileSync(file("check.json"), "utf8")).check };
};

test("the check on a dataset is quiet where all is well", () => {
  const { accuracy, warning, stderr } = checked(...normalisation());
  assert.ok(accuracy > 0.9, `${accuracy}`);
  assert.equal(warning, "");
  assert.doesNotMatch(stderr, /warning/);
});

/** The state_dict of a net without normalisation, the weights of its first layer multiplied. */
function writePlain(name, factor) {
  if (!existsSync(file("plain.safetensors"))) {
    ok(
      ...["train", "--dataset", "bars", "--data", data, "--architecture", "s", "--epochs", "3"],
      ...["--no-normalise", "--out", file("plain.safetensors")],
    );
  }
  const tensors = Object.fromEntries(
    Object.entries(readTensors(file("plain.safetensors")).tensors).filter(([key]) =>
      /^\d/.test(key),
    ),
  );
  const values = new Float32Array(Uint8Array.from(tensors["0.weight"].bytes).buffer);
  const scaled = Float32Array.from(values, (value) => value * factor);
  tensors["0.weight"] = { ...tensors["0.weight"], bytes: Buffer.from(scaled.buffer) };
  writeTensors(file(name), tensors);
  return (...more) => {
    const { stderr } = ok(
      ...[
        "import",
        file(name),
        "--architecture",
        "s",
        ...shape,
        "--out",
        file("plain-model.safetensors"),
      ],
      ...["--dataset", "bars", "--data", data, "--json", file("check.json"), ...more],
    );
    return { stderr, ...JSON.parse(readFileSync(file("check.json"), "utf8")).check };
  };
}

test("a net that was fed 0 to 255 is noticed, and the option that it names mends it", () => {
  const run = writePlain("bytes.safetensors", 1 / 255);
  const { accuracy, warning, stderr } = run();
  assert.ok(accuracy < 0.9, `${accuracy}`);
  assert.match(warning, /right on only .* where it was trained on pixels 0 to 255/);
  assert.match(stderr, /warning: .*--pixel-range 255/);
  const mended = run("--pixel-range", "255");
  assert.ok(mended.accuracy > 0.9, `${mended.accuracy}`);
  assert.equal(mended.warning, "");
  sameLogits(file("plain.safetensors"), file("plain-model.safetensors"));
});

test("a net whose images are normalised although it was trained without is noticed", () => {
  const run = writePlain("plain-state.safetensors", 1);
  assert.equal(run().warning, "");
  assert.match(run("--mean", "1", "--std", "0.02").warning, /where its input is normalised twice/);
});

test("classes in another order are noticed", () => {
  const { tensors } = readTensors(file("state.safetensors"));
  const turned = { ...tensors };
  for (const what of ["weight", "bias"]) {
    const last = tensors[`module.classifier.2.${what}`];
    const row = last.bytes.length / 3;
    turned[`module.classifier.2.${what}`] = {
      ...last,
      bytes: Buffer.concat([last.bytes.subarray(row), last.bytes.subarray(0, row)]),
    };
  }
  writeTensors(file("turned.safetensors"), turned);
  const { stderr } = ok(
    ...["import", file("turned.safetensors"), "--architecture", "s", ...shape, ...normalisation()],
    ...["--dataset", "bars", "--data", data, "--out", file("turned-model.safetensors")],
  );
  assert.match(stderr, /warning: .*classes are in another order/);
});

test("export writes ONNX that import reads back to the same logits", () => {
  const onnx = file("net.onnx"),
    back = file("back.safetensors");
  assert.match(ok("export", trained, "--onnx", onnx).stdout, /input image N×1×12×12/);
  ok("import", onnx, "--out", back);
  sameLogits(trained, back);
  for (const name of ["gtsrb-lenet", "mnist-denoiser"]) {
    const model = join(root, "models", `${name}.safetensors`);
    if (!existsSync(model)) continue;
    ok("export", model, "--onnx", onnx);
    ok("import", onnx, "--out", file("again.safetensors"));
  }
  const { status, stderr } = signflip("export", trained, "--onnx", file("net.txt"));
  assert.equal(status, 1);
  assert.match(stderr, /--onnx/);
});

test("a damaged ONNX file and options that do nothing for it are refused", () => {
  const onnx = file("net.onnx");
  ok("export", trained, "--onnx", onnx);
  writeFileSync(file("cut.onnx"), readFileSync(onnx).subarray(0, 3000));
  refuses(["import", file("cut.onnx")], /cut\.onnx: it is not a readable ONNX file/);
  refuses(["import", onnx, "--architecture", "s"], /--architecture .* state_dict/);
  refuses(["import", onnx, "--input", "28x28x1"], /input is 28×28×1, but the model's input/);
  refuses(["import", onnx, "--mean", "0.5", "--std", "0.5"], /normalised twice/);
});
