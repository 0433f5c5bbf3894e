// The guided start of the page: a flipped digit, a network that withstands, and its fall. What it says is what the
// result at hand shows; the address alone remembers it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { keep, resultOf, settled, slide, start } from "../../support/browser.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const found = (page) => page.locator(".guide .found").textContent();

test("three steps, each with the outcome that it promises, and what the page says of it", async () => {
  const page = await site.open("", { viewport: { width: 390, height: 844 } });
  await page.locator(".footer").getByRole("link", { name: "Guided start" }).click();
  await page.getByRole("heading", { name: "1 of 3: Flip a digit" }).waitFor();
  const first = await settled(page);
  assert.deepEqual([first.request.models, first.request.parameters.epsilon], [["standard"], 0]);
  assert.match(await found(page), /At ε = 0\.00 it still reads a 3/);
  assert.equal(await page.locator(".guide[data-seen]").count(), 0);
  const flipped = await resultOf(page, () => slide(page, "epsilon", 0.15));
  assert.notEqual(flipped.lanes[0].adversarialLabel, 3);
  assert.match(
    await found(page),
    new RegExp(`Flipped: at ε = 0\\.15 the network reads a ${flipped.lanes[0].adversarialLabel}`),
  );
  await page.locator(".guide[data-seen]").waitFor();
  await keep(page, "guide-1", false);

  await page.getByRole("link", { name: "Next step" }).click();
  await page.getByRole("heading", { name: "2 of 3: A network that was hardened" }).waitFor();
  const held = await settled(page);
  const mixed = ({ lanes }) => lanes.find(({ model }) => model === "mixed").adversarialLabel;
  assert.equal(held.request.attack, "fgsm");
  assert.equal(mixed(held), 3);
  assert.match(await found(page), /still reads a 3\. Is it safe now\?/);
  assert.ok(await page.evaluate(() => document.activeElement?.id === "guide-title"));

  await page.getByRole("link", { name: "Next step" }).click();
  await page.getByRole("heading", { name: "3 of 3: The defence falls" }).waitFor();
  const fell = await settled(page);
  assert.equal(fell.request.attack, "mim");
  assert.notEqual(mixed(fell), 3);
  assert.match(await found(page), new RegExp(`The mixed model reads a ${mixed(fell)}`));
  await page.locator(".guide[data-seen]").waitFor();
  await page.waitForURL(/guide=3/);
  await keep(page, "guide-3", false);

  // The address brings it back, and nothing else remembers it.
  const copy = await site.open(new URL(page.url()).search);
  await copy.getByRole("heading", { name: "3 of 3" }).waitFor();
  await page.getByRole("link", { name: "Leave the guide" }).click();
  await page.locator(".guide").waitFor({ state: "hidden" });
  await page.waitForURL((url) => !url.search.includes("guide"));
  assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(site.url);
  await settled(page);
  await page.locator(".views").getByRole("link", { name: "Guided start" }).waitFor();
  assert.ok(await page.locator(".guide").isHidden());
  assert.deepEqual([...page.problems, ...copy.problems], []);
});

test("axe-core finds nothing in it, in German and dark as well", async () => {
  for (const [query, options] of [
    ["?guide=1&model=standard&epsilon=0", { viewport: { width: 320, height: 700 } }],
    ["?guide=3&attack=mim&epsilon=0.15&lang=de&theme=dark", {}],
  ]) {
    const page = await site.open(query, options);
    await settled(page);
    await page.locator(".guide h2").waitFor();
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(".guide"));
    assert.deepEqual(
      violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
      [],
    );
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.ok(wide <= 0, `${wide} px too wide`);
    await keep(page, `guide-${options.viewport ? "phone" : "dark"}`, false);
  }
});
