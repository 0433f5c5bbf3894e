// The attacks beyond the buttons: all there from the start, slow attacks with progress and Cancel,
// and minimum-norm attacks, which have no budget. What every attack shares is in explore.test.mjs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  keep,
  laneOf,
  largestChange,
  ownLater,
  painted,
  quiet,
  resultOf,
  settled,
  slide,
  start,
} from "../../support/browser.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const more = (page) => page.locator("button.others");
const names = (page) =>
  page.evaluate(() => globalThis.signflipPage.snapshot.attacks.map(({ name }) => name));
const openMore = async (page) => {
  await more(page).click();
  await page.locator(".sheet input[value=deepfool]").waitFor({ state: "attached" });
};
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
  assert.deepEqual(
    await page
      .locator("input[name=attack]")
      .evaluateAll((list) => list.map((input) => input.value)),
    all,
  );

  const before = site.requests.length;
  await resultOf(page, () => page.locator("input[name=attack][value=mim]").check());
  await openMore(page);
  await keep(page, "more-wide", false);
  for (const name of ["apgd-ce", "square", "deepfool"]) {
    if (await page.locator(".sheet").isHidden()) await more(page).click();
    const result = await resultOf(page, () => page.locator(`.sheet input[value=${name}]`).click());
    assert.equal(result.request.attack, name);
    const lane = laneOf(result, "standard");
    assert.notEqual(lane.adversarialLabel, lane.label, name);
    if (name !== "deepfool") assert.ok(largestChange(result, lane) <= 0.2 + 1e-6, name);
    assert.ok(await page.locator(".sheet").isHidden(), "a choice by mouse closes the sheet");
    assert.equal(await page.evaluate(() => document.activeElement.className), "others");
  }
  assert.match(await more(page).textContent(), /DeepFool/);
  await quiet(page);
  assert.deepEqual(
    site.since(before).filter((path) => !ownLater(path)),
    [],
  );
  assert.equal(await page.evaluate(() => globalThis.signflipPage.client.restarts), 0);
  assert.deepEqual(page.problems, []);
});

test("on a narrow screen More opens over the controls and moves nothing", async () => {
  const page = await site.open("", { viewport: { width: 320, height: 640 } });
  await quiet(page);
  await page.evaluate(() => {
    globalThis.shift = 0;
    new PerformanceObserver((list) =>
      list.getEntries().forEach((entry) => {
        globalThis.shift += entry.value;
      }),
    ).observe({ type: "layout-shift" });
  });
  await more(page).click();
  await page.locator(".sheet input[value=one-pixel]").waitFor({ state: "attached" });
  await keep(page, "more-320", false);
  await painted(page);
  const shift = await page.evaluate(() => globalThis.shift);
  assert.ok(shift <= 0.01, `shift ${shift}`);
  // What follows may move: the attack that is chosen brings its own sliders.
  const result = await resultOf(page, () =>
    page.locator(".sheet input[value=pgd]").evaluate((input) => input.click()),
  );
  assert.equal(result.request.attack, "pgd");
});

test("More by keyboard: arrows choose, Escape and Enter close", async () => {
  const page = await site.open();
  await more(page).focus();
  await page.keyboard.press("Enter");
  await page.locator(".sheet input[value=deepfool]").waitFor();
  assert.equal(await more(page).getAttribute("aria-expanded"), "true");
  await page.locator(".sheet input[value=square]").focus();
  const result = await resultOf(page, () => page.keyboard.press("ArrowLeft"));
  assert.equal(result.request.attack, "apgd-t");
  assert.ok(await page.locator(".sheet").isVisible());
  await page.keyboard.press("Enter");
  assert.ok(await page.locator(".sheet").isHidden());
  assert.equal(await page.evaluate(() => document.activeElement.className), "others");
  await page.keyboard.press("Space");
  await page.keyboard.press("Escape");
  assert.ok(await page.locator(".sheet").isHidden());
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
  const note = await page.locator("[data-model=standard] .legend .hint").textContent();
  assert.equal(
    note,
    `Full colour: the largest change, ±${largest.toFixed(largest < 0.1 ? 3 : 2)} (×${(1 / largest).toFixed(1)})`,
  );
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
  const box = await page.locator("[data-model=standard] .trio").boundingBox();
  await page.evaluate(() =>
    globalThis.signflipPage.update({ attack: "bim", parameters: { steps: 10000, epsilon: 0.1 } }),
  );
  const lane = page.locator("[data-model=standard]");
  await page.waitForFunction(
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
    await page.locator("[data-model=standard] .trio").boundingBox(),
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
  await page.waitForFunction(() => document.getElementById("status").textContent === "Cancelled.");
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
  await page.waitForFunction(() => globalThis.results.at(-1).request.parameters.epsilon === 0.44);
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
