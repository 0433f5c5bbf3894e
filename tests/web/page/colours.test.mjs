// One meaning for each colour, in both themes: what is right, what is wrong, what is chosen, which way a pixel moved, how
// it was before, what is noted, and which model. Wherever a meaning has a colour it is the same, and no two share one.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serve } from "../../../tools/lib/serve.mjs";
import { settled, site as folder, start } from "../../support/browser.mjs";
import { noFirefox, resultOf, startFirefox } from "../../support/firefox.mjs";
import { noImages, openTool, run } from "../../support/model-view.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

/** Two colours that are nearer than this in OKLab (Ottosson 2020) could be taken for one; 0.02 is just noticed. */
const apart = 0.07;

const paint = "background-color";
/** Meaning, selector, property of what shows it. */
const imageView = [
  ["right", "[data-verdict=held].lane", "border-left-color"],
  ["right", "[data-verdict=held] .verdict-chip", "color"],
  ["right", ".truth .bar.after", paint],
  ["wrong", "[data-verdict=fooled].lane", "border-left-color"],
  ["wrong", "[data-verdict=fooled] .verdict-chip", "color"],
  ["wrong", "tr:not(.truth) .bar.after", paint],
  ["before", ".bar.before", paint],
  ["chosen", ".models input:checked + .face", "border-left-color"],
  ["chosen", ".tile input:checked + .face", "border-left-color"],
  ["chosen", ".targets input:checked + .face", paint],
  ["chosen", ".tabs [aria-selected=true]", "border-bottom-color"],
  ["chosen", ".views [aria-current]", "border-bottom-color"],
];
const firstModels = [
  ["model standard", "[data-model=standard] .model-key", paint],
  ["model mixed", "[data-model=mixed] .model-key", paint],
];
const testRun = [
  ["right", ".swatch.right", paint],
  ["wrong", ".swatch.wrong", paint],
  ["wrong", ".share-bar", paint],
  ["chosen", ".lab-tabs [aria-selected=true]", "border-bottom-color"],
  ["chosen", ".lab-choice input:checked + .face", paint],
  ["chosen", ".primary", "border-left-color"],
];
const curves = [
  ["model standard", "#lab-curve .plot .line.series-0", "stroke"],
  ["model mixed", "#lab-curve .plot .line.series-1", "stroke"],
];
const steps = [
  ["model standard", ".steps-panel .plot .line.series-0", "stroke"],
  ["model mixed", ".steps-panel .plot .line.series-1", "stroke"],
];
const board = [
  ["right", ".bar.right", paint],
  ["chosen", ".lock", paint],
  ["chosen", ".predict", "border-left-color"],
  ["chosen", ".task", "border-left-color"],
];
const boxes = [["right", "[data-verdict=proved] .bound", "fill"]];

/** In a page: which colour each of these has there. A missing element is an error. */
const coloursIn = (wanted) =>
  wanted.map(([meaning, selector, property]) => {
    const element = document.querySelector(selector);
    if (!element) throw new Error(`there is no ${selector}`);
    return [meaning, getComputedStyle(element).getPropertyValue(property), selector];
  });

/** In a page: the ends of the scale below a perturbation, and the sign's two halves in its own scale. */
const scaleIn = () => {
  const canvas = document.querySelector(".legend .scale");
  const at = (x) => [...canvas.getContext("2d").getImageData(x, 0, 1, 1).data].slice(0, 3);
  return [
    ["darker", `rgb(${at(0).join(", ")})`, "the scale's left end"],
    ["brighter", `rgb(${at(canvas.width - 1).join(", ")})`, "the scale's right end"],
  ];
};

/** In a page: the colours that models can have. */
const modelsIn = () =>
  Array.from({ length: 8 }, (_, i) => {
    const key = document.querySelector(".model-key").cloneNode();
    key.className = `model-key series-${i}`;
    document.body.append(key);
    const { backgroundColor } = getComputedStyle(key);
    key.remove();
    return [`colour ${i} of models`, backgroundColor, key.className];
  });

/** @param {string} text as computed styles have it */
function oklab(text) {
  const [r, g, b] = text
    .match(/[\d.]+/g)
    .map((value) => Number(value) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b),
    m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b),
    s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}
const distance = (a, b) => {
  const [from, to] = [oklab(a), oklab(b)];
  return Math.hypot(...from.map((value, i) => value - to[i]));
};

/** Each meaning has one colour, and no two are alike. @param {[string, string, string][]} found */
function judge(found) {
  const colours = new Map();
  for (const [meaning, colour, where] of found) {
    assert.match(colour, /^rgb\(/, `${where} is opaque`);
    assert.equal(colour, colours.get(meaning) ?? colour, `${meaning}: ${where}`);
    colours.set(meaning, colour);
  }
  const all = [...colours];
  for (const [i, [meaning, colour]] of all.entries())
    for (const [other, another] of all.slice(i + 1)) {
      if (/model/.test(meaning) && /model/.test(other) && colour === another) continue;
      const near = distance(colour, another);
      assert.ok(near >= apart, `${meaning} ${colour} and ${other} ${another}: ${near.toFixed(3)}`);
    }
  return colours;
}

/** The image view with a result and the pictures to choose from. */
async function opened(query, options) {
  const page = await site.open(query, options);
  await settled(page);
  await page.locator(".tile input:checked").waitFor();
  return page;
}

for (const colorScheme of ["light", "dark"]) {
  const options = { colorScheme };

  test(`${colorScheme}: each colour of the image view has one meaning, everywhere`, async () => {
    const page = await opened("?attack=mim&epsilon=0.1", options);
    await page.locator(".steps-panel .plot .line").first().waitFor({ state: "attached" });
    const found = [
      ...(await page.evaluate(coloursIn, [...imageView, ...firstModels, ...steps])),
      ...(await page.evaluate(scaleIn)),
      ...(await page.evaluate(modelsIn)),
    ];
    const colours = judge(found);
    // What is only noted has none of them.
    await page.locator(".about").scrollIntoViewIfNeeded();
    await page.locator(".honest").waitFor();
    const [[, note]] = await page.evaluate(coloursIn, [["note", ".honest", "border-left-color"]]);
    for (const meaning of ["right", "wrong", "chosen", "darker", "brighter"])
      assert.ok(distance(note, colours.get(meaning)) >= apart, `a note is not ${meaning}`);
  });

  test(`${colorScheme}: the lessons' colours have the image view's meanings`, async () => {
    const page = await opened("?attack=mim", options);
    const seen = await page.evaluate(coloursIn, imageView);
    const lesson = await site.open("lessons/en/1-what-it-sees.html", { wait: false, ...options });
    await lesson.locator(".board-pad").scrollIntoViewIfNeeded();
    await lesson.locator(".bar.right").waitFor();
    seen.push(...(await lesson.evaluate(coloursIn, board)));
    // Until the network reads something else.
    for (let i = 0; i < 40 && (await lesson.locator(".bar.wrong").count()) === 0; i++)
      await lesson.getByRole("button", { name: "Change the pixel that counts most" }).click();
    seen.push(...(await lesson.evaluate(coloursIn, [["wrong", ".bar.wrong", paint]])));
    assert.equal(await lesson.locator(".bar.right").count(), 0);
    const proof = await site.open("lessons/en/6-proofs.html", { wait: false, ...options });
    await proof.locator("[data-verdict=proved] .bound").waitFor();
    seen.push(...(await proof.evaluate(coloursIn, boxes)));
    await proof.locator("#boxes-epsilon").evaluate((slider) => {
      slider.value = slider.max;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    });
    seen.push(
      ...(await proof.evaluate(coloursIn, [["wrong", "[data-verdict=fooled] .exact", "fill"]])),
    );
    judge(seen);
  });

  test(
    `${colorScheme}: so have the model view's, and a model's lines have its colour`,
    { skip: noImages, timeout: 300000 },
    async () => {
      const image = await opened("", options);
      const seen = await image.evaluate(coloursIn, [...imageView, ...firstModels]);
      const page = await openTool(site, "test", "&attack=fgsm", options);
      await run(page, "test");
      seen.push(...(await page.evaluate(coloursIn, testRun)));
      const curve = await openTool(
        site,
        "curve",
        "&attack=fgsm&compared=standard,mixed&epsilon=0.2",
        options,
      );
      await run(curve, "curve");
      seen.push(...(await curve.evaluate(coloursIn, curves)));
      judge(seen);
    },
  );
}

test("Firefox: each colour of the image view has one meaning", { skip: noFirefox }, async (t) => {
  const server = await serve({ root: folder });
  t.after(() => server.close());
  const { open, problems } = await startFirefox(t);
  for (const theme of ["light", "dark"]) {
    const page = await open(`${server.url}index.html?lang=en&theme=${theme}`);
    await resultOf(page, ({ attack }) => attack === "fgsm");
    await page.waitForSelector("[data-verdict=held] .verdict-chip");
    await page.waitForSelector(".tile input:checked");
    const found = [
      ...(await page.evaluate(coloursIn, [...imageView, ...firstModels])),
      ...(await page.evaluate(scaleIn)),
    ];
    judge(found);
    await page.close();
  }
  assert.deepEqual(problems, []);
});
