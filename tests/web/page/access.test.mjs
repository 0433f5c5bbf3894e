// Accessibility in a real browser: axe-core in every state and theme, the keyboard alone, target
// sizes, and no scrolling sideways from 320 px to 4K.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  keep,
  laneOf,
  openNumbers,
  ready,
  root,
  settled,
  start,
  tabTo,
} from "../../support/browser.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const narrow = { width: 320, height: 640 };
const states = {
  light: ["", {}],
  dark: ["?theme=dark&attack=mim", { colorScheme: "dark" }],
  "320 px": ["", { viewport: narrow }],
  "320 px, dark, goal": [
    "?attack=bim&target=8&epsilon=0.4",
    { viewport: narrow, colorScheme: "dark" },
  ],
  "320 px, German": ["?lang=de&attack=mim", { viewport: narrow }],
  "drawing, empty": ["?sample=drawing", { wait: false }],
  "transfer, German": ["?from=standard&lang=de", {}],
};

for (const [name, [query, options]] of Object.entries(states)) {
  test(`axe-core finds nothing: ${name}`, async () => {
    const page = await site.open(query, options);
    await settled(page);
    await ready(page);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() =>
      globalThis.axe.run(document, {
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      }),
    );
    assert.deepEqual(
      violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`,
      ),
      [],
    );
    await keep(page, `state-${name.replace(/\W+/g, "-")}`);
  });
}

test("axe-core finds nothing: the dialogue for a model of one's own", async () => {
  for (const options of [{}, { viewport: narrow, colorScheme: "dark" }]) {
    const page = await site.open("", options);
    await settled(page);
    await page.locator("#view-image .models button >> nth=0").click();
    const file = join(root, "models/mnist-mixed.safetensors");
    await page.locator("dialog.bring .drop input").setInputFiles(file);
    await page.locator("dialog.bring .found:not([hidden])").waitFor();
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document));
    assert.deepEqual(
      violations.map(({ id }) => id),
      [],
    );
  }
});

for (const width of [320, 390, 768, 1024, 1440, 1920, 3840]) {
  test(`nothing sticks out at ${width} px`, async () => {
    const page = await site.open("?lang=de&attack=mim", {
      viewport: { width, height: Math.max(640, Math.round(width * 0.56)) },
    });
    const { over, small } = await page.evaluate(() => {
      const visible = [...document.querySelectorAll("button, select, input, summary, a")].filter(
        (element) =>
          element.checkVisibility({ visibilityProperty: true }) &&
          !element.classList.contains("skip"),
      );
      return {
        over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        small: visible
          .map((element) => ({
            box: element.getBoundingClientRect(),
            name: element.id || element.className || element.textContent || element.value,
          }))
          .filter(({ box }) => box.width < 23.5 || box.height < 23.5)
          .map(({ box, name }) => `${name} ${box.width}×${box.height}`),
      };
    });
    assert.ok(over <= 0, `${over} px too wide`);
    // A checkbox inside its label has the label for a target.
    assert.deepEqual(small, []);
    await keep(page, `width-${width}`, width < 3000);
  });
}

test("everything can be done with the keyboard alone", async () => {
  const page = await site.open();
  const focusOn = (selector) => tabTo(page, selector);
  // The order of tabbing is that of the page: skip links, settings, models, pictures, then the controls.
  for (const to of ["#results", "#controls"]) {
    await page.keyboard.press("Tab");
    assert.ok(
      await page.evaluate((href) => document.activeElement.matches(`.skip[href="${href}"]`), to),
    );
  }
  await page.keyboard.press("Enter");
  await focusOn("input[name=sample]");
  await page.keyboard.press("ArrowRight");
  assert.equal((await settled(page)).lanes[0].label, 4);
  await focusOn("#attack");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.equal((await settled(page)).request.attack, "mim");
  await focusOn("#parameter-epsilon");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.ok(Math.abs((await settled(page)).request.parameters.epsilon - 0.12) < 1e-6);
  await focusOn("input[name=target]");
  await page.keyboard.press("ArrowRight");
  assert.equal((await settled(page)).request.target, 0);
  await focusOn("#transfer");
  await page.keyboard.press("Space");
  assert.equal((await settled(page)).request.from, "standard");
});

test("a digit drawn with the keyboard", async () => {
  const page = await site.open();
  await page.getByRole("tab", { name: "Pick" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.locator(".pad").waitFor(); // fetched when its tab is opened
  await page.keyboard.press("Tab");
  assert.ok(await page.evaluate(() => document.activeElement.matches(".pad")));
  await page.keyboard.press("Space");
  assert.equal(await page.locator("#status").textContent(), "Pen down");
  for (let i = 0; i < 20; i++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  assert.equal(await page.locator("#status").textContent(), "Pen up");
  const result = await settled(page);
  assert.equal(result.request.label, null);
  assert.equal(laneOf(result, "standard").cleanLabel, 1);
  await keep(page, "draw-keyboard");
});

const opened = {
  numbers: ["", openNumbers],
  "numbers, 320 px, German, dark": [
    "?lang=de&theme=dark&attack=mim",
    openNumbers,
    { viewport: narrow },
  ],
  "all classes of signs, dark": [
    "?dataset=gtsrb&theme=dark",
    (page) => page.locator("[data-model=standard] .fold").click(),
  ],
  enlarged: [
    "",
    async (page) => {
      await page.locator("[data-model=standard] .perturbation .enlarge").click();
      await page.getByRole("dialog").waitFor();
    },
  ],
  "forced colours": ["?attack=mim", settled, { forcedColors: "active" }],
  "slow, 320 px, German": [
    "?attack=bim&steps=10000&lang=de",
    async (page) => page.locator(".progress button").first().waitFor(),
    { viewport: narrow, wait: false },
  ],
  "cancelled, dark": [
    "?attack=bim&steps=10000&theme=dark",
    async (page) => {
      await page.locator(".progress button").first().click();
      await page.getByText("Cancelled.").first().waitFor();
    },
    { wait: false },
  ],
};
for (const [name, [query, prepare, options]] of Object.entries(opened)) {
  test(`axe-core finds nothing, and nothing sticks out: ${name}`, async () => {
    const page = await site.open(query, options);
    await prepare(page);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() =>
      globalThis.axe.run(document, {
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      }),
    );
    assert.deepEqual(
      violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`,
      ),
      [],
    );
    assert.ok(
      await page.evaluate(
        () => document.documentElement.scrollWidth <= document.documentElement.clientWidth,
      ),
    );
    await keep(page, `state-${name.replace(/\W+/g, "-")}`, !/enlarged/.test(name));
  });
}

test("focus is visible, and reduced motion leaves nothing that moves", async () => {
  const page = await site.open("", { reducedMotion: "reduce" });
  await page.locator("input[name=target]").first().focus();
  await page.keyboard.press("ArrowRight");
  const outline = await page
    .locator("input[name=target]:checked + .face")
    .evaluate((face) => getComputedStyle(face).outlineStyle);
  assert.equal(outline, "solid");
  assert.equal(
    await page.evaluate(
      () => document.getAnimations().filter((a) => a.playState === "running").length,
    ),
    0,
  );
});
