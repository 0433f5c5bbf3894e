// The course in a browser: accessible and in one column at every width, predictions that lock before they reveal,
// tasks that the figures' own results complete, by keyboard, in print and without scripts.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { extras, lessons } from "../../../web/lessons/course.js";
import { keep, site as folder, start, tabTo, until } from "../../support/browser.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

/** Opens a page of the course. The caller closes its context: every figure in it has an engine. */
async function open(t, path, options = {}) {
  const page = await site.open(`lessons/${path}.html`, { wait: false, ...options });
  t.after(() => page.context().close());
  return page;
}

/** Brings a figure into sight, and waits for its first result. */
async function shown(page, id) {
  await page.locator(`#${id}`).scrollIntoViewIfNeeded();
  await page.locator(`#${id} .readings li`).first().waitFor();
}

async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      iframes: false,
    }),
  );
  return found.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`,
  );
}

const tooWide = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Locks every prediction, so that what they reveal is there, too. */
async function lockAll(page) {
  for (const section of await page.locator(".predict").all()) {
    await section.locator("input").first().check();
    await section.locator(".lock").click();
  }
}

const narrow = { viewport: { width: 320, height: 640 } };
const looks = [
  ["en", {}],
  ["de", { ...narrow, colorScheme: "dark" }],
];
const pages = ["index", ...lessons, ...extras, ...lessons.map((name) => `${name}-notes`)];
for (const [language, options] of looks)
  for (const name of pages)
    test(`axe-core finds nothing, and nothing sticks out: ${language}/${name}`, async (t) => {
      const page = await open(t, `${language}/${name}`, options);
      assert.deepEqual(await violations(page), []);
      await lockAll(page);
      assert.deepEqual(await violations(page), []);
      assert.ok((await tooWide(page)) <= 0, `${await tooWide(page)} px too wide`);
      assert.deepEqual(page.problems, []);
      await keep(page, `lesson-${language}-${name}`);
    });

for (const width of [390, 768, 1024, 1920, 3840])
  test(`nothing sticks out at ${width} px`, async (t) => {
    const page = await open(t, "de/3-many-steps", { viewport: { width, height: 900 } });
    await shown(page, "f-steps");
    assert.ok((await tooWide(page)) <= 0);
    await keep(page, `lesson-width-${width}`, width < 3000);
  });

test("a prediction shows nothing before it is locked, and cannot be changed after", async (t) => {
  const page = await open(t, "en/2-one-step");
  const section = page.locator("#p1");
  assert.ok(!(await section.locator(".reveal").isVisible()));
  await section.locator(".lock").click();
  assert.equal(await section.locator(".said").textContent(), "Choose an answer first.");
  assert.ok(!(await section.locator(".reveal").isVisible()));
  await section.locator("input").first().check();
  await section.locator(".lock").click();
  assert.match(await section.locator(".said").textContent(), /^Not this time.*about 800$/);
  assert.ok(await section.locator(".reveal").isVisible());
  assert.ok(await section.locator("input").last().isDisabled());
  assert.ok(!(await section.locator(".lock").isVisible()));
  const right = page.locator("#p2");
  await right.locator("input").nth(1).check();
  await right.locator(".lock").click();
  assert.equal(await right.locator(".said").textContent(), "Your prediction holds.");
});

/** Does what a task's solution says, as a visitor would have set the figure. */
async function solve(page, section) {
  const { figure, solution } = await section.evaluate((element) => ({ ...element.dataset }));
  const [name, value] = solution.split("=");
  if (name === "board") {
    const labels = {
      steepest: "Change the pixel that counts most",
      random: "Change a random pixel",
    };
    await page.getByRole("button", { name: "Back to the 3" }).click();
    for (let presses = 0; presses < 80; presses++) {
      if ((await page.locator("[data-board]").getAttribute("data-read")) !== "3") break;
      await page.getByRole("button", { name: labels[value] }).click();
    }
    return;
  }
  if (figure === "f-denoised") await page.getByRole("button", { name: "adaptive" }).click();
  if (name === "toy") return page.locator("#boxes-epsilon").fill(value);
  await page.locator(`#${figure} sign-flip`).evaluate((flip, query) => {
    flip.removeAttribute("target");
    for (const [part, to] of new URLSearchParams(query)) flip.setAttribute(part, to);
  }, solution);
}

for (const lesson of lessons)
  test(`${lesson}: each task is done when its figure reports what it asks for`, async (t) => {
    const page = await open(t, `en/${lesson}`);
    for (const section of await page.locator(".task").all()) {
      const figure = await section.getAttribute("data-figure");
      if ((await page.locator(`#${figure} sign-flip`).count()) > 0) await shown(page, figure);
      else {
        await page.locator(`#${figure}`).scrollIntoViewIfNeeded();
        await page.locator(`#${figure} :is(button, input)`).first().waitFor();
      }
      assert.ok(!(await section.evaluate((element) => element.classList.contains("done"))));
      await solve(page, section);
      await section.and(page.locator(".done")).waitFor();
      assert.match(await section.locator(".said").textContent(), /^Done/);
      assert.equal(await section.locator(".goals li:not(.met)").count(), 0);
    }
    assert.deepEqual(page.problems, []);
    await keep(page, `lesson-done-${lesson}`);
  });

test("a goal that is not met is said in text, and comes and goes with the results", async (t) => {
  const page = await open(t, "de/5-hardening");
  await shown(page, "f-mixed");
  const said = page.locator("#t1 .said");
  await said.getByText("Bisher 1 von 3 Bedingungen erfüllt.").waitFor();
  await page.locator("#f-mixed sign-flip").evaluate((flip) => flip.setAttribute("epsilon", "0.1"));
  await said.getByText("Bisher 2 von 3 Bedingungen erfüllt.").waitFor();
});

test("lesson 6 by keyboard alone: a prediction, the slider, two tasks, an answer", async (t) => {
  const page = await open(t, "en/6-proofs");
  await tabTo(page, "#boxes-epsilon");
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
  await page.locator("#t1.done").waitFor();
  for (let i = 0; i < 11; i++) await page.keyboard.press("ArrowRight");
  await page.locator("#t2.done").waitFor();
  await tabTo(page, "#p1 input");
  await page.keyboard.press("ArrowDown");
  await tabTo(page, "#p1 .lock");
  await page.keyboard.press("Enter");
  assert.ok(await page.evaluate(() => document.activeElement.matches("#p1 .reveal")));
  assert.equal(await page.locator("#p1 .said").textContent(), "Your prediction holds.");
  await tabTo(page, "#t1 summary");
  await page.keyboard.press("Enter");
  assert.ok(await page.locator("#t1 details p").isVisible());
});

test("lesson 2 with the figure's own controls, by keyboard: slider, picture, goal", async (t) => {
  const page = await open(t, "en/2-one-step");
  await shown(page, "f-fgsm");
  const frame = await (await page.locator("#f-fgsm iframe").elementHandle()).contentFrame();
  await tabTo(page, "#parameter-epsilon", frame);
  await page.keyboard.press("ArrowLeft");
  await page.locator("#t1.done").waitFor();
  await frame.locator("#parameter-epsilon").focus();
  for (let i = 9; i < 30; i++) await page.keyboard.press("ArrowRight");
  await frame.locator("input[name=sample]:checked").focus();
  for (let i = 3; i < 18; i++) await page.keyboard.press("ArrowRight");
  await page.locator("#t2.done").waitFor();
  await shown(page, "f-goal");
  const goal = page.frameLocator("#f-goal iframe").getByRole("combobox", { name: "Goal" });
  await goal.focus();
  for (let i = 3; i < 9; i++) await page.keyboard.press("ArrowDown");
  await page.locator("#t3.done").waitFor();
});

test("the board is drawn on by keyboard and pointer, and says what the pixel is", async (t) => {
  const page = await open(t, "en/1-what-it-sees");
  await page.locator("#f-board").scrollIntoViewIfNeeded();
  const pad = page.locator(".board-pad");
  await pad.focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Space");
  await page.getByText("Pixels changed: 1.").waitFor();
  assert.match(
    await page.locator(".board .hint").last().textContent(),
    /^Row 14, column 15: brightness 0\.00/,
  );
  await page.getByRole("button", { name: "Empty sheet" }).click();
  await page.getByText("Read as 1 with 100.0 %").waitFor();
  const box = await pad.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 4);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + (box.height * 3) / 4, { steps: 20 });
  await page.mouse.up();
  const drawn = await page.locator(".verdict").first().textContent();
  assert.match(drawn, /^Read as \d with/);
});

test("in print every answer is open, and closed again afterwards", async (t) => {
  const page = await open(t, "en/2-one-step");
  await page.emulateMedia({ media: "print" });
  for (const reveal of await page.locator(".reveal").all()) assert.ok(await reveal.isVisible());
  const openAnswers = () => page.locator("details[open]").count();
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.equal(await openAnswers(), await page.locator("details").count());
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  assert.equal(await openAnswers(), 0);
});

test("printed with figures, each has a picture of what it shows", async (t) => {
  const page = await open(t, "en/2-one-step");
  await page.evaluate(() => {
    globalThis.print = () => {
      globalThis.printed = [...document.querySelectorAll("sign-flip img")].map((image) => ({
        width: image.naturalWidth,
        alt: image.alt,
      }));
    };
  });
  await page.getByRole("button", { name: "Print with figures" }).click();
  await until(page, () => globalThis.printed);
  const pictures = await page.evaluate(() => globalThis.printed);
  assert.equal(pictures.length, await page.locator("sign-flip").count());
  assert.ok(await page.locator("#f-line svg").isVisible(), "what the lesson draws itself, too");
  for (const { width, alt } of pictures) assert.ok(width > 300 && alt.length > 20);
  await page.emulateMedia({ media: "print" });
  for (const image of await page.locator("sign-flip img").all()) assert.ok(await image.isVisible());
  assert.deepEqual(page.problems, []);
  await keep(page, "lesson-print");
});

test("without scripts everything is there to read", async (t) => {
  const page = await open(t, "en/4-how-far", { javaScriptEnabled: false });
  for (const part of [".reveal", "sign-flip a"])
    for (const element of await page.locator(part).all())
      assert.ok(await element.isVisible(), part);
  assert.ok(!(await page.locator(".lock").first().isVisible()));
});

test("the table of experiments sets its figure", async (t) => {
  const page = await open(t, "en/experiments");
  await shown(page, "f-a");
  const button = page.getByRole("button", { name: "Show it: FGSM-trained, MIM" }).first();
  await button.click();
  await page
    .locator("#f-a .readings")
    .getByText(/^mixed: 3 → /)
    .waitFor();
  assert.equal(await button.getAttribute("aria-pressed"), "true");
});

test("the notes have the figures as files, drawn as the lesson shows them", async (t) => {
  const figures = { "2-one-step": 2, "6-proofs": 1 };
  for (const [name, count] of Object.entries(figures)) {
    const page = await open(t, `de/${name}-notes`);
    const links = page.locator('a[href$=".svg"][download]');
    assert.equal(await links.count(), count);
    for (const href of await links.evaluateAll((all) => all.map(({ href }) => href))) {
      const answer = await page.request.get(href);
      const svg = await answer.text();
      assert.match(svg, /^<svg /);
      assert.match(svg, /Du siehst eine \d/);
      assert.doesNotMatch(svg, /NaN|undefined/);
    }
  }
});

test("a page around the lesson learns how tall it is", async (t) => {
  const page = await open(t, "index", {});
  await page.evaluate(() => {
    globalThis.heights = [];
    addEventListener("message", ({ data }) => globalThis.heights.push(data));
    const frame = document.createElement("iframe");
    frame.title = "lesson";
    frame.src = "en/6-proofs.html";
    document.body.append(frame);
  });
  await until(
    page,
    () =>
      globalThis.heights.some(({ type, height }) => type === "signflip:height" && height > 1000) &&
      globalThis.heights.some(({ subject }) => subject === "lti.frameResize"),
  );
});

test("a lesson works in a frame that may do nothing but run scripts", async (t) => {
  const page = await open(t, "index", {});
  // Loaded means that its scripts have run: what they make no longer moves what is clicked.
  await page.evaluate(() => {
    const frame = document.createElement("iframe");
    frame.title = "lesson";
    frame.setAttribute("sandbox", "allow-scripts");
    frame.width = "1200";
    frame.height = "900";
    frame.src = "en/3-many-steps.html";
    const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
    document.body.prepend(frame);
    return loaded;
  });
  const lesson = page.frameLocator("iframe");
  await lesson.locator("#p1 input").nth(1).check();
  await lesson.locator("#p1 .lock").click();
  assert.equal(await lesson.locator("#p1 .said").textContent(), "Your prediction holds.");
  await lesson.locator("#f-steps").scrollIntoViewIfNeeded();
  await lesson.locator("#f-steps .readings li").first().waitFor();
  assert.equal(await lesson.locator("#t1 .said").textContent(), "2 of 3 goals met so far.");
  // And what a lesson draws itself.
  await page.locator("iframe").evaluate((frame) => {
    frame.src = "en/1-what-it-sees.html";
  });
  await lesson.locator("#f-board").scrollIntoViewIfNeeded();
  const steepest = lesson.getByRole("button", { name: "Change the pixel that counts most" });
  for (let presses = 0; presses < 12; presses++) await steepest.click();
  await lesson.locator("#t1.done").waitFor();
});

test("a lesson works from a disk, without a server", async (t) => {
  const context = await site.browser.newContext({ viewport: { width: 1200, height: 900 } });
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(pathToFileURL(join(folder, "lessons/de/2-one-step.html")).href);
  await page.locator("#f-line").scrollIntoViewIfNeeded();
  await page.locator("#f-line svg").waitFor();
  await page.locator("#f-fgsm").scrollIntoViewIfNeeded();
  await page.locator("#f-fgsm .readings li").first().waitFor();
});
