// The pages with an opaque origin, as Jupyter, WordPress, Brightspace and Google Sites show it: no
// module, no fetch, no storage, no worker by its address, and no server that allows other origins.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { keep, settled, site as folder, slide, start, until } from "../../support/browser.mjs";
import { noFirefox, resultOf, startFirefox } from "../../support/firefox.mjs";
import { fits, startHost } from "../../support/host.mjs";

const sandboxed = "sandbox allow-scripts";
let host;
before(async () => {
  host = await startHost();
});
after(() => host?.close());

/** An iframe of another origin's page, with this as its address' query. */
const boxed = (query) =>
  `<iframe title="Signflip" sandbox="allow-scripts" width="640" height="900" src="${host.site.url}embed.html?${query}"></iframe>`;

/** Uses the frame as a visitor does. */
async function used(frame) {
  assert.equal(await frame.evaluate(() => self.origin), "null");
  const first = await settled(frame);
  assert.equal(first.request.attack, "fgsm");
  assert.notEqual(first.lanes[0].adversarialLabel, first.lanes[0].label);
  await slide(frame, "epsilon", 0.1);
  await frame.getByRole("combobox").first().selectOption("mim");
  const { request, lanes } = await settled(frame);
  assert.deepEqual([request.attack, request.parameters.epsilon], ["mim", 0.1]);
  assert.equal(lanes.length, 2);
  for (const { linf } of lanes) assert.ok(linf > 0.09 && linf <= 0.1 + 1e-6, `${linf}`);
}

test("in a frame of another origin with sandbox=allow-scripts: FGSM, slider, MIM, language", async (t) => {
  const page = await host.hosted(t, boxed("lang=de"));
  const [frame] = await host.framesOf(page, 1);
  await used(frame);
  assert.equal(await frame.evaluate(() => document.documentElement.lang), "de");
  await frame.getByText("Ganze Seite öffnen").waitFor();
  await keep(page, "embed-opaque");
  // Its parent may change the language, too.
  await page.evaluate(() =>
    document
      .querySelector("iframe")
      .contentWindow.postMessage({ type: "signflip:state", query: "lang=en&epsilon=0.3" }, "*"),
  );
  await frame.getByText("Open the whole page").waitFor();
  await until(frame, () => globalThis.results?.at(-1)?.request.parameters.epsilon === 0.3);
  assert.deepEqual(page.problems, []);
});

/** Uses the whole page as a visitor does. */
async function walked(page) {
  const first = await settled(page);
  assert.notEqual(first.lanes[0].adversarialLabel, first.lanes[0].label);
  await page.locator("#attack").selectOption("mim");
  await slide(page, "epsilon", 0.1);
  const { request, lanes } = await settled(page);
  assert.deepEqual([request.attack, request.parameters.epsilon], ["mim", 0.1]);
  for (const { linf } of lanes) assert.ok(linf > 0.09 && linf <= 0.1 + 1e-6, `${linf}`);
  await page.getByLabel("Language").selectOption("de");
  await until(page, () => document.documentElement.lang === "de");
  await page.locator("button.theme").click();
  await page.locator("input[name=sample][value='9b']").check();
  assert.equal((await settled(page)).request.label, 9);
  // Later views come as scripts, too.
  await page.locator(".about").scrollIntoViewIfNeeded();
  await page.getByRole("heading", { name: "Was hier geschieht" }).waitFor();
  await page.evaluate(() => globalThis.signflipPage.update({ view: "model" }));
  await page.locator("#lab-attack").waitFor();
}

test("the whole page, in a frame of another origin with sandbox=allow-scripts", async (t) => {
  const page = await host.hosted(t, boxed("").replace("embed.html", "index.html"), { width: 1000 });
  const [frame] = await host.framesOf(page, 1);
  assert.equal(await frame.evaluate(() => self.origin), "null");
  await walked(frame);
  assert.deepEqual(page.problems, []);
});

test("the whole page, where the server sandboxes every document it sends, and as a file", async (t) => {
  const site = await start({ headers: { "content-security-policy": sandboxed } });
  t.after(() => site.close());
  const page = await site.open("");
  await walked(page);
  assert.deepEqual(page.problems, []);
  const file = await site.open("", { wait: false });
  await file.goto(`file://${folder}/index.html`);
  await walked(file);
  assert.deepEqual(file.problems, []);
});

test("signs come with their pictures, models and names", async (t) => {
  const page = await host.hosted(t, boxed("dataset=gtsrb&model=standard"));
  const [frame] = await host.framesOf(page, 1);
  const { lanes } = await settled(frame);
  assert.equal(lanes[0].before.length, 43);
  await fits(frame);
  assert.deepEqual(page.problems, []);
});

test("where the server sandboxes every document it sends", async (t) => {
  const site = await start({ headers: { "content-security-policy": sandboxed } });
  t.after(() => site.close());
  const page = await site.open("embed.html");
  await used(page);
  assert.deepEqual(page.problems, []);
});

test("Trusted Types, and a policy that forbids workers from blobs: the engine runs in the page", async (t) => {
  const policy = `${sandboxed}; default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; require-trusted-types-for 'script'; trusted-types signflip`;
  for (const [also, forbidden] of [
    ["; worker-src blob:", false],
    ["", true],
  ]) {
    const site = await start({ headers: { "content-security-policy": policy + also } });
    t.after(() => site.close());
    const page = await site.open("embed.html");
    await used(page);
    // The browser itself tells what the policy forbids; nothing else is wrong.
    const others = page.problems.filter((problem) => !/worker/i.test(problem));
    assert.deepEqual(others, []);
    assert.equal(page.problems.length > 0, forbidden);
  }
});

test("in Firefox, too", { skip: noFirefox }, async (t) => {
  const site = await start({ headers: { "content-security-policy": sandboxed } });
  t.after(() => site.close());
  const { open, problems } = await startFirefox(t);
  const page = await open(`${site.url}embed.html?lang=de&attack=mim`);
  assert.equal(await page.evaluate(() => self.origin), "null");
  const [lane] = await resultOf(page, ({ attack }) => attack === "mim");
  assert.notEqual(lane.adversarialLabel, 3);
  await page.select("#attack", "fgsm");
  await resultOf(page, ({ attack }) => attack === "fgsm");
  assert.deepEqual(problems, []);
});
