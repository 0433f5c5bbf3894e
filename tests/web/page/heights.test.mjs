// How tall the frame is, in the words of the pages around it: Canvas and other LTI platforms, H5P's resizer,
// and ours. Whatever they answer changes nothing.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { painted, settled } from "../../support/browser.mjs";
import { fits, startHost } from "../../support/host.mjs";

let host;
before(async () => {
  host = await startHost();
});
after(() => host?.close());

/** What each kind of page does with messages: only this, and in its own way. */
const listeners = {
  Canvas: `addEventListener("message", (event) => {
      const data = typeof event.data === "string" ? JSON.parse(event.data) : event.data;
      if (data.subject !== "lti.frameResize") return;
      const height = Number(data.height) <= 0 ? 1 : data.height;
      told.push(height);
      for (const iframe of document.querySelectorAll("iframe"))
        if (iframe.contentWindow === event.source) {
          iframe.height = height;
          iframe.style.height = height + "px";
        }
      event.source.postMessage({ subject: "lti.frameResize.response", message_id: data.message_id }, "*");
    });`,
  "an LTI platform": `addEventListener("message", ({ data, source }) => {
      if (data.subject !== "org.imsglobal.lti.frameResize") return;
      told.push(data.height);
      document.querySelector("iframe").style.height = data.height + "px";
    });`,
  "H5P's resizer": `const actions = {
      hello(iframe, data, respond) {
        iframe.style.width = "100%";
        addEventListener("resize", () => respond("resize"));
        respond("hello");
      },
      prepareResize(iframe, data, respond) {
        if (iframe.clientHeight === data.scrollHeight && data.scrollHeight === data.clientHeight) return;
        iframe.style.height = data.clientHeight + "px";
        respond("resizePrepared");
      },
      resize(iframe, data) {
        told.push(data.scrollHeight);
        iframe.style.height = data.scrollHeight + "px";
      },
    };
    addEventListener("message", ({ data, source }) => {
      if (data.context !== "h5p") return;
      const iframe = [...document.querySelectorAll("iframe")].find((it) => it.contentWindow === source);
      actions[data.action]?.(iframe, data, (action) => source.postMessage({ context: "h5p", action }, "*"));
    });`,
  "our own": `addEventListener("message", ({ data }) => {
      if (data.type !== "signflip:height") return;
      told.push(data.height);
      document.querySelector("iframe").style.height = data.height + "px";
    });`,
};

/** So many frames are painted without a new height. @returns {Promise<void>} */
const atRest = (page) =>
  page.evaluate(async () => {
    for (let frames = 0, count = told.length; frames < 60; frames++) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      if (told.length !== count) frames = 0;
      count = told.length;
    }
  });

for (const [name, listener] of Object.entries(listeners)) {
  test(`${name}: the frame fits after each change, in at most three messages, and comes to rest`, async (t) => {
    const page = await host.hosted(
      t,
      `<script>const told = []; ${listener}</script>
      <iframe title="Signflip" style="width: 100%; height: 200px" src="${host.site.url}embed.html?attack=deepfool"></iframe>`,
    );
    const [frame] = await host.framesOf(page, 1);
    const changes = {
      attack: () => frame.locator("#attack").selectOption("mim"),
      language: () =>
        page.evaluate(() =>
          frames[0].postMessage({ type: "signflip:state", version: 1, state: { lang: "de" } }, "*"),
        ),
      width: () => page.setViewportSize({ width: 330, height: 900 }),
    };
    await settled(frame);
    await fits(frame);
    await atRest(page);
    for (const [what, change] of Object.entries(changes)) {
      const before = await page.evaluate(() => told.length);
      await change();
      await painted(page);
      await settled(frame);
      await fits(frame);
      await atRest(page);
      const heights = await page.evaluate((from) => told.slice(from), before);
      assert.ok(heights.length <= 3, `${what}: ${heights}`);
      assert.ok(heights.every(Number.isInteger));
    }
    assert.equal(await frame.evaluate(() => document.documentElement.lang), "de");
    assert.ok(await page.evaluate(() => told.length > 0));
    assert.deepEqual(page.problems, []);
  });
}

test("what is not for the frame changes nothing in it", async (t) => {
  const page = await host.hosted(
    t,
    `<iframe title="Signflip" width="640" height="900" src="${host.site.url}embed.html"></iframe>`,
  );
  const [frame] = await host.framesOf(page, 1);
  const { request } = await settled(frame);
  const before = await frame.evaluate(() => JSON.stringify(globalThis.signflipPage.state));
  await page.evaluate(() => {
    const words = [
      "h5p",
      "resize",
      "lti.frameResize.response",
      "signflip:height",
      "signflip:ready",
    ];
    const names = ["context", "action", "subject", "type", "height", "version", "query", "state"];
    const any = (list, i) => list[i % list.length];
    for (let i = 0; i < 10000; i++) {
      const kinds = [
        { [any(names, i)]: any(words, i >> 3), [any(names, i >> 1)]: i },
        any(words, i),
        i,
        null,
        [i],
      ];
      frames[0].postMessage(any(kinds, i), "*");
    }
  });
  assert.deepEqual((await settled(frame)).request, request);
  assert.equal(await frame.evaluate(() => JSON.stringify(globalThis.signflipPage.state)), before);
  assert.equal(await frame.evaluate(() => globalThis.results.length), 1);
  assert.deepEqual(page.problems, []);
});
