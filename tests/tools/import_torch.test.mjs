// Public architectures out of PyTorch: by signflip_export.py and by ONNX, compared with PyTorch's
// logits and attacks. Skipped where Python has no PyTorch.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { binary, idx, root, temporaryFolder } from "../support/tool.mjs";

const python = ["python3", "/usr/bin/python3"].find(
  (command) => spawnSync(command, ["-c", "import torch, torch.fx"]).status === 0,
);
const skip = python ? false : "no Python here has PyTorch (python3-torch)";
const folder = temporaryFolder();
const run = (...args) => spawnSync(python, args, { encoding: "utf8", cwd: folder });

test("twenty public architectures give PyTorch's logits and losses under attack", { skip }, (t) => {
  const table = join(folder, "table.json");
  const script = join(root, "tests/python/architectures_table.py");
  const { status, stdout, stderr } = run(script, binary, "--json", table);
  t.diagnostic(`\n${stdout}`);
  assert.equal(status, 0, `${stdout}\n${stderr}`);
  assert.equal(Object.keys(JSON.parse(readFileSync(table, "utf8"))).length, 20);
});

test("signflip_export.py from a shell, and what it refuses", { skip }, () => {
  const script = join(root, "tools/python/signflip_export.py");
  const nets = join(root, "tests/python/public_nets.py");
  const out = join(folder, "net.safetensors");
  const good = run(script, `${nets}:LeNet5`, "--input", "28x28x1", "--out", out);
  assert.equal(good.status, 0, good.stderr);
  assert.match(
    spawnSync(binary, ["inspect", out], { encoding: "utf8" }).stdout,
    /self-test +passed/,
  );
  const pool = run(
    script,
    `${nets}:ComputedPool`,
    "--input",
    "32x32x3",
    "--out",
    "pool.safetensors",
  );
  assert.equal(pool.status, 0, pool.stderr);
  const bad = run(script, `${nets}:KerasLike`, "--input", "32x32x3", "--out", "bad.safetensors");
  assert.equal(bad.status, 1);
  assert.match(
    bad.stderr,
    /^signflip_export: permute .* is not among the layers of Signflip: .*Conv2d/,
  );
  assert.equal(bad.stderr.trim().split("\n").length, 1, bad.stderr);
});

/** What a reader of README's lines has: a net in Python with its weights, as ONNX, and as a state_dict. */
const preparation = `
import json, sys, torch
sys.path[:0] = ["tools/python"]
import net, signflip_export
module = net.Net().eval()
torch.save(module.state_dict(), "net.pt")
torch.onnx.export(module, torch.zeros(1, 1, 28, 28), "net.onnx", opset_version=13)
signflip_export.write_safetensors("weights.safetensors", {}, module.state_dict())
`;

test("README's five lines for one's own model run", { skip }, () => {
  const place = temporaryFolder();
  const file = (name) => join(place, name);
  symlinkSync(join(root, "tools"), file("tools"));
  writeFileSync(
    file("net.py"),
    `import torch.nn as nn
def Net():
    return nn.Sequential(nn.Conv2d(1, 4, 4, 4), nn.ReLU(), nn.Flatten(), nn.Linear(196, 10))
`,
  );
  writeFileSync(
    file("net.json"),
    JSON.stringify({
      input: { height: 28, width: 28, channels: 1 },
      layers: [
        { type: "conv2d", filters: 4, kernel: 4, stride: 4 },
        { type: "relu" },
        { type: "flatten" },
        { type: "dense", units: 10 },
      ],
    }),
  );
  writeFileSync(file("names.txt"), Array.from({ length: 10 }, (_, k) => `${k}\n`).join(""));
  mkdirSync(file("data/mnist"), { recursive: true });
  for (const prefix of ["train", "t10k"]) {
    const pixels = Array.from({ length: 20 * 784 }, (_, i) => (i * 31) % 256);
    writeFileSync(file(`data/mnist/${prefix}-images-idx3-ubyte`), idx([20, 28, 28], pixels));
    const labels = Array.from({ length: 20 }, (_, n) => n % 10);
    writeFileSync(file(`data/mnist/${prefix}-labels-idx1-ubyte`), idx([20], labels));
  }
  const env = { ...process.env, SIGNFLIP_DATA: "" };
  const done = (command, args) => {
    const { status, stderr } = spawnSync(command, args, { cwd: place, encoding: "utf8", env });
    assert.equal(status, 0, `${command} ${args.join(" ")}\n${stderr}`);
  };
  done(python, ["-c", preparation]);
  const section = readFileSync(join(root, "README.md"), "utf8").split("### Use your own model")[1];
  const lines = section.split("```sh\n")[1].split("```")[0].trim().split("\n");
  assert.equal(lines.length, 5);
  for (const line of lines) {
    const [command, ...args] = line.replace(/ +#.*/, "").split(/ +/);
    done({ python, signflip: binary }[command], args);
  }
});
