// How the shipped models read the images that we draw: as README.md states. Expects the build that tools/test makes.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { draw } from "../../web/js/picture/drawn/index.js";
import { loadEngine } from "../support/module.mjs";
import { root } from "../support/tool.mjs";

const folder = mkdtempSync(join(tmpdir(), "signflip-drawn-"));
after(() => rmSync(folder, { recursive: true }));
const signflip = await loadEngine(folder);

/** Least accuracies: between what is measured and what chance with another seed may take. */
for (const [dataset, count, bars] of [
  ["mnist", 520, { standard: 0.97, mixed: 0.96, robust: 0.96, certified: 0.92 }],
  ["gtsrb", 430, { standard: 0.7, robust: 0.7, lenet: 0.65 }],
]) {
  test(`models read our ${dataset} images`, (t) => {
    const { pixels, labels, shape } = draw({ dataset, count, seed: 1 });
    const size = shape.height * shape.width * shape.channels;
    for (const [name, least] of Object.entries(bars)) {
      const model = signflip.loadModel(
        readFileSync(join(root, `models/${dataset}-${name}.safetensors`)),
      );
      const read = model.predict(pixels).labels;
      const right = read.filter((label, i) => label === labels[i]).length / count;
      t.diagnostic(`${dataset}-${name}: ${(100 * right).toFixed(1)}%`);
      assert.ok(right >= least, `${name}: ${right}`);
      // They are worth attacking: FGSM takes many of those that are read rightly.
      if (name === "standard") {
        const some = 100;
        const { success } = model.attack(
          { attack: "fgsm", epsilon: dataset === "mnist" ? 0.25 : 0.03 },
          pixels.subarray(0, some * size),
          Int32Array.from(labels.subarray(0, some)),
        );
        const fooled = success.reduce((sum, one) => sum + one, 0) / some;
        t.diagnostic(`${dataset}-${name}: FGSM fools ${Math.round(100 * fooled)} of ${some}`);
        assert.ok(fooled > 0.3, `${fooled}`);
      }
      model.delete();
    }
  });
}
