// Who may draw on the pad: one pointer at a time.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { settled, start } from "../../support/browser.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

test("one pointer draws: a second finger, a palm and fingers beside a pen leave nothing", async () => {
  const page = await site.open("", { hasTouch: true });
  await page.getByRole("tab", { name: "Draw" }).click();
  const pad = page.locator(".pad");
  await pad.waitFor();
  // As browsers send them; an empty list of coalesced ones, as some do.
  const tell = (type, pointerId, x, y, more = {}) =>
    pad.evaluate(
      (element, [kind, id, right, down, options]) => {
        const { left, top, width, height } = element.getBoundingClientRect();
        element.setPointerCapture = () => {};
        const event = new PointerEvent(kind, {
          pointerId: id,
          pointerType: "touch",
          width: 20,
          height: 20,
          ...options,
          clientX: left + right * width,
          clientY: top + down * height,
          button: 0,
          bubbles: true,
        });
        event.getCoalescedEvents = () => [];
        element.dispatchEvent(event);
      },
      [type, pointerId, x, y, more],
    );
  const strokes = async () => {
    const { drawing } = await page.evaluate(() => globalThis.signflipPage.state);
    return drawing;
  };
  await tell("pointerdown", 1, 0.5, 0.1);
  await tell("pointermove", 1, 0.5, 0.5);
  const alone = await strokes();
  assert.notEqual(alone, "");
  // A second finger while the first one draws.
  await tell("pointerdown", 2, 0.1, 0.9);
  await tell("pointermove", 2, 0.9, 0.9);
  await tell("pointerup", 2, 0.9, 0.9);
  assert.equal(await strokes(), alone);
  await tell("pointermove", 1, 0.5, 0.9);
  const whole = await strokes();
  assert.notEqual(whole, alone, "the first one draws on");
  await tell("pointerup", 1, 0.5, 0.9);
  // A palm.
  await tell("pointerdown", 3, 0.2, 0.2, { width: 90, height: 70 });
  await tell("pointermove", 3, 0.4, 0.4, { width: 90, height: 70 });
  await tell("pointerup", 3, 0.4, 0.4);
  assert.equal(await strokes(), whole);
  // A pen draws; from then on fingers rest.
  await tell("pointerdown", 4, 0.2, 0.2, { pointerType: "pen", width: 1, height: 1 });
  await tell("pointermove", 4, 0.6, 0.2, { pointerType: "pen", width: 1, height: 1 });
  await tell("pointerup", 4, 0.6, 0.2, { pointerType: "pen" });
  const penned = await strokes();
  assert.notEqual(penned, whole);
  await tell("pointerdown", 5, 0.8, 0.8);
  await tell("pointermove", 5, 0.1, 0.8);
  assert.equal(await strokes(), penned);
  await settled(page);
  assert.deepEqual(page.problems, []);
});
