// "One change for all": a universal perturbation and a patch, whose figures are those of the module on the same images;
// what a field refuses; its files.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { loadFull } from "../../support/module.mjs";
import { keep, start } from "../../support/browser.mjs";
import { noImages, numberOf, openTool, run, startOf } from "../../support/model-view.mjs";
import { root, temporaryFolder } from "../../support/tool.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

/** The table's rows as numbers. */
const rows = (page) =>
  page
    .locator("#lab-shared tbody tr")
    .evaluateAll((all) =>
      all.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.textContent)),
    )
    .then((all) => all.map((cells) => cells.map(numberOf)));

/** The test images that the tool takes. */
const testImages = (page, count) =>
  page.evaluate(async (wanted) => {
    const bytes = await (
      await fetch(new URL("samples/mnist-test-1000.gz", document.baseURI))
    ).blob();
    const stream = bytes.stream().pipeThrough(new DecompressionStream("gzip"));
    const all = new Uint8Array(await new Response(stream).arrayBuffer());
    return Array.from(all.subarray(16, 16 + 784 * wanted));
  }, count);

test("a universal perturbation is learnt, judged and saved", { skip: noImages }, async () => {
  const page = await openTool(site, "shared");
  await page.getByRole("spinbutton", { name: "ε" }).last().fill("0.2");
  await run(page, "shared");
  const [seen, unseen] = await rows(page);
  const all = Uint8Array.from(await testImages(page, 200));
  const full = await loadFull(temporaryFolder());
  const model = full.loadModel(readFileSync(join(root, "models/mnist-standard.safetensors")));
  const options = { norm: "linf", epsilon: 0.2, epochs: 10, batch: 16 };
  const change = model.learnShared(options, all.slice(0, 78400));
  for (const [row, part] of [
    [seen, all.slice(0, 78400)],
    [unseen, all.slice(78400)],
  ]) {
    const { clean, changed, random } = change.judge(model, part);
    const share = (read) => clean.filter((label, i) => read[i] !== label).length;
    assert.deepEqual([row[0], row[3], row[4]], [100, share(changed), share(random)]);
  }
  assert.ok(unseen[3] > unseen[4] && unseen[3] > 60, `${unseen}`);
  assert.equal(await page.locator("#lab-shared .pair").count(), 12);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save the change as NPY" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "signflip-mnist-universal.npy");
  const bytes = readFileSync(await download.path());
  const values = new Float32Array(
    bytes.buffer.slice(bytes.byteOffset + bytes.length - 4 * 784, bytes.byteOffset + bytes.length),
  );
  assert.deepEqual(values, change.values);
  assert.deepEqual(page.problems, []);
  await keep(page, "model-shared");
});

test(
  "a patch with a goal, at a place; and a field out of its range",
  { skip: noImages },
  async () => {
    const page = await openTool(site, "shared");
    await page.locator("#lab-shared input[value=patch]").check();
    await page.getByRole("combobox", { name: "Place" }).selectOption("at");
    await page.getByRole("spinbutton", { name: "Row" }).fill("30");
    await startOf(page, "shared").click();
    await page.getByText("A value is out of its range.").first().waitFor();
    await page.getByRole("spinbutton", { name: "Row" }).fill("2");
    await page.getByRole("combobox", { name: "Goal" }).selectOption("3");
    await page.getByRole("spinbutton", { name: "Side, in pixels" }).fill("10");
    await startOf(page, "shared").click();
    await page.locator("#lab-shared tbody td").first().waitFor();
    const [, unseen] = await rows(page);
    assert.ok(unseen[3] > 20 && unseen[3] > unseen[4], `${unseen}`);
    assert.match(
      await page.locator("#lab-shared .made").textContent(),
      /Patch of 10×10 pixels → 3/,
    );
    // A patch that does not lie in the image is the engine's to refuse.
    await page.getByRole("spinbutton", { name: "Row" }).fill("27");
    await startOf(page, "shared").click();
    await page.locator("#lab-shared .run-text").getByText(/27/).waitFor();
    await page.evaluate(axe);
    const wrong = await page.evaluate(async () =>
      (await globalThis.axe.run("#lab-shared")).violations.map(({ id }) => id),
    );
    assert.deepEqual(wrong, []);
  },
);
