// What the model view leaves behind: its state in the address, its numbers as files, a gallery's image in the image
// view, and nets that were trained here, which are there again after a reload.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { settled, start, until } from "../../support/browser.mjs";
import { chooseModels, noImages, openTool, run, startOf } from "../../support/model-view.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

/** What a button of "Save as" gives. */
async function saved(page, tool, ending) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.locator(`#lab-${tool} [data-keep=${ending}]`).click(),
  ]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}
const isPng = ({ bytes }) => bytes.subarray(1, 4).toString() === "PNG";
const rowsOf = ({ bytes }) =>
  bytes
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .trimEnd()
    .split("\r\n")
    .map((line) => line.split(","));
const tableOf = (file) => {
  const [head, ...rows] = rowsOf(file);
  return rows.map((row) => Object.fromEntries(head.map((key, i) => [key, row[i]])));
};

test(
  "model and number of images are in the address and come back from it",
  { skip: noImages },
  async () => {
    const page = await openTool(site, "test", "&attack=fgsm");
    await page.locator("#lab-test .chip", { hasText: "Mixed" }).click();
    await page.locator("#lab-test .chip", { hasText: "10,000" }).click();
    await page.waitForURL(/subject=mixed.*count=10000|count=10000.*subject=mixed/);
    const copy = await site.open(new URL(page.url()).search, { wait: false });
    await copy.getByRole("button", { name: "Attack 10,000 test images" }).waitFor();
    assert.ok(await copy.locator("#lab-test input[value=mixed]").isChecked());
    const curve = await openTool(site, "curve", "&compared=standard,robust");
    assert.deepEqual(
      await curve
        .locator("#lab-curve input[type=checkbox]:checked")
        .evaluateAll((boxes) => boxes.map(({ value }) => value)),
      ["standard", "robust"],
    );
  },
);

test(
  "the matrix and the accuracies as CSV, SVG and PNG; a gallery's image opens in the image view",
  { skip: noImages },
  async () => {
    const page = await openTool(site, "test", "&attack=fgsm&epsilon=0.25");
    assert.ok(await page.locator("#lab-test [data-keep=csv]").isDisabled(), "nothing is there yet");
    await run(page, "test");
    const file = await saved(page, "test", "csv");
    assert.equal(file.name, "signflip-mnist-test.csv");
    const table = tableOf(file);
    const accuracy = table.find(({ when, label }) => when === "after" && label === "accuracy");
    const cells = table.filter(({ when, label }) => when === "after" && label !== "accuracy");
    const right = cells
      .filter(({ label, predicted }) => label === predicted)
      .reduce((sum, { images }) => sum + Number(images), 0);
    assert.equal(Number(accuracy.part), right / 1000);
    assert.ok(
      Number(accuracy.low95) < Number(accuracy.part) &&
        Number(accuracy.part) < Number(accuracy.high95),
    );
    assert.match(
      await page.locator("#lab-test .of-robust .hint").textContent(),
      /^95% interval \d+\.\d% to \d+\.\d%$/,
    );
    const svg = (await saved(page, "test", "svg")).bytes.toString("utf8");
    assert.equal((svg.match(/<rect /g) ?? []).length, 100);
    assert.deepEqual(
      [...(await saved(page, "test", "png")).bytes.subarray(1, 4)],
      [...Buffer.from("PNG")],
    );

    await page.locator(".top-confusions button").first().click();
    const [, from] = /^(\d) → /.exec(
      await page.locator(".top-confusions button").first().textContent(),
    );
    await page.locator(".pair").nth(1).click();
    await page.getByRole("button", { name: "Open it in the image view" }).first().click();
    await until(page, () => globalThis.results.length > 0);
    const { request, lanes } = await settled(page);
    assert.equal(request.label, Number(from));
    assert.equal(request.attack, "fgsm");
    assert.notEqual(lanes[0].adversarialLabel, Number(from), "it is fooled here as it was there");
    await page.goBack();
    await page.locator("#lab-test .confusion").waitFor();
  },
);

test(
  "curves and transfer table as CSV, PNG and SVG, with intervals",
  { skip: noImages },
  async () => {
    const page = await openTool(site, "curve", "&attack=fgsm");
    await chooseModels(page, "curve", ["standard", "mixed"]);
    await run(page, "curve");
    const points = tableOf(await saved(page, "curve", "csv"));
    assert.equal(points.length, 22);
    for (const { accuracy, low95: low, high95: high } of points)
      assert.ok(Number(low) <= Number(accuracy) && Number(accuracy) <= Number(high));
    assert.ok(isPng(await saved(page, "curve", "png")));
    const svg = (await saved(page, "curve", "svg")).bytes.toString("utf8");
    assert.equal((svg.match(/<polyline /g) ?? []).length, 2);
    assert.ok(!/var\(--/.test(svg), "its colours are its own");
    // One colour of a model everywhere.
    const colour = (selector) =>
      page
        .locator(selector)
        .first()
        .evaluate((line) => getComputedStyle(line).stroke);
    const [standard, mixed] = [
      await colour(".plot .series-0.line"),
      await colour(".plot .series-1.line"),
    ];
    assert.notEqual(standard, mixed);
    await page.getByRole("link", { name: "Explore an image" }).click();
    await page.locator("[data-model=standard] .model-key").waitFor();
    const key = (model) =>
      page
        .locator(`[data-model=${model}] .model-key`)
        .evaluate((dot) => getComputedStyle(dot).backgroundColor);
    assert.deepEqual([await key("standard"), await key("mixed")], [standard, mixed]);
    const transfer = await openTool(site, "transfer", "&attack=fgsm&compared=standard,mixed");
    await run(transfer, "transfer");
    const cells = tableOf(await saved(transfer, "transfer", "csv"));
    assert.equal(cells.length, 6);
    assert.ok(cells.every(({ low95, high95 }) => Number(low95) < Number(high95)));
    const drawn = (await saved(transfer, "transfer", "svg")).bytes.toString("utf8");
    assert.equal((drawn.match(/<rect /g) ?? []).length, 6);
    const percent = (value) => `${(100 * Number(value)).toFixed(1)}%`;
    for (const { accuracy, low95, high95 } of cells) {
      assert.ok(drawn.includes(`>${percent(accuracy)}<`), percent(accuracy));
      assert.ok(drawn.includes(`>${percent(low95)} – ${percent(high95)}<`), percent(low95));
    }
    assert.ok(!/var\(--/.test(drawn), "its colours are its own");
    assert.ok(isPng(await saved(transfer, "transfer", "png")));
  },
);

test("what was cancelled claims no images that were not attacked", { skip: noImages }, async () => {
  for (const [tool, attack] of [
    ["curve", "cw&steps=300"],
    ["transfer", "bim&steps=2000"],
  ]) {
    const page = await openTool(site, tool, `&attack=${attack}&compared=standard,mixed`);
    await startOf(page, tool).click();
    await page.locator(`#lab-${tool} [data-keep=csv]:not(:disabled)`).waitFor();
    await startOf(page, tool).click();
    await page.locator(`#lab-${tool} .run-text`).getByText("Cancelled.").waitFor();
    const rows = tableOf(await saved(page, tool, "csv"));
    assert.ok(rows.length > 0);
    const done = new Map(
      rows.map(({ model, crafted_on: crafted, read_by: judge, images }) => [
        model ?? (crafted || judge),
        Number(images),
      ]),
    );
    const made = await page.locator(`#lab-${tool} .made`).textContent();
    for (const [model, images] of done) {
      assert.ok(images > 0 && images < 200, `${model}: ${images}`);
      const title = { standard: "Normal model", mixed: "Mixed model" }[model];
      assert.ok(made.includes(`${title}: ${images}`), made);
    }
    assert.match(made, / of the first 200 test images/);
  }
});

test(
  "a net that was trained is in the image view, and there again after a reload",
  { skip: noImages, timeout: 400000 },
  async () => {
    const page = await openTool(site, "train");
    await page.locator("#lab-train .chip", { hasText: /^4$/ }).click();
    await startOf(page, "train").click();
    await page.getByText("Kept in this browser").waitFor();
    await startOf(page, "train").click();
    await page.getByRole("button", { name: "Continue" }).waitFor();
    await page.getByRole("button", { name: "Open it in the image view" }).click();
    const lane = page.locator("[data-model=own-1]");
    await lane.locator(".reading", { hasText: "You see a 3." }).waitFor();
    assert.match(await lane.locator("h3").textContent(), /^Your net 1: Normal/);
    await page.waitForURL(/model=standard,own-1/);
    await page.reload();
    await until(page, () =>
      globalThis.signflipPage?.snapshot.result?.lanes.some(({ model }) => model === "own-1"),
    );
    await lane.locator(".reading", { hasText: "You see a 3." }).waitFor();
    const transfer = page.locator("#from option");
    assert.ok(
      (await transfer.evaluateAll((list) => list.map(({ value }) => value))).includes("own-1"),
    );

    // Deleted in a later visit it is gone from every view, for good, and so is what stood behind a transform of it.
    await page.goto(`${site.url}?model=standard,own-1,own-1-jpeg50&from=own-1`);
    await until(page, () => globalThis.signflipPage?.snapshot.result?.request.from === "own-1");
    await page.evaluate(() =>
      globalThis.signflipPage.update({ view: "model", experiment: "train" }),
    );
    await page.getByRole("button", { name: /^Delete “Your net 1/ }).click();
    await page.locator(".kept-nets").waitFor({ state: "hidden" });
    await until(page, () => !globalThis.signflipPage.state.model.includes("own-1"));
    assert.deepEqual(
      await page.evaluate(() => {
        const { model, from } = globalThis.signflipPage.state;
        return [model, from];
      }),
      [["standard"], ""],
    );
    const kept = () =>
      page.evaluate(
        () =>
          new Promise((resolve) => {
            indexedDB.open("signflip", 1).onsuccess = ({ target }) => {
              const nets = target.result.transaction("nets").objectStore("nets");
              nets.count().onsuccess = (counted) => resolve(counted.target.result);
            };
          }),
      );
    assert.equal(await kept(), 0);
    await page.reload();
    await page.locator("#lab-train .primary:not(:disabled)").waitFor();
    assert.ok(await page.locator(".kept-nets").isHidden());
    assert.deepEqual(page.problems, []);
  },
);
