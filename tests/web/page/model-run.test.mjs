// "Attack 1,000 test images": what is counted is right, one can walk through it, it can be cancelled, it
// leaves the main thread alone and asks nothing of the network.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { keep, start, until } from "../../support/browser.mjs";
import {
  longestTask,
  mostSteps,
  noImages,
  numberOf,
  openTool,
  over,
  run,
  startOf,
} from "../../support/model-view.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const tool = fileURLToPath(
  new URL("../../../build/release/tools/signflip/signflip", import.meta.url),
);
const model = fileURLToPath(new URL("../../../models/mnist-standard.safetensors", import.meta.url));

/** A dataset of the first images of MNIST's test set, which is what the page's pack holds: `--limit`
 * would draw a stratified sample. */
function firstDigits(count) {
  const folder = mkdtempSync(join(tmpdir(), "signflip-digits-"));
  for (const [name, start, each] of [
    ["t10k-images-idx3-ubyte", 16, 28 * 28],
    ["t10k-labels-idx1-ubyte", 8, 1],
  ]) {
    const all = gunzipSync(readFileSync(join(process.env.SIGNFLIP_DATA, "mnist", `${name}.gz`)));
    const first = Buffer.from(all.subarray(0, start + count * each));
    first.writeUInt32BE(count, 4);
    writeFileSync(join(folder, name), first);
  }
  return folder;
}

const cells = (page) =>
  page
    .locator(".confusion td[role=gridcell]")
    .allTextContents()
    .then((all) => all.map(Number));
const robust = async (page) => numberOf(await page.locator("#robust-accuracy").textContent());

test(
  "a thousand images under FGSM: the counts agree with each other and with the command line",
  { skip: noImages },
  async (t) => {
    const page = await openTool(site, "test", "&attack=fgsm&epsilon=0.25");
    const longest = await longestTask(site.browser, page, () => run(page, "test"));
    const matrix = await cells(page);
    assert.equal(matrix.length, 100);
    assert.equal(
      matrix.reduce((a, b) => a + b, 0),
      1000,
    );
    const right = matrix.reduce((sum, count, i) => (i % 11 === 0 ? sum + count : sum), 0);
    assert.equal(await robust(page), right / 10);
    assert.ok(right < 200, `${right} of 1,000 survive FGSM at 0.25`);
    assert.match(
      await page.locator("#status").textContent(),
      /1,000 images attacked: .* correct under attack/,
    );
    assert.equal(await page.locator(".confusion").getAttribute("role"), "grid");
    t.diagnostic(
      `robust accuracy ${right / 10}%; the longest task over 50 ms: ${longest.toFixed(0)} steps`,
    );
    assert.ok(longest <= mostSteps, `the main thread was blocked for ${longest} steps`);
    await keep(page, "model-test");
    if (!existsSync(tool) || !process.env.SIGNFLIP_DATA)
      return t.diagnostic("without the tool or SIGNFLIP_DATA: not compared with the command line");
    const digits = firstDigits(1000);
    t.after(() => rmSync(digits, { recursive: true }));
    const json = JSON.parse(
      execFileSync(
        tool,
        [
          "evaluate",
          "--model",
          model,
          "--dataset",
          "mnist",
          "--data",
          digits,
          "--attacks",
          "fgsm",
          "--epsilon",
          "0.25",
          "--json",
          "-",
        ],
        { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
      ).replace(/^[^{]*/, ""),
    );
    const native = json.results.find(({ attack }) => attack === "fgsm");
    // Native and WebAssembly round differently where a gradient is all but zero.
    assert.ok(
      Math.abs(native.accuracy * 1000 - right) <= 3,
      `${native.accuracy} natively, ${right / 1000} in the page`,
    );
  },
);

test(
  "the whole test set leaves the main thread alone, its unpacking, too",
  { skip: noImages },
  async (t) => {
    const page = await openTool(site, "test", "&attack=fgsm");
    await page.locator("#lab-test .chip", { hasText: "10,000" }).click();
    const longest = await longestTask(site.browser, page, () => run(page, "test"));
    assert.equal(
      (await cells(page)).reduce((a, b) => a + b, 0),
      10000,
    );
    t.diagnostic(`the longest task over 50 ms: ${longest.toFixed(0)} steps`);
    assert.ok(longest <= mostSteps, `the main thread was blocked for ${longest} steps`);
  },
);

test("a cell leads to its images, and an image to the map", { skip: noImages }, async () => {
  const page = await openTool(site, "test", "&attack=mim");
  await run(page, "test");
  const top = page.locator(".top-confusions button").first();
  const [, from, to, count] = /(\d) → (\d): (\d+)/.exec(await top.textContent());
  assert.equal((await cells(page))[Number(from) * 10 + Number(to)], Number(count));
  await top.click();
  const pairs = page.locator(".pair");
  assert.equal(await pairs.count(), Math.min(24, Number(count)));
  assert.match(
    await pairs.first().textContent(),
    new RegExp(`№ \\d+${from}, under attack read as ${to}`),
  );
  // Two pictures that differ, and neither of them empty.
  const inks = await pairs
    .first()
    .locator("canvas")
    .evaluateAll((list) =>
      list.map((canvas) =>
        [...canvas.getContext("2d").getImageData(0, 0, 28, 28).data].reduce((a, b) => a + b, 0),
      ),
    );
  assert.equal(inks.length, 2);
  assert.notEqual(inks[0], inks[1]);
  await keep(page, "model-gallery");
  await pairs.nth(1).click();
  await page.locator(".pair").nth(1).and(page.locator("[aria-pressed=true]")).waitFor();
  const index = /\d+/.exec(await pairs.nth(1).locator(".number").textContent())[0];
  await page.getByRole("button", { name: "Follow it on the map" }).click();
  await page.locator("#lab-map .chooser input").waitFor();
  assert.equal(await page.locator("#lab-map .chooser input").inputValue(), index);
  await until(page, () => new URL(location.href).searchParams.get("experiment") === "map");
});

test("the matrix has one tab stop, arrow keys and Enter", { skip: noImages }, async () => {
  const page = await openTool(site, "test", "&attack=fgsm");
  await run(page, "test");
  await page.locator(".confusion td[tabindex='0']").focus();
  for (const key of ["ArrowDown", "ArrowDown", "ArrowRight", "End", "ArrowLeft"])
    await page.keyboard.press(key);
  const focused = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
  assert.match(focused, /^2 read as 8: \d+ \(/);
  assert.equal(await page.locator(".readout").first().textContent(), focused);
  assert.equal(await page.locator(".confusion td[tabindex='0']").count(), 1);
  await page.keyboard.press("Enter");
  assert.match(await page.locator(".gallery h4").textContent(), /2 read as 8/);
  assert.ok(
    await page.locator(".gallery h4").evaluate((title) => title === document.activeElement),
  );
});

test("it streams, can be cancelled at once, and runs again", { skip: noImages }, async () => {
  const page = await openTool(site, "test", "&attack=pgd&steps=100");
  await startOf(page, "test").click();
  await until(
    page,
    () => /\d/.test(document.querySelector(".outcome dd")?.textContent ?? ""),
    null,
    { timeout: 120000 },
  );
  assert.equal(await startOf(page, "test").textContent(), "Cancel");
  await startOf(page, "test").click();
  await page.locator("#lab-test .run-text", { hasText: "Cancelled." }).waitFor();
  const done = (await cells(page)).reduce((a, b) => a + b, 0);
  assert.ok(done > 0 && done < 1000, `${done} images`);
  await page.locator("#lab-attack").selectOption("fgsm");
  const requests = site.requests.length;
  await run(page, "test");
  assert.equal(
    (await cells(page)).reduce((a, b) => a + b, 0),
    1000,
  );
  // Workers that were ended are started again from the site's own files; all else is there.
  assert.deepEqual(
    site.since(requests).filter((path) => path !== "/js/workers/analysis.js"),
    [],
  );
  const second = site.requests.length;
  await run(page, "test");
  assert.deepEqual(site.since(second), [], "a second run asks the network for nothing");
  assert.deepEqual(page.problems, []);
});

test("another language keeps what was found", { skip: noImages }, async () => {
  const page = await openTool(site, "test", "&attack=fgsm");
  await run(page, "test");
  const found = await cells(page);
  await page.getByLabel("Language").selectOption("de");
  await page.getByRole("button", { name: "1.000 Testbilder angreifen" }).waitFor();
  assert.deepEqual(await cells(page), found);
  await page.locator("#lab-test .primary:not(:disabled)").waitFor();
  await startOf(page, "test").click();
  await over(page, "test");
  assert.deepEqual(await cells(page), found, "the same run gives the same counts");
});
