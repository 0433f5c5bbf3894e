// What `signflip export --onnx` writes, run by ONNX Runtime: the same logits. Skipped where it is not
// installed: npm install --prefix build/peers --no-save --ignore-scripts onnxruntime-node
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { floatsOf, npy, root, signflip, temporaryFolder } from "../support/tool.mjs";

const peer = join(root, "build/peers/node_modules/onnxruntime-node");
const skip = existsSync(peer) ? false : "onnxruntime-node is not in build/peers";
const folder = temporaryFolder();
const models = readdirSync(join(root, "models")).filter((name) => name.endsWith(".safetensors"));

const ok = (...args) => {
  const result = signflip(...args);
  assert.equal(result.status, 0, `${args.join(" ")}\n${result.stderr}`);
  return result;
};

for (const name of models) {
  test(`${name} has the same logits in ONNX Runtime`, { skip }, async () => {
    const ort = createRequire(import.meta.url)(peer);
    const model = join(root, "models", name);
    const content = readFileSync(model);
    const header = JSON.parse(content.toString("utf8", 8, 8 + Number(content.readBigUInt64LE(0))));
    const { height, width, channels } = JSON.parse(header.__metadata__.signflip).input;
    const count = 3;
    const pixels = count * height * width * channels;
    const images = Float32Array.from({ length: pixels }, (_, i) => ((i * 7919) % 256) / 255);
    writeFileSync(join(folder, "x.npy"), npy("<f4", [count, height, width, channels], images));
    ok(
      ...["predict", "--model", model, "--images", join(folder, "x.npy")],
      ...["--out", join(folder, "z.npy")],
    );
    const ours = floatsOf(join(folder, "z.npy"));
    const onnx = join(folder, "net.onnx");
    ok("export", model, "--onnx", onnx);
    // N×C×H×W there.
    const planes = new Float32Array(pixels);
    for (let i = 0; i < pixels; i++) {
      const c = i % channels,
        place = Math.floor(i / channels),
        n = Math.floor(place / (height * width));
      planes[(n * channels + c) * height * width + (place % (height * width))] = images[i];
    }
    const session = await ort.InferenceSession.create(onnx);
    const image = new ort.Tensor("float32", planes, [count, channels, height, width]);
    const { logits } = await session.run({ image });
    assert.equal(logits.data.length, ours.length);
    const [, c, h, w] = logits.dims;
    logits.data.forEach((value, i) => {
      let at = i;
      if (logits.dims.length === 4) {
        const n = Math.floor(i / (c * h * w)),
          channel = Math.floor(i / (h * w)) % c;
        at = (n * h * w + (i % (h * w))) * c + channel;
      }
      assert.ok(
        Math.abs(value - ours[at]) <= 1e-4 * Math.max(1, Math.abs(ours[at])),
        `${i}: ${value}`,
      );
    });
  });
}
