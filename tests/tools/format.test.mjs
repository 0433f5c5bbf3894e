// The format as src/nn/README.md documents it: its Python reads our models, and our tool reads what it
// writes.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { floatsOf, npy, root, signflip, temporaryFolder } from "../support/tool.mjs";

const folder = temporaryFolder();
const file = (name) => join(folder, name);
const [, code] = readFileSync(join(root, "src/nn/README.md"), "utf8").match(/```python\n(.*?)```/s);
const missing = spawnSync("python3", ["--version"]).status !== 0 && "there is no python3 here";

function python(script, ...args) {
  const { status, stdout, stderr } = spawnSync(
    "python3",
    ["-c", `${code}\nimport sys\n${script}`, ...args],
    { encoding: "utf8" },
  );
  assert.equal(status, 0, stderr);
  return stdout;
}

function works(...args) {
  const { status, stdout, stderr } = signflip(...args);
  assert.equal(status, 0, stderr);
  return stdout;
}

test("Python reads a shipped model and writes it again", { skip: missing }, () => {
  for (const name of ["mnist-standard", "gtsrb-robust", "mnist-denoiser"]) {
    const model = join(root, `models/${name}.safetensors`);
    const said = JSON.parse(
      python(
        "metadata, tensors = read(sys.argv[1]); write(sys.argv[2], metadata, tensors)\n" +
          "print(json.dumps([json.loads(metadata['signflip'])['name'], sorted(tensors)]))",
        model,
        file("copy.safetensors"),
      ),
    );
    assert.equal(said[0], name);
    assert.ok(said[1].includes("0.weight"));
    const about = (path) => {
      const { model: _, ...rest } = JSON.parse(works("inspect", path, "--json", "-"));
      return rest;
    };
    assert.deepEqual(about(file("copy.safetensors")), about(model));
    assert.equal(about(file("copy.safetensors")).selftest, "passed");
  }
});

test("a model that Python wrote gives the logits that its weights say", { skip: missing }, () => {
  python(
    `net = {"version": 1, "name": "sum", "input": {"height": 1, "width": 2, "channels": 1}, "classes": ["a", "b"],
       "layers": [{"type": "flatten"}, {"type": "dense", "units": 2}]}
write(sys.argv[1], {"signflip": json.dumps(net)}, {
  "1.weight": ("F32", [2, 2], struct.pack("<4f", 1, 2, 3, 4)), "1.bias": ("F32", [2], struct.pack("<2f", 0.5, -0.5))})`,
    file("sum.safetensors"),
  );
  writeFileSync(file("pixels.npy"), npy("<f4", [1, 1, 2, 1], new Float32Array([0.25, 0.5])));
  works(
    "predict",
    "--model",
    file("sum.safetensors"),
    "--images",
    file("pixels.npy"),
    "--out",
    file("logits.npy"),
  );
  assert.deepEqual([...floatsOf(file("logits.npy"))], [0.25 + 1 + 0.5, 0.75 + 2 - 0.5]);
});

test("a softmax at the end is taken off, and the tool says so", { skip: missing }, () => {
  python(
    `net = {"version": 1, "input": {"height": 1, "width": 2, "channels": 1}, "classes": ["a", "b"],
       "layers": [{"type": "flatten"}, {"type": "dense", "units": 2}, {"type": "softmax"}]}
write(sys.argv[1], {"signflip": json.dumps(net)}, {
  "1.weight": ("F32", [2, 2], struct.pack("<4f", 1, 2, 3, 4)), "1.bias": ("F32", [2], struct.pack("<2f", 0.5, -0.5))})`,
    file("softmax.safetensors"),
  );
  const { status, stdout, stderr } = signflip("inspect", file("softmax.safetensors"));
  assert.equal(status, 0, stderr);
  assert.match(stderr, /softmax\.safetensors: softmax at the end was taken off/);
  assert.match(stdout, /softmax at the end was taken off/);
  const json = JSON.parse(works("inspect", file("softmax.safetensors"), "--json", "-"));
  assert.equal(json.removed, "softmax");
  assert.deepEqual(
    json.layers.map((layer) => layer.type),
    ["flatten", "dense"],
  );
  writeFileSync(file("pair.npy"), npy("<f4", [1, 1, 2, 1], new Float32Array([1, 0.5])));
  works(
    "predict",
    "--model",
    file("softmax.safetensors"),
    "--images",
    file("pair.npy"),
    "--out",
    file("logits.npy"),
  );
  assert.deepEqual([...floatsOf(file("logits.npy"))], [2.5, 4.5]);
});
