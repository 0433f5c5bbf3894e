// How the site's scripts and style sheets are bundled: what modules mean stays, and each entry is one file.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bundleFile, bundlePage, bundleStyles } from "../../../tools/lib/scripts.mjs";

/** A folder with these files in it, gone after the test. @param {Record<string, string>} files */
function folder(t, files) {
  const root = mkdtempSync(join(tmpdir(), "signflip-"));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** Writes what was bundled where nothing else is, and imports the first file of it. */
async function imported(t, outputs) {
  const files = Object.fromEntries(outputs.map(({ path, text }) => [path, text]));
  const root = folder(t, { ...files, "package.json": '{"type": "module"}' });
  return import(join(root, outputs[0].path));
}

const page = {
  "main.js": `import { Count as Counter, twice } from "./state/a.js";
    import words from "./words/en.js";
    export const order = [];
    export const later = async () => (await import("./lazy.js")).value;
    export const deep = async () => (await import("./sub/deep.js")).same;
    export const found = [twice(2), words.hello, new Counter().n];`,
  "state/a.js": `import words from "../words/en.js";
    export const twice = (x) => 2 * x;
    export class Count { n = words.hello.length; }
    export const state = { touched: 0 };`,
  "words/en.js": 'export default { hello: "hello" };',
  "lazy.js": `import { state, twice } from "./state/a.js";
    import { also } from "./sub/shared.js";
    state.touched++;
    export const value = [twice(4), state.touched, also];`,
  "sub/deep.js": `import { state } from "../state/a.js";
    import { also } from "./shared.js";
    export const same = [state, also];`,
  "sub/shared.js": "export const also = Symbol();",
};

test("a page is one file, and what it fetches later shares one instance of each module", async (t) => {
  const outputs = await bundlePage(join(folder(t, page), "main.js"));
  assert.equal(outputs[0].path, "main.js");
  assert.doesNotMatch(outputs[0].text, /\bfrom\s*"/, "it imports nothing statically");
  const main = await imported(t, outputs);
  assert.deepEqual(main.found, [4, "hello", 5]);
  assert.equal(main.state.touched, 0, "nothing that comes later has run");
  const [eight, touched, also] = await main.later();
  assert.deepEqual([eight, touched], [8, 1]);
  assert.deepEqual(await main.deep(), [main.state, also]);
});

test("a page whose modules export the same name twice is refused", async (t) => {
  const twice = { ...page, "words/en.js": `${page["words/en.js"]} export const twice = 2;` };
  await assert.rejects(bundlePage(join(folder(t, twice), "main.js")), /both export "twice"/);
});

test("what a page fetches on demand may not be a part of it", async (t) => {
  const both = {
    "main.js": 'import { a } from "./a.js"; export const b = () => [a, import("./c.js")];',
    "a.js": "export const a = 1;",
    "c.js": 'export const c = () => import("./a.js");',
  };
  await assert.rejects(bundlePage(join(folder(t, both), "main.js")), /which main\.js holds/);
});

test("a module that is not there is named, with who imports it", async (t) => {
  const root = folder(t, { "main.js": 'import { x } from "./none.js";\nexport const y = x;' });
  await assert.rejects(bundlePage(join(root, "main.js")), /main\.js:1: .*\.\/none\.js/);
});

test("a file holds what it is told to, also on demand, and finds the rest beside itself", async (t) => {
  const root = folder(t, {
    "worker.js": `export const found = () =>
        Promise.all([import("./glue.js"), import("./other.js"), import("./own.js")]);`,
    "own.js": 'export default "held";',
    "built/glue.js": 'export default () => "made";',
  });
  const apart = ["glue.js", "other.js"];
  const { path, text } = await bundleFile(join(root, "worker.js"), {
    apart,
    held: ["glue.js"],
    folder: join(root, "built"),
  });
  const other = { path: "other.js", text: 'export default "beside";' };
  const { found } = await imported(t, [{ path, text }, other]);
  const [glue, beside, own] = await found();
  assert.deepEqual([glue.default(), beside.default, own.default], ["made", "beside", "held"]);
});

test("style sheets become one, in their order", async (t) => {
  const root = folder(t, {
    "a.css": "/* first */\n.a {\n  color: red;\n}\n",
    "b.css": "@media (width < 30rem) {\n  .a > .b {\n    margin: 0 0.5rem;\n  }\n}\n",
  });
  assert.equal(
    await bundleStyles([join(root, "a.css"), join(root, "b.css")]),
    ".a{color:red}@media(width<30rem){.a>.b{margin:0 .5rem}}",
  );
});
