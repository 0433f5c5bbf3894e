// The camera as a source of pictures: asked for by the visitor alone, and let go of.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { idle, keep, resultOf, settled, start, until } from "../../support/browser.mjs";

let site;
before(async () => {
  site = await start({ args: ["--use-fake-device-for-media-stream"] });
});
after(() => site?.close());

/** The page at the tab for one's own picture; `asked` counts the questions for a camera. */
async function opened(options) {
  const page = await site.open("", options);
  await settled(page);
  await page.evaluate(() => {
    const { mediaDevices } = navigator;
    const ask = mediaDevices.getUserMedia.bind(mediaDevices);
    globalThis.streams = [];
    mediaDevices.getUserMedia = async (wanted) => {
      const stream = await ask(wanted);
      globalThis.streams.push(stream);
      return stream;
    };
  });
  await page.getByRole("tab", { name: "Your own" }).click();
  await idle(page);
  return page;
}
const streams = (page) =>
  page.evaluate(() =>
    globalThis.streams.map((stream) => stream.getTracks().map(({ readyState }) => readyState)),
  );
const live = (page) => until(page, () => document.querySelector(".camera video")?.videoWidth > 0);

test("a picture that is taken is attacked, and the camera is let go of", async () => {
  const page = await opened({ permissions: ["camera"] });
  assert.deepEqual(await streams(page), []);
  await page.getByRole("button", { name: "Use the camera" }).click();
  await live(page);
  assert.deepEqual(await streams(page), [["live"]]);
  await keep(page, "camera", false);
  const { request } = await resultOf(page, () =>
    page.getByRole("button", { name: "Take the picture" }).click(),
  );
  assert.ok(request.image.some((value) => value > 0));
  assert.equal(await page.evaluate(() => globalThis.signflipPage.state.sample), "picture");
  assert.deepEqual(await streams(page), [["ended"]]);
  assert.ok(await page.locator(".camera video").isHidden());
  // Another tab, and the other view, let go of it, too.
  const again = page.getByRole("button", { name: "Use the camera" });
  await again.click();
  await live(page);
  await page.getByRole("tab", { name: "Pick" }).click();
  assert.deepEqual(await streams(page), [["ended"], ["ended"]]);
  await page.getByRole("tab", { name: "Your own" }).click();
  await again.click();
  await live(page);
  await page.evaluate(() => globalThis.signflipPage.update({ view: "model" }));
  await until(page, () =>
    globalThis.streams[2].getTracks().every(({ readyState }) => readyState === "ended"),
  );
  assert.deepEqual(page.problems, []);
});

test("a camera that may not be used is said to be so", async () => {
  const page = await opened({});
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () =>
      Promise.reject(new DOMException("no", "NotAllowedError"));
  });
  await page.getByRole("button", { name: "Use the camera" }).click();
  await page.getByText("The browser may not use the camera here.").waitFor();
  assert.ok(await page.locator(".camera video").isHidden());
  assert.deepEqual(page.problems, []);
});
