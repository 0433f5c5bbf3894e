// The <sign-flip> elements of one page share one engine (web/js/engine/shared/): files come once, memory is that
// of one, each frame's newest question counts, and none is lost where the frame with the engine goes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { painted, settled, slide, until } from "../../support/browser.mjs";
import { startHost } from "../../support/host.mjs";

let host;
before(async () => {
  host = await startHost();
});
after(() => host?.close());

/** The frames of the elements of a page, each once it has a result. Out of sight no frame is painted. */
async function framesIn(page) {
  await until(page, () => customElements.get("sign-flip"));
  const frames = [];
  for (const element of await page.locator("sign-flip").all()) {
    await element.scrollIntoViewIfNeeded();
    const frame = await (await element.locator("iframe").elementHandle()).contentFrame();
    await until(frame, () => globalThis.results?.length > 0);
    frames.push(frame);
  }
  return frames;
}
/** What a frame has come to; it is brought into sight for it. */
async function epsilonOf(frame) {
  await (await frame.frameElement()).scrollIntoViewIfNeeded();
  return (await settled(frame)).request.parameters.epsilon;
}
/** How much memory the engine that a frame uses has, in bytes, worker by worker. */
const sizesOf = async (frame) => {
  const sizes = await frame.evaluate(() => globalThis.signflipPage.client.size());
  return sizes.filter((bytes) => bytes > 0);
};
const sum = (values) => values.reduce((total, value) => total + value, 0);
const element = (epsilon, more = "") =>
  `<sign-flip loading="eager" epsilon="${epsilon}" ${more}></sign-flip>`;
const isHost = (frame) => frame.evaluate(() => globalThis.signflipPage.client.hub !== null);

test("eight on a page share one engine: one download, and at most the memory of two", async (t) => {
  const single = await host.hosted(t, host.script + element(0.1));
  const [alone] = await framesIn(single);
  const one = sum(await sizesOf(alone));
  assert.ok(one > 1e6, `${one} bytes`);

  const from = host.site.requests.length;
  const wanted = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4];
  const page = await host.hosted(t, host.script + wanted.map((each) => element(each)).join(""));
  const frames = await framesIn(page);
  const seen = [];
  for (const frame of frames) seen.push(await epsilonOf(frame));
  assert.deepEqual(seen, wanted);
  const hosts = await Promise.all(frames.map(isHost));
  assert.equal(hosts.filter(Boolean).length, 1);
  const sizes = await sizesOf(frames[7]);
  t.diagnostic(`memory of the engine: one ${one}, eight ${sizes.join(" + ")} bytes`);
  assert.ok(sum(sizes) <= 2 * one, `${sizes} of ${one}`);
  assert.ok(page.workers().length <= 2, `${page.workers().length} workers`);
  assert.deepEqual(
    host.site
      .since(from)
      .filter((path) => /\.(wasm|safetensors)$/.test(path))
      .sort(),
    ["/js/signflip.wasm", "/models/mnist-mixed.safetensors", "/models/mnist-standard.safetensors"],
  );

  // Each goes on by itself: of what is asked quickly only the newest counts, for each of them.
  for (const [i, frame] of frames.entries())
    for (const value of [0.11, 0.12, 0.13 + i / 100]) await slide(frame, "epsilon", value);
  for (const [i, frame] of frames.entries())
    assert.ok(Math.abs((await epsilonOf(frame)) - (0.13 + i / 100)) < 1e-6);
  assert.deepEqual(page.problems, []);
});

test("a frame gets a model behind a transform from the one that has the engine, or is told why not", async (t) => {
  const page = await host.hosted(
    t,
    host.script + element(0.1) + element(0.2, 'model="standard,standard-jpeg50"'),
  );
  const frames = await framesIn(page);
  for (const frame of frames) assert.ok((await epsilonOf(frame)) > 0);
  assert.deepEqual(
    await frames[1].evaluate(() => globalThis.results.at(-1).lanes.map(({ model }) => model)),
    ["standard", "standard-jpeg50"],
  );
  const guest = frames[(await isHost(frames[0])) ? 1 : 0];
  const refused = await guest.evaluate(() =>
    globalThis.signflipPage.client.add({ id: "mnist/nobody" }).then(String, String),
  );
  assert.match(refused, /There is no model "nobody" for "mnist" here\./);
  assert.deepEqual(page.problems, []);
});

test("what takes long in one frame keeps none of the others waiting, and is cancelled alone", async (t) => {
  const slow = 'attack="one-pixel" population="3000" generations="3000"';
  const page = await host.hosted(
    t,
    host.script + element(0.1) + element(0.2) + `<sign-flip loading="eager" ${slow}></sign-flip>`,
  );
  await until(page, () => customElements.get("sign-flip"));
  const third = page.locator("sign-flip").nth(2);
  await third.scrollIntoViewIfNeeded();
  const busy = await (await third.locator("iframe").elementHandle()).contentFrame();
  await until(busy, () => globalThis.signflipPage?.snapshot.run.state === "slow");
  const [first, second] = await Promise.all(
    [0, 1].map(async (i) =>
      (await page.locator("sign-flip").nth(i).locator("iframe").elementHandle()).contentFrame(),
    ),
  );
  for (const frame of [first, second]) {
    await (await frame.frameElement()).scrollIntoViewIfNeeded();
    await until(frame, () => globalThis.results?.length > 0);
    await slide(frame, "epsilon", 0.3);
    assert.equal(await epsilonOf(frame), 0.3);
  }
  assert.equal(await busy.evaluate(() => globalThis.results.length), 0);
  await third.scrollIntoViewIfNeeded();
  await busy.evaluate(() => globalThis.signflipPage.explorer.scheduler.cancel());
  await busy.locator("#attack").selectOption("fgsm");
  await until(busy, () => globalThis.results.at(-1)?.request.attack === "fgsm");
  assert.ok((await sizesOf(first)).length <= 2);
  assert.deepEqual(page.problems, []);
});

test("where the frame that has the engine goes, another one takes its place", async (t) => {
  const page = await host.hosted(
    t,
    host.script + [0.1, 0.2, 0.3].map((each) => element(each)).join(""),
  );
  let frames = await framesIn(page);
  const hostOf = async () => (await Promise.all(frames.map(isHost))).indexOf(true);
  // It is removed; then the next one goes to the same page again.
  const gone = await hostOf();
  await page
    .locator("sign-flip")
    .nth(gone)
    .evaluate((it) => it.remove());
  frames = frames.filter((_, i) => i !== gone);
  for (const frame of frames) {
    await slide(frame, "epsilon", 0.15);
    assert.equal(await epsilonOf(frame), 0.15);
  }
  const reloaded = await hostOf();
  await (await frames[reloaded].frameElement()).scrollIntoViewIfNeeded();
  await frames[reloaded].goto(frames[reloaded].url());
  await until(frames[reloaded], () => globalThis.results?.length > 0);
  assert.equal(await hostOf(), 1 - reloaded);
  for (const frame of frames) {
    await slide(frame, "epsilon", 0.25);
    assert.equal(await epsilonOf(frame), 0.25);
  }
  // Those that come and go leave no place taken.
  const guests = () =>
    frames[1 - reloaded].evaluate(() => globalThis.signflipPage.client.hub.guests);
  assert.equal(await guests(), 2);
  await page.evaluate(async () => {
    for (let i = 0; i < 5; i++) {
      const more = document.createElement("sign-flip");
      more.loading = "eager";
      document.body.append(more);
      await new Promise((resolve) => more.addEventListener("signflip-ready", resolve));
      more.remove();
    }
  });
  await until(frames[1 - reloaded], () => globalThis.signflipPage.client.hub.guests === 2);
  assert.equal(page.workers().length, 1);
  assert.deepEqual(page.problems, []);
});
