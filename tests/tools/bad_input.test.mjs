// Bad input, each kind once, from outside: one clear sentence that names what is wrong, a non-zero
// exit, and nothing half-written.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { barsFolder, idx, npy, root, signflip, start, writeBars } from "../support/tool.mjs";

const { folder, data, file } = barsFolder();
const model = join(root, "models/mnist-standard.safetensors");

/** Expects one sentence that matches every pattern. */
function refuses(args, ...patterns) {
  const { status, stdout, stderr, signal } = signflip(...args);
  assert.equal(signal, null, `killed by ${signal}`);
  assert.notEqual(status, 0, `succeeded: ${stdout}`);
  assert.ok(status < 126, `status ${status}`);
  const lines = stderr.trim().split("\n");
  assert.ok(lines.length <= 2, stderr);
  for (const pattern of patterns) assert.match(stderr, pattern);
}

const attack = (...more) => [
  "attack",
  "--model",
  model,
  "--images",
  file("image.npy"),
  "--attack",
  ...more,
];
const train = (...more) => [
  "train",
  "--dataset",
  "bars",
  "--data",
  data,
  "--epochs",
  "1",
  "--out",
  file("out.safetensors"),
  ...more,
];

test("a dataset folder that is not there", () => {
  refuses(
    ["evaluate", "--model", model, "--dataset", "mnist", "--data", file("nowhere")],
    /nowhere/,
  );
  refuses(
    ["evaluate", "--model", model, "--dataset", "mnist"],
    /SIGNFLIP_DATA|nowhere/,
    /data\/mnist/,
  );
});

test("a truncated gzip file", () => {
  const broken = file("truncated");
  mkdirSync(broken);
  writeBars(broken);
  const name = join(broken, "t10k-images-idx3-ubyte.gz");
  writeFileSync(name, readFileSync(name).subarray(0, 500));
  refuses(
    ["evaluate", "--model", model, "--dataset", "bars", "--data", broken],
    /t10k-images-idx3-ubyte\.gz/,
    /gzip|cut|end/i,
  );
});

test("an IDX file with the wrong dimensions", () => {
  for (const [name, images] of [
    ["two", idx([90, 144], Buffer.alloc(90 * 144))],
    ["short", idx([90, 12, 12], Buffer.alloc(100))],
    ["huge", idx([0xffffffff, 0xffffffff, 0xffffffff], [])],
  ]) {
    const broken = file(name);
    mkdirSync(broken);
    writeBars(broken);
    writeFileSync(join(broken, "t10k-images-idx3-ubyte.gz"), gzipSync(images));
    refuses(
      ["evaluate", "--model", model, "--dataset", "bars", "--data", broken],
      /t10k-images-idx3-ubyte/,
    );
  }
});

test("a model file cut short or with a damaged weight", () => {
  const bytes = readFileSync(model);
  for (const length of [0, 7, 8, 100, Math.floor(bytes.length / 2), bytes.length - 1]) {
    writeFileSync(file("cut.safetensors"), bytes.subarray(0, length));
    refuses(["inspect", file("cut.safetensors")], /cut\.safetensors/);
  }
  const damaged = Buffer.from(bytes);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  for (let i = 0; i < 64; i++) damaged[start + i] ^= 0x55;
  writeFileSync(file("damaged.safetensors"), damaged);
  refuses(["inspect", file("damaged.safetensors")], /damaged\.safetensors/, /self-test|finite/);
});

test("pictures of impossible sizes", () => {
  const png = (width, height) => {
    const header = Buffer.alloc(33);
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]).copy(header);
    header.write("IHDR", 12);
    header.writeUInt32BE(width, 16);
    header.writeUInt32BE(height, 20);
    header[24] = 8;
    return header;
  };
  for (const [name, bytes] of [
    ["zero.png", png(0, 0)],
    ["vast.png", png(100000, 100000)],
    ["zero.pgm", Buffer.from("P5\n0 0\n255\n")],
    ["vast.ppm", Buffer.from("P6\n100000 100000\n255\n")],
    ["text.png", Buffer.from("this is no picture")],
  ]) {
    writeFileSync(file(name), bytes);
    refuses(
      ["predict", "--model", model, "--images", file(name)],
      new RegExp(name.replace(".", "\\.")),
    );
  }
});

test("unknown attacks, parameters and values", () => {
  refuses(attack("fgms"), /fgms/, /fgsm, bim/);
  refuses(attack("fgsm", "--epsilon", "-0.1"), /epsilon/, /-0\.1/);
  refuses(attack("fgsm", "--epsilon", "lots"), /epsilon/, /lots/);
  refuses(attack("bim", "--steps", "0"), /steps/, /0/);
  refuses(attack("fgsm", "--decay", "1"), /--decay/, /fgsm/);
  refuses(
    [
      "evaluate",
      "--model",
      model,
      "--dataset",
      "bars",
      "--data",
      data,
      "--attacks",
      "clean,nothing",
    ],
    /nothing/,
  );
});

test("certify with a radius, a model or data that it cannot use", () => {
  const certify = (...more) => [
    "certify",
    "--model",
    model,
    "--dataset",
    "bars",
    "--data",
    data,
    ...more,
  ];
  for (const epsilon of ["-0.1", "1.5", "8/0", "300/255", "lots", "nan"]) {
    refuses(certify("--epsilon", epsilon), /--epsilon is/, new RegExp(epsilon), /from 0 to 1/);
  }
  refuses(certify(), /--epsilon/);
  refuses(certify("--epsilon", "0.1"), /28×28×1/, /12×12×1/);
  refuses(certify("--epsilon", "0.1", "--json", file("no/such/folder.json")), /--json/, /folder/);
  const about = {
    version: 1,
    name: "denoiser",
    input: { height: 12, width: 12, channels: 1 },
    layers: [{ type: "sigmoid" }],
  };
  const header = Buffer.from(JSON.stringify({ __metadata__: { signflip: JSON.stringify(about) } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(file("denoiser.safetensors"), Buffer.concat([length, header]));
  refuses(
    [
      "certify",
      "--model",
      file("denoiser.safetensors"),
      "--dataset",
      "bars",
      "--data",
      data,
      "--epsilon",
      "0.1",
    ],
    /denoiser\.safetensors, which is a denoiser/,
    /classifier/,
  );
  refuses(
    [
      "certify",
      "--model",
      file("image.npy"),
      "--dataset",
      "bars",
      "--data",
      data,
      "--epsilon",
      "0.1",
    ],
    /image\.npy/,
  );
});

test("images, labels and datasets that do not fit the model", () => {
  writeFileSync(file("small.npy"), npy("<f4", [1, 5, 5, 1], new Float32Array(25)));
  refuses(
    ["predict", "--model", model, "--images", file("small.npy")],
    /small\.npy/,
    /5×5/,
    /28×28/,
  );
  writeFileSync(file("bright.npy"), npy("<f4", [1, 28, 28, 1], new Float32Array(784).fill(7)));
  refuses(["predict", "--model", model, "--images", file("bright.npy")], /bright\.npy/, /7/);
  writeFileSync(file("labels.npy"), npy("|u1", [1], Uint8Array.from([10])));
  refuses(attack("fgsm", "--labels", file("labels.npy")), /labels\.npy/, /10/);
  refuses(
    ["evaluate", "--model", model, "--dataset", "bars", "--data", data],
    /28×28×1/,
    /12×12×1/,
  );
});

test("architectures whose layers do not fit", () => {
  const architecture = (layers) => writeFileSync(file("net.json"), JSON.stringify({ layers }));
  architecture([
    { type: "conv2d", filters: 4, kernel: [50, 50] },
    { type: "flatten" },
    { type: "dense", units: 3 },
  ]);
  refuses(train("--architecture", file("net.json")), /layer 0/, /50×50/, /12×12/);
  architecture([{ type: "dense", units: 3 }]);
  refuses(train("--architecture", file("net.json")), /layer 0/, /flatten/);
  architecture([{ type: "flatten" }, { type: "dense", units: 4 }]);
  refuses(train("--architecture", file("net.json")), /classes/);
  writeFileSync(file("net.json"), "{ not JSON");
  refuses(train("--architecture", file("net.json")), /net\.json/);
  refuses(train("--architecture", "resnet"), /resnet/, /m243/);
});

test("training options out of range, and places that cannot be written to", () => {
  refuses(train("--epsilon", "-1"), /--epsilon/, /-1/);
  refuses(train("--epochs", "0"), /--epochs/);
  refuses(train("--method", "magic"), /magic/, /mixed/);
  for (const command of [train, attack.bind(null, "fgsm")]) {
    // A card that is there would do it.
    if (!existsSync("/dev/nvidiactl")) {
      refuses(
        command("--device", "cuda"),
        /--device is cuda/,
        /built without CUDA|no CUDA device can be used/,
        /use the device cpu/,
      );
    }
    refuses(command("--device", "tpu"), /--device/, /tpu/);
  }
  refuses(
    ["train", "--dataset", "bars", "--data", data, "--out", file("no/such/folder/x.safetensors")],
    /--out/,
    /no\/such\/folder/,
  );
  refuses(["train", "--dataset", "bars", "--data", data], /--out/);
  refuses(["fly"], /fly|subcommand/i);
  assert.ok(!existsSync(file("out.safetensors")));
});

test("an experiment that is none, or asks for what is not there", () => {
  const experiment = (content) => {
    writeFileSync(
      file("experiment.json"),
      typeof content === "string" ? content : JSON.stringify(content),
    );
    return ["evaluate", "--experiment", file("experiment.json"), "--data", data];
  };
  const good = { experiment: 1, dataset: "bars", attack: "fgsm" };
  refuses(["evaluate", "--experiment", file("missing.json")], /missing\.json/);
  refuses(experiment("{"), /experiment\.json is not an experiment/);
  refuses(experiment({ ...good, experiment: 2 }), /"experiment": 1/);
  refuses(experiment({ ...good, dataset: 7 }), /"dataset": 7, expected a text/);
  refuses(experiment({ ...good, seed: -1 }), /"seed": -1, expected a whole number/);
  refuses(experiment({ ...good, gray_box: "yes" }), /"gray_box"/, /true or false/);
  refuses(experiment({ ...good, parameters: [] }), /"parameters": \[\], expected an object/);
  refuses(experiment({ ...good, parameters: { epsilon: null } }), /"epsilon": null/);
  refuses(experiment({ ...good, parameters: { warp: 1 } }), /no attack has a parameter "warp"/);
  refuses(
    experiment({ ...good, model: "none.safetensors" }),
    /neither here nor beside it/,
    /--model/,
  );
  refuses(
    experiment({ ...good, parameter: { epsilon: 0.1 } }),
    /unknown key 'parameter'; known are/,
  );
  refuses(experiment({ ...good, model, transfrom: "bits:1" }), /unknown key 'transfrom'/);
  const several = { ...good, models: [{ model, transfrom: "bits:1" }] };
  refuses(experiment(several), /a model, has an unknown key 'transfrom'; known are .*transform/);
  refuses(experiment({ ...good, models: [{ model }], denoiser: model }), /unknown key 'denoiser'/);
  refuses(experiment({ ...good, model, gray_box: true }), /"gray_box": true, expected a denoiser/);
  refuses(experiment('{"experiment": 1, "attack": "fgsm", "attack": "pgd"}'), /'attack' twice/);
  refuses(
    experiment('{"experiment": 1, "parameters": {"epsilon": 0.1, "epsilon": 0.2}}'),
    /"epsilon": 0\.2, expected it once/,
  );
  refuses(experiment(good), /--model is missing/);
  refuses([...experiment({ experiment: 1 }), "--model", model], /--dataset is missing/);
  refuses([...experiment({ ...good, attack: "nothing" }), "--model", model], /nothing/);
});

test("a model that is another program's file is said to be that", () => {
  const onnx = Buffer.concat([
    Buffer.from([8, 7, 18, 7]),
    Buffer.from("pytorch"),
    Buffer.alloc(99, 3),
  ]);
  for (const [name, bytes, pattern] of [
    ["net.pt", Buffer.from("PK\x03\x04" + "x".repeat(99), "latin1"), /PyTorch.*\.pt.*state_dict/],
    ["old.pth", Buffer.from("\x80\x02}q\x00" + "x".repeat(99), "latin1"), /old PyTorch/],
    ["net.onnx", onnx, /ONNX/],
    ["page.safetensors", Buffer.from("\n<!DOCTYPE html><html><body>Sign in</body></html>"), /HTML/],
    [
      "pointer.safetensors",
      Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n"),
      /Git LFS pointer.*git lfs pull/,
    ],
    ["net.h5", Buffer.from("\x89HDF\r\n\x1a\n" + "x".repeat(99), "latin1"), /HDF5.*Keras/],
    ["net.json", Buffer.from('{"layers": []}'), /JSON/],
    ["empty.safetensors", Buffer.alloc(0), /empty/],
  ]) {
    writeFileSync(file(name), bytes);
    refuses(["inspect", file(name)], new RegExp(name.replace(".", "\\.")), pattern);
  }
});

test("JSON that breaks off is refused with line and column", () => {
  writeFileSync(
    file("net.json"),
    '{\n  "layers": [\n    {"type": "flatten"},\n    {"type" "dense"}\n  ]\n}\n',
  );
  refuses(train("--architecture", file("net.json")), /net\.json is not JSON: line 4, column 13/);
  writeFileSync(file("cut.json"), '{"experiment": 1,\n "dataset": "mn');
  refuses(
    ["evaluate", "--experiment", file("cut.json")],
    /cut\.json is not an experiment.*\(it is no JSON from line 2, column 16 on\)/,
  );
  writeFileSync(file("results.json"), '{"results": [1, 2\n');
  refuses(["report", file("results.json"), "--html", "-"], /results\.json is not JSON.*\(line 2/);
});

test("a dataset that is not found: what was looked for, and what lies there", () => {
  mkdirSync(file("shelf/kmnist"), { recursive: true });
  writeFileSync(file("shelf/readme.txt"), "x");
  const evaluate = (...more) => ["evaluate", "--model", model, "--dataset", "mnist", ...more];
  refuses(
    evaluate("--data", file("shelf")),
    /no dataset mnist \(train-images-\*/,
    /shelf has kmnist, readme\.txt/,
  );
  refuses(evaluate("--data", file("none")), /none does not exist/);
});
