// How fast and how small: time to the first attack, time of an attack, long tasks while sliding, layout
// shift, bytes. Times are of this machine; the limits are those that the project promises.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { serve } from "../../../tools/lib/serve.mjs";
import { ownLater, quiet, settled, site as folder, start } from "../../support/browser.mjs";
import { longTasks } from "../../support/model-view.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Milliseconds from navigation to a mark, in a new window that has come to rest before, with nothing cached.
 * @param {string} address @param {string} mark */
async function coldStart(address, mark) {
  const context = await site.browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
  });
  const page = await context.newPage();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await page.goto(address);
  await page.waitForFunction((name) => performance.getEntriesByName(name).length > 0, mark);
  const time = await page.evaluate((name) => performance.getEntriesByName(name)[0].startTime, mark);
  await context.close();
  return time;
}

test("the first attack is there within 300 ms of navigation, or three times what a bare page's worker takes", async (t) => {
  // What no page with a worker can do without is the worker's first word. Where a bare page waits longer than a
  // tenth of a second for it (shared machines whose memory is dear) ours may take three times as long.
  const bare = mkdtempSync(join(tmpdir(), "bare-page-"));
  writeFileSync(
    join(bare, "index.html"),
    '<!doctype html><title>Bare</title><script type="module" src="page.js"></script>',
  );
  writeFileSync(
    join(bare, "page.js"),
    'new Worker("worker.js", { type: "module" }).onmessage = () => performance.mark("word");',
  );
  writeFileSync(join(bare, "worker.js"), "postMessage(1);");
  const server = await serve({ root: bare });
  t.after(async () => {
    await server.close();
    rmSync(bare, { recursive: true });
  });
  const times = [],
    words = [];
  for (let i = 0; i < 5; i++) {
    words.push(await coldStart(server.url, "word"));
    times.push(await coldStart(site.url, "signflip:first"));
  }
  const best = Math.min(...times),
    limit = Math.max(300, 3 * median(words));
  t.diagnostic(
    `first result after ${times.map(Math.round).join(", ")} ms; a bare page's worker speaks after ${words.map(Math.round).join(", ")} ms`,
  );
  assert.ok(best <= limit, `${best} ms, of at most ${limit}`);
  assert.ok(median(times) <= 1000, `${median(times)} ms`);
});

for (const { attack, limits } of [
  { attack: "fgsm", limits: { engine: 5, shown: 16 } },
  { attack: "mim", limits: { engine: 50, shown: 50 } },
]) {
  test(`${attack}: at most ${limits.engine} ms, and ${limits.shown} ms after a slider's move the new pictures are drawn`, async (t) => {
    const page = await site.open(`?attack=${attack}`);
    const { request } = await settled(page);
    if (attack === "mim") assert.equal(request.parameters.steps ?? 10, 10);
    // Measured in the page, from before the input event to the drawn canvases, for both models. A shared
    // machine steals the processor now and then, so the quietest of a few rounds counts.
    let best = { engine: Infinity, shown: Infinity, handler: 0, framed: 0 };
    for (
      let round = 0;
      round < 5 && !(best.engine <= limits.engine && best.shown <= limits.shown);
      round++
    ) {
      const moves = await page.evaluate(async () => {
        const slider = document.getElementById("parameter-epsilon"),
          list = [];
        for (let i = 0; i < 30; i++) {
          const drawn = new Promise((resolve) =>
            document.addEventListener(
              "signflip:result",
              ({ detail }) =>
                resolve({
                  at: performance.now(),
                  engine: detail.lanes.find(({ model }) => model === "standard").milliseconds,
                }),
              { once: true },
            ),
          );
          const began = performance.now();
          slider.value = String(0.1 + 0.01 * i);
          slider.dispatchEvent(new Event("input", { bubbles: true }));
          const handler = performance.now() - began;
          const { at, engine } = await drawn;
          await new Promise(requestAnimationFrame);
          list.push({ engine, handler, shown: at - began, framed: performance.now() - began });
          // As between two moves of a hand: what the page finds out about a result at rest has begun.
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        return list;
      });
      const of = (key) => median(moves.map((move) => move[key]));
      if (of("shown") < best.shown)
        best = {
          engine: of("engine"),
          shown: of("shown"),
          handler: of("handler"),
          framed: of("framed"),
        };
    }
    const [engine, shown, handler, framed] = [
      best.engine,
      best.shown,
      best.handler,
      best.framed,
    ].map((value) => value.toFixed(1));
    t.diagnostic(
      `medians of 30: ${attack} ${engine} ms; the slider's handler ${handler} ms, pictures drawn after ${shown} ms, next frame after ${framed} ms`,
    );
    assert.ok(best.engine <= limits.engine, `${engine} ms`);
    assert.ok(best.shown <= limits.shown, `drawn after ${shown} ms`);
  });
}

test("no long task while sliding, and the newest question wins", async (t) => {
  // As above the quietest of a few rounds counts; each has a page of its own, which slides for the first time.
  let tasks = [],
    moved;
  for (let round = 0; round < 3 && (round === 0 || tasks.length > 0); round++) {
    const page = await site.open("?attack=mim");
    tasks = await longTasks(site.browser, page, async () => {
      moved = await page.evaluate(async () => {
        const slider = document.getElementById("parameter-epsilon");
        const before = globalThis.results.length;
        let frames = 0;
        for (; frames < 90; frames++) {
          slider.value = String(0.05 + 0.4 * Math.abs(Math.sin(frames / 14)));
          slider.dispatchEvent(new Event("input", { bubbles: true }));
          await new Promise(requestAnimationFrame);
        }
        return { frames, results: globalThis.results.length - before };
      });
      const final = await settled(page);
      assert.equal(
        String(final.request.parameters.epsilon),
        await page.locator("#parameter-epsilon").inputValue(),
      );
    });
    t.diagnostic(
      `${moved.results} results in ${moved.frames} frames; long tasks: ${tasks.join(", ") || "none"}`,
    );
    assert.ok(
      moved.results > moved.frames / 10,
      `${moved.results} results in ${moved.frames} frames`,
    );
    await page.close();
  }
  assert.deepEqual(tasks, []);
});

test("nothing moves while the page loads", async (t) => {
  for (const viewport of [
    { width: 1440, height: 900 },
    { width: 320, height: 640 },
  ]) {
    const page = await site.open("", { viewport });
    await settled(page);
    const shift = await page.evaluate(
      () =>
        new Promise((resolve) => {
          let sum = 0;
          new PerformanceObserver((list) =>
            list.getEntries().forEach((entry) => {
              sum += entry.value;
            }),
          ).observe({ type: "layout-shift", buffered: true });
          setTimeout(() => resolve(sum), 200);
        }),
    );
    t.diagnostic(`layout shift at ${viewport.width} px: ${shift.toFixed(4)}`);
    assert.ok(shift <= 0.01, `${shift}`);
  }
});

test("memory stays flat over 10,000 attacks", async (t) => {
  // A young generation of fixed size: V8 doubles it now and then, which is no leak.
  const own = await start({
    args: ["--js-flags=--expose-gc --min-semi-space-size=1 --max-semi-space-size=1"],
  });
  t.after(() => own.close());
  const page = await own.open("?attack=fgsm");
  await settled(page);
  const browser = await own.browser.newBrowserCDPSession();
  /** Megabytes that the page's process has to itself: scripts, elements, pictures, and the worker's memory. */
  const memory = async () => {
    for (const at of [page, ...page.workers()]) await at.evaluate(() => globalThis.gc());
    const { processInfo } = await browser.send("SystemInfo.getProcessInfo");
    const renderers = processInfo
      .filter(({ type }) => type === "renderer")
      .map(({ id }) => readFileSync(`/proc/${id}/status`, "utf8"));
    return (
      Math.max(...renderers.map((status) => Number(/RssAnon:\s+(\d+)/.exec(status)[1]))) / 1024
    );
  };
  /** Two models are attacked at each move of the slider. @param {number} attacks */
  const attack = (attacks) =>
    page.evaluate(async (moves) => {
      const slider = document.getElementById("parameter-epsilon");
      for (let i = 0; i < moves; i++) {
        const shown = new Promise((resolve) =>
          document.addEventListener("signflip:result", resolve, { once: true }),
        );
        slider.value = String(0.05 + 0.01 * (i % 40));
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        await shown;
        globalThis.results.length = 0;
      }
    }, attacks / 2);
  await attack(2000);
  const sizes = [await memory()];
  for (let thousand = 0; thousand < 10; thousand++) {
    await attack(1000);
    sizes.push(await memory());
  }
  t.diagnostic(
    `megabytes after each thousand attacks: ${sizes.map((size) => size.toFixed(1)).join(", ")}`,
  );
  // One picture kept of each attack would be 30 MB.
  assert.ok(Math.min(...sizes.slice(-3)) - Math.min(...sizes.slice(0, 3)) <= 4, "it grows");
});

test("nothing is asked of the network after loading", async () => {
  const page = await site.open();
  await quiet(page);
  const before = site.requests.length;
  await page.locator("input[name=attack][value=mim]").check();
  await page.locator("input[name=sample][value='9b']").check();
  await page.getByRole("tab", { name: "Draw" }).click();
  await page.locator(".pad").click();
  await page.getByLabel("Language").selectOption("de");
  await page.locator("button.theme").click();
  await settled(page);
  await page.locator(".about").scrollIntoViewIfNeeded();
  await page.getByRole("heading", { name: "Was hier geschieht" }).waitFor();
  assert.deepEqual(
    site.since(before).filter((path) => !ownLater(path)),
    [],
  );
  // What was fetched for later views comes once.
  const fetched = site.since(before).filter((path) => !/\/workers\//.test(path));
  assert.deepEqual(
    fetched.filter((path, i) => fetched.indexOf(path) !== i),
    [],
  );
});

test("the first view is small", async (t) => {
  const from = site.requests.length;
  const page = await site.open();
  await quiet(page);
  // Every response of the first view, twice where it was sent twice.
  const asked = ["/icon.svg", ...site.since(from)].map((path) =>
    path === "/" ? "/index.html" : path,
  );
  const size = (path) => brotliCompressSync(readFileSync(join(folder, path))).length / 1000;
  const sum = (paths) => paths.reduce((total, path) => total + size(path), 0);
  const isModel = (path) => path.startsWith("/models/"),
    isSample = (path) => path.startsWith("/samples/");
  const rest = sum(asked.filter((path) => !isModel(path) && !isSample(path)));
  const first = rest + sum(asked.filter(isModel));
  t.diagnostic(
    `first view: ${asked.length} responses, all but the models ${rest.toFixed(1)} KB brotli, with them ${first.toFixed(1)} KB`,
  );
  assert.ok(asked.includes("/js/signflip.wasm") && !asked.includes("/js/signflip-train.wasm"));
  assert.deepEqual(
    asked.filter((path, i) => asked.indexOf(path) !== i),
    [],
    "nothing is fetched twice",
  );
  assert.equal(asked.filter(isModel).length, 2);
  assert.ok(rest <= 160, `${rest} KB`);
  // The promise is for weights of eight bits; half precision alone takes 416 KB of it.
  assert.ok(first <= 500, `${first} KB`);
  // The test images come after the first picture and so after everything that it needs.
  const firstSample = asked.findIndex(isSample);
  assert.ok(
    firstSample < 0 || asked.slice(firstSample).every((path) => isSample(path) || ownLater(path)),
    asked.slice(firstSample).join(" "),
  );
});
