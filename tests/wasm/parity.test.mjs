// The native tool and the WebAssembly module must be the same program: the same logits, and the
// same FGSM image wherever the gradient's sign is not a matter of rounding. Runs on the digits that
// the page draws, so it needs no dataset. Expects both builds (tools/test makes them).
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ownSamples } from "../../web/js/state/samples.js";
import { binary, floatsOf, npy, root, temporaryFolder } from "../support/tool.mjs";
import { loadEngine, pnm } from "../support/module.mjs";
import { deterministic, kebab, short } from "../support/parity.mjs";

const folder = temporaryFolder();

const signflip = await loadEngine(folder);

const tool = (...args) => execFileSync(binary, args);
/** Attacks with the tool; the adversarial images. @param {string} model
 * @param {{images: string, labels: string, out: string}} files @param {string} attack @param {...string} more options */
function attacked(model, { images, labels, out }, attack, ...more) {
  const given = ["--model", model, "--images", images, "--labels", labels, "--out", out];
  tool("attack", ...given, "--attack", attack, ...more);
  return floatsOf(out);
}
const models = readdirSync(join(root, "models")).filter((name) => name.endsWith(".safetensors"));

/** The page's digits (in every channel of larger pictures' upper left), and as many images of noise: N×H×W×C. */
function images({ height, width, channels }, classes) {
  const digits = ownSamples();
  const size = height * width * channels;
  const pixels = new Float32Array(2 * digits.length * size);
  const labels = [];
  digits.forEach((digit, n) => {
    digit.pixels.forEach((value, i) => {
      const at = n * size + (Math.floor(i / 28) * width + (i % 28)) * channels;
      pixels.fill(value, at, at + channels);
    });
    labels.push(digit.label);
  });
  let state = 1;
  for (let i = digits.length * size; i < pixels.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    pixels[i] = (state >>> 8) / 2 ** 24;
  }
  while (labels.length < 2 * digits.length) labels.push(labels.length % classes);
  return { pixels, labels };
}

/** Gradients at images that differ from these by no more than rounding. Where a ReLU or a max pool is just about
 * to switch, the builds may take different sides, and these gradients differ, too. Black stays black: its
 * ties are exact in both builds. */
function gradientsNearby(model, pixels, labels) {
  let state = 7;
  return Array.from({ length: 16 }, () =>
    model.gradient(
      pixels.map((value) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.min(1, value * (1 + 2e-7 * (state / 2 ** 31 - 1)));
      }),
      labels,
    ),
  );
}

for (const name of models.filter((file) => !file.includes("denoiser"))) {
  const path = join(root, "models", name);
  const model = signflip.loadModel(readFileSync(path));
  const shape = model.inputShape;
  const { pixels, labels } = images(shape, model.classes.length);
  const count = labels.length;
  const files = {
    images: join(folder, `${name}.images.npy`),
    labels: join(folder, `${name}.labels.npy`),
  };
  writeFileSync(
    files.images,
    npy("<f4", [count, shape.height, shape.width, shape.channels], pixels),
  );
  writeFileSync(files.labels, npy("<i4", [count], Int32Array.from(labels)));

  test(`${name}: logits agree within 1e-5`, () => {
    const out = join(folder, "logits.npy");
    tool("predict", "--model", path, "--images", files.images, "--out", out);
    const native = floatsOf(out);
    const { logits } = model.predict(pixels);
    assert.equal(logits.length, native.length);
    const classes = model.classes.length;
    for (let n = 0; n < count; n++) {
      const row = native.subarray(n * classes, (n + 1) * classes);
      const scale = Math.max(...row.map(Math.abs));
      for (let k = 0; k < classes; k++) {
        const gap = Math.abs(row[k] - logits[n * classes + k]) / scale;
        assert.ok(gap <= 1e-5, `image ${n}, class ${k}: off by ${gap} of the largest logit`);
      }
    }
  });

  test(`${name}: FGSM images agree pixel for pixel where the gradient's sign is not a matter of rounding`, (t) => {
    const out = join(folder, "adversarial.npy");
    const native = attacked(path, { ...files, out }, "fgsm", "--epsilon", "0.25");
    const { adversarial, linf } = model.attack({ attack: "fgsm", epsilon: 0.25 }, pixels, labels);
    const gradient = model.gradient(pixels, labels);
    const compared = Array.from(gradient.keys()).filter((i) => Math.abs(gradient[i]) > 1e-6);
    assert.ok(
      compared.length > pixels.length / 20,
      `only ${compared.length} pixels have a gradient`,
    );
    const different = compared.filter((i) => adversarial[i] !== native[i]);
    assert.ok(
      different.length <= compared.length / 1000,
      `${different.length} of ${compared.length} pixels differ`,
    );
    const nearby = different.length > 0 ? gradientsNearby(model, pixels, labels) : [];
    for (const i of different) {
      const signs = new Set(nearby.map((other) => Math.sign(other[i])));
      assert.ok(
        signs.size > 1,
        `pixel ${i}: ${adversarial[i]} here, ${native[i]} natively, and the gradient is ${gradient[i]}`,
      );
    }
    t.diagnostic(`${different.length} of ${compared.length} pixels differ`);
    assert.ok(linf.every((distance) => distance <= 0.25));
  });
}

for (const info of signflip.attacks()) {
  test(`--kernels generic computes the module's ${info.name}, bit for bit`, (t) => {
    const path = join(root, "models/mnist-standard.safetensors");
    const model = signflip.loadModel(readFileSync(path));
    const { pixels, labels } = images(model.inputShape, 10);
    const size = 28 * 28;
    // Some digits and some noise.
    const chosen = [0, 3, 7, labels.length - 2, labels.length - 1];
    const some = Float32Array.from(
      chosen.flatMap((n) => [...pixels.subarray(n * size, (n + 1) * size)]),
    );
    const truth = chosen.map((n) => labels[n]);
    const targets = truth.map((label) => (label + 1) % 10);
    const options = { attack: info.name, seed: 3 };
    const given = [];
    for (const { name } of info.parameters) {
      const value = short[kebab(name)];
      if (value === undefined) continue;
      options[name] = value;
      given.push(`--${kebab(name)}`, String(value));
    }
    const files = Object.fromEntries(
      ["images", "labels", "targets", "out"].map((name) => [
        name,
        join(folder, `parity-${name}.npy`),
      ]),
    );
    writeFileSync(files.images, npy("<f4", [chosen.length, 28, 28, 1], some));
    writeFileSync(files.labels, npy("<i4", [chosen.length], Int32Array.from(truth)));
    writeFileSync(files.targets, npy("<i4", [chosen.length], Int32Array.from(targets)));
    for (const targeted of [false, true].filter((aim) => (aim ? info.targeted : info.untargeted))) {
      const aimed = targeted ? ["--targeted", "--targets", files.targets] : [];
      const drawn = deterministic.includes(info.name) ? [] : ["--seed", "3"];
      const how = [...drawn, "--kernels", "generic", ...given, ...aimed];
      const native = attacked(path, files, info.name, ...how);
      const { adversarial } = model.attack(
        targeted ? { ...options, targets } : options,
        some,
        truth,
      );
      assert.equal(native.length, adversarial.length);
      let different = 0;
      for (let i = 0; i < native.length; i++) different += native[i] === adversarial[i] ? 0 : 1;
      t.diagnostic(
        `${targeted ? "targeted" : "untargeted"}: ${different} of ${native.length} pixels differ`,
      );
      assert.equal(different, 0);
      assert.ok(
        some.some((value, i) => value !== native[i]),
        "the attack moves something",
      );
    }
  });
}

test("--kernels names what this processor runs", () => {
  const predict = (...more) => [
    "predict",
    "--model",
    join(root, "models/mnist-standard.safetensors"),
    "--images",
    join(folder, "parity-images.npy"),
    ...more,
  ];
  assert.deepEqual(tool(...predict("--kernels", "auto")), tool(...predict()));
  assert.throws(() => tool(...predict("--kernels", "sse")), /--kernels/);
});

test("there are models to compare", () => assert.ok(models.length > 0));

test("a picture of any size is the same image for the page and for the tool", () => {
  // Uneven light, ink off the middle; a sign that is wider than high.
  const written = pnm(310, 240, 3, (x, y) => {
    const light = 1 - x / 600;
    return Math.round(light * (x > 170 && x < 186 && y > 50 && y < 180 ? 40 : 235));
  });
  const sign = pnm(61, 47, 3, (x, y, c) =>
    Math.hypot(x - 30, y - 23) < 20 ? [200, 30, 40][c] : (37 * x + 11 * y) % 90,
  );
  for (const [name, picture, how] of [
    ["mnist-standard", written, { side: 28, channels: 1, digit: true }],
    ["gtsrb-standard", sign, { side: 32, channels: 3, whole: true }],
  ]) {
    const path = join(root, `models/${name}.safetensors`);
    const file = join(folder, `${name}.ppm`);
    writeFileSync(file, picture);
    const said = tool("predict", "--model", path, "--images", file, "--json", "-").toString();
    const { probabilities } = JSON.parse(said).images[0];
    const model = signflip.loadModel(readFileSync(path));
    const seen = model.predict(signflip.prepareImage(picture, how)).probabilities;
    const apart = Math.max(...probabilities.map((value, i) => Math.abs(value - seen[i])));
    assert.ok(apart < 1e-5, `${name}: probabilities differ by ${apart}`);
    assert.ok(Math.max(...probabilities) < 1 - 1e-7 || name.startsWith("mnist"), said);
    model.delete();
  }
});
