// The list of attacks: all there from the start, slow attacks with progress and Cancel, what a budget means, and
// minimum-norm attacks, which have none. What every attack shares is in explore.test.mjs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  idle,
  keep,
  laneOf,
  largestChange,
  openNumbers,
  ownLater,
  quiet,
  resultOf,
  settled,
  slide,
  start,
  tabTo,
  until,
} from "../../support/browser.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const names = (page) =>
  page.evaluate(() => globalThis.signflipPage.snapshot.attacks.map(({ name }) => name));
/** Slow on any machine. */
const slow = "attack=bim&steps=10000&epsilon=0.1";

test("every attack is there from the start, and none asks the network for anything", async () => {
  const from = site.requests.length;
  const page = await site.open();
  await quiet(page);
  const loaded = site.since(from);
  for (const path of ["/js/signflip.wasm", "/js/workers/attack.js"])
    assert.equal(loaded.filter((name) => name === path).length, 1, path);
  const all = await names(page);
  assert.ok(all.length >= 16, `${all.length} attacks`);
  assert.deepEqual(all.slice(0, 4), ["fgsm", "bim", "mim", "pgd"]);
  const list = page.getByLabel("Method");
  assert.deepEqual(
    await list.locator("option").evaluateAll((options) => options.map(({ value }) => value)),
    all,
  );
  assert.ok((await list.locator("optgroup").count()) >= 3, "in groups");

  const before = site.requests.length;
  for (const name of ["mim", "apgd-ce", "square", "deepfool"]) {
    const result = await resultOf(page, () => list.selectOption(name));
    assert.equal(result.request.attack, name);
    const lane = laneOf(result, "standard");
    assert.notEqual(lane.adversarialLabel, lane.label, name);
    if (name !== "deepfool") assert.ok(largestChange(result, lane) <= 0.1 + 1e-6, name);
  }
  await quiet(page);
  assert.deepEqual(
    site.since(before).filter((path) => !ownLater(path)),
    [],
  );
  assert.equal(await page.evaluate(() => globalThis.signflipPage.client.restarts), 0);
  assert.deepEqual(page.problems, []);
});

test("by keyboard every attack is reached, one after the other, and runs", async () => {
  const page = await site.open();
  await tabTo(page, "#attack");
  const all = await names(page);
  const reached = [await page.locator("#attack").inputValue()];
  for (let i = 1; i < all.length; i++) {
    await page.keyboard.press("ArrowDown");
    reached.push(await page.locator("#attack").inputValue());
  }
  assert.deepEqual(reached, all);
  await page.keyboard.press("Home");
  assert.equal((await settled(page)).request.attack, "fgsm");
});

test("a budget in L2 has its own range and start, and another attack does not take it for a change of pixels", async () => {
  const page = await site.open("?attack=pgd&epsilon=0.05");
  await page.getByText("Fine tuning").click();
  const lengths = await resultOf(page, () => page.locator("#parameter-norm").selectOption("l2"));
  assert.equal(lengths.request.parameters.epsilon, 1.5);
  assert.equal(await page.locator("#parameter-epsilon").getAttribute("max"), "5");
  assert.equal(await page.locator("[data-parameter=epsilon] .unit").textContent(), "L2");
  await resultOf(page, () => slide(page, "epsilon", 3));
  const fgsm = await resultOf(page, () => page.locator("#attack").selectOption("fgsm"));
  assert.equal(fgsm.request.parameters.epsilon, 0.1);
  assert.equal(await page.locator("[data-parameter=epsilon] .unit").textContent(), "25.5/255");
});

test("what did not succeed claims only what was tried", async () => {
  const page = await site.open("?model=mixed");
  await settled(page);
  const chip = page.locator("[data-model=mixed] .verdict-chip");
  assert.equal(await chip.textContent(), "FGSM found nothing");
  await openNumbers(page);
  const smallest = page.locator("[data-model=mixed] [data-number=smallest] .value");
  const find = page.getByRole("button", { name: "Find it: smallest ε, Mixed model" });
  // A search starts by itself where an attack is quick; on a busy machine none may be.
  const smallestSays = async (/** @type {string} */ text) => {
    const shown = page.locator("[data-model=mixed] [data-number=smallest]").getByText(text);
    await find.or(shown).first().waitFor();
    if (await find.isVisible()) await find.click();
    await shown.waitFor();
  };
  await smallestSays("FGSM finds none up to 1");
  // Another attack is spoken of by its own name.
  await resultOf(page, () => page.locator("#attack").selectOption("pgd"));
  await smallestSays("PGD: 0.");
  assert.match(await smallest.textContent(), /^PGD: 0\.\d{3} · [\d.]+\/255$/);
});

test("a link may name any attack; one that nobody knows is the first", async () => {
  const page = await site.open("?attack=deepfool&overshoot=0.1");
  const result = await settled(page);
  assert.equal(result.request.attack, "deepfool");
  assert.equal(result.request.parameters.overshoot, 0.1);
  const unknown = await site.open("?attack=nonsense");
  assert.equal((await settled(unknown)).request.attack, "fgsm");
  assert.deepEqual([...page.problems, ...unknown.problems], []);
});

test("a minimum-norm result has no budget: colours follow the largest change, and the page says so", async () => {
  const page = await site.open("?attack=deepfool");
  const result = await settled(page);
  const largest = Math.max(...result.lanes.map((lane) => largestChange(result, lane)));
  assert.ok(largest > 0.05);
  const legend = await page.locator("[data-model=standard] .legend").textContent();
  const levels = (largest * 255).toFixed(
    Math.abs(largest * 255 - Math.round(largest * 255)) < 0.05 ? 0 : 1,
  );
  assert.equal(legend, `darker−${levels}/255+${levels}/255brighter`);
  assert.equal(await page.locator("#parameter-epsilon").count(), 0);
  assert.equal(await page.getByText("One step, so there is nothing else to set.").count(), 0);
  assert.equal(await page.locator("#parameter-overshoot").count(), 1);
  assert.ok(
    await page.locator("input[name=target][value='5']").isDisabled(),
    "it has no targeted form",
  );
  await keep(page, "deepfool");
  const dark = await site.open("?attack=jsma&target=8&theme=dark");
  assert.equal(laneOf(await settled(dark), "standard").adversarialLabel, 8);
  await keep(dark, "jsma-dark");
});

test("a slow attack shows progress; Cancel brings back what was there, Run again runs it", async () => {
  const page = await site.open();
  const before = await settled(page);
  const shown = await page.locator("[data-model=standard] .reading").textContent();
  const box = await page.locator("[data-model=standard] .pictures").boundingBox();
  await page.evaluate(() =>
    globalThis.signflipPage.update({ attack: "bim", parameters: { steps: 10000, epsilon: 0.1 } }),
  );
  const lane = page.locator("[data-model=standard]");
  await until(
    page,
    () =>
      Number(
        document
          .querySelector("[data-model=standard] [role=progressbar]")
          .getAttribute("aria-valuenow"),
      ) > 0,
  );
  assert.match(await lane.locator(".progress p").textContent(), /^Attacking: \d+%$/);
  assert.equal(
    await page.locator("#status").textContent(),
    "The attack takes a while; it can be cancelled.",
  );
  assert.deepEqual(
    await page.locator("[data-model=standard] .pictures").boundingBox(),
    box,
    "nothing moves",
  );
  const cancel = lane.getByRole("button", { name: "Cancel" });
  const { width, height } = await cancel.boundingBox();
  assert.ok(width >= 24 && height >= 24, `${width}×${height}`);
  await keep(page, "slow", false);
  await cancel.focus();
  await page.keyboard.press("Enter");
  await lane.getByText("Cancelled. Still shown: FGSM").waitFor();
  await until(page, () => document.getElementById("status").textContent === "Cancelled.");
  assert.equal(await lane.locator(".reading").textContent(), shown);
  assert.equal(await page.locator("#results[aria-busy]").count(), 0);
  assert.deepEqual((await settled(page)).lanes, before.lanes);
  assert.ok(
    await lane
      .getByRole("button", { name: "Run again" })
      .evaluate((button) => button === document.activeElement),
  );
  await keep(page, "cancelled", false);
  await page.keyboard.press("Enter");
  await cancel.waitFor();
  await cancel.click();
  const next = await resultOf(page, () =>
    page.evaluate(() => globalThis.signflipPage.update({ parameters: { steps: 5, epsilon: 0.1 } })),
  );
  assert.equal(next.request.attack, "bim");
  assert.equal(await lane.locator(".progress").isHidden(), true);
  assert.deepEqual(page.problems, []);
});

test("a transfer from a model that cannot be had is not run, and the page says why", async () => {
  const page = await site.open("", { wait: false });
  await page.route("**/mnist-robust.safetensors?*", (route) => route.fulfill({ status: 404 }));
  await page.goto(`${site.url}?from=robust&model=standard`);
  const alert = page.locator(".alert:visible").getByText("mnist-robust.safetensors");
  await alert.first().waitFor();
  await idle(page);
  assert.equal(await page.evaluate(() => globalThis.results.length), 0);
  const { request } = await resultOf(page, () =>
    page.evaluate(() => globalThis.signflipPage.update({ from: "" })),
  );
  assert.deepEqual([request.from, request.models], ["", ["standard"]]);
  await alert.first().waitFor({ state: "hidden" });
});

test("cancelled before there was a result: empty lanes, and the page goes on", async () => {
  const page = await site.open(`?${slow}&theme=dark`, {
    wait: false,
    viewport: { width: 320, height: 640 },
  });
  await page.getByRole("button", { name: "Cancel" }).first().click();
  await page.getByText("Cancelled.").first().waitFor();
  await page.locator("[data-model=standard]").scrollIntoViewIfNeeded();
  await keep(page, "cancelled-empty-320", false);
  const result = await resultOf(page, () =>
    page.evaluate(() => globalThis.signflipPage.update({ attack: "fgsm", parameters: {} })),
  );
  assert.equal(result.request.attack, "fgsm");
});

test("a heavy attack runs when the slider rests, with the newest settings", async (t) => {
  const page = await site.open("?attack=pgd&steps=1500");
  // Its second run tells that the first was no accident.
  await resultOf(page, () => slide(page, "epsilon", 0.15));
  // A busy machine lets the slider rest between two moves now and then: then the attack may run.
  const { asked, rests } = await page.evaluate(async () => {
    const before = globalThis.results.length;
    const slider = document.getElementById("parameter-epsilon");
    let rests = 0;
    for (let i = 0; i < 25; i++) {
      const moved = performance.now();
      slider.value = String(0.2 + 0.01 * i);
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      await new Promise(requestAnimationFrame);
      rests += Number(performance.now() - moved > 200);
    }
    return { asked: globalThis.results.length - before, rests };
  });
  t.diagnostic(`${asked} results while the slider moved, which rested ${rests} times`);
  assert.ok(asked <= 1 + rests, `${asked} results`);
  await until(page, () => globalThis.results.at(-1).request.parameters.epsilon === 0.44);
  assert.equal(await page.evaluate(() => globalThis.signflipPage.client.restarts), 0);
});

test("the newest question wins while the slider moves", async () => {
  const page = await site.open("?attack=mim");
  const answered = await page.evaluate(async () => {
    const slider = document.getElementById("parameter-epsilon");
    const before = globalThis.results.length;
    for (let frame = 0; frame < 90; frame++) {
      slider.value = String(0.05 + 0.4 * Math.abs(Math.sin(frame / 14)));
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      await new Promise(requestAnimationFrame);
    }
    return globalThis.results.length - before;
  });
  assert.ok(answered <= 90, "no answer without a question");
  const { request } = await settled(page);
  assert.equal(
    String(request.parameters.epsilon),
    await page.locator("#parameter-epsilon").inputValue(),
  );
});
