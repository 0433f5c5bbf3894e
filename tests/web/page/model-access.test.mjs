// Accessibility of the "Explore a model" view: axe-core for each tool before and after its run, both themes,
// 320 px and German; nothing sticks out, every target is large enough, nothing moves while it loads.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { keep, start } from "../../support/browser.mjs";
import { noImages, openTool, run } from "../../support/model-view.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

async function judge(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }),
  );
  assert.deepEqual(
    violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .slice(0, 4)
          .map((node) => node.target.join(" "))
          .join(", ")}`,
    ),
    [],
    name,
  );
  const { over, small } = await page.evaluate(() => {
    const visible = [
      ...document.querySelectorAll("button, select, input, summary, a, td[role=gridcell]"),
    ].filter(
      (element) =>
        element.checkVisibility({ visibilityProperty: true }) &&
        !element.classList.contains("skip"),
    );
    return {
      over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      small: visible
        .map((element) => ({
          box: element.getBoundingClientRect(),
          name: element.id || element.className || element.textContent,
        }))
        .filter(({ box }) => box.width < 23.5 || box.height < 23.5)
        .map(({ box, name: what }) => `${what} ${box.width}×${box.height}`),
    };
  });
  assert.ok(over <= 0, `${name}: ${over} px too wide`);
  assert.deepEqual(small, [], name);
  await keep(page, `model-${name.replace(/\W+/g, "-")}`);
}

const looks = {
  light: ["", {}],
  "dark, German": ["&theme=dark&lang=de", { colorScheme: "dark" }],
  "320 px, German": ["&lang=de", { viewport: { width: 320, height: 640 } }],
};
for (const tool of ["test", "curve", "transfer", "map", "slice", "shared", "train"]) {
  for (const [look, [query, options]] of Object.entries(looks)) {
    test(
      `axe-core finds nothing, and nothing sticks out: ${tool}, ${look}`,
      { skip: noImages, timeout: 300000 },
      async () => {
        const page = await openTool(site, tool, `&attack=fgsm${query}`, {
          reducedMotion: "reduce",
          ...options,
        });
        await judge(page, `${tool} ${look} before`);
        // Training takes its time; what it shows in the end is the same page in other colours.
        if (tool === "train" && look !== "light") return;
        if (tool === "train") await page.locator("#lab-train .chip", { hasText: /^4$/ }).click();
        await run(page, tool);
        if (tool === "test") await page.locator(".top-confusions button").first().click();
        await judge(page, `${tool} ${look}`);
      },
    );
  }
}

for (const width of [768, 1024, 1920, 3840]) {
  test(`nothing sticks out at ${width} px`, { skip: noImages }, async () => {
    const page = await openTool(site, "test", "&attack=fgsm&lang=de", {
      viewport: { width, height: Math.round(width * 0.56) },
    });
    await run(page, "test");
    assert.ok(
      await page.evaluate(
        () => document.documentElement.scrollWidth <= document.documentElement.clientWidth,
      ),
    );
    await keep(page, `model-width-${width}`, width < 3000);
  });
}

test("nothing moves while the view opens and while it runs", { skip: noImages }, async (t) => {
  const page = await site.open("?view=model&attack=fgsm", { wait: false });
  await page.evaluate(() => {
    globalThis.shift = 0;
    new PerformanceObserver((list) =>
      list.getEntries().forEach((entry) => {
        if (!entry.hadRecentInput) globalThis.shift += entry.value;
      }),
    ).observe({ type: "layout-shift", buffered: true });
  });
  await page.locator("#lab-test .primary:not(:disabled)").waitFor();
  await run(page, "test");
  const shift = await page.evaluate(() => globalThis.shift);
  t.diagnostic(`layout shift ${shift.toFixed(4)}`);
  assert.ok(shift <= 0.05, `${shift}`);
});
