// "Explore an image" with every model and both datasets: chosen models, the denoiser, one's own pictures,
// an attack's steps, the smallest budget. On a site of its own, with stand-ins for models that are not
// there: what is tested is the page, not how well a model holds.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pnm } from "../../support/module.mjs";
import {
  keep,
  laneOf,
  openNumbers,
  ownLater,
  quiet,
  resultOf,
  settled,
  slide,
  start,
  until,
} from "../../support/browser.mjs";
import { buildStandInSite } from "../../support/stand-ins.mjs";

let site;
before(async () => {
  site = await start({ folder: buildStandInSite() });
});
after(() => site?.close());

const choose = (page, model, checked) =>
  page.locator(`input[name=model][value=${model}]`).setChecked(checked);
const dataset = (page, name) => page.locator(`input[name=dataset][value=${name}]`).click();
const snapshot = (page, read) => page.evaluate(read);
/** Waits for something about window.signflipPage.snapshot. */
const found = (page, condition) => until(page, condition, undefined, { timeout: 60000 });

test("models are chosen, fetched when they are wanted, and shown side by side", async () => {
  const page = await site.open();
  await quiet(page);
  assert.deepEqual(
    (await settled(page)).lanes.map(({ model }) => model),
    ["standard", "mixed"],
  );
  const from = site.requests.length;
  const more = await resultOf(page, () => choose(page, "certified", true));
  assert.deepEqual(
    more.lanes.map(({ model }) => model),
    ["standard", "mixed", "certified"],
  );
  assert.deepEqual(
    site.since(from).filter((path) => !ownLater(path)),
    ["/models/mnist-certified.safetensors"],
  );
  assert.equal(await page.locator(".lane:visible").count(), 3);
  for (const name of ["standard", "mixed"]) await choose(page, name, false);
  await found(page, () => globalThis.results.at(-1).lanes.length === 1);
  // The last one stays.
  await page.locator("input[name=model][value=certified]").focus();
  await page.keyboard.press("Space");
  assert.deepEqual(await snapshot(page, () => globalThis.signflipPage.state.model), ["certified"]);
  assert.equal(
    await page.locator("input[name=model][value=certified]").getAttribute("aria-disabled"),
    "true",
  );
  await until(page, () => location.search.includes("model=certified"));
  assert.deepEqual(page.problems, []);
});

test("a model behind a denoiser: adaptive, gray-box, and what the classifier sees", async () => {
  const page = await site.open("?model=denoised,standard&attack=bim");
  const lane = page.locator("[data-model=denoised]");
  const adaptive = await settled(page);
  assert.equal(laneOf(adaptive, "denoised").seen.length, 784);
  assert.equal(laneOf(adaptive, "standard").seen, null);
  assert.ok(await lane.locator("figure.seen canvas").isVisible());
  const gray = await resultOf(page, () =>
    page.getByLabel("Gray-box attack on the defence").check(),
  );
  // Blind to the denoiser, the attack makes the same image as against the classifier alone.
  assert.deepEqual(laneOf(gray, "denoised").adversarial, laneOf(gray, "standard").adversarial);
  assert.notDeepEqual(
    laneOf(adaptive, "denoised").adversarial,
    laneOf(gray, "denoised").adversarial,
  );
  assert.notDeepEqual(laneOf(gray, "denoised").after, laneOf(gray, "standard").after);
  await until(page, () => location.search.includes("grayBox=true"));
  await keep(page, "denoised");
});

test("traffic signs: colours, names, 43 goals, and back to digits", async () => {
  const page = await site.open();
  const result = await resultOf(page, () => dataset(page, "gtsrb"));
  assert.equal(result.request.dataset, "gtsrb");
  assert.equal(result.request.image.length, 32 * 32 * 3);
  assert.equal(result.request.label, 14);
  assert.ok(Math.max(...result.lanes.map(({ linf }) => linf)) <= 0.03 + 1e-6);
  assert.equal(await page.title(), "Signflip: fool a traffic-sign classifier, live");
  assert.ok(
    await page
      .locator("input[name=dataset][value=gtsrb]")
      .evaluate((input) => input === document.activeElement),
    "the focus stays",
  );
  assert.equal(await page.locator("input[name=target]").count(), 44);
  assert.equal(await page.getByRole("tab").count(), 2);
  // Probabilities: the classes that matter and the others together, which make 1; all of them when one asks.
  const rows = page.locator("[data-model=standard] .probabilities tbody tr:visible");
  assert.equal(await rows.count(), 4);
  const numbers = await rows.locator("td.after").allTextContents();
  assert.ok(
    Math.abs(numbers.reduce((sum, text) => sum + parseFloat(text), 0) - 100) < 0.5,
    numbers.join(" "),
  );
  await page.locator("[data-model=standard] .fold").click();
  assert.equal(await rows.count(), 43);
  await page.locator("[data-model=standard] .fold").click();
  // Clicking a class aims at it.
  const aimed = await resultOf(page, () => page.locator("input[name=target][value='17']").check());
  assert.ok(aimed.lanes.every(({ target }) => target === 17));
  assert.equal(await page.locator(".chosen").textContent(), "Make it “No entry”");
  await until(page, () => /dataset=gtsrb.*target=17/.test(location.search));
  await keep(page, "signs");

  const german = await site.open("?dataset=gtsrb&lang=de&theme=dark", {
    viewport: { width: 320, height: 640 },
  });
  await german.getByText("Halt! Vorfahrt gewähren", { exact: false }).first().waitFor();
  assert.ok(
    await german.evaluate(
      () => document.documentElement.scrollWidth <= document.documentElement.clientWidth,
    ),
  );
  await keep(german, "signs-320-german-dark");
  const back = await resultOf(page, () => dataset(page, "mnist"));
  assert.equal(back.request.dataset, "mnist");
  assert.equal(back.request.target, null);
  assert.deepEqual([...page.problems, ...german.problems], []);
});

/** A black 1 on white paper, as a file. */
const photograph = () => ({
  name: "one.pgm",
  mimeType: "image/x-portable-graymap",
  buffer: pnm(300, 200, 1, (x, y) => (x > 145 && x < 158 && y > 40 && y < 160 ? 20 : 240)),
});

test("one's own picture: chosen, kept in the link, pasted, dropped", async () => {
  const page = await site.open();
  await page.getByRole("tab", { name: "Your own" }).click();
  await page.locator("#upload").waitFor({ state: "attached" });
  const result = await resultOf(page, () => page.locator("#upload").setInputFiles(photograph()));
  assert.equal(result.request.label, null);
  assert.equal(
    laneOf(result, "standard").cleanLabel,
    1,
    "inverted, scaled and centred, it is read",
  );
  await keep(page, "own-picture", false);
  await until(page, () => location.search.includes("picture="));
  const copy = await site.open(new URL(page.url()).search);
  assert.deepEqual((await settled(copy)).request.image, result.request.image);

  await page.evaluate(() => globalThis.signflipPage.update({ sample: "3a" }));
  const give = (kind) =>
    page.evaluate(
      ({ kind: how, bytes }) => {
        const data = new DataTransfer();
        data.items.add(
          new File([new Uint8Array(bytes)], "one.pgm", { type: "image/x-portable-graymap" }),
        );
        const event =
          how === "paste"
            ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
            : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
        document.body.dispatchEvent(event);
        return event.defaultPrevented;
      },
      { kind, bytes: [...photograph().buffer] },
    );
  for (const kind of ["paste", "drop"]) {
    await page.evaluate(() => globalThis.signflipPage.update({ sample: "3a" }));
    assert.equal((await settled(page)).request.label, 3);
    const given = await resultOf(page, async () => assert.ok(await give(kind), kind));
    assert.deepEqual(given.request.image, result.request.image, kind);
  }
  // What is no picture gets a sentence, and the page stays as it was.
  await page
    .locator("#upload")
    .setInputFiles({ name: "x.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
  await page
    .locator(".trouble")
    .getByText(
      "This picture cannot be used: neither this page nor this browser can read it (image/png); a PNG or JPEG will do.",
    )
    .waitFor();
  assert.deepEqual((await settled(page)).request.image, result.request.image);
  assert.deepEqual([...page.problems, ...copy.problems], []);
});

test("a WebP, which the engine cannot decode, is decoded by the browser", async () => {
  const page = await site.open("?dataset=gtsrb");
  await settled(page);
  // Red on the left, see-through on the right: that lies on white.
  const webp = await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 64 });
    const context = canvas.getContext("2d");
    context.fillStyle = "#f00";
    context.fillRect(0, 0, 32, 64);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/webp", 1));
    return [...new Uint8Array(await blob.arrayBuffer())];
  });
  assert.equal(Buffer.from(webp).toString("latin1", 8, 12), "WEBP");
  await page.getByRole("tab", { name: "Your own" }).click();
  await page.locator("#upload").waitFor({ state: "attached" });
  const give = (name, mimeType, buffer) =>
    page.locator("#upload").setInputFiles({ name, mimeType, buffer });
  const {
    request: { image },
  } = await resultOf(page, () => give("sign.webp", "image/webp", Buffer.from(webp)));
  const pixel = (x, y) => image.slice(3 * (32 * y + x), 3 * (32 * y + x) + 3);
  for (const [place, colour] of [
    [pixel(4, 16), [1, 0, 0]],
    [pixel(28, 16), [1, 1, 1]],
  ]) {
    place.forEach((value, c) => assert.ok(Math.abs(value - colour[c]) < 0.05, `${place}`));
  }
  // One that is cut short gets a sentence.
  await give("cut.webp", "image/webp", Buffer.from(webp.slice(0, 20)));
  await page
    .locator(".trouble")
    .getByText("neither this page nor this browser can read it (image/webp)")
    .waitFor();
  assert.deepEqual(page.problems, []);
});

test("a sign pasted before its view was ever opened", async () => {
  const page = await site.open("?dataset=gtsrb");
  const result = await resultOf(page, () =>
    page.evaluate(
      (bytes) => {
        const data = new DataTransfer();
        data.items.add(
          new File([new Uint8Array(bytes)], "sign.ppm", { type: "image/x-portable-pixmap" }),
        );
        document.body.dispatchEvent(
          new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }),
        );
      },
      [...pnm(40, 32, 3, (x, y, c) => [255, 51, 0][c])],
    ),
  );
  assert.ok(result.request.image.every((value, i) => Math.abs(value - [1, 0.2, 0][i % 3]) < 1e-6));
  assert.ok(await page.locator("#upload").isVisible());
});

test("the steps of an attack: chart, slider, keys, replay, link", async () => {
  const page = await site.open("?attack=mim&steps=6");
  const result = await settled(page);
  await found(
    page,
    () => Object.keys(globalThis.signflipPage.snapshot.analysis.traces).length === 2,
  );
  const traces = await snapshot(page, () =>
    Object.values(globalThis.signflipPage.snapshot.analysis.traces).map((trace) => ({
      ...trace,
      images: Array.from(trace.images),
      losses: Array.from(trace.losses),
      labels: Array.from(trace.labels),
    })),
  );
  for (const [k, trace] of traces.entries()) {
    assert.deepEqual(trace.steps, [0, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual(trace.images.slice(0, 784), result.request.image);
    assert.deepEqual(trace.images.slice(-784), result.lanes[k].adversarial);
    assert.equal(trace.labels.at(-1), result.lanes[k].adversarialLabel);
    assert.ok(trace.losses.at(-1) > trace.losses[0]);
  }
  assert.equal(await page.locator(".steps-panel .plot polyline").count(), 2);
  assert.match(
    await page.locator(".steps-panel .plot").getAttribute("aria-label"),
    /^Loss along the steps, from 0 to 6: Normal model from /,
  );
  const shown = () => page.locator("[data-model=standard] .reading").textContent();
  const last = await shown();
  const slider = page.locator("#step");
  await slider.focus();
  await page.keyboard.press("Home");
  await until(
    page,
    () =>
      document.querySelector("[data-model=standard] .reading").textContent ===
      "You see a 3. So does the network: it is 100% sure.",
  );
  assert.match(
    await slider.getAttribute("aria-valuetext"),
    /^Step 0 of 6\. Normal model: 3, loss /,
  );
  assert.equal(
    await page.locator("[data-model=standard] .verdict-chip").textContent(),
    "not fooled yet",
  );
  assert.match(
    await page.locator("[data-model=standard] .lane-numbers summary").textContent(),
    /0 pixels changed, none by more than 0\/255/,
  );
  await page.keyboard.press("ArrowRight");
  await until(page, () => location.search.includes("step=1"));
  await keep(page, "step-1");
  const link = await site.open(new URL(page.url()).search);
  await found(
    link,
    () => Object.keys(globalThis.signflipPage.snapshot.analysis.traces).length === 2,
  );
  await until(link, () => document.querySelector("#step")?.value === "1");
  await page.getByRole("button", { name: "Replay" }).click();
  await until(page, () => globalThis.signflipPage.state.step === 2);
  await until(
    page,
    (text) =>
      globalThis.signflipPage.state.step === null &&
      document.querySelector("[data-model=standard] .reading").textContent === text,
    last,
  );
  // Another budget shows its result, not an old step.
  await page.keyboard.press("Home");
  await slider.focus();
  await page.keyboard.press("Home");
  await resultOf(page, () => slide(page, "epsilon", 0.3));
  assert.equal(await snapshot(page, () => globalThis.signflipPage.state.step), null);
  assert.deepEqual([...page.problems, ...link.problems], []);
});

test("the smallest budget: it fools, a little less does not, and it can be stopped", async () => {
  const page = await site.open("?model=standard&epsilon=0.3");
  await openNumbers(page);
  // By itself where the attack is quick, else when one asks: a busy machine makes any attack slow.
  const find = page.getByRole("button", { name: "Find it: smallest ε, Normal model" });
  await found(
    page,
    () => globalThis.signflipPage.snapshot.analysis.smallest.standard !== undefined,
  );
  if (await find.isVisible()) await find.click();
  await found(page, () => globalThis.signflipPage.snapshot.analysis.smallest.standard?.epsilon > 0);
  const { epsilon } = await snapshot(
    page,
    () => globalThis.signflipPage.snapshot.analysis.smallest.standard,
  );
  assert.match(
    await page.locator("[data-model=standard] [data-number=smallest] .value").textContent(),
    new RegExp(`^FGSM: ${epsilon.toFixed(3)} · [\\d.]+/255$`),
  );
  const enough = await resultOf(page, () =>
    page.evaluate((e) => globalThis.signflipPage.update({ parameters: { epsilon: e } }), epsilon),
  );
  assert.notEqual(enough.lanes[0].adversarialLabel, 3);
  const short = await resultOf(page, () =>
    page.evaluate(
      (e) => globalThis.signflipPage.update({ parameters: { epsilon: e } }),
      epsilon - 0.002,
    ),
  );
  assert.equal(short.lanes[0].adversarialLabel, 3);
  // It does not depend on the budget at hand, so it stays while the slider moves.
  assert.equal(
    await snapshot(page, () => globalThis.signflipPage.snapshot.analysis.smallest.standard.epsilon),
    epsilon,
  );
  // An attack that lasts is searched with only when one asks; a search can be stopped.
  await resultOf(page, () =>
    page.evaluate(() =>
      globalThis.signflipPage.update({ attack: "bim", parameters: { steps: 1000, epsilon: 0.1 } }),
    ),
  );
  await find.click();
  const stop = page.getByRole("button", { name: "Stop: smallest ε, Normal model" });
  await stop.click();
  await find.waitFor();
  assert.ok(await find.isVisible());
  assert.deepEqual(page.problems, []);
});

test("an attack without a budget has none to search, and says so", async () => {
  const page = await site.open("?attack=deepfool&model=standard");
  await settled(page);
  await openNumbers(page);
  await page.locator("[data-number=smallest]").getByText("no budget").waitFor();
});

test("a proof that is asked for before the analysis is here is made once it is", async () => {
  const page = await site.open("?model=mixed", { wait: false });
  let release = () => {};
  const held = new Promise((resolve) => (release = resolve));
  await page.route(/\/analysis-[^/]*\.js$/, async (route) => {
    await held;
    await route.continue();
  });
  await openNumbers(page);
  await page.getByRole("button", { name: "Prove it: certified radius, Mixed model" }).click();
  release();
  await found(
    page,
    () => typeof globalThis.signflipPage.snapshot.analysis.certified.mixed === "number",
  );
});

test("the certified radius is proved when one asks, and lies below what fools the model", async () => {
  const page = await site.open("?model=mixed,denoised");
  await openNumbers(page);
  await page.getByRole("button", { name: "Prove it: certified radius, Mixed model" }).click();
  await found(
    page,
    () => typeof globalThis.signflipPage.snapshot.analysis.certified.mixed === "number",
  );
  const radius = await snapshot(
    page,
    () => globalThis.signflipPage.snapshot.analysis.certified.mixed,
  );
  assert.ok(radius > 0 && radius < 0.2, `${radius}`);
  assert.match(
    await page.locator("[data-model=mixed] [data-number=certified]").textContent(),
    /Certified radius0\.\d+ · [\d.]+\/255/,
  );
  // Of a model behind a denoiser nothing is proved, and nothing offered.
  assert.ok(
    await page
      .locator("[data-model=denoised] .numbers-list")
      .getByText("Certified radius")
      .isHidden(),
  );
  assert.deepEqual(page.problems, []);
});

test("where the loss changes fastest is drawn when one asks, and from then on for every result", async () => {
  const page = await site.open("?model=mixed&epsilon=0.1");
  await openNumbers(page);
  const item = page.locator("[data-model=mixed] [data-number=saliency]");
  assert.equal(await item.locator("canvas").first().isVisible(), false);
  await page.getByRole("button", { name: /^Show it: where the loss .*Mixed model/ }).click();
  const saliency = async () => {
    await found(page, () => globalThis.signflipPage.snapshot.analysis.saliency.mixed?.attacked);
    return snapshot(page, () => {
      const { clean, attacked } = globalThis.signflipPage.snapshot.analysis.saliency.mixed;
      return [Array.from(clean), Array.from(attacked)];
    });
  };
  const [clean, attacked] = await saliency();
  assert.equal(clean.length, 784);
  assert.notDeepEqual(attacked, clean);
  await item.getByRole("img", { name: "Gradient of the loss, Adversarial" }).waitFor();
  assert.equal(await item.locator("canvas").count(), 2);
  await resultOf(page, () =>
    page.evaluate(() => globalThis.signflipPage.update({ parameters: { epsilon: 0.2 } })),
  );
  const [same, further] = await saliency();
  assert.deepEqual(same, clean);
  assert.notDeepEqual(further, attacked);
  assert.deepEqual(page.problems, []);
});
