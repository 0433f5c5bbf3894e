// A picture of the visitor's that is still being read while something else is chosen: that counts.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bmp } from "../../support/bmp.mjs";
import { resultOf, settled, start, until } from "../../support/browser.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

for (const [what, choose, wanted] of [
  ["dataset", (page) => page.locator("input[name=dataset][value=gtsrb]").click(), /^(test|drawn)-/],
  ["sample", (page) => page.evaluate(() => signflipPage.update({ sample: "5a" })), /^5a$/],
]) {
  test(`another ${what} that is chosen while a picture is read is not replaced by it`, async () => {
    const page = await site.open();
    await settled(page);
    await page.locator("#tab-upload").click();
    await page.locator("#upload").waitFor({ state: "attached" });
    let free = () => {};
    const held = new Promise((resolve) => (free = resolve));
    await page.route(/import/, async (route) => {
      await held;
      await route.continue();
    });
    const upload = await page.locator(".upload").elementHandle();
    const picture = bmp(40, 40, (x) => (x > 17 && x < 23 ? [9, 9, 9] : [245, 245, 245]));
    await page.locator("#upload").setInputFiles(picture);
    await until(page, (element) => element.hasAttribute("data-waiting"), upload);
    await resultOf(page, () => choose(page));
    free();
    await until(page, (element) => !element.hasAttribute("data-waiting"), upload);
    const { state } = await settled(page);
    assert.match(state.sample, wanted);
    assert.match(await page.evaluate(() => signflipPage.state.sample), wanted);
    assert.doesNotMatch(await page.locator("#status").textContent(), /Your picture/);
    assert.deepEqual(page.problems, []);
  });
}
