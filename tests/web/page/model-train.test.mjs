// "Defend it yourself": a net learns in the page, is stopped and taken up, becomes a model for every tool,
// and can be taken home.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
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

const epochs = (page) => page.evaluate(() => globalThis.epochs);
async function open(query = "") {
  const page = await openTool(site, "train", query);
  await page.evaluate(() => {
    globalThis.epochs = [];
    document.addEventListener("signflip:epoch", (event) => globalThis.epochs.push(event.detail));
  });
  return page;
}

test(
  "a net learns, live; it can be stopped and taken up, attacked and downloaded",
  { skip: noImages, timeout: 400000 },
  async (t) => {
    const from = site.requests.length;
    const page = await open();
    assert.ok(
      !site.since(from).some((path) => path.includes("signflip-train.wasm")),
      "the training module waits until it is wanted",
    );
    await page.locator("#lab-train .chip", { hasText: /^4$/ }).click();
    const fresh = page.getByRole("button", { name: "Start over" });
    const longest = await longestTask(site.browser, page, async () => {
      if (await fresh.isVisible()) await fresh.click();
      await page.evaluate(() => (globalThis.epochs.length = 0));
      await startOf(page, "train").click();
      // Stopped from within the page: from outside it may be over before the click arrives.
      await until(
        page,
        (button) => {
          if (globalThis.epochs.length < 1 || button.textContent !== "Stop") return false;
          button.click();
          return true;
        },
        await startOf(page, "train").elementHandle(),
        { timeout: 120000 },
      );
      await page.getByRole("button", { name: "Continue" }).waitFor();
    });
    assert.ok(
      (await page.locator("#lab-train .plot .mark").count()) > 4,
      "looks within the epoch are drawn as well",
    );
    const stopped = (await epochs(page)).length;
    assert.ok(stopped < 4);
    await page.getByRole("button", { name: "Continue" }).click();
    await over(page, "train");
    const all = await epochs(page);
    assert.deepEqual(
      all.map(({ epoch }) => epoch),
      [1, 2, 3, 4],
      "no epoch twice, none left out",
    );
    assert.ok(all.at(-1).clean > 0.85, `${all.at(-1).clean}`);
    assert.ok(all.at(-1).robust < 0.2, "normal training defends nothing");
    t.diagnostic(
      `clean ${all.map(({ clean }) => clean).join(", ")}; the longest task over 50 ms: ${longest.toFixed(0)} steps`,
    );
    assert.ok(longest <= mostSteps, `the main thread was blocked for ${longest} steps`);
    await keep(page, "model-train");

    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: /Download/ }).click(),
    ]);
    assert.match(download.suggestedFilename(), /^signflip-mnist-standard-1\.safetensors$/);
    const bytes = readFileSync(await download.path());
    const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString());
    const signflip = JSON.parse(header.__metadata__.signflip);
    assert.deepEqual(signflip.input, { height: 28, width: 28, channels: 1 });
    assert.ok(header["selftest.logits"]);

    await page.getByRole("button", { name: "Attack it" }).click();
    await page.locator("#lab-test .chip input:checked[value^=own-]").waitFor({ state: "attached" });
    await page.locator("#lab-test .primary:not(:disabled)").waitFor();
    await run(page, "test");
    const clean = numberOf(await page.locator("#lab-test .of-clean .figure").textContent());
    assert.ok(
      Math.abs(clean - 100 * all.at(-1).clean) < 6,
      `${clean}% in the test, ${all.at(-1).clean} while training`,
    );
    assert.deepEqual(page.problems, []);
  },
);

test(
  "trained on attacked images it holds where the normal one fell",
  { skip: noImages, timeout: 400000 },
  async (t) => {
    const page = await open();
    await page.locator("#lab-train .chip", { hasText: /^4$/ }).click();
    await page.locator("#lab-train .chip", { hasText: "Fast" }).click();
    await page.locator("#train-epsilon").fill("0.1");
    await page.locator("#train-epsilon").press("Tab");
    await run(page, "train");
    const last = (await epochs(page)).at(-1);
    t.diagnostic(`clean ${last.clean}, under PGD ${last.robust}`);
    assert.ok(last.clean > 0.8 && last.robust > 0.5, `${last.clean}, ${last.robust}`);
    assert.match(await page.locator("#status").textContent(), /Training is over/);
  },
);

test(
  "images that came damaged are told of, and fetched again when asked",
  { skip: noImages, timeout: 400000 },
  async () => {
    const page = await open();
    await page.route(
      "**/*-train-*.gz?*",
      (route) => route.fulfill({ body: Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]) }),
      { times: 1 },
    );
    await startOf(page, "train").click();
    await page
      .getByText(/mnist-train-4000\.gz/)
      .first()
      .waitFor();
    await page.locator("#lab-train .chip", { hasText: /^4$/ }).click();
    await startOf(page, "train").click();
    await until(page, () => globalThis.epochs.length >= 1, null, { timeout: 120000 });
    assert.deepEqual(page.problems, []);
  },
);
