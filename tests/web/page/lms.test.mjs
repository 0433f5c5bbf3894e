// signflip-lms.zip as a learning management system takes it: manifest, names, a deep path, and what it is told.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { inflateRawSync } from "node:zlib";
import { serve } from "../../../tools/lib/serve.mjs";
import { checkManifest } from "../../support/scorm.mjs";
import {
  patience,
  problemsOf,
  settled,
  site as folder,
  start,
  until,
} from "../../support/browser.mjs";

/** The files of a ZIP, by name, as its directory has them. @param {Buffer} bytes */
function unzip(bytes) {
  const end = bytes.lastIndexOf("PK\x05\x06", undefined, "latin1");
  const files = new Map();
  let at = bytes.readUInt32LE(end + 16);
  for (let i = bytes.readUInt16LE(end + 10); i > 0; i--) {
    assert.equal(bytes.toString("latin1", at, at + 4), "PK\x01\x02");
    const [packed, size] = [20, 24].map((offset) => bytes.readUInt32LE(at + offset));
    const [length, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    const local = bytes.readUInt32LE(at + 42);
    const name = bytes.toString("latin1", at + 46, at + 46 + length);
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const content = inflateRawSync(bytes.subarray(from, from + packed));
    assert.equal(content.length, size, name);
    files.set(name, content);
    at += 46 + length + extra + comment;
  }
  return files;
}

const files = unzip(readFileSync(join(folder, "signflip-lms.zip")));
const xml = files.get("imsmanifest.xml").toString("utf8");
const root = mkdtempSync(join(tmpdir(), "signflip-lms-"));
const deep = "ilias/data/client/lm_data/lm_42";
let site, server;
before(async () => {
  for (const [name, content] of files) {
    mkdirSync(dirname(join(root, deep, name)), { recursive: true });
    writeFileSync(join(root, deep, name), content);
  }
  site = await start();
  server = await serve({ root });
});
after(async () => {
  await server?.close();
  await site?.close();
  rmSync(root, { recursive: true, force: true });
});

test("the manifest is SCORM 1.2 and names every file, each once", (t) => {
  t.diagnostic(`${files.size} files`);
  assert.match(xml, /<schema>ADL SCORM<\/schema>\s*<schemaversion>1\.2<\/schemaversion>/);
  const named = [...xml.matchAll(/<file href="([^"]+)"\/>/g)].map(([, name]) => name);
  assert.deepEqual(
    named.toSorted(),
    [...files.keys()].filter((name) => name !== "imsmanifest.xml").toSorted(),
  );
  const [, first] = /<resource [^>]*adlcp:scormtype="sco" href="([^"]+)"/.exec(xml);
  assert.ok(files.has(first));
  const references = [...xml.matchAll(/identifierref="([^"]+)"/g)].map(([, id]) => id);
  for (const id of references) assert.match(xml, new RegExp(`<resource identifier="${id}"`));
  for (const name of files.keys()) assert.match(name, /^[\x21-\x7e]+$/);
});

test("the manifest has the structure of SCORM 1.2's schemas, and what has not is found", async (t) => {
  const page = await site.browser.newPage();
  t.after(() => page.close());
  await checkManifest(page, xml);
  for (const [from, to, said] of [
    [/<title>.*?<\/title>/g, "", /no title/],
    [/ adlcp:scormtype="sco"/, "", /scormtype/],
    [/identifierref="[^"]*"/, 'identifierref="elsewhere"', /elsewhere, which is not there/],
    [/<\/metadata>/, "<extra/></metadata>", /may not have extra/],
    [/(<metadata>[^]*<\/metadata>)([^]*)(<\/manifest>)/, "$2$1$3", /another order/],
    [/<file href="/, '<file href="https:\/\/your.site/', /href/],
  ])
    await assert.rejects(checkManifest(page, xml.replace(from, to)), said);
});

/** A page of the system around the package, with or without its API. */
async function opened(t, first, api) {
  writeFileSync(
    join(root, "player.html"),
    `<!doctype html><title>Player</title><link rel="icon" href="data:,"><script>
      const calls = [];
      ${
        api
          ? `const call = (name, answer) => (...given) => { calls.push([name, ...given]); return answer; };
      window.API = { LMSInitialize: call("LMSInitialize", "true"), LMSGetValue: call("LMSGetValue", "not attempted"),
        LMSSetValue: call("LMSSetValue", "true"), LMSCommit: call("LMSCommit", "true"), LMSFinish: call("LMSFinish", "true") };`
          : ""
      }
    </script><iframe title="Course" width="1200" height="800" src="${deep}/${first}?session=1"></iframe>`,
  );
  const context = await site.browser.newContext({ locale: "en-GB" });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const problems = problemsOf(page);
  await context.addInitScript(() => {
    globalThis.results = [];
    document.addEventListener("signflip:result", ({ detail }) => globalThis.results.push(detail));
  });
  await page.goto(`${server.url}player.html`);
  const frame = await (await page.waitForSelector("iframe")).contentFrame();
  await until(frame, () => document.readyState === "complete");
  return { page: Object.assign(page, { problems }), frame };
}

const [, startFile] = /scormtype="sco" href="([^"]+)"/.exec(xml);

test("its start page says that it was opened, and goodbye", async (t) => {
  const { page } = await opened(t, startFile, true);
  await until(page, () => calls.length === 4);
  await page.evaluate(() => document.querySelector("iframe").remove());
  assert.deepEqual(await page.evaluate(() => calls), [
    ["LMSInitialize", ""],
    ["LMSGetValue", "cmi.core.lesson_status"],
    ["LMSSetValue", "cmi.core.lesson_status", "completed"],
    ["LMSCommit", ""],
    ["LMSFinish", ""],
  ]);
  assert.deepEqual(page.problems, []);
});

test("deep in a system without that it works", async (t) => {
  for (const path of new Set([startFile, "index.html"])) {
    const { page, frame } = await opened(t, path, false);
    if (path === "index.html") {
      await until(frame, () => globalThis.results?.length > 0);
      assert.equal((await settled(frame)).lanes.length, 2);
    }
    assert.deepEqual(page.problems, []);
  }
});
