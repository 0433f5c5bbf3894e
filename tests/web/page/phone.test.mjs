// A slow phone: what the page asks of its processor, in steps of a yardstick. What a phone six times slower than a
// machine shows by the clock: tools/bench --page.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { quiet, settled, start, until } from "../../support/browser.mjs";
import { leastWhereOver, processorTime, stepOf } from "../../support/yardstick.mjs";

/** The most steps of the yardstick: for all that the main thread does up to the first attack, and for a result of two
 * models by either thread. About twice what machines showed, busy or not: 30 to 130, and 7 to 11. */
const most = { first: 250, result: 18 };
let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

/** A page of a phone; used() gives the processor time of its main thread, and of all its process; step() that of the yardstick. */
async function phone() {
  const page = await site.open("", {
    wait: false,
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  const used = await processorTime(page);
  await until(page, () => performance.getEntriesByName("signflip:first").length > 0);
  return { page, used, step: () => stepOf(page, used) };
}

test("the first attack costs the page little", async (t) => {
  const steps = await leastWhereOver(most.first, async () => {
    const { page, used, step } = await phone();
    const { main } = await used();
    const taken = main / (await step());
    t.diagnostic(`main thread: ${Math.round(main)} ms, ${Math.round(taken)} steps`);
    await page.context().close();
    return taken;
  });
  assert.ok(steps <= most.first, `${steps} steps`);
});

/** In the page: moves the slider and waits for the result, twenty times; gives how many results came. */
async function slideAlong() {
  const slider = document.querySelector("#parameter-epsilon");
  const from = globalThis.results.length;
  for (let value = 0; value < 20; value++) {
    const at = globalThis.results.length;
    slider.value = String(Number(slider.value) > 0.25 ? 0.02 : Number(slider.value) + 0.01);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    while (globalThis.results.length === at)
      await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return globalThis.results.length - from;
}

test("a result of two models costs either thread little", async (t) => {
  const { page, used, step } = await phone();
  await quiet(page);
  // The quickest of some rounds of each, in turns: others that use the processor's caches make every one slower.
  let longest = Infinity,
    least = Infinity;
  for (let round = 0; round < 5; round++) {
    least = Math.min(least, await step());
    const before = await used();
    const count = await page.evaluate(slideAlong);
    const after = await used();
    const each = (of) => (after[of] - before[of]) / count;
    t.diagnostic(
      `a result takes ${each("main").toFixed(1)} ms of the main thread, ${each("all").toFixed(1)} ms of all; a step ${least.toFixed(2)} ms`,
    );
    longest = Math.min(longest, Math.max(each("main"), each("all") - each("main")));
  }
  assert.equal((await settled(page)).lanes.length, 2);
  assert.ok(longest <= most.result * least, `${longest / least} steps`);
  assert.deepEqual(page.problems, []);
});
