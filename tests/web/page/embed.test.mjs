// The compact page in other people's pages: as an iframe and as <sign-flip>, on a host of another origin,
// under strict policies, several at once, by keyboard, without scripts.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { keep, laneOf, settled, slide, tabTo, until } from "../../support/browser.mjs";
import { fits, startHost } from "../../support/host.mjs";
import { noImages } from "../../support/model-view.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let site, host, hosted, framesOf;
before(async () => {
  host = await startHost();
  ({ site, hosted, framesOf } = host);
});
after(() => host?.close());
const script = () => host.script;

async function violations(target) {
  await target.evaluate(axe);
  const found = await target.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }),
  );
  return found.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`,
  );
}

test("an iframe shows what its address names, and says how tall it is", async (t) => {
  const page = await hosted(
    t,
    `<iframe id="frame" title="Signflip" width="640" height="300" src="${site.url}embed.html?sample=7b&attack=mim&epsilon=0.15&steps=4&model=standard&theme=dark&lang=de"></iframe>
    <script>heights = []; addEventListener("message", ({ data, origin }) => { if (data.type === "signflip:height") { heights.push({ ...data, origin }); frame.height = data.height; } });</script>`,
  );
  const [frame] = await framesOf(page, 1);
  const { request, lanes } = await settled(frame);
  assert.deepEqual(
    [request.label, request.attack, request.parameters.epsilon, request.parameters.steps],
    [7, "mim", 0.15, 4],
  );
  assert.deepEqual(
    lanes.map(({ model }) => model),
    ["standard"],
  );
  await fits(frame);
  const heights = await page.evaluate(() => globalThis.heights);
  assert.ok(
    heights.length > 0 &&
      heights.every(
        ({ height, origin }) => height > 200 && height < 900 && origin === new URL(site.url).origin,
      ),
    JSON.stringify(heights),
  );
  assert.deepEqual(
    await frame.evaluate(() => [
      document.documentElement.lang,
      document.documentElement.dataset.theme,
    ]),
    ["de", "dark"],
  );
  assert.equal(await frame.locator(".foot a").textContent(), "Ganze Seite öffnen");
  assert.deepEqual(await violations(frame), []);
  await keep(page, "embed-iframe");
  // The whole page opens where the frame is.
  const [whole] = await Promise.all([
    page.context().waitForEvent("page"),
    frame.locator(".foot a").click(),
  ]);
  await until(whole, () => globalThis.results.length > 0);
  const same = await settled(whole);
  assert.deepEqual(same.request, request);
  assert.deepEqual(page.problems, []);
});

test("the slider, the attack, the goal and the picture work in the frame", async (t) => {
  const page = await hosted(t, `${script()}<sign-flip></sign-flip>`);
  const [frame] = await framesOf(page, 1);
  await slide(frame, "epsilon", 0.1);
  assert.equal((await settled(frame)).request.parameters.epsilon, 0.1);
  await frame.getByRole("combobox", { name: "Attack" }).selectOption("bim");
  await frame.getByRole("combobox", { name: "Goal" }).selectOption("8");
  await frame.locator("input[name=sample][value='4a']").check();
  const { request, lanes } = await settled(frame);
  assert.deepEqual([request.attack, request.target, request.label], ["bim", 8, 4]);
  assert.deepEqual(
    lanes.map(({ model, target }) => [model, target]),
    [
      ["standard", 8],
      ["mixed", 8],
    ],
  );
  for (const lane of lanes) assert.ok(lane.linf <= 0.1 + 1e-6 && lane.linf > 0.09);
  assert.match(await frame.locator("[data-model=standard] .reading").textContent(), /4/);
  await until(frame, () => /Normal model/.test(document.getElementById("status").textContent));
  assert.deepEqual(page.problems, []);
});

test("the element speaks its page's language, follows its attributes, and leaves nothing behind", async (t) => {
  const page = await hosted(
    t,
    `${script()}<sign-flip attack="mim" epsilon="0.3" stepsize="0.1" model="mixed" title="Angriff"></sign-flip>`,
    { lang: "de-AT" },
  );
  const [frame] = await framesOf(page, 1);
  const first = await settled(frame);
  assert.deepEqual(
    [first.request.attack, first.request.parameters.epsilon, first.request.models[0]],
    ["mim", 0.3, "mixed"],
  );
  assert.equal(await frame.evaluate(() => document.documentElement.lang), "de");
  const element = page.locator("sign-flip");
  assert.equal(await element.locator("iframe").getAttribute("title"), "Angriff");
  const url = frame.url();
  await element.evaluate((it) => {
    it.setAttribute("epsilon", "0.05");
    it.setAttribute("model", "standard,mixed");
    it.setAttribute("theme", "dark");
  });
  await until(frame, () => globalThis.results.at(-1).lanes.length === 2);
  const next = await settled(frame);
  assert.equal(next.request.parameters.epsilon, 0.05);
  assert.equal(frame.url(), url, "without loading anything anew");
  await fits(frame);
  await element.evaluate((it) => it.setAttribute("lang", "en"));
  await until(frame, () => document.documentElement.lang === "en");
  await frame.getByText("Open the whole page").waitFor();
  assert.equal((await settled(frame)).request.parameters.epsilon, 0.05);
  assert.equal(frame.url(), url, "and neither is another language");

  // Taken out and put back it works again; listeners of an element that is gone are gone, too.
  const counted = await page.evaluate(async () => {
    let listening = 0;
    const { addEventListener: add, removeEventListener: remove } = globalThis;
    globalThis.addEventListener = (type, ...rest) => {
      listening += Number(type === "message");
      return add.call(globalThis, type, ...rest);
    };
    globalThis.removeEventListener = (type, ...rest) => {
      listening -= Number(type === "message");
      return remove.call(globalThis, type, ...rest);
    };
    const it = document.querySelector("sign-flip"),
      { parentNode } = it;
    it.remove();
    const gone = [listening, it.shadowRoot.childNodes.length];
    parentNode.append(it);
    return [...gone, listening, it.shadowRoot.childNodes.length];
  });
  assert.deepEqual(counted, [-1, 0, 0, 1]);
  await framesOf(page, 1);
  assert.deepEqual(page.problems, []);
});

test("several elements on one page do not disturb each other, and a whole model gets the whole page", async (t) => {
  const page = await hosted(
    t,
    `${script()}<sign-flip epsilon="0.1" model="standard"></sign-flip><sign-flip epsilon="0.4" attack="bim" model="mixed"></sign-flip>
    <sign-flip view="model" experiment="curve"></sign-flip>`,
    { width: 1000 },
  );
  await until(page, () => document.querySelectorAll("sign-flip").length === 3);
  const frameAt = async (i) =>
    await (await page.locator("sign-flip").nth(i).locator("iframe").elementHandle()).contentFrame();
  const seen = [];
  for (const i of [0, 1]) {
    await page.locator("sign-flip").nth(i).scrollIntoViewIfNeeded(); // frames wait until they are near
    const frame = await frameAt(i);
    await until(frame, () => globalThis.results?.length > 0);
    const { request } = await settled(frame);
    seen.push([request.attack, request.parameters.epsilon, request.models.join()]);
    await fits(frame);
  }
  assert.deepEqual(seen, [
    ["fgsm", 0.1, "standard"],
    ["bim", 0.4, "mixed"],
  ]);
  await page.locator("sign-flip").last().scrollIntoViewIfNeeded();
  const model = await frameAt(2);
  await model.waitForURL(/view=model/);
  assert.match(model.url(), /index\.html\?.*view=model/);
  await model.locator("#lab-curve").waitFor({ state: "attached" }); // hidden where there are no images
  // The compact page itself hands such an address on.
  const handed = await hosted(
    t,
    `<iframe title="Signflip" width="900" height="600" src="${site.url}embed.html?view=model&lang=de"></iframe>`,
  );
  await until(handed, () => frames.length === 1);
  await handed.frames()[1].locator("#lab-tab-curve").waitFor({ state: "attached" });
  assert.match(handed.frames()[1].url(), /index\.html\?view=model&lang=de/);
  assert.deepEqual([...page.problems, ...handed.problems], []);
});

test("a host with a strict policy that names the site, and a frame with a sandbox", async (t) => {
  const origin = new URL(site.url).origin;
  const page = await hosted(t, `${script()}<sign-flip></sign-flip>`, {
    headers: {
      "content-security-policy": `default-src 'none'; script-src ${origin}; frame-src ${origin}; style-src 'none'`,
    },
  });
  const [frame] = await framesOf(page, 1);
  await fits(frame);
  const height = await page.locator("sign-flip iframe").evaluate((it) => it.style.height);
  assert.match(height, /^\d+px$/);
  assert.deepEqual(page.problems, []);

  const boxed = await hosted(
    t,
    `<iframe title="Signflip" sandbox="allow-scripts allow-same-origin" width="600" height="600" src="${site.url}embed.html"></iframe>`,
  );
  await framesOf(boxed, 1);
  // Where scripts are off the frame says so, and has the way out.
  const closed = await hosted(
    t,
    `<iframe title="Signflip" sandbox="allow-popups" width="600" height="300" src="${site.url}embed.html"></iframe>`,
  );
  const sentence = closed.frameLocator("iframe").getByText("This frame may not run scripts");
  await sentence.waitFor({ state: "visible" });
  assert.match(
    await closed.frameLocator("iframe").locator(".starting a").getAttribute("href"),
    /index\.html/,
  );
  await keep(closed, "embed-sandbox");
});

for (const [name, attributes, options] of [
  ["320 px", "", { width: 320 }],
  [
    "360 px, German, dark, goal",
    `attack="mim" target="8" theme="dark"`,
    { width: 360, lang: "de", colorScheme: "dark" },
  ],
  ["wide", `model="standard,mixed,robust"`, { width: 1200 }],
  ["signs, 320 px", `dataset="gtsrb"`, { width: 320 }],
]) {
  // Signs have no pictures of our own.
  const skip = attributes.includes("gtsrb") && noImages;
  test(`axe-core finds nothing, and nothing sticks out: ${name}`, { skip }, async (t) => {
    const page = await hosted(t, `${script()}<sign-flip ${attributes}></sign-flip>`, options);
    const [frame] = await framesOf(page, 1);
    await settled(frame);
    await fits(frame);
    // Before axe-core, which tries to talk to frames of other origins.
    assert.deepEqual(page.problems, []);
    assert.deepEqual(await violations(frame), []);
    assert.deepEqual(await violations(page), []);
    const small = await frame.evaluate(() =>
      [...document.querySelectorAll("button, select, input, a")]
        .filter((element) => element.checkVisibility({ visibilityProperty: true }))
        .map((element) => ({
          box: element.getBoundingClientRect(),
          name: element.id || element.value || element.textContent,
        }))
        .filter(({ box }) => box.width < 23.5 || box.height < 23.5)
        .map(({ box, name: of }) => `${of} ${box.width}×${box.height}`),
    );
    assert.deepEqual(small, []);
    await keep(page, `embed-${name.replace(/\W+/g, "-")}`);
  });
}

test("the frame can be used with the keyboard alone", async (t) => {
  const page = await hosted(t, `${script()}<sign-flip></sign-flip>`);
  const [frame] = await framesOf(page, 1);
  await settled(frame);
  const focusOn = (selector) => tabTo(page, selector, frame);
  await focusOn("input[name=sample]");
  await page.keyboard.press("ArrowRight");
  await focusOn("#parameter-epsilon");
  await page.keyboard.press("ArrowRight");
  const { request, lanes } = await settled(frame);
  assert.equal(request.label, 4);
  assert.ok(Math.abs(request.parameters.epsilon - 0.11) < 1e-6);
  assert.ok(laneOf({ lanes }, "standard"));
  await focusOn(".foot a");
});

test("a missing model gets one readable sentence in the frame", async (t) => {
  const page = await hosted(t, "");
  await page.route("**/mnist-standard.safetensors?*", (route) => route.fulfill({ status: 404 }));
  await page.evaluate(
    (src) =>
      document.body.append(
        Object.assign(document.createElement("iframe"), { src, width: 600, height: 600 }),
      ),
    `${site.url}embed.html`,
  );
  await page
    .frameLocator("iframe")
    .getByRole("alert")
    .getByText("mnist-standard.safetensors")
    .waitFor();
});

test("another slide of reveal.js breaks off what takes long, and this one goes on with it", async (t) => {
  const page = await host.hosted(t, `${host.script}<sign-flip></sign-flip>`);
  const [frame] = await host.framesOf(page, 1);
  await settled(frame);
  const say = (text) =>
    page.evaluate(
      (word) =>
        document
          .querySelector("sign-flip")
          .shadowRoot.querySelector("iframe")
          .contentWindow.postMessage(word, "*"),
      text,
    );
  const run = () => frame.evaluate(() => globalThis.signflipPage.snapshot.run.state);
  await say("slide:stop");
  await frame.locator("#attack").selectOption("one-pixel");
  await until(frame, () => globalThis.signflipPage.snapshot.run.state === "cancelled");
  assert.equal(await run(), "cancelled");
  await say("slide:start");
  await until(frame, () => globalThis.results.at(-1).request.attack === "one-pixel");
});
