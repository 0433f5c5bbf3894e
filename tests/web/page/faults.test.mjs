// An engine that hangs, traps or runs out of memory at a question, again and again; a worker that never starts; a
// browser that keeps nothing more; two tabs. Each is said in plain words, and the page goes on. The faults are in a copy
// of the site, whose worker is told of them by a question's ε. SIGNFLIP_FAULTS says how many of each (4).
import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  resultOf,
  root,
  settled,
  site as built,
  slide,
  start,
  until,
} from "../../support/browser.mjs";
import { noImages, openTool, run, startOf } from "../../support/model-view.mjs";
import { temporaryFolder } from "../../support/tool.mjs";

const rounds = Number(process.env.SIGNFLIP_FAULTS ?? 4);
/** ε of the questions that go wrong. */
const epsilons = { hang: 0.31, trap: 0.32, memory: 0.33 };

/** Runs in the worker before its own code. The engine's instance, its memory and the question are the real ones. */
function planted(faults) {
  // (module (func (export "f") unreachable))
  const bytes = [
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0],
    ...[10, 5, 1, 3, 0, 0, 11],
  ];
  const trap = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(bytes))).exports.f;
  let fault = "";
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = async (...given) => {
    const instance = await instantiate(...given);
    if (!(instance instanceof WebAssembly.Instance)) return instance;
    const wrapped = (each) =>
      typeof each === "function"
        ? (...values) => (fault === "trap" ? trap() : each(...values))
        : each;
    return {
      exports: Object.fromEntries(
        Object.entries(instance.exports).map(([name, each]) => [name, wrapped(each)]),
      ),
    };
  };
  const { grow } = WebAssembly.Memory.prototype;
  WebAssembly.Memory.prototype.grow = function (pages) {
    if (fault === "memory") throw new RangeError("no memory is left");
    return grow.call(this, pages);
  };
  self.addEventListener("message", ({ data: { type, body } }) => {
    const { epsilon } = (["explore", "attack"].includes(type) && body.parameters) || {};
    fault = Object.keys(faults).find((name) => Math.abs(faults[name] - epsilon) < 1e-6) ?? "";
    while (fault === "hang");
    // More than the engine began with: it asks for memory that there is not.
    if (fault === "memory" && type === "explore") body.image = new Float32Array(2 ** 24);
  });
}

const folder = temporaryFolder();
const copy = join(folder, "site");
let faulty, site;
before(async () => {
  cpSync(built, copy, { recursive: true });
  for (const name of ["attack", "analysis"]) {
    const worker = join(copy, `js/workers/${name}.js`);
    writeFileSync(
      worker,
      `(${planted})(${JSON.stringify(epsilons)});\n${readFileSync(worker, "utf8")}`,
    );
  }
  faulty = await start({ folder: copy });
  site = await start();
});
after(() => Promise.all([faulty?.close(), site?.close()]));

/** Milliseconds from now until `shown` (run in the page) is true. */
const timeUntil = async (page, action, shown, argument) => {
  const began = await page.evaluate(() => performance.now());
  await action();
  const seen = await until(
    page,
    ([text, given]) => (0, eval)(`(${text})`)(given) && performance.now(),
    [String(shown), argument],
  );
  return (await seen.jsonValue()) - began;
};

const alertSays = (pattern) => {
  const alert = document.querySelector(".alert:not([hidden]) [role=alert]");
  return alert !== null && new RegExp(pattern).test(alert.textContent);
};
const lanesOf = (result) => result.lanes.map(({ adversarial }) => adversarial);
const report = (t, what, times) => {
  const sorted = times.toSorted((a, b) => a - b);
  const [middle, most] = [sorted[sorted.length >> 1], sorted.at(-1)].map(Math.round);
  t.diagnostic(`${what}, ${times.length} times: median ${middle} ms, at most ${most} ms`);
};

for (const [fault, lang, words] of [
  ["trap", "en", "broke down at this question.*try again"],
  ["memory", "de", "an dieser Frage gescheitert, vielleicht aus Mangel an Speicher"],
]) {
  test(`${fault} after ${fault}: said in plain words, and the next question is answered`, async (t) => {
    const page = await faulty.open(`?attack=fgsm&epsilon=0.1&lang=${lang}`, { bypassCSP: true });
    const good = await settled(page);
    const said = [];
    const mended = [];
    for (let i = 0; i < rounds; i++) {
      said.push(
        await timeUntil(page, () => slide(page, "epsilon", epsilons[fault]), alertSays, words),
      );
      const next = i % 2 ? 0.1 : 0.2;
      const began = performance.now();
      const result = await resultOf(page, () => slide(page, "epsilon", next));
      mended.push(performance.now() - began);
      assert.equal(result.request.parameters.epsilon, next);
      if (next === 0.1) assert.deepEqual(lanesOf(result), lanesOf(good));
      assert.ok(await page.locator(".alert").first().isHidden(), "nothing is wrong any more");
    }
    report(t, `words after a ${fault}`, said);
    report(t, "the next answer", mended);
    // "Try again" asks the same question, and says the same.
    await slide(page, "epsilon", epsilons[fault]);
    await until(page, alertSays, words);
    await page.locator(".alert button").first().click();
    await until(page, alertSays, words);
    await page.context().close();
  });
}

test(
  "a test set: a trap is said, a hang is cancelled, and the next run is whole",
  { skip: noImages },
  async () => {
    const page = await openTool(faulty, "test", "&attack=fgsm&epsilon=0.32", { bypassCSP: true });
    const text = page.locator("#lab-test .run-text");
    const becomes = (epsilon) =>
      page.evaluate(
        (now) => globalThis.signflipPage.update({ parameters: { epsilon: now } }),
        epsilon,
      );
    for (let i = 0; i < 2; i++) {
      await becomes(epsilons.trap);
      await startOf(page, "test").click();
      await text.getByText(/broke down at this question/).waitFor();
      await becomes(epsilons.hang);
      await startOf(page, "test").click();
      await page.locator("#lab-test").getByRole("button", { name: "Cancel" }).click();
      await text.getByText("Cancelled.").waitFor();
      await becomes(0.1);
      await run(page, "test");
      assert.match(await text.textContent(), /^Done in /);
    }
    await page.context().close();
  },
);

test("hang after hang: progress and Cancel, and either Cancel or another question mends it", async (t) => {
  const page = await faulty.open("?attack=fgsm&epsilon=0.1", { bypassCSP: true });
  const good = await settled(page);
  const said = [];
  const mended = [];
  const cancel = page.getByRole("button", { name: "Cancel" }).first();
  const isSlow = () => globalThis.signflipPage.snapshot.run.state === "slow";
  for (let i = 0; i < rounds; i++) {
    said.push(await timeUntil(page, () => slide(page, "epsilon", epsilons.hang), isSlow));
    await cancel.waitFor();
    if (i % 2) {
      await cancel.click();
      await page.getByRole("button", { name: "Run again" }).first().waitFor();
    }
    const next = i % 4 < 2 ? 0.1 : 0.2;
    const began = performance.now();
    const result = await resultOf(page, () => slide(page, "epsilon", next));
    mended.push(performance.now() - began);
    assert.equal(result.request.parameters.epsilon, next);
    if (next === 0.1) assert.deepEqual(lanesOf(result), lanesOf(good));
    await cancel.waitFor({ state: "hidden" });
  }
  report(t, "progress and Cancel at a hang", said);
  report(t, "the next answer", mended);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("a worker that never starts: the page is there, says so, and starts it when it can", async () => {
  // Refused: one sentence and "Try again".
  const page = await site.open("", { wait: false });
  await page.route("**/workers/attack.js?*", (route) => route.abort());
  await page.goto(site.url);
  await until(page, alertSays, "The engine could not be started");
  await page.unroute("**/workers/attack.js?*");
  await page.locator(".alert button").first().click();
  await until(page, () => globalThis.results.length > 0);
  assert.ok(await page.locator(".alert").first().isHidden());
  await page.context().close();

  // Never answered: the page shows itself without it, and goes on once it is there.
  const slow = await site.open("", { wait: false });
  let answer;
  const later = new Promise((resolve) => {
    answer = resolve;
  });
  await slow.route("**/workers/attack.js?*", async (route) => {
    await later;
    await route.continue();
  });
  await slow.goto(site.url);
  await slow.waitForSelector("html[data-ready]");
  await slow.getByText("Loading …").first().waitFor();
  assert.equal(await slow.evaluate(() => globalThis.results.length), 0);
  answer();
  await until(slow, () => globalThis.results.length > 0);
  await slow.context().close();
});

const dialogue = (page) => page.locator("dialog.bring");
/** Adds a model file of the visitor's; what is announced. */
async function bring(page, name) {
  await page.locator("#view-image").getByRole("button", { name: "Your own …" }).click();
  await dialogue(page)
    .locator(".drop input")
    .setInputFiles(join(root, "models", `${name}.safetensors`));
  const add = dialogue(page).getByRole("button", { name: "Add it" });
  await add.waitFor();
  // Verdicts follow soon: each announcement counts.
  await page.evaluate(() => {
    globalThis.announced = [];
    new MutationObserver(([{ target }]) => globalThis.announced.push(target.textContent)).observe(
      document.getElementById("status"),
      { childList: true },
    );
  });
  const result = await resultOf(page, () => add.click());
  const said = await until(page, () => globalThis.announced.find((text) => /is added/.test(text)));
  return { result, said: await said.jsonValue() };
}
const ownModels = (page) =>
  page.evaluate(() =>
    globalThis.signflipPage.snapshot.state.model.filter((id) => id.startsWith("own-")),
  );

for (const [how, plant] of [
  [
    "has no room",
    // As a browser does that finds out at the end: the request succeeds, the transaction does not.
    () => {
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function (...given) {
        const request = put.apply(this, given);
        request.addEventListener("success", () => this.transaction.abort());
        return request;
      };
    },
  ],
  [
    "refuses",
    () => {
      IDBFactory.prototype.open = () => {
        throw new DOMException("The operation is insecure.", "SecurityError");
      };
    },
  ],
]) {
  test(`storage that ${how}: the model is there, and the page says that it is not kept`, async () => {
    const page = await site.open("?attack=fgsm");
    await settled(page);
    await page.evaluate(`(${plant})()`);
    const { result, said } = await bring(page, "mnist-robust");
    assert.match(said, /^“mnist-robust” is added\. This browser cannot keep it/);
    assert.ok(result.lanes.some(({ model }) => model === "own-1"));
    await page.reload();
    await settled(page);
    assert.deepEqual(await ownModels(page), []);
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });
}

test("two tabs keep a model each, and neither the other's", async () => {
  const first = await site.open("?attack=fgsm");
  await settled(first);
  const second = await first.context().newPage();
  await second.addInitScript(() => {
    globalThis.results = [];
    document.addEventListener("signflip:result", (event) => globalThis.results.push(event.detail));
  });
  await second.goto(`${site.url}?attack=bim`);
  await until(second, () => globalThis.results.length > 0);
  await settled(second);
  const one = await bring(first, "mnist-robust");
  assert.match(one.said, /kept in this browser/);
  const two = await bring(second, "mnist-mixed");
  assert.match(two.said, /kept in this browser/);
  // Each goes on by itself.
  const again = await resultOf(first, () => slide(first, "epsilon", 0.2));
  assert.equal(again.request.attack, "fgsm");
  for (const page of [first, second]) {
    await page.goto(`${site.url}?model=standard`);
    await until(page, () => globalThis.results.length > 0);
    await settled(page);
    await page.locator("#view-image").getByRole("button", { name: "Your own …" }).click();
    await dialogue(page).getByRole("button", { name: "Delete “mnist-robust”" }).waitFor();
    await dialogue(page).getByRole("button", { name: "Delete “mnist-mixed”" }).waitFor();
  }
  assert.deepEqual(first.problems, []);
  await first.context().close();
});
