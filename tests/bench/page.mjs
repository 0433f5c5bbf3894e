// Measures the built page in headless Chromium, for tools/bench --page; leaves page.json for report.mjs:
//   node page.mjs --out FOLDER [--rounds N] [--quick]
// Times are compared with a bare page's worker in the same run: what no page with a worker can do without is its
// first word, and a machine that is busy or slow makes both late. It asserts nothing: the table says what
// we aim at and whether it was reached.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { serve } from "../../tools/lib/serve.mjs";
import { settled, start } from "../support/browser.mjs";
import { longTasks, mainThreadTime } from "../support/model-view.mjs";

const { values: options } = parseArgs({
  options: {
    out: { type: "string" },
    rounds: { type: "string", default: "5" },
    quick: { type: "boolean", default: false },
  },
});
const rounds = Number(options.rounds);
/** A new window's own start is over after so long. */
const restMilliseconds = 1500;
/** How long the slider of the slow phone moves, and how slow it is. */
const slideMilliseconds = 4000;
const slowdown = 6;
/** The attacks whose memory is measured take no longer than this, however busy the machine is. */
const growthMilliseconds = 90000;
const aims = JSON.parse(readFileSync(new URL("targets.json", import.meta.url), "utf8")).page;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** A page that does nothing but wait for the first word of its worker. */
async function serveBarePage() {
  const folder = mkdtempSync(join(tmpdir(), "signflip-bare-page-"));
  const files = {
    "index.html": '<!doctype html><title>Bare</title><script type="module" src="page.js"></script>',
    "page.js":
      'new Worker("worker.js", { type: "module" }).onmessage = () => performance.mark("word");',
    "worker.js": "postMessage(1);",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const server = await serve({ root: folder });
  return {
    url: server.url,
    async close() {
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Milliseconds from navigation to a mark, in a new window with nothing cached.
 * @param {Awaited<ReturnType<typeof start>>} site @param {string} address @param {string} mark */
async function coldStart(site, address, mark) {
  const context = await site.browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
  });
  const page = await context.newPage();
  await new Promise((done) => setTimeout(done, restMilliseconds));
  await page.goto(address);
  await page.waitForFunction((name) => performance.getEntriesByName(name).length > 0, mark);
  const time = await page.evaluate((name) => performance.getEntriesByName(name)[0].startTime, mark);
  await context.close();
  return time;
}

/** Milliseconds of an attack and from a slider's move to the drawn pictures, for both models: medians of 30 moves
 * in the quietest round. */
async function moves(site, attack) {
  const page = await site.open(`?attack=${attack}`);
  await settled(page);
  let best = { engine: Infinity, shown: Infinity };
  for (let round = 0; round < rounds; round++) {
    const list = await page.evaluate(async () => {
      const slider = document.getElementById("parameter-epsilon");
      const measured = [];
      for (let i = 0; i < 30; i++) {
        const drawn = new Promise((done) =>
          document.addEventListener(
            "signflip:result",
            ({ detail }) =>
              done({
                at: performance.now(),
                engine: detail.lanes.find(({ model }) => model === "standard").milliseconds,
              }),
            { once: true },
          ),
        );
        const began = performance.now();
        // Never the value that it has: that asks nothing.
        slider.value = (0.11 + 0.01 * i).toFixed(2);
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        const { at, engine } = await drawn;
        await new Promise((done) => requestIdleCallback(done));
        measured.push({ engine, shown: at - began });
      }
      return measured;
    });
    const of = (key) => median(list.map((move) => move[key]));
    if (of("shown") < best.shown) best = { engine: of("engine"), shown: of("shown") };
  }
  await page.context().close();
  return best;
}

/** While the slider moves through 90 frames: tasks of the main thread of more than 50 ms of processor time, and in how
 * many frames one answer comes. */
async function sliding(site) {
  const page = await site.open("?attack=mim");
  await settled(page);
  let answers = 0;
  const tasks = await longTasks(site.browser, page, async () => {
    answers = await page.evaluate(async () => {
      const before = globalThis.results.length;
      const slider = document.getElementById("parameter-epsilon");
      for (let frame = 0; frame < 90; frame++) {
        slider.value = String(0.05 + 0.4 * Math.abs(Math.sin(frame / 14)));
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        await new Promise(requestAnimationFrame);
      }
      return globalThis.results.length - before;
    });
    await settled(page);
  });
  await page.context().close();
  return { tasks, framesPerAnswer: 90 / answers };
}

/** A phone with a processor a sixth as fast as this one's, as Chromium imitates it (which leaves workers as they are):
 * the first attack after navigation; then, while the slider moves for some seconds, the time from one result of two models
 * to the next. Each by the clock and by the processor time of the page's main thread: on a machine that others share, only
 * the latter is the page's own. */
async function slowPhone(site) {
  const context = await site.browser.newContext({
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 3,
    isMobile: true,
    hasTouch: true,
    locale: "en-GB",
  });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  await page.addInitScript(() => {
    globalThis.results = [];
    document.addEventListener("signflip:result", ({ detail }) =>
      globalThis.results.push(detail.lanes.reduce((sum, lane) => sum + lane.milliseconds, 0)),
    );
  });
  await new Promise((done) => setTimeout(done, restMilliseconds));
  const loading = await mainThreadTime(site.browser, page, async () => {
    await page.goto(site.url);
    await page.waitForFunction(() => performance.getEntriesByName("signflip:first").length > 0);
  });
  const first = await page.evaluate(
    () => performance.getEntriesByName("signflip:first")[0].startTime,
  );
  await settled(page);
  let slid = { count: 0, took: 0, engine: 0 };
  const sliding = await mainThreadTime(site.browser, page, async () => {
    slid = await page.evaluate(async (milliseconds) => {
      const before = globalThis.results.length;
      const began = performance.now();
      const slider = document.getElementById("parameter-epsilon");
      for (let frame = 0; performance.now() < began + milliseconds; frame++) {
        slider.value = String(0.05 + 0.4 * Math.abs(Math.sin(frame / 14)));
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        await new Promise(requestAnimationFrame);
      }
      const found = globalThis.results.slice(before).sort((a, b) => a - b);
      const took = performance.now() - began;
      return { count: found.length, took, engine: found[Math.floor(found.length / 2)] };
    }, slideMilliseconds);
  });
  await context.close();
  const { count, took, engine } = slid;
  return { first, firstOwn: loading, each: took / count, eachOwn: sliding / count, engine };
}

/** Megabytes by which the page's process grows over so many attacks, or as many as fit into a few minutes: how many
 * they were, too. One picture kept of each would be 3 KB. */
async function growth(attacks) {
  // A young generation of fixed size: V8 doubles it now and then, which is no leak.
  const own = await start({
    args: ["--js-flags=--expose-gc --min-semi-space-size=1 --max-semi-space-size=1"],
  });
  const page = await own.open("?attack=fgsm");
  await settled(page);
  const browser = await own.browser.newBrowserCDPSession();
  const memory = async () => {
    for (const at of [page, ...page.workers()]) await at.evaluate(() => globalThis.gc());
    const { processInfo } = await browser.send("SystemInfo.getProcessInfo");
    const renderers = processInfo
      .filter(({ type }) => type === "renderer")
      .map(({ id }) => readFileSync(`/proc/${id}/status`, "utf8"));
    return Math.max(...renderers.map((text) => Number(/RssAnon:\s+(\d+)/.exec(text)[1]))) / 1024;
  };
  /** Two models are attacked at each move of the slider. Returns how many attacks there were. */
  const attack = (count) =>
    page.evaluate(
      async ({ slides, until }) => {
        const slider = document.getElementById("parameter-epsilon");
        let i = 0;
        for (; i < slides && Date.now() < until; i++) {
          const shown = new Promise((done) =>
            document.addEventListener("signflip:result", done, { once: true }),
          );
          slider.value = String(0.05 + 0.01 * (i % 40));
          slider.dispatchEvent(new Event("input", { bubbles: true }));
          await shown;
          globalThis.results.length = 0;
        }
        return 2 * i;
      },
      { slides: count / 2, until: Date.now() + growthMilliseconds / 10 },
    );
  await attack(attacks / 5);
  const sizes = [await memory()];
  let made = 0;
  for (let tenth = 0; tenth < 10; tenth++) {
    made += await attack(attacks / 10);
    sizes.push(await memory());
  }
  await own.close();
  return {
    made,
    megabytes: Math.min(...sizes),
    grown: Math.min(...sizes.slice(-3)) - Math.min(...sizes.slice(0, 3)),
  };
}

const site = await start();
const bare = await serveBarePage();
const words = [],
  firsts = [];
try {
  for (let round = 0; round < rounds; round++) {
    words.push(await coldStart(site, bare.url, "word"));
    firsts.push(await coldStart(site, site.url, "signflip:first"));
  }
  const word = median(words);
  const row = (what, value, unit, aim) => ({ what, value, unit, aim, reached: value <= aim });
  const rows = [
    row("a bare page's first word of its worker", word, "ms", Infinity),
    row("first attack after navigation", median(firsts), "ms", aims.firstAttackPerWord * word),
  ];
  for (const attack of ["fgsm", "mim"]) {
    const { engine, shown } = await moves(site, attack);
    rows.push(row(`${attack}, one image, the normal model`, engine, "ms", aims[attack].engine));
    rows.push(row(`${attack}, a slider's move to drawn pictures`, shown, "ms", aims[attack].shown));
  }
  const { tasks, framesPerAnswer } = await sliding(site);
  rows.push(row("frames per answer while sliding", framesPerAnswer, "", aims.framesPerAnswer));
  rows.push(row("longest task over 50 ms while sliding", Math.max(0, ...tasks), "ms", 0));
  const phone = await slowPhone(site);
  const on = (what) => `at 1/${slowdown} of the speed: ${what}`;
  rows.push(
    row(on("first attack after navigation"), phone.first, "ms", aims.slow.first),
    row(on("the main thread's own time until then"), phone.firstOwn, "ms", aims.slow.first),
    row(on("from one result of two models to the next"), phone.each, "ms", aims.slow.each),
    row(on("the main thread's own time for each"), phone.eachOwn, "ms", aims.slow.each),
    row(on("the engine's for each"), slowdown * phone.engine, "ms", aims.slow.each),
  );
  const { made, megabytes, grown } = await growth(options.quick ? 2000 : 10000);
  rows.push(row("memory of the page's process", megabytes, "MB", Infinity));
  rows.push(row(`its growth over ${made} attacks`, grown, "MB", aims.growth));
  const report = { word, firsts, words, rows };
  writeFileSync(join(resolve(options.out), "page.json"), JSON.stringify(report, null, 1) + "\n");
} finally {
  await bare.close();
  await site.close();
}
