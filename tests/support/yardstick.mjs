// What a page's work costs, in steps of a yardstick that the same page runs in the same minute. Processor time alone
// says little: machines differ, and others that use the same caches and cores make everything slower.

/** How much processor time the page's main thread has used, and all of its process, in milliseconds.
 * @param {import("playwright-core").Page} page */
export async function processorTime(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  return async () => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    const of = (wanted) => 1000 * metrics.find(({ name }) => name === wanted).value;
    return { main: of("ThreadTime"), all: of("ProcessTime") };
  };
}

/** Milliseconds of a step of the yardstick, which lays out text as a result's tables are: the quickest of some.
 * @param {import("playwright-core").Page} page @param {Awaited<ReturnType<typeof processorTime>>} used */
export async function stepOf(page, used) {
  let least = Infinity;
  for (let round = 0; round < 5; round++) {
    const { main } = await used();
    await page.evaluate(layOut, 10);
    least = Math.min(least, ((await used()).main - main) / 10);
  }
  return least;
}

/** In the page: so many steps. */
function layOut(steps) {
  const sheet = document.body.appendChild(document.createElement("div"));
  for (let step = 0; step < steps; step++) {
    for (let line = 0; line < 40; line++)
      sheet.appendChild(document.createElement("p")).textContent = `${step} and ${line}`;
    sheet.getBoundingClientRect();
    sheet.replaceChildren();
  }
  sheet.remove();
}

/** What a page costs, measured again, twice at most, where it is more than `most`: the least. A machine that others share
 * takes the processor away in the midst of a task now and then, and counts that as the task's; what is slow is so each
 * time.
 * @param {number} most @param {() => Promise<number>} measure */
export async function leastWhereOver(most, measure) {
  let least = await measure();
  for (let again = 0; again < 2 && least > most; again++) least = Math.min(least, await measure());
  return least;
}
