// A new build of the site in the place of an old one, behind caches that keep everything but pages for a year: the new
// page gets no old file, and a tab that was open goes on, or asks to be loaded again.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { serve } from "../../../tools/lib/serve.mjs";
import {
  idle,
  patience,
  problemsOf,
  resultOf,
  root,
  site as folder,
  slide,
  start,
  until,
} from "../../support/browser.mjs";

// Within the repository: what the build loads from there is JavaScript of this package's kind.
mkdirSync(join(root, "build"), { recursive: true });
const place = mkdtempSync(join(root, "build/deployments-"));
const live = join(place, "live");
let site;

/** Changes a file; fails where there is nothing to change. */
function edit(path, from, to) {
  const text = readFileSync(path, "utf8");
  assert.ok(text.includes(from), `${path} has no ${from}`);
  writeFileSync(path, text.replace(from, to));
}

/** Another build, with something else in each kind of file: words, scripts, styles, modules, models. */
function buildNext(out) {
  const sources = join(place, "sources");
  for (const name of ["web", "models"])
    cpSync(join(root, name), join(sources, name), { recursive: true });
  cpSync(join(root, "build/wasm/web"), join(sources, "engine"), { recursive: true });
  for (const name of ["image/zoom.js", "models/index.js"]) {
    const script = join(sources, "web/js/features", name);
    writeFileSync(script, `${readFileSync(script, "utf8")}\nglobalThis.signflipAgain = true;\n`);
  }
  edit(join(sources, "web/css/tokens.css"), ":root {", ":root { --build: 2;");
  edit(join(sources, "web/css/later/panels.css"), "/*", ":root { --later: 2; }\n/*");
  for (const name of readdirSync(join(sources, "engine")).filter((file) =>
    file.endsWith(".wasm"),
  )) {
    const path = join(sources, "engine", name);
    // An own section, which means nothing.
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from([0, 2, 1, 110])]));
  }
  for (const name of readdirSync(join(sources, "models")).filter((file) =>
    /^mnist.*tensors$/.test(file),
  )) {
    const path = join(sources, "models", name);
    const bytes = readFileSync(path);
    const length = Number(bytes.readBigUInt64LE());
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(BigInt(length + 8));
    // The header may end with blanks.
    writeFileSync(
      path,
      Buffer.concat([
        head,
        bytes.subarray(8, 8 + length),
        Buffer.from(" ".repeat(8)),
        bytes.subarray(8 + length),
      ]),
    );
  }
  const options = Object.entries({
    web: join(sources, "web"),
    models: join(sources, "models"),
    engine: join(sources, "engine"),
    out,
  }).flatMap(([name, value]) => [`--${name}`, value]);
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, "tools/build-site"), ...options],
    { encoding: "utf8" },
  );
  assert.equal(status, 0, stderr);
}

before(async () => {
  cpSync(folder, join(place, "old"), { recursive: true, filter: (path) => !path.endsWith(".gz") });
  buildNext(join(place, "new"));
  site = await start();
});
after(async () => {
  await site?.close();
  rmSync(place, { recursive: true, force: true });
});

/** Puts a build where the server looks. */
function deploy(name) {
  const next = join(place, "next");
  cpSync(join(place, name), next, { recursive: true });
  rmSync(live, { recursive: true, force: true });
  renameSync(next, live);
}

/** The old build on a server whose answers are kept for a year, but for pages; or not at all.
 * @param {import("node:test").TestContext} t */
async function deployed(t, kept = "public, max-age=31536000, immutable") {
  deploy("old");
  const asked = [];
  const server = await serve({
    root: live,
    headers: (path) => ({ "cache-control": /\/$|\.html$/.test(path) ? "no-cache" : kept }),
    onRequest: (path) => asked.push(path),
  });
  t.after(() => server.close());
  const context = await site.browser.newContext({ locale: "en-GB" });
  t.after(() => context.close());
  context.setDefaultTimeout(patience);
  const open = async (path = "") => {
    const page = await context.newPage();
    const problems = problemsOf(page);
    const answers = [];
    page.on("response", (response) => answers.push(response));
    await page.addInitScript(() => {
      globalThis.results = [];
      document.addEventListener("signflip:result", ({ detail }) => globalThis.results.push(detail));
    });
    await page.goto(server.url + path);
    return Object.assign(page, { answers, problems });
  };
  return { asked, open };
}

const buildOf = (page) => page.evaluate(() => document.documentElement.dataset.build);
const first = (page) => until(page, () => globalThis.results.length > 0);

/** Which of a page's answers are not the new build's, byte for byte. */
async function foreign(page) {
  const found = [];
  for (const response of page.answers) {
    const path = new URL(response.url()).pathname.replace(/\/$/, "/index.html");
    if (response.status() !== 200 || !response.url().startsWith("http") || path === "/icon.svg")
      continue;
    const bytes = await response.body();
    if (!bytes.equals(readFileSync(join(place, "new", path)))) found.push(path);
  }
  return found;
}

/** Opens views until every kind of file was fetched. */
async function lookAround(page) {
  await idle(page);
  await page.getByRole("tab", { name: "Draw" }).click();
  await page.locator(".pad").waitFor();
  await page.locator(".about").scrollIntoViewIfNeeded();
  await page.getByRole("link", { name: "Explore a model" }).click();
  await page.locator("#view-model").getByRole("heading", { name: "Explore a model" }).waitFor();
  await idle(page);
}

test("after a deployment the new page has no file of the old one, however long caches keep it", async (t) => {
  const { asked, open } = await deployed(t);
  const old = await open();
  await first(old);
  await lookAround(old);
  const before = await buildOf(old);
  await old.close();
  const again = await open();
  await first(again);
  assert.deepEqual(
    asked.filter((path, i) => !/\/$|icon/.test(path) && asked.indexOf(path) !== i),
    [],
    "the cache keeps what is the same",
  );
  await again.close();
  deploy("new");
  const page = await open();
  await first(page);
  await lookAround(page);
  assert.notEqual(await buildOf(page), before);
  assert.deepEqual(await foreign(page), []);
  const paths = page.answers.map((answer) => new URL(answer.url()).pathname);
  for (const kind of [
    "main.js",
    "early.js",
    ".css",
    "/classic/",
    "/workers/",
    ".wasm",
    ".safetensors",
  ])
    assert.ok(
      paths.some((path) => path.includes(kind)),
      kind,
    );
  assert.deepEqual(page.problems, []);
});

test("a tab that is open over a deployment goes on with what caches keep", async (t) => {
  const { open } = await deployed(t);
  const page = await open();
  await first(page);
  await idle(page);
  deploy("new");
  await page.evaluate(() => globalThis.signflipPage.client.terminate());
  const { request } = await resultOf(page, () => slide(page, "epsilon", 0.22));
  assert.equal(request.parameters.epsilon, 0.22);
  assert.deepEqual(page.problems, []);
});

/** Loads the page again by the button beside this sentence; it is the new build then, and works. */
async function loadedAgain(page, within = page.locator("body")) {
  const alert = within.locator(".alert").filter({ hasText: "of an older version of this site" });
  await alert.first().waitFor();
  const came = page.waitForEvent("load");
  await alert.getByRole("button").first().click();
  await came;
  assert.equal(await buildOf(page), await serverBuild(page));
  await idle(page);
  assert.deepEqual(await page.locator(".alert:visible").allTextContents(), []);
}

const serverBuild = (page) =>
  page.evaluate(async () => {
    const html = await (await fetch(location.pathname, { cache: "no-store" })).text();
    return /data-build="(\w+)"/.exec(html)[1];
  });

test("without caches such a tab asks to be loaded again: for another worker, a view, a part", async (t) => {
  const { open } = await deployed(t, "no-store");
  const asking = {
    worker: async (page) => {
      await page.evaluate(() => globalThis.signflipPage.client.terminate());
      await slide(page, "epsilon", 0.22);
    },
    view: (page) => page.getByRole("link", { name: "Explore a model" }).click(),
    part: (page) => page.locator(".lane .pictures button").first().click(),
  };
  for (const [what, act] of Object.entries(asking)) {
    deploy("old");
    const page = await open("?attack=mim");
    await first(page);
    await idle(page);
    deploy("new");
    await act(page);
    if (what === "view") {
      await loadedAgain(page, page.locator("#view-model"));
      await page.getByRole("heading", { name: "Explore a model" }).waitFor();
    } else {
      await loadedAgain(page);
      await first(page);
    }
    const address = new URL(page.url()).searchParams;
    assert.equal(address.get("attack"), "mim", `${what}: the address has kept what was chosen`);
    await page.close();
  }
});

test("a file of the old build under an address of the new one, in a cache for a year, is noticed and mended", async (t) => {
  const { open } = await deployed(t);
  deploy("new");
  // Someone comes while this file has not been copied yet.
  cpSync(join(place, "old/js/workers/attack.js"), join(live, "js/workers/attack.js"));
  const page = await open();
  await page.getByText("of an older version of this site").first().waitFor();
  deploy("new");
  await loadedAgain(page);
  await first(page);
  assert.deepEqual(page.problems, []);
});

test("a frame of the new build beside one of the old, which has the engine, gets its own", async (t) => {
  const { open } = await deployed(t, "no-store");
  const html = `<!doctype html><html lang="en"><title>A course</title><link rel="icon" href="icon.svg"><script src="js/sign-flip.js"></script>
    <sign-flip id="a" loading="eager"></sign-flip>`;
  writeFileSync(join(place, "old/host.html"), html);
  deploy("old");
  const tab = await open("host.html");
  const frames = () => tab.frames().filter((frame) => frame.url().includes("embed.html"));
  const works = async (frame) => {
    await until(frame, () => globalThis.results?.length > 0);
    return frame.evaluate(() => document.documentElement.dataset.build);
  };
  const before = await works(await framed(tab, frames, 1));
  deploy("new");
  await tab.evaluate(() => {
    const other = document.createElement("sign-flip");
    other.setAttribute("loading", "eager");
    document.body.append(other);
  });
  const after = await works(await framed(tab, frames, 2));
  assert.notEqual(after, before);
  const [one] = frames();
  await slide(one, "epsilon", 0.31);
  await until(one, () => globalThis.results.at(-1).request.parameters.epsilon === 0.31);
  assert.deepEqual(tab.problems, []);
});

/** The newest of a tab's frames, once there are so many. */
async function framed(tab, frames, count) {
  while (frames().length < count) await tab.waitForEvent("framenavigated");
  return frames().at(-1);
}
