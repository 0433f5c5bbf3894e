// How the page loads: how much, from where, and that nothing moves meanwhile. How fast: tools/bench --page.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { ownLater, quiet, settled, site as folder, start } from "../../support/browser.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

test("nothing moves while the page loads", async (t) => {
  for (const viewport of [
    { width: 1440, height: 900 },
    { width: 320, height: 640 },
  ]) {
    const page = await site.open("", { viewport });
    await settled(page);
    // What moved, and by how many pixels: only that tells why.
    const moves = await page.evaluate(() => {
      const observer = new PerformanceObserver(() => {});
      observer.observe({ type: "layout-shift", buffered: true });
      return observer.takeRecords().map(({ value, startTime, sources }) => {
        const places = sources.map(
          ({ node, previousRect: from, currentRect: to }) =>
            `${(node instanceof Element ? node : node?.parentElement)?.className || node?.nodeName}: ` +
            `x ${from.x} -> ${to.x}, y ${from.y} -> ${to.y}, height ${from.height} -> ${to.height}`,
        );
        return { value, said: `at ${Math.round(startTime)} ms: ${places.join("; ")}` };
      });
    });
    const shift = moves.reduce((sum, { value }) => sum + value, 0);
    t.diagnostic(`layout shift at ${viewport.width} px: ${shift.toFixed(4)}`);
    assert.ok(shift <= 0.01, `${shift}\n${moves.map(({ said }) => said).join("\n")}`);
  }
});

test("nothing is asked of the network after loading", async () => {
  const page = await site.open();
  await quiet(page);
  const before = site.requests.length;
  await page.locator("#attack").selectOption("mim");
  await page.locator("input[name=sample][value='9b']").check();
  await page.getByRole("tab", { name: "Draw" }).click();
  await page.locator(".pad").click();
  await page.getByLabel("Language").selectOption("de");
  await page.locator("button.theme").click();
  await settled(page);
  await page.locator(".about").scrollIntoViewIfNeeded();
  await page.getByRole("heading", { name: "Was hier geschieht" }).waitFor();
  assert.deepEqual(
    site.since(before).filter((path) => !ownLater(path)),
    [],
  );
  // What was fetched for later views comes once.
  const fetched = site.since(before).filter((path) => !/\/workers\//.test(path));
  assert.deepEqual(
    fetched.filter((path, i) => fetched.indexOf(path) !== i),
    [],
  );
});

test("the first view is small", async (t) => {
  const from = site.requests.length;
  const page = await site.open();
  await quiet(page);
  // Every response of the first view, twice where it was sent twice.
  const asked = ["/icon.svg", ...site.since(from)].map((path) =>
    path === "/" ? "/index.html" : path,
  );
  const size = (path) => brotliCompressSync(readFileSync(join(folder, path))).length / 1000;
  const sum = (paths) => paths.reduce((total, path) => total + size(path), 0);
  const isModel = (path) => path.startsWith("/models/"),
    isSample = (path) => path.startsWith("/samples/");
  const rest = sum(asked.filter((path) => !isModel(path) && !isSample(path)));
  const first = rest + sum(asked.filter(isModel));
  t.diagnostic(
    `first view: ${asked.length} responses, all but the models ${rest.toFixed(1)} KB brotli, with them ${first.toFixed(1)} KB`,
  );
  assert.deepEqual(
    asked.filter((path) => path.endsWith(".wasm")),
    ["/js/signflip.wasm"],
  );
  assert.deepEqual(
    asked.filter((path, i) => asked.indexOf(path) !== i),
    [],
    "nothing is fetched twice",
  );
  assert.equal(asked.filter(isModel).length, 2);
  assert.ok(rest <= 160, `${rest} KB`);
  // The promise is for weights of eight bits; half precision alone takes 416 KB of it.
  assert.ok(first <= 500, `${first} KB`);
  // The test images come after the first picture and so after everything that it needs.
  const firstSample = asked.findIndex(isSample);
  assert.ok(
    firstSample < 0 || asked.slice(firstSample).every((path) => isSample(path) || ownLater(path)),
    asked.slice(firstSample).join(" "),
  );
});
