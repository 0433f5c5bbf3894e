// On paper: figure, bars, parameters and address; nothing that is only pressed or pulled.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bmp } from "../../support/bmp.mjs";
import { keep, resultOf, settled, start, until } from "../../support/browser.mjs";
import { openTool, run } from "../../support/model-view.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

test("on paper there are figure, bars, parameters and address, over the whole width, and no controls", async () => {
  for (const query of ["?attack=mim&steps=4", "?attack=mim&steps=4&lang=de"]) {
    const page = await site.open(query, { viewport: { width: 1440, height: 900 } });
    await settled(page);
    await page.locator(".steps-panel .step-controls").waitFor();
    await page.locator(".share-panel").scrollIntoViewIfNeeded();
    await page.locator("[data-keep=json]").waitFor();
    await page.emulateMedia({ media: "print" });
    for (const controls of [
      "nav",
      ".settings",
      ".sidebar",
      ".models",
      ".steps-panel",
      ".share-panel",
      ".about",
    ])
      assert.equal(await page.locator(`${controls}:visible`).count(), 0, controls);
    assert.equal(await page.locator("input:visible, select:visible").count(), 0);
    const pressed = await page.locator("button:visible").allTextContents();
    assert.equal(pressed.join(""), "", "only pictures, which a click enlarges");
    for (const shown of [".pictures", ".probabilities", ".verdict", ".printed"])
      assert.ok((await page.locator(`${shown}:visible`).count()) > 0, shown);
    const { width } = await page.locator("#results").boundingBox();
    assert.ok(width > 0.9 * 1440, `${width} px`);
    const printed = await page.locator(".printed").textContent();
    assert.match(printed, /MIM.* 4http.*attack=mim&steps=4/);
    const bars = await page
      .locator("[data-model=standard] .bar")
      .evaluateAll((all) => all.filter((bar) => bar.getBoundingClientRect().width > 50).length);
    assert.ok(bars > 0);
    await keep(page, `print${query.includes("de") ? "-german" : ""}`);
  }
});

test("on paper there is what was run, also after a longer attack was cancelled", async () => {
  const page = await site.open("?attack=mim&steps=4&epsilon=0.1");
  await settled(page);
  await page.evaluate(() =>
    globalThis.signflipPage.update({ attack: "bim", parameters: { steps: 10000, epsilon: 0.3 } }),
  );
  await page.getByRole("button", { name: "Cancel" }).first().click();
  await page.getByText("Cancelled.").first().waitFor();
  await page.emulateMedia({ media: "print" });
  await until(page, () =>
    /MIM.* 4http.*attack=mim&steps=4/.test(document.querySelector(".printed").textContent),
  );
  const printed = await page.locator(".printed").textContent();
  assert.doesNotMatch(printed, /0\.3|10,?000/);
});

test("on paper the model view has what was asked and what came of it, nothing to press", async () => {
  const page = await openTool(site, "test");
  await run(page, "test");
  await page.locator(".top-confusions button").first().click();
  await page.locator(".pair").first().waitFor();
  await page.emulateMedia({ media: "print" });
  const kept = page.locator("#view-model :is(.top-confusions button, .pair):visible");
  assert.equal(await page.locator("#view-model button:visible").count(), await kept.count());
  assert.ok((await page.locator(".top-confusions button:visible").count()) > 0);
  assert.ok((await page.locator(".pair:visible").count()) > 0);
  assert.equal(await page.locator("#view-model input[type=range]:visible").count(), 0);
  assert.ok(await page.locator("#lab-attack").isVisible());
  assert.ok(await page.locator("#lab-test table").isVisible());
});

test("on paper a visitor's picture is not in the address, nor is the guide there", async () => {
  const page = await site.open("?guide=1&model=standard");
  await settled(page);
  await page.locator(".guide").waitFor();
  await page.locator("#tab-upload").click();
  await page.locator("#upload").waitFor({ state: "attached" });
  const line = bmp(200, 200, (x, y) =>
    x > 90 && x < 110 && y > 30 && y < 170 ? [9, 9, 9] : [245, 245, 245],
  );
  await resultOf(page, () => page.locator("#upload").setInputFiles(line));
  await page.emulateMedia({ media: "print" });
  await until(page, () => /model=standard/.test(document.querySelector(".printed").textContent));
  const printed = await page.locator(".printed").textContent();
  assert.ok(printed.length < 200, printed);
  assert.ok(await page.locator(".guide").isHidden());
});
