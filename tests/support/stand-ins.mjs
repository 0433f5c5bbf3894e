// A site with every model that the page knows, for tests of what a build without them does not offer:
// real files where models/ has them, small stand-ins elsewhere. They have shapes and gradients, and no skill.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { allDatasets, filesOf } from "../../web/js/state/datasets.js";
import { convolutionDenoiser } from "./module.mjs";
import { root, site } from "./browser.mjs";

/** Numbers that look random and are always the same. @param {number} seed */
function noise(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
}

/** A classifier of one dense layer. @param {{height: number, width: number, channels: number}} input @param {string[]} classes @param {number} seed */
function linearClassifier(input, classes, seed) {
  const size = input.height * input.width * input.channels,
    random = noise(seed);
  const weight = Float32Array.from({ length: classes.length * size }, () => 0.2 * random());
  const about = {
    version: 1,
    name: "stand-in",
    input,
    classes,
    layers: [{ type: "flatten" }, { type: "dense", units: classes.length }],
  };
  const header = Buffer.from(
    JSON.stringify({
      __metadata__: { signflip: JSON.stringify(about) },
      "1.weight": {
        dtype: "F32",
        shape: [classes.length, size],
        data_offsets: [0, weight.byteLength],
      },
      "1.bias": {
        dtype: "F32",
        shape: [classes.length],
        data_offsets: [weight.byteLength, weight.byteLength + 4 * classes.length],
      },
    }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([
    length,
    header,
    Buffer.from(weight.buffer),
    Buffer.alloc(4 * classes.length),
  ]);
}

/** Builds it beside the site under test, from the same engine. @returns {string} its folder */
export function buildStandInSite() {
  const work = join(root, "build/stand-ins"),
    models = join(work, "models"),
    engine = join(work, "engine"),
    out = join(work, "site");
  rmSync(work, { recursive: true, force: true });
  for (const folder of [models, engine, join(out, "samples")])
    mkdirSync(folder, { recursive: true });
  const smooth = [
    [1, 2, 1],
    [2, 4, 2],
    [1, 2, 1],
  ].map((row) => row.map((value) => value / 16));
  let seed = 1;
  for (const { shape, classes, models: list } of Object.values(allDatasets)) {
    for (const model of list) {
      for (const file of filesOf(model)) {
        const real = join(root, "models", basename(file)),
          to = join(models, basename(file));
        if (existsSync(real)) cpSync(real, to);
        else if (!existsSync(to))
          writeFileSync(
            to,
            file === model.denoiser
              ? convolutionDenoiser(shape, smooth)
              : linearClassifier(shape, classes, seed++),
          );
      }
    }
  }
  for (const name of readdirSync(join(site, "js"))) {
    if (/engine\.js$|\.wasm$/.test(name)) cpSync(join(site, "js", name), join(engine, name));
  }
  // Signs of colour noise: two of each of five classes.
  const { height, width, channels } = allDatasets.gtsrb.shape,
    random = noise(9);
  const images = [14, 1, 14, 17, 2].map((label, index) => ({ index, label }));
  writeFileSync(
    join(out, "samples/gtsrb.json"),
    JSON.stringify({ height, width, channels, images }),
  );
  writeFileSync(
    join(out, "samples/gtsrb.bin"),
    Buffer.from(
      Array.from({ length: images.length * height * width * channels }, () =>
        Math.floor(256 * (random() + 0.5)),
      ),
    ),
  );
  execFileSync(
    process.execPath,
    [join(root, "tools/build-site"), "--engine", engine, "--models", models, "--out", out],
    { stdio: "pipe" },
  );
  return out;
}
