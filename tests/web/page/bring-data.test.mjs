// "Your own data": an .npz with test images takes the place of the page's, in every tool, until one leaves.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { draw } from "../../../web/js/picture/drawn/index.js";
import { idle, keep, settled, start } from "../../support/browser.mjs";
import { numberOf, over, startOf } from "../../support/model-view.mjs";
import { npz } from "../../support/npz.mjs";
import { npy, temporaryFolder } from "../../support/tool.mjs";

const folder = temporaryFolder();
let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

/** Drawn digits, class after class, with labels that are all wrong by `shift`. */
function writeDigits(name, count, shift = 0) {
  const { pixels, labels } = draw({ dataset: "mnist", count, seed: 7 });
  const order = Array.from(labels, (_, i) => i).sort((a, b) => labels[a] - labels[b]);
  const sorted = Buffer.concat(order.map((i) => pixels.subarray(784 * i, 784 * (i + 1))));
  const numbers = Uint8Array.from(order, (i) => (labels[i] + shift) % 10);
  const path = join(folder, name);
  const arrays = {
    test_images: npy("|u1", [count, 28, 28], sorted),
    test_labels: npy("|u1", [count, 1], numbers),
  };
  writeFileSync(path, npz(arrays, true));
  return path;
}

const dialogue = (page) => page.locator("dialog.bring");
async function choose(page, view, path) {
  await page.locator(`#view-${view}`).getByRole("button", { name: "Your own …" }).click();
  await dialogue(page).locator(".drop input").setInputFiles(path);
}
/** Clean accuracy of the open test run, as its numbers say. */
const clean = async (page) => {
  await startOf(page, "test").click();
  await over(page, "test");
  const text = await page.locator("#lab-test").textContent();
  return { text, right: numberOf(/(\d+(\.\d+)?)%/.exec(text)?.[0] ?? "") };
};

test("the tools run on it, and results on other images are forgotten", async () => {
  const page = await site.open("?attack=fgsm&epsilon=0.02");
  await settled(page);
  await choose(page, "image", writeDigits("digits.npz", 130));
  await page.getByText("The 130 test images are yours.").waitFor();
  const counts = page.locator("#lab-test .lab-choice", { hasText: "Test images" }).locator("input");
  await counts.first().waitFor({ state: "attached" });
  assert.deepEqual(await counts.evaluateAll((list) => list.map(({ value }) => value)), [
    "100",
    "130",
  ]);
  const good = await clean(page);
  assert.match(good.text, /100/);
  await keep(page, "bring-data", false);
  // The same images with other labels: nearly all of them are misread.
  await choose(page, "model", writeDigits("wrong.npz", 120, 1));
  await page.getByText("The 120 test images are yours.").waitFor();
  await idle(page);
  const bad = await clean(page);
  assert.notEqual(bad.text, good.text);
  assert.ok(good.right > 80 && bad.right < 20, `${good.right}% and ${bad.right}%`);
  assert.deepEqual(page.problems, []);
});

test("what fits no model of the page is refused with the reason", async () => {
  const page = await site.open("?lang=de");
  await settled(page);
  const path = join(folder, "small.npz");
  const arrays = {
    x_test: npy("|u1", [4, 9, 9], new Uint8Array(324)),
    y_test: npy("|u1", [4], Uint8Array.of(0, 1, 2, 7)),
  };
  writeFileSync(path, npz(arrays));
  await page.locator("#view-image").getByRole("button", { name: "Dein eigenes …" }).click();
  await dialogue(page).locator(".drop input").setInputFiles(path);
  await dialogue(page).getByText("Seine Bilder sind 9×9×1, und die größte Klasse ist 7").waitFor();
  writeFileSync(path, npz({ a: arrays.x_test }));
  await dialogue(page).locator(".drop input").setInputFiles(path);
  await dialogue(page).getByText("Es enthält: a.").waitFor();
  assert.deepEqual(page.problems, []);
});
