// What the tool does to its surroundings and they to it, from outside: files that it replaces, runs
// that died, memory and threads that are not to be had, trainings that diverge, and texts from
// files that a terminal would obey.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import { crc32 } from "../../tools/lib/zip.mjs";
import { barsFolder, binary, npy, root, signflip, start, writeBars } from "../support/tool.mjs";

const { data, file } = barsFolder();
const model = join(root, "models/mnist-standard.safetensors");

const train = (out, ...more) => [
  "train",
  ...["--dataset", "bars", "--data", data, "--architecture", "s", "--out", out],
  ...more,
];
const predict = (...more) => ["predict", "--model", model, "--images", file("image.npy"), ...more];

/** One line on stderr, exit status 1. */
function oneError({ status, signal, stderr }, ...patterns) {
  assert.equal(signal, null, `killed by ${signal}: ${stderr}`);
  assert.equal(status, 1, stderr);
  assert.equal(stderr.trim().split("\n").length, 1, stderr);
  for (const pattern of patterns) assert.match(stderr, pattern);
}

test("a file that is replaced keeps its mode, and a read-only one stays", () => {
  const json = file("out.json");
  writeFileSync(json, "old");
  chmodSync(json, 0o600);
  assert.equal(signflip(...predict("--json", json)).status, 0);
  assert.equal(statSync(json).mode & 0o777, 0o600);
  JSON.parse(readFileSync(json, "utf8"));

  writeFileSync(json, "kept");
  chmodSync(json, 0o444);
  oneError(signflip(...predict("--json", json)), /--json/, /out\.json: it is a read-only file/);
  assert.equal(readFileSync(json, "utf8"), "kept");
  chmodSync(json, 0o600);
  // Before a training, not after it.
  const kept = file("kept.safetensors");
  writeFileSync(kept, "kept");
  chmodSync(kept, 0o444);
  oneError(signflip(...train(kept)), /--out/, /read-only/);
});

test("a link to a file that is not there yet is followed", () => {
  symlinkSync("behind.json", file("link.json"));
  assert.equal(signflip(...predict("--json", file("link.json"))).status, 0);
  JSON.parse(readFileSync(file("behind.json"), "utf8"));
});

/** Waits for a line on stderr that matches. */
const heard = (child, pattern) =>
  new Promise((resolve, reject) => {
    let text = "";
    child.stderr.on("data", (piece) => {
      text += piece;
      if (pattern.test(text)) resolve(text);
    });
    child.on("close", () => reject(new Error(`ended without ${pattern}: ${text}`)));
  });

test("what killed runs leave behind is cleared, and blocks no later run", async () => {
  const place = file("killed");
  mkdirSync(place);
  const out = join(place, "net.safetensors");
  for (let i = 0; i < 3; i++) {
    const child = start(...train(out, "--epochs", "100000", "--threads", "1", "--restart"));
    await heard(child, /epoch +2/);
    const ended = new Promise((resolve) => child.on("close", resolve));
    child.kill("SIGKILL");
    await ended;
  }
  // A name as a run that is gone may have left it, whatever the kills above hit.
  writeFileSync(join(place, ".signflip-0123456789abcdef.tmp"), "half");
  rmSync(`${out}.checkpoint`);
  const result = signflip(...train(out, "--epochs", "1"));
  assert.equal(result.status, 0, result.stderr);
  assert.deepEqual(readdirSync(place), ["net.safetensors"]);
});

test("an interrupted import leaves nothing, a killed one what the next clears", async () => {
  const source = file("official");
  const images = join(source, "Final_Training/Images/00000");
  mkdirSync(images, { recursive: true });
  let table = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n";
  const pixels = Buffer.alloc(3 * 200 * 200, 99);
  for (let i = 0; i < 3000; i++) {
    const name = `00000_${String(i).padStart(5, "0")}.ppm`;
    writeFileSync(
      join(images, name),
      i < 40 ? Buffer.concat([Buffer.from("P6\n200 200\n255\n"), pixels]) : "",
    );
    table += `${name};200;200;0;0;200;200;0\n`;
  }
  writeFileSync(join(images, "GT-00000.csv"), table);
  const place = file("imports");
  mkdirSync(place);
  // The 41st picture cannot be read: the run ends in the middle.
  oneError(signflip("import-gtsrb", source, join(place, "gtsrb")), /00000_00040\.ppm/);
  assert.deepEqual(readdirSync(place), []);
  mkdirSync(join(place, ".signflip-0123456789abcdef.tmp/deep"), { recursive: true });
  oneError(signflip("import-gtsrb", source, join(place, "gtsrb")), /00000_00040\.ppm/);
  assert.deepEqual(readdirSync(place), []);
});

/** Runs under a limit of the shell: `ulimit -v KILOBYTES`. */
const limited = (kilobytes, ...args) =>
  spawnSync("bash", ["-c", `ulimit -v ${kilobytes} && exec "$@"`, "bash", binary, ...args], {
    encoding: "utf8",
  });

test("memory and threads that are not to be had are one error each", () => {
  const evaluate = ["evaluate", "--model", file("bars.safetensors"), "--dataset", "bars"];
  assert.equal(signflip(...train(file("bars.safetensors"), "--epochs", "1")).status, 0);
  oneError(
    limited(1000000, ...evaluate, "--data", data, "--threads", "1000"),
    /does not give 1000 threads/,
  );
  // Of 300,000 pictures, one byte per pixel, there is room for the file and not for all that follows.
  const large = file("large.npy");
  writeFileSync(large, npy("|u1", [300000, 28, 28, 1], Buffer.alloc(300000 * 784)));
  for (const kilobytes of [400000, 700000, 1000000]) {
    oneError(
      limited(kilobytes, "predict", "--model", model, "--images", large, "--threads", "2"),
      /there is not enough memory/,
    );
  }
});

test("a training that diverges says so and keeps the last good epoch", () => {
  const out = file("diverged.safetensors");
  // Decay with too long a step multiplies the weights by -99 each time.
  const early = ["--optimiser", "sgd", "--learning-rate", "100", "--weight-decay", "1"];
  const first = signflip(...train(out, ...early, "--schedule", "constant", "--epochs", "2"));
  oneError(first, /the training diverged in epoch 1, by image \d+ of \d+/, /learning rate/);
  assert.ok(!existsSync(out), "there is no good epoch");

  // Here the rate begins small, and the first epochs are harmless.
  const late = ["--optimiser", "sgd", "--learning-rate", "10", "--weight-decay", "1"];
  const second = signflip(...train(out, ...late, "--schedule", "cyclic", "--epochs", "100"));
  assert.equal(second.status, 1);
  const [, epoch] = second.stderr.match(/holds the model as it was after epoch (\d+)/) ?? [];
  assert.ok(Number(epoch) >= 1, second.stderr);
  const about = signflip("inspect", out, "--json", "-");
  assert.equal(about.status, 0, about.stderr);
  const { metadata } = JSON.parse(about.stdout);
  assert.equal(metadata["signflip.training"].diverged_after, Number(epoch));
});

test("a checkpoint with values that cannot be is refused", () => {
  const checkpoint = file("run.checkpoint");
  const run = (...more) =>
    signflip(
      ...train(file("run.safetensors"), "--epochs", "1", "--checkpoint", checkpoint, ...more),
    );
  assert.equal(run().status, 0);
  const bytes = readFileSync(checkpoint);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString("utf8"));
  for (const [tensor, value, pattern] of [
    ["parameters", NaN, /its parameters hold a value that is not a finite number/],
    ["second_moment", -1, /second_moment.* negative/],
  ]) {
    const damaged = Buffer.from(bytes);
    damaged.writeFloatLE(value, 8 + length + header[tensor].data_offsets[0]);
    writeFileSync(checkpoint, damaged);
    oneError(run("--resume"), /run\.checkpoint/, pattern);
  }
});

/** A model file with other metadata; weights and self-test stay. */
function withMetadata(change) {
  const bytes = readFileSync(model);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString("utf8"));
  const own = JSON.parse(header.__metadata__.signflip);
  change(own, header.__metadata__);
  header.__metadata__.signflip = JSON.stringify(own);
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, bytes.subarray(8 + length)]);
}

/** What a terminal would obey: controls but the line feed, marks of direction. */
const obeyed = /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

test("nothing that a file says reaches a terminal raw", () => {
  const evil = "a\x1b[2J\x1b]0;title\x07\u202egnp\u2066\x9b31m\r\x7f";
  const bad = file("evil.safetensors");
  writeFileSync(
    bad,
    withMetadata((own, metadata) => {
      own.name = evil;
      own.classes = own.classes.map((_, i) => `${evil}${i}`);
      metadata[`note ${evil}`] = evil;
      metadata.json = JSON.stringify({ [evil]: evil });
    }),
  );
  const named = file(`picture-${evil.replaceAll("/", "")}.png`);
  writeFileSync(named, "no picture");
  writeFileSync(file("report.json"), JSON.stringify({ [evil]: 1, results: [{ attack: evil }] }));
  const outputs = [
    signflip("inspect", bad),
    signflip("inspect", bad, "--json", "-"),
    signflip("predict", "--model", bad, "--images", file("image.npy")),
    signflip("predict", "--model", bad, "--images", file("image.npy"), "--json", "-"),
    signflip("predict", "--model", model, "--images", named),
    signflip("predict", "--model", named, "--images", named),
    signflip("evaluate", "--model", bad, "--dataset", evil, "--data", data),
    signflip("report", file("report.json"), "--html", file("report.html")),
    signflip("report", named, "--html", file("report.html")),
    signflip(...predict("--json", file(`${evil}/x.json`))),
    signflip(...predict("--out", file(`${evil.replaceAll("/", "")}.npy`))),
    signflip(...predict(`--${evil}`)),
    signflip(evil),
    signflip("attack", "--attack", evil, "--model", model, "--images", file("image.npy")),
  ];
  let shown = 0;
  for (const { stdout, stderr } of outputs) {
    assert.doesNotMatch(stdout, obeyed);
    assert.doesNotMatch(stderr, obeyed);
    shown += /\\u\{202E\}|\\u202e/.test(stdout + stderr) ? 1 : 0;
  }
  assert.ok(shown >= 10, `the escape is seen in ${shown} of ${outputs.length}`);
});

test("a report shows such texts escaped, too", () => {
  const evil = "pgd\u202egnp\x1b[2J";
  writeFileSync(
    file("good.json"),
    JSON.stringify({
      signflip: "0.1.0",
      model: { file: evil, sha256: "x", parameters: 1 },
      dataset: { name: evil, split: "test", count: 4 },
      results: [{ attack: evil, norm: "linf", epsilon: 0.1, accuracy: 0.5 }],
    }),
  );
  const html = file("good.html");
  const run = signflip("report", file("good.json"), "--html", html);
  assert.equal(run.status, 0, run.stderr);
  const page = readFileSync(html, "utf8");
  assert.doesNotMatch(page.replaceAll("\t", ""), obeyed);
  assert.match(page, /\\u\{202E\}/);
});

test("a text of megabytes is cut where it is shown", () => {
  const large = file("large.safetensors");
  writeFileSync(
    large,
    withMetadata((own, metadata) => {
      own.classes[3] = "x".repeat(300000);
      own.name = "y".repeat(300000);
      metadata.note = "z".repeat(300000);
    }),
  );
  for (const args of [
    ["inspect", large],
    ["predict", "--model", large, "--images", file("image.npy")],
  ]) {
    const { status, stdout, stderr } = signflip(...args);
    assert.equal(status, 0, stderr);
    assert.ok(stdout.length < 20000, `${stdout.length} characters`);
    assert.match(stdout, /… \(300000 bytes\)/);
  }
});

/** Expects one error under a limit of the address space that an ordinary run keeps easily. */
const refusedIn = (megabytes, args, ...patterns) =>
  oneError(limited(1000 * megabytes, ...args), ...patterns);

test("files that never end, or that unpack to anything, cost no memory", () => {
  const images = (name) => ["predict", "--model", model, "--images", name];
  for (const device of ["/dev/zero", "/dev/urandom"]) {
    refusedIn(300, images(device), /\/dev\/(zero|urandom)/);
    refusedIn(300, ["inspect", device], /is not a readable model file/);
    refusedIn(
      300,
      ["attack", ...images(file("image.npy")).slice(1), "--attack", "fgsm", "--labels", device],
      /dev/,
    );
    const fresh = ["train", "--dataset", "bars", "--data", data, "--out", file("no.safetensors")];
    refusedIn(300, [...fresh, "--init", device], /--init: .*is not a readable model file/);
    refusedIn(300, ["evaluate", "--experiment", device], /too large|not an experiment/);
    refusedIn(300, ["evaluate", "--config", device], /too large/);
    refusedIn(1500, ["report", device, "--html", file("no.html")], /too large|is not/);
  }
  // 10 GB of zeros, in members of 16 MB each that gzip allows one after the other.
  const member = gzipSync(Buffer.alloc(1 << 24));
  const bomb = file("bomb.gz");
  writeFileSync(bomb, Buffer.concat(Array.from({ length: 640 }, () => member)));
  refusedIn(300, images(bomb), /bomb\.gz/);
  // The same behind the header of an IDX file of 28×28 pixels.
  const head = gzipSync(Buffer.from([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 28, 0, 0, 0, 28]));
  writeFileSync(bomb, Buffer.concat([head, ...Array.from({ length: 640 }, () => member)]));
  refusedIn(300, images(bomb), /bomb\.gz unpacks to more than 800 bytes/);
  const place = file("bomb");
  mkdirSync(place);
  writeBars(place);
  writeFileSync(join(place, "train-labels-idx1-ubyte"), readFileSync(bomb));
  refusedIn(
    300,
    [
      ...train(file("no.safetensors")).slice(0, 3),
      "--data",
      place,
      "--out",
      file("no.safetensors"),
    ],
    /train-labels-idx1-ubyte/,
  );
});

/** A PNG of one colour, `width`×`height` RGB; `rows` of it are really there. */
function png(width, height, rows = height) {
  const chunk = (type, body) => {
    const bytes = Buffer.alloc(12 + body.length);
    bytes.writeUInt32BE(body.length, 0);
    bytes.write(type, 4, "latin1");
    body.copy(bytes, 8);
    bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + body.length)), 8 + body.length);
    return bytes;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  head[9] = 2;
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(Buffer.alloc(rows * (3 * width + 1)))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

test("pictures that unpack to much more than they say, or say much more than they hold", () => {
  const picture = file("picture.png");
  const run = ["predict", "--model", model, "--images", picture, "--picture", "middle"];
  writeFileSync(picture, png(2000, 2000));
  const fair = limited(300000, ...run);
  assert.equal(fair.status, 0, fair.stderr);
  writeFileSync(picture, png(8000, 8000));
  refusedIn(150, run, /picture\.png is a picture of 8000×8000 pixels in \d+ bytes/);
  // Sixteen pixels by its header, 400 MB in its data.
  writeFileSync(picture, png(4, 4, 30000000));
  refusedIn(150, run, /picture\.png is damaged/);
});

test("a model file whose header alone would fill the memory", () => {
  const large = file("many.safetensors");
  const write = (header) => {
    const text = Buffer.from(header);
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(text.length));
    writeFileSync(large, Buffer.concat([size, text]));
  };
  const entry = '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}';
  write(`{${Array.from({ length: 1025 }, (_, i) => `"${i}":${entry}`).join(",")}}`);
  refusedIn(150, ["inspect", large], /more than 1024 tensors/);
  write(`{${Array.from({ length: 1000000 }, (_, i) => `"${i}":${entry}`).join(",")}}`);
  refusedIn(150, ["inspect", large], /header should be \d+ bytes long, expected at most 1048576/);
  write(`{"__metadata__":{"a":"${"x".repeat(1 << 20)}"}}`);
  refusedIn(150, ["inspect", large], /expected at most 1048576/);
});
