// The help of every command: its width, what it says of attacks and architectures, and that its
// examples run, in their order, in a folder as their reader has it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { binary, idx, npy, root, signflip, temporaryFolder } from "../support/tool.mjs";

const help = (...command) => {
  const { status, stdout, stderr } = signflip(...command, "--help");
  assert.equal(status, 0, stderr);
  return stdout;
};
const commands = help()
  .split("Subcommands:")[1]
  .match(/^ {2}[a-z][\w-]*/gm)
  .map((name) => name.trim());

test("help fits 80 columns, and no word is broken", () => {
  for (const command of [[], ...commands.map((name) => [name])]) {
    const text = help(...command);
    for (const line of text.split("\n")) {
      assert.ok([...line].length <= 80, `${command}: ${line}`);
      assert.doesNotMatch(line, /\s$/, `${command}: ends in a blank: ${line}`);
    }
  }
});

test("each attack's parameters are listed with type, default, range and what 0 means", () => {
  for (const command of ["attack", "evaluate"]) {
    const text = help(command).replace(/\n {28}/g, " ");
    const of = (attack) => text.split(`\n${attack}: `)[1].split("\n\n")[0];
    assert.ok(
      of("pgd").includes(
        "--step-size NUMBER=0      0 to 100; how far one step goes; 0 means 2.5 x epsilon / steps",
      ),
    );
    assert.ok(of("bim").includes("0 to 1; how far one step goes; 0 means epsilon / steps"));
    assert.ok(of("pgd").includes("--norm CHOICE=linf        linf or l2;"));
    assert.ok(of("pgd").includes("--random-start BOOL=true  true or false;"));
    assert.ok(of("mim").includes("--epsilon NUMBER=0.3      0 to 1;"));
    assert.ok(of("square").includes("--queries INT=5000        1 to 1000000;"));
  }
});

test("train describes every architecture", () => {
  const text = help("train").split("Architectures")[1];
  for (const name of ["s", "compact", "lenet", "r143", "t290", "denoiser"]) {
    assert.match(text, new RegExp(`^ {2}${name} +\\S.{20,}`, "m"));
  }
});

/** A state_dict of the architecture s for digits, as safetensors; its weights are 0. */
function writeState(path) {
  const shapes = { conv1: [16, 1, 4, 4], conv2: [32, 16, 4, 4], fc1: [100, 1568], fc2: [10, 100] };
  const head = {};
  let size = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    for (const [what, sides] of [
      ["weight", shape],
      ["bias", shape.slice(0, 1)],
    ]) {
      const end = size + 4 * sides.reduce((product, side) => product * side, 1);
      head[`${name}.${what}`] = { dtype: "F32", shape: sides, data_offsets: [size, end] };
      size = end;
    }
  }
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(path, Buffer.concat([length, text, Buffer.alloc(size)]));
}

/** What a reader of the examples has: models, a picture, an experiment of the page, and small datasets. */
function prepare(folder) {
  symlinkSync(join(root, "models"), join(folder, "models"));
  mkdirSync(join(folder, "data/mnist"), { recursive: true });
  for (const [prefix, count] of [
    ["train", 60],
    ["t10k", 20],
  ]) {
    const labels = Array.from({ length: count }, (_, n) => n % 10);
    const pixels = labels.flatMap((label) =>
      Array.from({ length: 784 }, (_, i) => (Math.floor(i / 28 / 3) === label ? 220 : 10)),
    );
    const file = (part) => join(folder, "data/mnist", `${prefix}-${part}`);
    writeFileSync(file("images-idx3-ubyte.gz"), gzipSync(idx([count, 28, 28], pixels)));
    writeFileSync(file("labels-idx1-ubyte"), idx([count], labels));
  }
  const track = join(folder, "GTSRB/Final_Training/Images/00000");
  mkdirSync(track, { recursive: true });
  const names = ["00000_00000.ppm", "00000_00001.ppm"];
  for (const name of names) {
    writeFileSync(
      join(track, name),
      Buffer.concat([Buffer.from("P6\n40 40\n255\n"), Buffer.alloc(4800, 90)]),
    );
  }
  writeFileSync(
    join(track, "GT-00000.csv"),
    "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n" +
      names.map((name) => `${name};40;40;5;5;34;34;0\n`).join(""),
  );
  writeFileSync(
    join(folder, "signflip-mnist-mim.json"),
    JSON.stringify({
      experiment: 1,
      dataset: "mnist",
      model: "mnist-standard.safetensors",
      attack: "mim",
      parameters: { epsilon: 0.1 },
    }),
  );
  writeFileSync(
    join(folder, "grey.npy"),
    npy("<f4", [1, 28, 28, 1], new Float32Array(784).fill(0.3)),
  );
  writeState(join(folder, "weights.safetensors"));
  const picture = run(
    folder,
    "attack --model models/mnist-standard.safetensors --images grey.npy --attack fgsm --epsilon 0 --out seven.png",
  );
  assert.equal(picture.status, 0, picture.stderr);
}

const run = (folder, words) =>
  spawnSync(binary, words.split(/\s+/), {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, SIGNFLIP_DATA: "" },
  });

test("each command has two examples or more, and they run", () => {
  const folder = temporaryFolder();
  prepare(folder);
  for (const command of commands) {
    const [, text] = help(command).split("\nExamples:\n");
    const examples = text.replaceAll("\\\n", " ").trim().split("\n");
    assert.ok(examples.length >= 2, command);
    for (const example of examples) {
      assert.match(example.trim(), new RegExp(`^signflip ${command} `));
      const { status, stderr } = run(folder, example.trim().replace(/^signflip /, ""));
      assert.equal(status, 0, `${example}\n${stderr}`);
    }
  }
});
