// The page's two views: the links between them, the way back, and that the second is fetched only
// when it is opened.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bmp } from "../../support/bmp.mjs";
import { keep, quiet, settled, start, until } from "../../support/browser.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const imageView = (page) => page.locator("#view-image");
const modelView = (page) => page.locator("#view-model");
const current = (page) => page.locator(".views [aria-current=page]");

test("the model's view is fetched when it is opened, and there is a way back", async () => {
  const from = site.requests.length;
  const page = await site.open();
  await quiet(page);
  assert.ok(!site.since(from).some((path) => path.includes("model-view")));
  assert.equal(await current(page).textContent(), "Explore an image");
  await page.getByRole("link", { name: "Explore a model" }).click();
  await modelView(page).getByRole("heading", { name: "Explore a model" }).waitFor();
  assert.ok(await imageView(page).isHidden());
  assert.equal(await current(page).textContent(), "Explore a model");
  assert.equal(new URL(page.url()).searchParams.get("view"), "model");
  await keep(page, "view-model", false);
  await page.goBack();
  await imageView(page).waitFor();
  assert.ok(await modelView(page).isHidden());
  assert.deepEqual(page.problems, []);
});

test("a link leads to the model's view, and another language keeps it", async () => {
  const page = await site.open("?view=model", { wait: false });
  await modelView(page).getByRole("heading").first().waitFor();
  await page.getByLabel("Language").selectOption("de");
  await modelView(page).getByRole("heading", { name: "Ein Modell erkunden" }).waitFor();
  assert.deepEqual(page.problems, []);
});

test("a picture that is dropped on the model's view is shown under attack", async () => {
  const page = await site.open("?view=model", { wait: false });
  await modelView(page).getByRole("heading").first().waitFor();
  const bytes = [...bmp(40, 40, (x) => (x > 17 && x < 23 ? [9, 9, 9] : [245, 245, 245])).buffer];
  await page.evaluate((given) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([Uint8Array.from(given)], "one.bmp", { type: "image/bmp" }));
    const how = { dataTransfer, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new DragEvent("drop", how));
  }, bytes);
  await until(page, () => globalThis.results.at(-1)?.state.sample === "picture");
  await imageView(page).locator("#upload").waitFor({ state: "attached" });
  assert.ok(await modelView(page).isHidden());
  await page.goBack();
  await modelView(page).waitFor();
});

test("where the view cannot be had the page says so and tries again", async () => {
  const page = await site.open();
  await page.route("**/js/classic/models-*.js?*", (route) => route.abort(), { times: 1 });
  await page.getByRole("link", { name: "Explore a model" }).click();
  await modelView(page).getByRole("alert").waitFor();
  await page.getByRole("button", { name: "Try again" }).click();
  await modelView(page).getByRole("heading", { name: "Explore a model" }).waitFor();
  await page.getByRole("link", { name: "Explore an image" }).click();
  assert.ok((await settled(page)).lanes.length > 0, "the page works on");
});
