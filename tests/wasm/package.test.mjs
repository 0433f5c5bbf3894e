// The npm package as its users get it: packed, installed in an empty folder, imported by node, bundled by
// esbuild for node and for browsers, checked by TypeScript.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { installPackage } from "../support/package.mjs";
import { root } from "../support/tool.mjs";

const folder = mkdtempSync(join(tmpdir(), "signflip-package-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const at = (...path) => join(folder, ...path);
let installed;
before(() => {
  installed = installPackage(folder);
});

const about = () => JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));

test("every export is there, with types before what runs", () => {
  const { exports } = about();
  const targets = (entry) =>
    typeof entry === "string" ? [entry] : Object.values(entry).flatMap(targets);
  for (const [name, entry] of Object.entries(exports)) {
    if (typeof entry === "object") assert.equal(Object.keys(entry)[0], "types", name);
    for (const target of targets(entry)) {
      const file = join(installed, target.replace("*", "mnist-standard.safetensors"));
      assert.ok(existsSync(file), `${name}: ${target}`);
    }
  }
  for (const name of [
    ".",
    "./signflip.wasm",
    "./signflip-import.wasm",
    "./sign-flip.js",
    "./models/*",
    "./package.json",
    "./custom-elements.json",
  ])
    assert.ok(name in exports, name);
});

const use = `
import createSignflip from "signflip";
import { readFile } from "node:fs/promises";
const at = (name) => process.env.MODELS ? new URL(name, "file://" + process.env.MODELS) : new URL(import.meta.resolve("signflip/models/" + name));
const options = process.env.WASM ? { wasmBinary: await readFile(process.env.WASM) } : {};
const signflip = await createSignflip(options);
const model = signflip.loadModel(await readFile(at("mnist-standard.safetensors")));
const image = new Float32Array(784).fill(0.5);
const { labels } = model.predict(image);
const { adversarial, success } = model.attack({ attack: "mim", epsilon: 0.3, steps: 10 }, image, labels);
model.delete();
console.log(JSON.stringify([adversarial.length, success[0], signflip.attacks().length]));
`;
const expected = (output) => {
  const [length, success, attacks] = JSON.parse(output);
  assert.deepEqual([length, success], [784, 1]);
  assert.ok(attacks >= 16);
};

test("node imports it, its module by name and a model", () => {
  writeFileSync(at("use.js"), use);
  expected(execFileSync(process.execPath, ["use.js"], { cwd: folder, encoding: "utf8" }));
  const byName = `import { readFileSync } from "node:fs";
    const wasm = readFileSync(new URL(import.meta.resolve("signflip/signflip.wasm")));
    console.log(WebAssembly.validate(wasm));`;
  writeFileSync(at("wasm.js"), byName);
  assert.equal(
    execFileSync(process.execPath, ["wasm.js"], { cwd: folder, encoding: "utf8" }).trim(),
    "true",
  );
});

/** Other versions of node, where they are at hand: in SIGNFLIP_NODES (paths with ":" between), or as node18 and
 * node22. `npm install --prefix /tmp/18 node@18` has one in /tmp/18/node_modules/.bin. */
const others = [...(process.env.SIGNFLIP_NODES ?? "").split(":"), "node18", "node22"]
  .filter(Boolean)
  .map((path) => ({ path, ...spawnSync(path, ["--version"], { encoding: "utf8" }) }))
  .filter(({ status }) => status === 0);

test(
  "other versions of node import it",
  { skip: others.length === 0 && "there is no other node here" },
  (t) => {
    // The first ones of node 18 have no import.meta.resolve.
    const found = `import { createRequire } from "node:module";
      import { pathToFileURL } from "node:url";
      const found = (name) => pathToFileURL(createRequire(import.meta.url).resolve(name));`;
    writeFileSync(at("use-anywhere.js"), found + use.replace("import.meta.resolve(", "found("));
    for (const { path, stdout } of others) {
      t.diagnostic(`node ${stdout.trim()}`);
      expected(execFileSync(path, ["use-anywhere.js"], { cwd: folder, encoding: "utf8" }));
    }
  },
);

test("esbuild bundles it for node, and for browsers without anything of node", async () => {
  await build({
    entryPoints: [at("use.js")],
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: at("bundled/use.js"),
    logLevel: "silent",
  });
  writeFileSync(at("bundled/package.json"), '{"type": "module"}');
  const environment = {
    ...process.env,
    MODELS: `${join(installed, "models")}/`,
    WASM: join(installed, "build/npm/signflip.wasm"),
  };
  expected(
    execFileSync(process.execPath, ["bundled/use.js"], {
      cwd: folder,
      encoding: "utf8",
      env: environment,
    }),
  );
  writeFileSync(
    at("page.js"),
    'import createSignflip from "signflip"; import "signflip/sign-flip.js"; console.log(createSignflip);',
  );
  const { outputFiles } = await build({
    entryPoints: [at("page.js")],
    bundle: true,
    format: "esm",
    write: false,
    logLevel: "silent",
  });
  assert.doesNotMatch(outputFiles[0].text, /node:/);
  assert.match(outputFiles[0].text, /new URL\("\.\/signflip\.wasm", import\.meta\.url\)/);
});

test("strict TypeScript takes its types as they are", () => {
  writeFileSync(
    at("sample.ts"),
    `import createSignflip, { Model } from "signflip";
import type { SignFlipResult } from "signflip/sign-flip.js";
import "signflip/sign-flip.js";

const signflip = await createSignflip({ wasmBinary: new Uint8Array() });
const model: Model = signflip.loadModel(new Uint8Array());
{
  using same: Model = model;
  const { adversarial } = same.attack({ attack: "mim", epsilon: 0.3 }, new Float32Array(784), [3]);
  const first: number = adversarial[0];
  console.log(first);
}
const element = document.querySelector("sign-flip");
if (element) {
  element.epsilon = 0.2;
  element.binarySearchSteps = null;
  element.addEventListener("signflip-result", ({ detail }) => {
    const told: SignFlipResult = detail;
    if (told.models.every(({ success }) => success)) element.setState({ attack: "mim" });
  });
  const picture: Promise<Blob> = element.toBlob();
  console.log(picture, element.getState()?.parameters);
}
// @ts-expect-error: there is no such attribute
document.createElement("sign-flip").nothing = 1;
`,
  );
  const tsc = join(
    dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
    "bin/tsc",
  );
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      tsc,
      "--strict",
      "--noEmit",
      "--target",
      "ES2022",
      "--module",
      "ESNext",
      "--moduleResolution",
      "bundler",
      "--lib",
      "ES2022,DOM",
      "sample.ts",
    ],
    { cwd: folder, encoding: "utf8" },
  );
  assert.equal(stdout, "");
  assert.equal(status, 0);
});

test("custom-elements.json names what the element knows", () => {
  const { customElements } = about();
  const { modules } = JSON.parse(readFileSync(join(installed, customElements), "utf8"));
  const [{ tagName, attributes, members }] = modules[0].declarations;
  assert.equal(tagName, "sign-flip");
  const script = readFileSync(join(root, "web/js/sign-flip.js"), "utf8");
  for (const { name, fieldName = name } of attributes) {
    assert.match(script, new RegExp(`\\b${fieldName}\\b`), name);
    // Every element has a dataset of its own.
    assert.equal(
      members.some((member) => member.name === fieldName),
      name !== "dataset",
    );
  }
  assert.ok(existsSync(join(installed, modules[0].path)));
});
