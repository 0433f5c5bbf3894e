// A slow phone, as Chromium plays one: six times slower than this machine, with a touch screen. Whether the page is
// quick enough depends on the machine; where it has no time of its own, what it did there says nothing.
import assert from "node:assert/strict";
import { cpus, loadavg } from "node:os";
import { after, before, test } from "node:test";
import { quiet, settled, start } from "../../support/browser.mjs";

const slower = 6;
const busy =
  loadavg()[0] > cpus().length / 2 && `this machine is busy (load ${loadavg()[0].toFixed(1)})`;
let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

/** A page of a phone, once its first result is there. */
async function phone() {
  const page = await site.open("", {
    wait: false,
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: slower });
  await page.goto(site.url);
  await page.waitForFunction(() => performance.getEntriesByName("signflip:first").length > 0);
  return page;
}

test("six times slower: the first attack is there within 1.5 s", { skip: busy }, async (t) => {
  const page = await phone();
  const first = await page.evaluate(
    () => performance.getEntriesByName("signflip:first")[0].startTime,
  );
  t.diagnostic(`first attack after ${Math.round(first)} ms`);
  assert.ok(first <= 1500, `${first} ms`);
});

test(
  "six times slower: the slider gives 15 results a second with two models",
  { skip: busy },
  async (t) => {
    const page = await phone();
    await quiet(page);
    const [count, lanes, seconds] = await page.evaluate(async () => {
      const slider = document.querySelector("#parameter-epsilon");
      const from = globalThis.results.length,
        began = performance.now(),
        lasts = 2000;
      for (let value = 0; performance.now() - began < lasts; value = (value + 1) % 40) {
        slider.value = String(0.02 + value / 100);
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      return [
        globalThis.results.length - from,
        globalThis.results.at(-1).lanes.length,
        (performance.now() - began) / 1000,
      ];
    });
    t.diagnostic(`${(count / seconds).toFixed(1)} results a second`);
    assert.equal(lanes, 2);
    assert.ok(count / seconds >= 15, `${count / seconds}`);
    await settled(page);
    assert.deepEqual(page.problems, []);
  },
);
