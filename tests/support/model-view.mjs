// What the tests of the "Explore a model" view share: whether the site has test images, opening a tool,
// and running it to its end.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { site, until } from "./browser.mjs";
import { leastWhereOver, processorTime, stepOf } from "./yardstick.mjs";

/** Why a test that needs test images cannot run, or false. */
export const noImages = existsSync(join(site, "samples/packs.json"))
  ? false
  : "the site was built without a dataset (SIGNFLIP_DATA, or tools/fetch-data)";

/** Opens the view at a tool and waits until it can be started. */
export async function openTool(site, tool, query = "", options = {}) {
  const page = await site.open(`?view=model&experiment=${tool}${query}`, {
    wait: false,
    ...options,
  });
  await startOf(page, tool).waitFor();
  await page.locator(`#lab-${tool} .primary:not(:disabled)`).waitFor();
  return page;
}

export const startOf = (page, tool) => page.locator(`#lab-${tool} .primary`);

/** Starts the open tool and waits for its end. */
export async function run(page, tool) {
  await startOf(page, tool).click();
  await over(page, tool);
}

/** Waits for the end of the open tool's run, and until that is painted. */
export async function over(page, tool) {
  await until(
    page,
    (name) =>
      !document.querySelector(`#lab-${name} [data-running]`) &&
      /\d/.test(document.querySelector(`#lab-${name} .run-text`)?.textContent ?? ""),
    tool,
    { timeout: 240000 },
  );
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
}

/** A number as the page writes it in English. */
export const numberOf = (text) => Number(text.replace(/[^\d.−-]/g, "").replace("−", "-"));

/** Tasks of the page's main thread that took it more than 50 ms of processor time while something was done,
 * in milliseconds. */
export const longTasks = async (browser, page, action) =>
  (await tasksDuring(browser, page, action)).filter((time) => time > 50).map(Math.round);

/** How long the main thread's longest task of more than 50 ms took while something was done, in steps of the yardstick;
 * 0: there was none. `mostSteps`, which is 50 ms and more on every machine that was tried, blocks no page. Where it is
 * more, the same is done again (leastWhereOver). */
export async function longestTask(browser, page, action) {
  const used = await processorTime(page);
  return leastWhereOver(mostSteps, async () => {
    const before = await stepOf(page, used);
    const tasks = await longTasks(browser, page, action);
    return Math.max(0, ...tasks) / Math.max(before, await stepOf(page, used));
  });
}
export const mostSteps = 80;

/** The processor time of the page's main thread while something was done, in milliseconds. */
export const mainThreadTime = async (browser, page, action) =>
  (await tasksDuring(browser, page, action)).reduce((sum, time) => sum + time, 0);

/** The tasks of the page's main thread while something was done, in milliseconds. Processor time, not the clock's: a
 * machine that others share makes every task look long. */
async function tasksDuring(browser, page, action) {
  await browser.startTracing(page, {
    categories: [
      "toplevel",
      "disabled-by-default-devtools.timeline",
      "devtools.timeline",
      "__metadata",
    ],
  });
  let buffer;
  try {
    await action();
  } finally {
    buffer = await browser.stopTracing();
  }
  const { traceEvents } = JSON.parse(buffer.toString());
  const main = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = traceEvents.filter(
    ({ name, ph, tdur, pid, tid }) =>
      name === "RunTask" && ph === "X" && tdur !== undefined && main.has(`${pid} ${tid}`),
  );
  if (tasks.length === 0) throw new Error("the trace holds no task of the main thread");
  return tasks.map(({ tdur }) => tdur / 1000);
}

/** Leaves only these models chosen, whatever else the site has. */
export async function chooseModels(page, tool, ids) {
  for (const box of await page.locator(`#lab-${tool} .lab-choice input[type=checkbox]`).all()) {
    const wanted = ids.includes(await box.getAttribute("value"));
    if ((await box.isChecked()) !== wanted) await box.setChecked(wanted);
  }
}
