// The site of a bare clone, without any dataset: every view works on images that we draw, and says so; where a
// dataset is at hand they are offered beside it.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { keep, settled, site as built, start, until } from "../../support/browser.mjs";
import { noImages, openTool, over, run, startOf } from "../../support/model-view.mjs";

const folder = mkdtempSync(join(tmpdir(), "signflip-bare-"));
let bare;
before(async () => {
  cpSync(built, folder, { recursive: true, filter: (path) => !/samples\/|\.zip$/.test(path) });
  for (const name of ["index.html", "embed.html"]) {
    const file = join(folder, name);
    const html = readFileSync(file, "utf8").replace(
      / data-samples="[^"]*"| data-packs(?=[ >])/g,
      "",
    );
    writeFileSync(file, html);
  }
  bare = await start({ folder });
});
after(async () => {
  await bare?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("signs: there are 43 to pick from, and the first is attacked", async () => {
  const page = await bare.open("?dataset=gtsrb");
  const { lanes, request } = await settled(page);
  assert.equal(lanes[0].cleanLabel, request.label);
  await until(page, () => document.querySelectorAll("input[name=sample]").length === 43);
  await page.getByRole("group", { name: "Signs that we drew" }).waitFor();
  await page.getByRole("radio", { name: "Stop, drawn by us" }).check();
  assert.equal((await settled(page)).request.label, 14);
  assert.match(page.url(), /^[^#]*/);
  await keep(page, "drawn-signs");
  const frame = await bare.open("embed.html?dataset=gtsrb&sample=drawn-14");
  assert.equal((await settled(frame)).request.label, 14);
  assert.deepEqual([...page.problems, ...frame.problems], []);
});

for (const [dataset, count, least] of [
  ["mnist", 520, 96],
  ["gtsrb", 430, 70],
])
  test(
    `${dataset}: a whole test set under attack, with the numbers' origin`,
    { timeout: 300000 },
    async () => {
      const page = await openTool(bare, "test", `&dataset=${dataset}&attack=fgsm`);
      await page.getByText(`These ${count} test images are drawn by Signflip itself`).waitFor();
      await page.evaluate(() =>
        document.addEventListener("signflip:test-run", ({ detail }) => (globalThis.told = detail)),
      );
      await run(page, "test");
      const told = await page.evaluate(() => globalThis.told);
      assert.equal(told.done, count);
      const clean = (100 * told.clean) / count;
      assert.ok(clean >= least && clean <= 100, `${clean}`);
      assert.ok(told.robust < told.clean);
      if (dataset === "gtsrb") {
        const name = page.locator(".confusion tbody .class-name").first();
        assert.ok(await name.isHidden(), "numbers alone fit");
        await page.getByLabel("Show the classes' names").check();
        assert.ok(await name.isVisible());
      }
      assert.deepEqual(page.problems, []);
      await keep(page, `drawn-test-${dataset}`);
    },
  );

for (const tool of ["curve", "transfer", "map", "slice"])
  test(`${tool} runs on drawn digits`, { timeout: 300000 }, async () => {
    const page = await openTool(bare, tool, "&attack=fgsm");
    await run(page, tool);
    assert.equal(await page.locator(`#lab-${tool} [role=alert]:visible`).count(), 0);
    assert.deepEqual(page.problems, []);
  });

test("a net learns from drawn digits", { timeout: 300000 }, async (t) => {
  const page = await openTool(bare, "train");
  await page.evaluate(() => {
    globalThis.epochs = [];
    document.addEventListener("signflip:epoch", ({ detail }) => globalThis.epochs.push(detail));
  });
  await startOf(page, "train").click();
  await over(page, "train");
  const last = (await page.evaluate(() => globalThis.epochs)).at(-1);
  t.diagnostic(`after ${last.epoch} epochs it reads ${last.clean} of the drawn digits`);
  assert.ok(last.clean > 0.9, `${last.clean}`);
  assert.deepEqual(page.problems, []);
});

test("beside a dataset they are offered, too", { skip: noImages }, async (t) => {
  const site = await start();
  t.after(() => site.close());
  const page = await openTool(site, "test", "&attack=fgsm");
  await page.getByRole("radio", { name: "520 drawn by us" }).check();
  await page.getByText("520 of the test images are drawn by Signflip itself").waitFor();
  await run(page, "test");
  const cells = (await page.locator(".confusion td[role=gridcell]").allTextContents()).map(Number);
  assert.equal(
    cells.reduce((sum, one) => sum + one, 0),
    520,
  );
  assert.deepEqual(page.problems, []);
});
