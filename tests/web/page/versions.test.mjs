// Versions beside each other, as `/v0.1.0/` and `/latest/` of one server: elements and frames of different versions
// on one page, each with its own engine, and one that does not know the other's messages.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { serve } from "../../../tools/lib/serve.mjs";
import { settled, site as built, slide, until } from "../../support/browser.mjs";
import { startHost } from "../../support/host.mjs";

const root = mkdtempSync(join(tmpdir(), "signflip-versions-"));
const shared = '"signflip-shared"';
let host, server;
const requests = [];

/** Changes a file of one version; fails where there is nothing to change. */
function edit(version, path, from, to) {
  const file = join(root, version, path);
  const text = readFileSync(file, "utf8");
  assert.ok(text.includes(from), `${path} has no ${from}`);
  writeFileSync(file, text.replaceAll(from, to));
}

before(async () => {
  for (const version of ["old", "new", "next"])
    cpSync(built, join(root, version), {
      recursive: true,
      filter: (path) => !/\.(gz|zip)$|lessons/.test(path),
    });
  // One from before frames shared an engine, and one whose messages are of another version.
  edit("old", "js/sign-flip.js", shared, '""');
  edit("old", "js/embed.js", shared, '"never"');
  edit("old", "embed.html", 'data-version="', 'data-version="0.0.');
  const script = readFileSync(join(root, "next/js/embed.js"), "utf8");
  const [, version] = /type:`signflip:\$\{\w+\}`,version:(\w+)/.exec(script) ?? [];
  assert.ok(version, "the frame's messages have a version");
  edit("next", "js/embed.js", "`,version:" + version, "`,version:2");
  host = await startHost();
  server = await serve({ root, onRequest: (path) => requests.push(path) });
});
after(async () => {
  await server?.close();
  await host?.close();
  rmSync(root, { recursive: true, force: true });
});

const scriptOf = (version) => `<script src="${server.url}${version}/js/sign-flip.js"></script>`;
const listening = `<script>
    const heard = [];
    for (const what of ["ready", "result", "error"])
      addEventListener("signflip-" + what, ({ target, detail }) => heard.push({ id: target.id, what, detail }));
  </script>`;
const ready = (page, ids) =>
  until(
    page,
    (wanted) => wanted.every((id) => heard.some((one) => one.id === id && one.what === "result")),
    ids,
  );

/** The frame of the element with this id, in sight. */
async function frameOf(page, id) {
  const frame = page.locator(`#${id} >> iframe`);
  await frame.scrollIntoViewIfNeeded();
  return (await frame.elementHandle()).contentFrame();
}

test("two versions on one page: the first script defines the element, each frame has its version's engine", async (t) => {
  const from = requests.length;
  const page = await host.hosted(
    t,
    `${listening}${scriptOf("new")}${scriptOf("old")}
    <sign-flip id="a" loading="eager" site="${server.url}new/"></sign-flip>
    <sign-flip id="b" loading="eager" site="${server.url}old/"></sign-flip>
    <sign-flip id="c" loading="eager" site="${server.url}new/" epsilon="0.2"></sign-flip>`,
  );
  await ready(page, ["a", "b", "c"]);
  for (const id of ["a", "b", "c"]) {
    const frame = await frameOf(page, id);
    await slide(frame, "epsilon", 0.31);
    assert.equal((await settled(frame)).request.parameters.epsilon, 0.31);
  }
  const engines = requests.slice(from).filter((path) => path.endsWith("signflip.wasm"));
  assert.deepEqual(engines.toSorted(), ["/new/js/signflip.wasm", "/old/js/signflip.wasm"]);
  const releases = await page.evaluate(() =>
    Object.fromEntries(
      heard.filter(({ what }) => what === "ready").map(({ id, detail }) => [id, detail.release]),
    ),
  );
  assert.equal(releases.a, releases.c);
  assert.equal(releases.b, `0.0.${releases.a}`);
  assert.deepEqual(page.problems, []);
});

test("an older element beside a newer site, and a newer one beside an older site", async (t) => {
  for (const [element, site] of [
    ["old", "new"],
    ["new", "old"],
  ]) {
    const page = await host.hosted(
      t,
      `${listening}${scriptOf(element)}
      <sign-flip id="a" loading="eager" site="${server.url}${site}/"></sign-flip>
      <sign-flip id="b" loading="eager" site="${server.url}${site}/" epsilon="0.2"></sign-flip>`,
    );
    await ready(page, ["a", "b"]);
    await page.evaluate(() => a.setState({ attack: "mim" }));
    await until(page, () => heard.at(-1)?.detail.attack === "mim");
    assert.deepEqual(await page.evaluate(() => heard.filter(({ what }) => what === "error")), []);
    assert.deepEqual(page.problems, []);
  }
});

test("where messages are of another version the element says both", async (t) => {
  const page = await host.hosted(
    t,
    `${listening}${scriptOf("new")}<sign-flip id="a" loading="eager" site="${server.url}next/"></sign-flip>`,
  );
  await until(page, () => heard.some(({ what }) => what === "error"));
  const [{ detail }] = await page.evaluate(() => heard.filter(({ what }) => what === "error"));
  assert.match(detail.message, /version 1 with its frame, which speaks 2/);
  assert.deepEqual(page.problems, []);
});
