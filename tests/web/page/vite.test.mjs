// The npm package in a page that Vite builds: API, module and a model by their names, and the element.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { start } from "../../support/browser.mjs";
import { installPackage } from "../../support/package.mjs";

const vite = await import("vite").catch(() => null);
const folder = mkdtempSync(join(tmpdir(), "signflip-vite-"));
after(() => rmSync(folder, { recursive: true, force: true }));
before(() => vite && installPackage(folder));

const page = `<!doctype html><html lang="en"><title>A user</title><link rel="icon" href="data:,">
<p id="said"></p><sign-flip site="https://your.site/signflip/" loading="click"></sign-flip>
<script type="module" src="./main.js"></script></html>`;
const script = `
import createSignflip from "signflip";
import "signflip/sign-flip.js";
import modelUrl from "signflip/models/mnist-standard.safetensors?url";

const [signflip, bytes] = await Promise.all([
  createSignflip(),
  fetch(modelUrl).then((response) => response.arrayBuffer()),
]);
const model = signflip.loadModel(bytes);
const image = new Float32Array(784).fill(0.5);
const { labels } = model.predict(image);
const { success } = model.attack({ attack: "mim", epsilon: 0.3 }, image, labels);
document.querySelector("#said").textContent = \`\${success[0]} of \${signflip.attacks().length}\`;
`;

test(
  "Vite builds a page of it that attacks a model in the browser",
  { skip: !vite && "Vite is not installed: npm ci" },
  async (t) => {
    writeFileSync(join(folder, "index.html"), page);
    writeFileSync(join(folder, "main.js"), script);
    const told = [];
    const customLogger = {
      ...{ info() {}, clearScreen() {}, hasErrorLogged: () => false, hasWarned: false },
      warn: (message) => told.push(message),
      warnOnce: (message) => told.push(message),
      error: (message) => told.push(message),
    };
    await vite.build({
      root: folder,
      configFile: false,
      customLogger,
      build: { target: "es2022" },
      // Any other ending would be JavaScript to it.
      assetsInclude: ["**/*.safetensors"],
    });
    assert.deepEqual(told, []);
    const assets = readdirSync(join(folder, "dist/assets"));
    for (const ending of ["wasm", "safetensors", "js"])
      assert.ok(
        assets.some((name) => name.endsWith(`.${ending}`)),
        `${ending} in ${assets.join(" ")}`,
      );
    const site = await start({ folder: join(folder, "dist") });
    t.after(() => site.close());
    const shown = await site.open("", { wait: false });
    await shown.getByText(/^1 of \d+$/).waitFor();
    assert.ok(await shown.evaluate(() => customElements.get("sign-flip") !== undefined));
    assert.deepEqual(shown.problems, []);
  },
);
