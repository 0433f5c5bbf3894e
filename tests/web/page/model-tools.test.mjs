// The tools beside the test run: curves, transfer, map and slice, each from its button to its numbers.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { keep, start, until } from "../../support/browser.mjs";
import {
  chooseModels,
  noImages,
  numberOf,
  openTool,
  run,
  startOf,
} from "../../support/model-view.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const column = async (page, n) =>
  (await page.locator(`#lab-curve .numbers tbody tr :nth-child(${n})`).allTextContents()).map(
    numberOf,
  );

test(
  "accuracy falls as the budget grows, for both models in one plot",
  { skip: noImages },
  async () => {
    const page = await openTool(site, "curve", "&attack=fgsm");
    await chooseModels(page, "curve", ["standard", "mixed"]);
    await run(page, "curve");
    const [budgets, standard, mixed] = [
      await column(page, 1),
      await column(page, 2),
      await column(page, 3),
    ];
    assert.equal(budgets.length, 11);
    assert.equal(budgets[0], 0);
    assert.equal(budgets.at(-1), 0.5);
    assert.ok(standard[0] > 97 && mixed[0] > 97);
    assert.ok(standard[5] < 30, `${standard}`);
    assert.ok(
      mixed[5] > 80,
      "the defended model holds against the attack that it was trained with",
    );
    assert.equal(await page.locator("#lab-curve .plot polyline").count(), 2);
    const dashes = await page
      .locator("#lab-curve .plot polyline")
      .evaluateAll((lines) => lines.map((line) => line.getAttribute("stroke-dasharray")));
    assert.notEqual(dashes[0], dashes[1], "told apart without colour");
    assert.match(
      await page.locator("#lab-curve .plot").getAttribute("aria-label"),
      /Normal model 100\.0% →|Normal model 99/,
    );
    assert.deepEqual(page.problems, []);
    await keep(page, "model-curve");
  },
);

test(
  "an attack without a budget gives the whole curve in one run",
  { skip: noImages },
  async () => {
    const page = await openTool(site, "curve", "&attack=deepfool");
    await chooseModels(page, "curve", ["standard"]);
    await run(page, "curve");
    const accuracy = await column(page, 2);
    assert.ok(accuracy.length > 10 && accuracy[0] > 97);
    for (let i = 1; i < accuracy.length; i++)
      assert.ok(accuracy[i] <= accuracy[i - 1], "more budget never helps the model");
    assert.ok(accuracy.at(-1) <= 2, `${accuracy}`);
    assert.match(await page.locator("#lab-curve .made").textContent(), /DeepFool.*L2/);
    assert.equal(
      await page.locator("#lab-curve .numbers thead th").count(),
      2,
      "one model was chosen",
    );
  },
);

test("the transfer table crafts on each and reads with all", { skip: noImages }, async () => {
  const page = await openTool(site, "transfer", "&attack=fgsm&epsilon=0.25");
  await chooseModels(page, "transfer", ["standard", "mixed"]);
  await run(page, "transfer");
  const table = await page
    .locator(".transfer-table tbody tr")
    .evaluateAll((rows) =>
      rows.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.textContent)),
    );
  const [clean, standard, mixed] = table.map((row) => row.map(numberOf));
  assert.ok(clean.every((part) => part > 97));
  assert.ok(standard[0] < 20, "white box on the normal model");
  assert.ok(mixed[1] > 90, "its own FGSM hardly harms the defended model");
  assert.ok(
    standard[1] < mixed[1],
    "the normal model's images harm it more: its gradient is masked",
  );
  assert.equal(await page.locator(".transfer-table td.own").count(), 2);
  assert.match(await page.locator(".transfer-reading").textContent(), /misreads \d+\.\d%/);
  assert.deepEqual(page.problems, []);
  await keep(page, "model-transfer");
});

test(
  "on the map an attacked image walks away, and can be followed step by step",
  { skip: noImages },
  async () => {
    const page = await openTool(site, "map", "&attack=mim&epsilon=0.2&image=0", {
      reducedMotion: "reduce",
    });
    await page.evaluate(() =>
      document.addEventListener("signflip:walk", (event) => {
        globalThis.walk = event.detail;
      }),
    );
    await run(page, "map");
    await until(page, () => globalThis.walk);
    const labels = await page.evaluate(() => globalThis.walk.labels);
    assert.equal(labels[0], 7, "test image 0 is a 7");
    assert.notEqual(labels.at(-1), 7);
    const scrubber = page.locator("#lab-step");
    assert.equal(Number(await scrubber.getAttribute("max")), labels.length - 1);
    // Reduced motion: at the end at once, and nothing plays.
    assert.equal(Number(await scrubber.inputValue()), labels.length - 1);
    // The walk is told before the frame in which it is painted.
    await page
      .locator(".way-reading", {
        hasText: `Step ${labels.length - 1} of ${labels.length - 1}: read as ${labels.at(-1)}`,
      })
      .waitFor();
    const picture = () =>
      page.locator(".way-picture canvas").evaluate((canvas) => canvas.toDataURL());
    const attacked = await picture();
    await scrubber.focus();
    await page.keyboard.press("Home");
    await until(page, () =>
      /^Step 0 .*read as 7/.test(document.querySelector(".way-reading").textContent),
    );
    assert.notEqual(await picture(), attacked);
    const ink = await page.locator(".map-canvas").evaluate((canvas) =>
      canvas
        .getContext("2d")
        .getImageData(0, 0, canvas.width, canvas.height)
        .data.filter((_, i) => i % 4 === 3)
        .reduce((a, b) => a + (b > 0), 0),
    );
    assert.ok(ink > 5000, "there is a map");
    assert.match(
      await page.locator("#lab-map .made").textContent(),
      /1,000 test images\. The two directions show \d+% and \d+%/,
    );
    await keep(page, "model-map");
    // Another image, and another kind of map.
    await page.evaluate(() => {
      globalThis.walk = null;
    });
    await page.getByRole("button", { name: "Next image" }).click();
    await until(page, () => globalThis.walk?.index === 1);
    await page.locator("#lab-map .chip", { hasText: "PCA" }).click();
    await page.locator("#lab-map .made", { hasText: "of the variance" }).waitFor();
    assert.deepEqual(page.problems, []);
  },
);

test(
  "the slice: the image in the middle, the budget around it, every point to be asked",
  { skip: noImages },
  async () => {
    const page = await openTool(site, "slice", "&attack=fgsm&epsilon=0.2&image=0");
    await run(page, "slice");
    assert.match(
      await page.locator("#slice-readout").textContent(),
      /a = 0\.000, b = 0\.000: read as 7 \(\d+\.\d%\), within the budget/,
    );
    const shares = (await page.locator(".class-legend li").allTextContents()).map((text) =>
      numberOf(text.split(" ").at(-1)),
    );
    assert.ok(shares.length >= 2, "more than one class around it");
    assert.ok(Math.abs(shares.reduce((a, b) => a + b, 0) - 100) < 0.5);
    const along = await page.locator(".along li").allTextContents();
    assert.match(along[0], /a from −0\.400 to /);
    assert.ok(
      along.length >= 2 && !/: 7$/.test(along.at(-1)),
      "along the gradient the class changes",
    );
    await page.locator(".surface").focus();
    for (let i = 0; i < 16; i++) await page.keyboard.press("ArrowRight");
    const point = await page.locator("#slice-readout").textContent();
    assert.match(point, /^a = 0\.21.*beyond the budget/);
    assert.equal(await page.locator("#status").textContent(), point);
    await keep(page, "model-slice");
    const before = await page.locator(".surface").evaluate((canvas) => canvas.toDataURL());
    await page.getByRole("button", { name: "Another random direction" }).click();
    await until(page, (old) => document.querySelector(".surface").toDataURL() !== old, before);
    assert.deepEqual(
      await page.evaluate(() => globalThis.results),
      [],
      "the image view, which nobody saw, asked nothing",
    );
    assert.deepEqual(page.problems, []);
  },
);

test(
  "tabs work with the keyboard, and the address leads back to the tool",
  { skip: noImages },
  async () => {
    const page = await openTool(site, "test");
    await page.getByRole("tab", { name: "Test set" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Transfer");
    await startOf(page, "transfer").waitFor();
    await until(page, () => new URL(location.href).searchParams.get("experiment") === "transfer");
    await page.keyboard.press("End");
    await startOf(page, "train").waitFor();
    assert.equal(await page.locator("[role=tabpanel]:visible").count(), 1);
  },
);
