// Our own digits before the real networks: each is read rightly, and surely, by both models.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { settled, start } from "../../support/browser.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

test("both models read all twenty of our digits, with at least 90%", async (t) => {
  const page = await site.open("?epsilon=0");
  const samples = await page.evaluate(() =>
    globalThis.signflipPage.snapshot.samples
      .filter((s) => !s.id.startsWith("test-"))
      .map(({ id, label }) => ({ id, label })),
  );
  assert.equal(samples.length, 20);
  const doubtful = [];
  let least = 1;
  for (const { id, label } of samples) {
    await page.locator(`input[name=sample][value="${id}"]`).check();
    for (const lane of (await settled(page)).lanes) {
      assert.equal(lane.label, label);
      least = Math.min(least, lane.before[label]);
      if (lane.cleanLabel !== label || lane.before[label] < 0.9)
        doubtful.push(
          `${lane.model} reads ${id} as ${lane.cleanLabel}, ${label} with ${lane.before[label].toFixed(3)}`,
        );
    }
  }
  t.diagnostic(`the least sure reading: ${least.toFixed(4)}`);
  assert.deepEqual(doubtful, []);
});
