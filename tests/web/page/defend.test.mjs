// Transforms in front of a model, and Grad-CAM: the page's figures are the module's, a link brings them back, and both
// take the full module, which nobody fetches before.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { loadFull } from "../../support/module.mjs";
import {
  keep,
  laneOf,
  openNumbers,
  resultOf,
  settled,
  start,
  until,
} from "../../support/browser.mjs";
import { root, temporaryFolder } from "../../support/tool.mjs";
import { noImages, openTool, run } from "../../support/model-view.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const full = await loadFull(temporaryFolder());
const standard = full.loadModel(readFileSync(join(root, "models/mnist-standard.safetensors")));

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const furthest = (a, b) => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

/** What is wrong with a dialogue for those who use assistive techniques. */
async function violations(page) {
  await page.evaluate(axe);
  return page.evaluate(async () =>
    (await globalThis.axe.run("dialog")).violations.map(({ id }) => id),
  );
}

test("a transform in front of a model is one more lane, attacked through it or past it", async () => {
  const page = await site.open("?model=standard&attack=bim&epsilon=0.15");
  const from = site.requests.length;
  await page.getByRole("button", { name: "Transform …" }).click();
  const dialogue = page.getByRole("dialog", { name: "A model behind a transform" });
  await dialogue.waitFor();
  assert.deepEqual(await violations(page), []);
  await keep(page, "defend");
  // A quality that JPEG has not is refused by the field.
  await dialogue.getByRole("spinbutton", { name: "Quality" }).fill("101");
  await dialogue.getByRole("button", { name: "Add it" }).click();
  assert.equal(await dialogue.isVisible(), true);
  await dialogue.getByRole("spinbutton", { name: "Quality" }).fill("40");
  await resultOf(page, () => dialogue.getByRole("button", { name: "Add it" }).click());
  await until(page, () => globalThis.results.at(-1).lanes.length === 2);
  const both = await settled(page);
  const asked = site.since(from);
  assert.ok(
    asked.some((path) => path.includes("/js/signflip-full.wasm")),
    asked.join(),
  );
  assert.ok(await page.getByRole("heading", { name: "Normal model · JPEG 40" }).isVisible());

  const { image, label } = both.request;
  const own = standard.transformedBy("jpeg:40");
  const lane = laneOf(both, "standard-jpeg40");
  const expected = own.attack({ attack: "bim", epsilon: 0.15 }, image, label);
  assert.ok(furthest(lane.adversarial, expected.adversarial) < 1e-6);
  assert.ok(furthest(lane.after, expected.probabilities) < 1e-5);
  assert.ok(furthest(lane.seen, own.seenByNetwork(expected.adversarial)) < 1e-6);
  assert.equal(laneOf(both, "standard").seen, null);

  await until(page, () => location.search.includes("standard-jpeg40"));
  const past = await site.open("?model=standard-jpeg40-bpda&attack=bim&epsilon=0.15");
  const blind = laneOf(await settled(past), "standard-jpeg40-bpda");
  const identity = standard.transformedBy("jpeg:40", "identity");
  const other = identity.attack({ attack: "bim", epsilon: 0.15 }, image, label);
  assert.ok(furthest(blind.adversarial, other.adversarial) < 1e-6);
  assert.ok(furthest(blind.adversarial, lane.adversarial) > 0.01);
  assert.ok(await past.getByRole("heading", { name: "Normal model · JPEG 40 (BPDA)" }).isVisible());

  // What is saved for the command line names it.
  await past.locator(".share-panel").scrollIntoViewIfNeeded();
  const [download] = await Promise.all([
    past.waitForEvent("download"),
    past.locator("[data-keep=json]").click(),
  ]);
  const [saved] = JSON.parse(readFileSync(await download.path(), "utf8")).models;
  assert.equal(saved.model, "mnist-standard.safetensors");
  assert.deepEqual([saved.transform, saved.transform_gradient], ["jpeg:40", "identity"]);

  // Without knowing of it, the attack makes the same image as on the model alone.
  const gray = await resultOf(page, () =>
    page.getByLabel("Gray-box attack on the defence").check(),
  );
  assert.deepEqual(
    laneOf(gray, "standard-jpeg40").adversarial,
    laneOf(gray, "standard").adversarial,
  );
  assert.deepEqual([...page.problems, ...past.problems], []);
});

test("in German; and a transform that a link has wrong is told at its lane", async () => {
  const page = await site.open("?model=standard,standard-blur1.5&lang=de");
  await page.getByRole("heading", { name: "Normales Modell · Unschärfe 1,5" }).waitFor();
  const wrong = await site.open("?model=standard,standard-jpeg900");
  await until(wrong, () => globalThis.signflipPage.snapshot.files["standard-jpeg900"] === "failed");
  assert.match(
    await wrong.evaluate(() => globalThis.signflipPage.snapshot.troubles["standard-jpeg900"]),
    /'jpeg:900', expected/,
  );
});

test("Grad-CAM is drawn beside the gradient when one asks, and for every result that follows", async () => {
  const page = await site.open("?model=standard,mixed&epsilon=0.1");
  await openNumbers(page);
  const item = page.locator("[data-model=standard] [data-number=gradCam]");
  assert.equal(await item.locator("canvas").first().isVisible(), false);
  await page.getByRole("button", { name: "Show it: Grad-CAM, Normal model" }).click();
  const maps = async () => {
    await until(page, () => globalThis.signflipPage.snapshot.analysis.gradCam.standard?.attacked);
    return page.evaluate(() => {
      const { clean, attacked } = globalThis.signflipPage.snapshot.analysis.gradCam.standard;
      return [Array.from(clean), Array.from(attacked)];
    });
  };
  const [clean, attacked] = await maps();
  const { request, lanes } = await settled(page);
  const lane = laneOf({ lanes }, "standard");
  assert.ok(furthest(clean, standard.gradCam(request.image, lane.label)) < 1e-5);
  assert.ok(furthest(attacked, standard.gradCam(lane.adversarial, lane.label)) < 1e-5);
  await item.getByRole("img", { name: "Grad-CAM, Adversarial" }).waitFor();
  await resultOf(page, () =>
    page.evaluate(() => globalThis.signflipPage.update({ parameters: { epsilon: 0.2 } })),
  );
  const [same, further] = await maps();
  assert.deepEqual(same, clean);
  assert.notDeepEqual(further, attacked);
  assert.deepEqual(page.problems, []);
});

test("a whole test set behind a transform", { skip: noImages }, async () => {
  const page = await openTool(
    site,
    "test",
    "&model=standard,standard-blur1&subject=standard-blur1",
  );
  await run(page, "test");
  assert.match(await page.locator("#lab-test .made").textContent(), /Normal model · Blur 1/);
  const robust = await page.locator("#robust-accuracy").textContent();
  assert.ok(parseFloat(robust) < 60, robust);
  assert.deepEqual(page.problems, []);
});
