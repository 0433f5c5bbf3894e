// The pictures of the image view: how large they are, what stands beside them, before and after by holding, and
// that nothing is shown that belongs to another question.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { noImages } from "../../support/model-view.mjs";
import { keep, painted, resultOf, settled, slide, start, until } from "../../support/browser.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const lane = (page, model = "standard") => page.locator(`[data-model=${model}]`);
const boxOf = (page, selector) => page.locator(selector).boundingBox();
const kinds = ["original", "perturbation", "adversarial"];
/** Waits until all of the others' questions are answered. */
const settledButFor = async (page, model) => {
  await until(
    page,
    (name) =>
      globalThis.signflipPage.snapshot.files[name] === "loading" &&
      globalThis.signflipPage.explorer.scheduler.idle,
    model,
  );
  await painted(page);
};
const inked = (locator) => locator.evaluate((canvas) => canvas.toDataURL());

test("at 1440 px every picture is 220 px wide or more, and the sentence stands beside them", async () => {
  const page = await site.open();
  await settled(page);
  for (const kind of kinds) {
    const { width, height } = await boxOf(page, `[data-model=standard] .${kind} canvas`);
    assert.ok(width >= 220 && height === width, `${kind}: ${width}×${height}`);
  }
  assert.equal(
    await lane(page).locator(".reading").textContent(),
    "You see a 3. The network is 100% sure it is an 8.",
  );
  const pictures = await boxOf(page, "[data-model=standard] .pictures"),
    verdict = await boxOf(page, "[data-model=standard] .verdict");
  assert.ok(verdict.x >= pictures.x + pictures.width && verdict.y < pictures.y + 20, "beside");
});

test("the opening example changes no pixel by more than a tenth", async () => {
  const page = await site.open();
  const { lanes } = await settled(page);
  assert.equal(lanes[0].adversarialLabel, 8);
  assert.ok(Math.max(...lanes.map(({ linf }) => linf)) <= 0.1 + 1e-6);
  assert.equal(await page.locator("[data-parameter=epsilon] .unit").textContent(), "25.5/255");
});

for (const [width, height] of [
  [320, 640],
  [390, 844],
]) {
  test(`on a phone of ${width} px the result is on the first screen, as wide as the screen`, async () => {
    const page = await site.open("", {
      viewport: { width, height },
      isMobile: true,
      hasTouch: true,
    });
    await settled(page);
    const big = await boxOf(page, "[data-model=standard] .adversarial canvas"),
      verdict = await boxOf(page, "[data-model=standard] .verdict"),
      controls = await boxOf(page, ".source");
    assert.ok(big.width >= 0.75 * width, `${big.width} px`);
    assert.ok(verdict.y > 0 && verdict.y + verdict.height < height / 2 + 60, `${verdict.y}`);
    assert.ok(big.y + big.height <= height + 8, `its end is at ${big.y + big.height} px`);
    assert.ok(controls.y > big.y + big.height, "the controls are below");
    // Why one should care: above the pictures where there is room, else below them.
    const why = await boxOf(page, ".results > .lead");
    if (height > 736) assert.ok(why.y > 0 && why.y + why.height < verdict.y, `${why.y}`);
    else assert.ok(why.y > big.y + big.height, `${why.y}`);
    // Below them, too, where the attack's steps take the room.
    await resultOf(page, () => page.locator("#attack").selectOption("mim"));
    await page.locator(".steps-panel .plot").waitFor();
    const [steps, picture, last] = await Promise.all(
      [".steps-panel", "[data-model=standard] .adversarial canvas", ".results > .lead"].map(
        (part) => boxOf(page, part),
      ),
    );
    assert.ok(steps.y < picture.y && picture.y < last.y);
    await resultOf(page, () => page.locator("#attack").selectOption("fgsm"));
    // The budget stays in sight.
    const budget = await boxOf(page, ".budget");
    assert.ok(budget.y + budget.height <= height && budget.y > height / 2);
  });
}

test("lanes are in line at 2 to 5 models, from 320 px to 4K, and no caption is cut", async () => {
  const all = ["standard", "mixed", "robust", "certified", "denoised"];
  for (const width of [320, 768, 1440, 3840]) {
    for (const models of [2, 3, 4, 5].map((count) => all.slice(0, count).join())) {
      const page = await site.open(`?attack=mim&model=${models}`, {
        viewport: { width, height: Math.max(640, Math.round(0.56 * width)) },
      });
      await settled(page);
      const places = await page.evaluate(
        (names) =>
          names.map((kind) => [
            ...new Set(
              [...document.querySelectorAll(`.lane:not([hidden]) .${kind} canvas`)].map(
                (canvas) => {
                  const { left, width: side } = canvas.getBoundingClientRect();
                  return `${Math.round(left)} ${Math.round(side)}`;
                },
              ),
            ),
          ]),
        kinds,
      );
      assert.deepEqual(
        places.map(({ length }) => length),
        [1, 1, 1],
        `${width} px, ${models}: ${JSON.stringify(places)}`,
      );
      const cut = await page.evaluate(() =>
        [
          ...document.querySelectorAll(
            ".lane figcaption, .lane figcaption span, .lane .verdict-chip",
          ),
        ]
          .filter(
            (element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0,
          )
          .filter((element) => getComputedStyle(element).display !== "inline")
          .map((element) => element.textContent),
      );
      assert.deepEqual(cut, [], `${width} px`);
      const names = await page.locator(".budget label:visible").evaluateAll((all) =>
        all.map((label) => {
          const range = document.createRange();
          range.selectNodeContents(label);
          return range.getClientRects().length;
        }),
      );
      assert.deepEqual(names, [1, 1], `a parameter's name is in one line at ${width} px`);
      const laps = await page.evaluate(() =>
        [...document.querySelectorAll(".lane:not([hidden]) .legend")].flatMap((legend) => {
          const boxes = [...legend.children].map((part) => {
            const range = document.createRange();
            range.selectNodeContents(part);
            return (part.tagName === "CANVAS" ? part : range).getBoundingClientRect();
          });
          return boxes.slice(1).filter(({ left }, i) => left < boxes[i].right - 0.5).length;
        }),
      );
      assert.ok(
        laps.every((count) => count === 0),
        `the legend's words lie apart at ${width} px`,
      );
      await page.context().close();
    }
  }
});

test("holding the adversarial picture shows the original; a click enlarges it", async () => {
  const page = await site.open();
  await settled(page);
  const [original, adversarial] = ["original", "adversarial"].map((kind) =>
    lane(page).locator(`.${kind} canvas`),
  );
  const [before, after] = [await inked(original), await inked(adversarial)];
  assert.notEqual(before, after);
  await adversarial.hover();
  await page.mouse.down();
  await page.locator("[data-model=standard] .adversarial[data-held]").waitFor();
  assert.equal(await inked(adversarial), before);
  assert.match(await lane(page).locator(".adversarial figcaption").textContent(), /^Original/);
  await page.mouse.up();
  assert.equal(await inked(adversarial), after);
  assert.equal(await page.getByRole("dialog").count(), 0, "holding enlarges nothing");
  await adversarial.click();
  const dialog = page.getByRole("dialog", { name: "Normal model" });
  await dialog.waitFor();
  const { width } = await dialog.locator("canvas").boundingBox();
  assert.ok(width >= 500, `${width} px`);
  assert.equal(await inked(dialog.locator("canvas")), after);
  await dialog.getByRole("button", { name: "Before / after" }).click();
  assert.equal(await inked(dialog.locator("canvas")), before);
  await keep(page, "enlarged", false);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.deepEqual(page.problems, []);
});

test("the classes that matter have a row, the others one together, and all of them when one asks", async () => {
  const page = await site.open();
  await settled(page);
  const rows = lane(page).locator(".probabilities tbody tr:visible");
  assert.equal(await rows.count(), 4);
  assert.deepEqual((await rows.locator("th").allTextContents()).slice(0, 2), ["3", "8"]);
  assert.equal(await rows.last().locator("th").textContent(), "7 others");
  await lane(page).getByRole("button", { name: "Show all classes" }).click();
  assert.equal(await rows.count(), 10);
});

test("every number has a word of explanation, and what is open in one lane is open in all", async () => {
  const page = await site.open("?model=standard,mixed,denoised&grayBox=true");
  await settled(page);
  await lane(page).locator(".lane-numbers summary").click();
  await lane(page, "mixed").locator(".numbers-list").waitFor();
  const items = lane(page).locator("[data-number]:visible");
  assert.deepEqual(await items.evaluateAll((list) => list.map((item) => item.dataset.number)), [
    "linf",
    "l2",
    "l0",
    "time",
    "access",
    "smallest",
    "certified",
    "saliency",
    "gradCam",
  ]);
  for (const hint of await items.locator(".hint").allTextContents())
    assert.ok(hint.length > 10, hint);
  assert.match(await items.first().textContent(), /0\.100 · 25\.5\/255/);
  const access = (model) => lane(page, model).locator("[data-number=access] .value").textContent();
  assert.equal(await access("standard"), "white box");
  assert.equal(await access("denoised"), "gray box");
  await resultOf(page, () => page.locator("#transfer").check());
  assert.equal(await access("mixed"), "transfer");
  await resultOf(page, () => page.locator("#attack").selectOption("square"));
  assert.equal(await access("standard"), "black box");
});

test("while a question is open the older result is dimmed, and after Clear no number is left", async () => {
  const page = await site.open("?sample=drawing&drawing=jGPjGyjHWjH7jIfjJEjJojKN");
  await settled(page);
  assert.equal(await page.locator("#results[data-stale]").count(), 0);
  await page.evaluate(() =>
    globalThis.signflipPage.update({ attack: "bim", parameters: { steps: 10000, epsilon: 0.1 } }),
  );
  await page.locator("#results[data-stale]").waitFor({ state: "attached" });
  const opacity = () =>
    lane(page)
      .locator(".verdict")
      .evaluate((element) => getComputedStyle(element).opacity);
  await until(
    page,
    () => getComputedStyle(document.querySelector(".lane .verdict")).opacity === "0.45",
  );
  // What was cancelled leaves the older result marked as such.
  await page.getByRole("button", { name: "Cancel" }).first().click();
  await page.getByText("Cancelled. Still shown: FGSM").first().waitFor();
  assert.equal(await opacity(), "0.45");
  await resultOf(page, () =>
    page.evaluate(() => globalThis.signflipPage.update({ attack: "fgsm", parameters: {} })),
  );
  await page.locator("#results:not([data-stale])").waitFor();
  await page.getByRole("tab", { name: "Draw" }).click();
  await page.getByRole("button", { name: "Clear" }).click();
  await lane(page).getByText("Draw a digit").waitFor();
  await painted(page);
  for (const place of [
    ".probabilities td.before",
    ".probabilities td.after",
    ".note",
    ".verdict-chip",
  ])
    assert.equal((await lane(page).locator(place).allTextContents()).join(""), "", place);
  assert.ok(
    await lane(page)
      .locator(".lane-numbers")
      .evaluate((e) => getComputedStyle(e).visibility === "hidden"),
  );
});

test("an own picture's true class can be said; then the sentence says what one sees", async () => {
  const page = await site.open("?sample=drawing&drawing=jGPjGyjHWjH7jIfjJEjJojKN");
  const read = await settled(page);
  assert.equal(read.request.label, null);
  assert.match(await lane(page).locator(".reading").textContent(), /^The network (saw|sees) /);
  const said = await resultOf(page, () => page.getByLabel("It shows:").selectOption("7"));
  assert.equal(said.request.label, 7);
  await until(page, () => location.search.includes("label=7"));
  assert.match(await lane(page).locator(".reading").textContent(), /^You see a 7\. /);
  // Another digit is not a 7 for that.
  const next = await resultOf(page, () =>
    page.locator("input[name=sample][value='2a']").evaluate((input) => input.click()),
  );
  assert.equal(next.request.label, 2);
});

test("a link to a picture that is not there says that another is shown", async () => {
  for (const sample of ["test-99999", "no-such"]) {
    const page = await site.open(`?sample=${sample}`);
    const alert = page.locator(".alert:visible");
    await alert.getByText(`There is no picture ${sample} here; another one is shown.`).waitFor();
    assert.equal(await alert.getByRole("button").isVisible(), false);
    await page.locator("input[name=sample][value='9b']").check();
    await alert.waitFor({ state: "detached" });
    assert.equal((await settled(page)).state.sample, "9b");
  }
});

test("Back leads from one dataset to the one before", async () => {
  const page = await site.open("?sample=7b");
  await settled(page);
  await resultOf(page, () => page.locator("input[name=dataset][value=gtsrb]").click());
  await page.waitForURL(/dataset=gtsrb/);
  const back = await resultOf(page, () => page.goBack());
  assert.equal(back.request.dataset, "mnist");
  assert.equal(back.request.label, 7);
});

/** Lets files come only when what is returned is called. */
async function holdBack(page, address) {
  let free;
  const held = new Promise((resolve) => (free = resolve));
  await page.route(address, async (route) => {
    await held;
    await route.continue();
  });
  return free;
}

test("of two choices of a dataset or language the last counts, however long the first one's words take", async () => {
  const page = await site.open();
  await settled(page);
  const dataset = (name) => page.locator(`input[name=dataset][value=${name}]`).click();
  const language = (name) => page.locator("select.language").selectOption(name);
  const now = () =>
    page.evaluate(() => [
      globalThis.signflipPage.state.dataset,
      document.querySelector("input[name=dataset]:checked").value,
      document.documentElement.lang,
    ]);
  const words = /\/gtsrb-en-\w+\.js/;
  const free = await holdBack(page, words);
  const came = page.waitForResponse(words);
  await Promise.all([page.waitForRequest(words), dataset("gtsrb")]);
  // Whatever else is drawn meanwhile, the choice stays to be seen, and can be taken back.
  await page.evaluate(async () => {
    globalThis.signflipPage.explorer.page.changed();
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });
  assert.equal((await now())[1], "gtsrb");
  await dataset("mnist");
  free();
  await came;
  await language("de");
  await until(page, () => document.documentElement.lang === "de");
  await settled(page);
  assert.deepEqual(await now(), ["mnist", "mnist", "de"]);
  // A language that is chosen while a dataset's words are on their way does not take the dataset back.
  const german = /\/gtsrb-de-\w+\.js/;
  const freeGerman = await holdBack(page, german);
  await Promise.all([page.waitForRequest(german), dataset("gtsrb")]);
  await language("en");
  await until(page, () => document.documentElement.lang === "en");
  freeGerman();
  await settled(page);
  assert.deepEqual(await now(), ["gtsrb", "gtsrb", "en"]);
  assert.deepEqual(page.problems, []);
});

test(
  "while a dataset's pictures come the lanes say so, and ask for none",
  { skip: noImages },
  async () => {
    const page = await site.open();
    await settled(page);
    const free = await holdBack(page, "**/samples/gtsrb.*");
    await page.locator("input[name=dataset][value=gtsrb]").click();
    await page.locator("[data-model=robust] .reading", { hasText: "Loading …" }).waitFor();
    const said = await page.locator(".lane:visible .reading").allTextContents();
    assert.deepEqual([...new Set(said)], ["Loading …"]);
    free();
    await page.locator("[data-model=robust] .reading", { hasText: "You see" }).waitFor();
    assert.deepEqual(page.problems, []);
  },
);

test("a model that is still coming has none of the others' numbers", async () => {
  const page = await site.open("?model=standard");
  await settled(page);
  const free = await holdBack(page, "**/mnist-robust.safetensors?*");
  await page.locator("input[name=model][value=robust]").check();
  await lane(page, "robust").getByText("Loading …").waitFor();
  await settledButFor(page, "robust");
  const parts = lane(page, "robust").locator(
    ":is(.verdict-chip, .bar, .legend, .lane-numbers, .chances, .perturbation canvas):visible",
  );
  const shown = await parts.evaluateAll((all) =>
    all.filter((part) => getComputedStyle(part).opacity !== "0").map((part) => part.className),
  );
  assert.deepEqual(shown, []);
  free();
  await lane(page, "robust").locator(".reading", { hasText: "You see a 3" }).waitFor();
  assert.ok(await lane(page, "robust").locator(".lane-numbers").isVisible());
});

test("the loss and its slider lie at the pictures, above them", async () => {
  const page = await site.open("?attack=mim");
  await settled(page);
  await page.locator(".steps-panel .plot").waitFor();
  const panel = await boxOf(page, ".steps-panel"),
    pictures = await boxOf(page, "[data-model=standard] .pictures");
  assert.ok(panel.y < pictures.y && panel.height < 160, `${panel.height} px high`);
  assert.ok(pictures.y + 224 < 900, "the pictures that it moves are on the same screen");
  await slide(page, "epsilon", 0.2);
  await resultOf(page, () => page.locator("#attack").selectOption("fgsm"));
  assert.ok(await page.locator(".steps-panel").isHidden(), "one step has no steps");
});

test("three questions have their answers above the fold: what is seen, what the attack changed, why care", async () => {
  for (const [query, seen, why] of [
    ["", "You see a 3. The network is 100% sure it is an 8.", /road signs and faces are misread/],
    [
      "?lang=de",
      "Du siehst eine 3. Das Netz ist sich zu 100 % sicher: Es ist eine 8.",
      /Schilder und Gesichter erkennt es ebenso falsch/,
    ],
  ]) {
    const page = await site.open(query);
    await settled(page);
    const above = async (locator) => {
      const { y, height } = await locator.boundingBox();
      assert.ok(y >= 0 && y + height <= 900, `${y} to ${y + height}`);
    };
    const reading = page.locator("[data-model=standard] .reading");
    assert.equal((await reading.textContent()).replaceAll("\u00a0", " "), seen);
    for (const part of [".reading", ".perturbation", ".adversarial", ".legend"])
      await above(page.locator(`[data-model=standard] ${part}`));
    assert.match(await page.locator(".lead").textContent(), why);
    await above(page.locator(".lead"));
  }
});
