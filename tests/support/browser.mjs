// A headless Chromium and a served copy of the built site, for the page tests. It builds nothing:
// tools/demo --build-only does (or SIGNFLIP_SITE names another folder).
import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "../../tools/lib/serve.mjs";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const site = process.env.SIGNFLIP_SITE ?? join(root, "dist");
export const screenshots = join(root, "build/screenshots");
const executablePath =
  process.env.CHROMIUM ??
  ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How many milliseconds a condition is waited for before a test fails: long, for machines that are busy. */
export const patience = 120000;

/** Starts server and browser; close() ends both.
 * @param {{headers?: Record<string, string>, folder?: string, args?: string[]}} [options] args: more of the browser's own */
export async function start({ headers, folder = site, args = [] } = {}) {
  assert.ok(
    existsSync(join(folder, "index.html")),
    `There is no site in ${folder}: run tools/demo --build-only first.`,
  );
  assert.ok(executablePath, "There is no Chromium here: apt-get install chromium.");
  mkdirSync(screenshots, { recursive: true });
  /** @type {string[]} */
  const requests = [];
  const server = await serve({ root: folder, headers, onRequest: (path) => requests.push(path) });
  const browser = await chromium.launch({ executablePath, args: [...flags, ...args] });
  return {
    requests,
    url: server.url,
    browser,
    /** What was asked for since there were so many requests; the tab's icon comes when the browser likes. */
    since: (/** @type {number} */ count) =>
      requests.slice(count).filter((path) => path !== "/icon.svg"),
    async close() {
      await browser.close();
      await server.close();
    },

    /** Opens the page and waits for its first result.
     * @param {string} [query] @param {object} [options] of the browser context */
    async open(query = "", { wait = true, ...options } = {}) {
      const context = await browser.newContext({
        viewport: { width: 1440, height: 900 },
        locale: "en-GB",
        ...options,
      });
      context.setDefaultTimeout(patience);
      const page = await context.newPage();
      const problems = problemsOf(page);
      await page.addInitScript(() => {
        globalThis.results = [];
        document.addEventListener("signflip:result", (event) =>
          globalThis.results.push({ ...event.detail, shown: performance.now() }),
        );
      });
      await page.goto(server.url + query);
      if (wait) await until(page, () => globalThis.results.length > 0);
      return Object.assign(page, { problems });
    },
  };
}

/** What a page and its frames complain of from now on: errors, and what the console is told.
 * @param {import("playwright-core").Page} page @returns {string[]} */
export function problemsOf(page) {
  const problems = [];
  page.on(
    "console",
    (message) => ["error", "warning"].includes(message.type()) && problems.push(message.text()),
  );
  page.on("pageerror", (error) => problems.push(error.message));
  return problems;
}

/** What the page may fetch after its first view: modules, words and styles of its own that only a later view
 * needs. Never models, pictures or anything that depends on what a visitor does. */
export const ownLater = (path) =>
  /^\/(js|css)\/.*\.(js|css)$/.test(path) && !/(engine|\/signflip)\.js$|\/workers\//.test(path);

/** Waits until the page shows itself with its controls. A result may still be on its way.
 * @param {import("playwright-core").Page | import("playwright-core").Frame} page */
export async function ready(page) {
  await page.waitForFunction(
    () =>
      globalThis.signflipPage?.snapshot.attacks.length > 0 &&
      document.querySelector("html[data-ready], #embed") &&
      document.querySelector("#attack"),
  );
  await painted(page);
}

/** Waits until what was done before is painted. */
export const painted = (page) =>
  page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );

/** Waits until a condition holds in a page or frame, and what follows from it is painted: the page's state changes
 * first, and what it shows with the next frame. What the condition gave, as a handle.
 * @param {import("playwright-core").Page | import("playwright-core").Frame} page
 * @param {string | ((argument: any) => unknown)} condition @param {unknown} [argument]
 * @param {{timeout?: number, polling?: number | "raf"}} [options] */
export async function until(page, condition, argument, options) {
  const held = await page.waitForFunction(condition, argument, options);
  await painted(page);
  return held;
}

/** Waits until every question of the image view is answered and painted, every file that it wants is there,
 * and no part of the page is on its way. */
export async function idle(page) {
  const condition = () => {
    const { snapshot, explorer } = globalThis.signflipPage ?? {};
    return (
      snapshot?.attacks.length > 0 &&
      explorer.scheduler.idle &&
      !Object.values(snapshot.files).includes("loading") &&
      !document.querySelector("[aria-busy]")
    );
  };
  // A painted frame may ask for more: a part that comes into sight is fetched.
  do {
    await page.waitForFunction(condition);
    await painted(page);
  } while (!(await page.evaluate(condition)));
}

/** Waits as idle() does; the newest result, with arrays as plain lists. */
export async function settled(page) {
  await idle(page);
  return page.evaluate(() => {
    const plain = (value) =>
      ArrayBuffer.isView(value)
        ? Array.from(value)
        : Array.isArray(value)
          ? value.map(plain)
          : value && typeof value === "object"
            ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]))
            : value;
    return plain(globalThis.results.at(-1));
  });
}

/** Does something and gives the result that it led to. */
export async function resultOf(page, action) {
  const before = await page.evaluate(() => globalThis.results.length);
  await action();
  await page.waitForFunction((count) => globalThis.results.length > count, before);
  return settled(page);
}

/** Waits until the page has asked the network for nothing for a while. */
export async function quiet(page) {
  await settled(page);
  await page.waitForLoadState("networkidle");
}

/** A lane of a result by its model. */
export const laneOf = (result, model) => result.lanes.find((lane) => lane.model === model);

/** The largest change of any pixel. */
export const largestChange = (result, lane) =>
  lane.adversarial.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - result.request.image[i])),
    0,
  );

/** Presses Tab until an element of the page, or of a frame in it, has the focus. Each press waits until the focus
 * has moved: it comes to a frame of another process later than the key does.
 * @param {import("playwright-core").Page} page @param {string} selector
 * @param {import("playwright-core").Page | import("playwright-core").Frame} [within] where the element is */
export async function tabTo(page, selector, within = page) {
  const parts = within === page ? [page] : [page, within];
  const focus = async () => {
    const places = await Promise.all(
      parts.map((part) =>
        part.evaluate(() => {
          let { activeElement: at } = document;
          while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
          const inFrame = at?.tagName === "IFRAME";
          const place = [...document.querySelectorAll("*")].indexOf(document.activeElement);
          return { inFrame, place, has: document.hasFocus() && at !== document.body };
        }),
      ),
    );
    const underway = within !== page && places[0].inFrame !== places[1].has;
    return underway ? null : JSON.stringify(places);
  };
  let before = await focus();
  for (let presses = 0; presses < 80; presses++) {
    if (await within.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    await page.keyboard.press("Tab");
    let now = null;
    while (now === null || now === before) {
      await painted(page);
      now = await focus();
    }
    before = now;
  }
  assert.fail(`Tab never came to ${selector}`);
}

/** Sets a slider as a person's drag would: value, then an input event. */
export const slide = (page, parameter, value) =>
  page.locator(`#parameter-${parameter}`).evaluate((slider, to) => {
    slider.value = String(to);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }, value);

/** Opens the numbers below the lanes' pictures. */
export async function openNumbers(page) {
  await page.locator(".lane:visible .lane-numbers summary").first().click();
  await page.locator(".lane:visible .numbers-list").first().waitFor();
}

/** Keeps a picture of the page as a build artefact. */
export const keep = (page, name, fullPage = true) =>
  page.screenshot({ path: join(screenshots, `${name}.png`), fullPage });
