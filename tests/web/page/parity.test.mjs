// Every attack, native with generic kernels, in node, Chromium and Firefox: the same bits, for many seeds. A seed is that
// of the attack where it draws numbers, and always that of the image. SIGNFLIP_SEEDS says how many (24).
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { serve } from "../../../tools/lib/serve.mjs";
import { site as folder, start } from "../../support/browser.mjs";
import { noFirefox, startFirefox } from "../../support/firefox.mjs";
import {
  deterministic,
  digest,
  kebab,
  moduleDigests,
  short,
  smallClasses,
  smallNet,
  smallSide,
} from "../../support/parity.mjs";
import { floatsOf, npy, succeeds, temporaryFolder } from "../../support/tool.mjs";

const seeds = Number(process.env.SIGNFLIP_SEEDS ?? 24);
const pixels = smallSide ** 2;
const place = temporaryFolder();
const net = smallNet();
const model = join(place, "net.safetensors");
writeFileSync(model, net);
const { default: createSignflip } = await import(join(folder, "js/signflip.js"));

/** Pixels of a seed's image: some black, some white, the rest between. */
function imageOf(seed) {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  return Array.from({ length: pixels }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround(Math.min(1, Math.max(0, ((state >>> 8) / 2 ** 24) * 1.4 - 0.2)));
  });
}

/** All runs of one attack: odd seeds aim at a class where the attack can. */
function runsOf({ name: attack, parameters, targeted, untargeted }, labels) {
  const values = Object.fromEntries(
    parameters
      .filter(({ name }) => kebab(name) in short)
      .map(({ name }) => [name, short[kebab(name)]]),
  );
  return labels.map((label, seed) => ({
    attack,
    parameters: values,
    seed: deterministic.includes(attack) ? 0 : seed,
    label,
    target: !untargeted || (targeted && seed % 2) ? (label + 1 + (seed % 3)) % smallClasses : null,
    image: imageOf(seed),
  }));
}

/** The native digests: attacks without a seed take all images that go the same way at once. */
function nativeDigests(runs) {
  const out = join(place, "out.npy");
  const found = [];
  const groups = new Map();
  runs.forEach((run, i) => {
    const drawn = !deterministic.includes(run.attack);
    const key = [run.attack, drawn && run.seed, run.target !== null].join();
    groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  for (const members of groups.values()) {
    const [{ attack, parameters, seed, target }] = members.map((i) => runs[i]);
    const array = (name, type, shape, values) => {
      const file = join(place, `${name}.npy`);
      writeFileSync(file, npy(type, shape, values));
      return file;
    };
    const of = (part) => Int32Array.from(members, (i) => runs[i][part]);
    const count = members.length;
    const images = Float32Array.from(members.flatMap((i) => runs[i].image));
    succeeds(
      ...["attack", "--model", model, "--kernels", "generic", "--attack", attack, "--out", out],
      ...["--images", array("images", "<f4", [count, smallSide, smallSide, 1], images)],
      ...["--labels", array("labels", "<i4", [count], of("label"))],
      ...(deterministic.includes(attack) ? [] : ["--seed", String(seed)]),
      ...(target === null
        ? []
        : ["--targeted", "--targets", array("targets", "<i4", [count], of("target"))]),
      ...Object.entries(parameters).flatMap(([name, value]) => [`--${kebab(name)}`, String(value)]),
    );
    const floats = floatsOf(out);
    assert.equal(floats.length, count * pixels);
    members.forEach((i, n) => {
      found[i] = digest(floats.slice(n * pixels, (n + 1) * pixels));
    });
  }
  return found;
}

let given, native, runs;
before(async () => {
  const module = await createSignflip();
  const loaded = module.loadModel(net);
  const images = Array.from({ length: seeds }, (_, seed) => imageOf(seed));
  const labels = [...loaded.predict(Float32Array.from(images.flat())).labels];
  runs = module.attacks().flatMap((attack) => runsOf(attack, labels));
  given = { net: [...net], runs };
  native = nativeDigests(runs);
});

/** Holds digests against the native ones, and says which run differs first. */
function assertSame(digests, where) {
  assert.equal(digests.length, native.length);
  const at = digests.findIndex((value, i) => value !== native[i]);
  if (at < 0) return;
  const { attack, seed, target } = runs[at];
  const count = digests.filter((value, i) => value !== native[i]).length;
  assert.fail(
    `${where} differs in ${count} of ${native.length} runs, first in ${attack} with seed ${seed} and target ${target}`,
  );
}

test("attacks move images, and seeds tell their runs apart", (t) => {
  const clean = new Set(
    Array.from({ length: seeds }, (_, s) => digest(Float32Array.from(imageOf(s)))),
  );
  const moved = native.filter((value) => !clean.has(value)).length;
  t.diagnostic(`${native.length} runs, ${moved} of them move their image`);
  assert.ok(moved > 0.9 * native.length, `${moved} of ${native.length} moved`);
  // One image under other seeds.
  const [drawn] = runs.filter(({ attack }) => attack === "pgd");
  const again = nativeDigests([drawn, { ...drawn, seed: drawn.seed + 1 }]);
  assert.notEqual(again[0], again[1]);
});

test("node computes what the tool computes with generic kernels, bit for bit", async () => {
  assertSame(await moduleDigests(createSignflip, digest, given), "node");
});

/** Runs in the page. */
const inPage = `async (given) => {
  const { default: createSignflip } = await import(new URL("js/signflip.js", document.baseURI).href);
  ${digest}
  ${moduleDigests}
  return moduleDigests(createSignflip, digest, given);
}`;

test("Chromium computes the same, bit for bit", async (t) => {
  const site = await start();
  t.after(() => site.close());
  const page = await site.open("", { wait: false, bypassCSP: true });
  assertSame(await page.evaluate(`(${inPage})(${JSON.stringify(given)})`), "Chromium");
});

test("Firefox computes the same, bit for bit", { skip: noFirefox }, async (t) => {
  const server = await serve({ root: folder });
  t.after(() => server.close());
  const { open } = await startFirefox(t);
  const page = await open(server.url);
  assertSame(await page.evaluate(`(${inPage})(${JSON.stringify(given)})`), "Firefox");
});
