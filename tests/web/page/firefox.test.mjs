// A smoke test in Firefox, over WebDriver BiDi: the first view, the slider, one attack of the sheet,
// axe-core, the compact page in a frame; and the lessons. What the page does in full is tested in Chromium; here, that
// nothing of it depends on Chromium.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { lessons } from "../../../web/lessons/course.js";
import { serve } from "../../../tools/lib/serve.mjs";
import { screenshots, site as folder } from "../../support/browser.mjs";
import { noFirefox, resultOf, startFirefox } from "../../support/firefox.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

test(
  "Firefox: first view, slider, an attack of the sheet, axe-core, and the compact page",
  { skip: noFirefox },
  async (t) => {
    const server = await serve({ root: folder });
    t.after(() => server.close());
    const { open: openUrl, problems } = await startFirefox(t);
    const open = (path) => openUrl(`${server.url}${path}`);
    mkdirSync(screenshots, { recursive: true });

    const page = await open("index.html?lang=en");
    await page.setViewport({ width: 1280, height: 900 });
    const first = await resultOf(page, ({ attack }) => attack === "fgsm");
    assert.deepEqual(
      first.map(({ model, label }) => [model, label]),
      [
        ["standard", 3],
        ["mixed", 3],
      ],
    );
    assert.notEqual(first[0].adversarialLabel, 3);
    await page.evaluate(() => {
      const slider = document.getElementById("parameter-epsilon");
      slider.value = "0.05";
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    });
    const moved = await resultOf(page, ({ parameters }) => parameters?.epsilon === 0.05);
    for (const { linf } of moved) assert.ok(linf <= 0.05 + 1e-6 && linf > 0.04, `${linf}`);

    await page.select("#attack", "deepfool");
    const nearest = await resultOf(page, ({ attack }) => attack === "deepfool");
    assert.notEqual(nearest[0].adversarialLabel, 3);

    await page.evaluate(axe);
    const violations = await page.evaluate(async () =>
      (
        await globalThis.axe.run(document, {
          runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        })
      ).violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`,
      ),
    );
    assert.deepEqual(violations, []);
    assert.ok(
      await page.evaluate(
        () => document.documentElement.scrollWidth <= document.documentElement.clientWidth,
      ),
    );
    await page.screenshot({ path: join(screenshots, "firefox.png") });

    const compact = await open("embed.html?lang=de&attack=mim&model=standard");
    await compact.setViewport({ width: 360, height: 700 });
    const [lane] = await resultOf(compact, ({ attack }) => attack === "mim");
    assert.notEqual(lane.adversarialLabel, 3);
    assert.ok(
      await compact.evaluate(
        () => document.documentElement.scrollWidth <= document.documentElement.clientWidth,
      ),
    );
    await compact.screenshot({ path: join(screenshots, "firefox-embed.png") });
    assert.deepEqual(problems, []);
  },
);

test(
  "Firefox: each lesson's figures run, its first prediction locks, its tasks are done",
  { skip: noFirefox },
  async (t) => {
    const server = await serve({ root: folder });
    t.after(() => server.close());
    const { open, problems } = await startFirefox(t);
    for (const lesson of lessons) {
      const page = await open(`${server.url}lessons/en/${lesson}.html`);
      await page.setViewport({ width: 390, height: 800 });
      await page.click("#p1 input");
      await page.click("#p1 .lock");
      await page.waitForSelector("#p1 .reveal:not([hidden])");
      const tasks = await page.$$eval(".task[data-solution]", (all) =>
        all
          .filter(({ dataset }) => document.querySelector(`#${dataset.figure} sign-flip`))
          .map(({ id, dataset: { figure, solution } }) => ({ id, figure, solution })),
      );
      if (tasks.length === 0) continue; // of figures that are not the page's: lessons.test.mjs has them
      const [{ id, figure, solution }] = tasks;
      await page.$eval(`#${figure}`, (element) => element.scrollIntoView());
      await page.waitForSelector(`#${figure} .readings li`);
      await page.$eval(
        `#${figure} sign-flip`,
        (flip, query) => {
          flip.removeAttribute("target");
          for (const [part, to] of new URLSearchParams(query)) flip.setAttribute(part, to);
        },
        solution,
      );
      await page.waitForSelector(`#${id}.done`);
      assert.ok(
        await page.evaluate(
          () => document.documentElement.scrollWidth <= document.documentElement.clientWidth,
        ),
        `${lesson} is wider than its window`,
      );
      await page.screenshot({ path: join(screenshots, `firefox-lesson-${lesson}.png`) });
      await page.close();
    }
    assert.deepEqual(problems, []);
  },
);
