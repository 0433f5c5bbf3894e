// signflip-single.html: one file of ASCII that asks for nothing, from a USB stick, as srcdoc, written into a
// document without an address.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { brotliCompressSync } from "node:zlib";
import {
  keep,
  patience,
  problemsOf,
  settled,
  site as folder,
  slide,
  start,
  until,
} from "../../support/browser.mjs";
import { noFirefox, resultOf, startFirefox } from "../../support/firefox.mjs";

const path = join(folder, "signflip-single.html");
const html = readFileSync(path, "latin1");
let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

/** A page without a network; what it asked for all the same, and what it complains of. */
async function offline(t, options = {}) {
  const context = await site.browser.newContext({ locale: "en-GB", ...options });
  t.after(() => context.close());
  await context.setOffline(true);
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const problems = problemsOf(page),
    asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await context.addInitScript(() => {
    globalThis.results = [];
    document.addEventListener("signflip:result", ({ detail }) => globalThis.results.push(detail));
  });
  return Object.assign(page, { problems, asked });
}

const elsewhere = (page) => page.asked.filter((url) => !/^(file|blob|about|data):/.test(url));

/** Uses it as a visitor does: FGSM, the slider, MIM, the language and the theme. */
async function used(frame) {
  await until(frame, () => globalThis.signflipPage?.snapshot.result);
  await slide(frame, "epsilon", 0.1);
  await frame.locator("#attack").selectOption("mim");
  await until(frame, () => {
    const { result } = globalThis.signflipPage.snapshot;
    return result.request.attack === "mim" && result.request.parameters.epsilon === 0.1;
  });
  const lanes = await frame.evaluate(() =>
    globalThis.signflipPage.snapshot.result.lanes.map(({ model, linf }) => [model, linf]),
  );
  assert.deepEqual(
    lanes.map(([model]) => model),
    ["standard", "mixed"],
  );
  for (const [, linf] of lanes) assert.ok(linf > 0.09 && linf <= 0.1 + 1e-6);
  await frame.locator("select.language").selectOption("de");
  await frame.getByText("Ziel", { exact: true }).waitFor();
  await frame.locator("button.theme").click();
  await until(frame, () => document.documentElement.dataset.theme === "dark");
}

test("it is small, ASCII, and names no other file", (t) => {
  const bytes = readFileSync(path);
  const packed = brotliCompressSync(bytes).length;
  t.diagnostic(`${bytes.length} bytes, ${packed} with brotli`);
  assert.ok(packed <= 450000, `${packed}`);
  assert.ok(bytes.every((byte) => byte < 128));
  assert.equal(html.match(/<script/g).length, 1);
  assert.doesNotMatch(html, /<[^>]* (src|href)=/);
});

test("from a file, without a network, also after a reload", async (t) => {
  const page = await offline(t);
  await page.goto(`${pathToFileURL(path)}?attack=bim&lang=en`);
  assert.equal((await settled(page)).request.attack, "bim");
  await used(page);
  await keep(page, "single");
  await page.reload();
  assert.equal((await settled(page)).request.attack, "bim");
  assert.deepEqual(elsewhere(page), []);
  assert.deepEqual(page.problems, []);
});

test("as srcdoc, with and without a sandbox", async (t) => {
  for (const sandbox of [null, "allow-scripts"]) {
    const page = await offline(t);
    await page.setContent("<!doctype html><title>A course</title><h1>A course</h1>");
    await page.evaluate(
      ([srcdoc, box]) => {
        const frame = document.createElement("iframe");
        if (box) frame.sandbox = box;
        document.body.append(Object.assign(frame, { srcdoc, width: 700, height: 900 }));
      },
      [html, sandbox],
    );
    const frame = await (await page.waitForSelector("iframe")).contentFrame();
    await used(frame);
    assert.deepEqual(elsewhere(page), []);
    assert.deepEqual(page.problems, []);
  }
});

test("written into a document without an address, in quirks mode", async (t) => {
  const page = await offline(t);
  await page.evaluate((text) => {
    document.open();
    // As Google Sites does it: no doctype, and a base of its own.
    document.write(text.replace(/<!doctype html>/i, '<base target="_blank">'));
    document.close();
  }, html);
  assert.equal(await page.evaluate(() => document.compatMode), "BackCompat");
  assert.equal(page.url(), "about:blank");
  await used(page);
  assert.deepEqual(elsewhere(page), []);
  assert.deepEqual(page.problems, []);
});

test("under a host's policy that allows the one script and WebAssembly alone", async (t) => {
  const strict = await start({
    headers: { "content-security-policy": "script-src 'unsafe-inline' 'wasm-unsafe-eval'" },
  });
  t.after(() => strict.close());
  const page = await strict.open("signflip-single.html");
  await used(page);
  // The browser says that the policy forbids the worker; then the page works without one.
  assert.deepEqual(
    page.problems.filter((problem) => !/worker/i.test(problem)),
    [],
  );
});

test("in Firefox from a file", { skip: noFirefox }, async (t) => {
  const { open, problems } = await startFirefox(t, {
    "network.proxy.type": 1, // a proxy that is not there: no network
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
  });
  const page = await open(`${pathToFileURL(path)}?attack=mim`);
  const [lane] = await resultOf(page, ({ attack }) => attack === "mim");
  assert.notEqual(lane.adversarialLabel, 3);
  await page.select("select.language", "de");
  await until(page, () => document.documentElement.lang === "de");
  await page.click("button.theme");
  await until(page, () => document.documentElement.dataset.theme === "dark");
  assert.deepEqual(problems, []);
});
