// The explorable itself, in a real browser: pick, draw, attack, aim, transfer, share. Speed is in
// speed.test.mjs, accessibility in access.test.mjs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  keep,
  laneOf,
  largestChange,
  resultOf,
  settled,
  slide,
  start,
  until,
} from "../../support/browser.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const pick = (page, sample) => page.locator(`input[name=sample][value="${sample}"]`).check();
const choose = (page, attack) => page.locator("#attack").selectOption(attack);
const goal = (page, target) => page.locator(`input[name=target][value="${target}"]`).check();

test("the page opens with a picture, an attack and a verdict for both models", async () => {
  const page = await site.open();
  const result = await settled(page);
  assert.deepEqual(
    result.lanes.map((lane) => lane.model),
    ["standard", "mixed"],
  );
  assert.equal(await page.locator(".lane:visible").count(), 2);
  for (const lane of result.lanes) {
    assert.equal(lane.cleanLabel, 3);
    assert.ok(Math.abs(lane.after.reduce((a, b) => a + b) - 1) < 1e-4);
  }
  await keep(page, "explore-wide");
  assert.deepEqual(page.problems, []);
});

for (const attack of ["fgsm", "bim", "mim"]) {
  test(`${attack} flips the normal model's label within ε`, async () => {
    const page = await site.open();
    if (attack !== "fgsm") await resultOf(page, () => choose(page, attack));
    let fooled = 0;
    for (const sample of ["0a", "3a", "5b", "8a"]) {
      await pick(page, sample);
      await slide(page, "epsilon", 0.25);
      const result = await settled(page);
      const epsilon = result.request.parameters.epsilon;
      assert.equal(epsilon, 0.25);
      for (const lane of result.lanes) {
        assert.equal(lane.label, Number(sample[0]));
        assert.ok(
          largestChange(result, lane) <= epsilon + 1e-6,
          `${lane.model}: ${largestChange(result, lane)}`,
        );
        assert.ok(lane.adversarial.every((value) => value >= 0 && value <= 1));
        assert.ok(Math.abs(lane.linf - largestChange(result, lane)) < 1e-5);
        const shown = await page.locator(`[data-model=${lane.model}] .reading`).textContent();
        const fooled = lane.adversarialLabel !== lane.label;
        const said = fooled ? `sure it is an? ${lane.adversarialLabel}\\.$` : "So does the network";
        assert.match(shown, new RegExp(`^You see an? ${lane.label}\\. .*${said}`));
        const verdict = await page
          .locator(`[data-model=${lane.model}]`)
          .getAttribute("data-verdict");
        assert.equal(verdict, lane.adversarialLabel === lane.label ? "held" : "fooled");
      }
      if (laneOf(result, "standard").adversarialLabel !== laneOf(result, "standard").label)
        fooled++;
    }
    // One step does not turn every digit; several steps turn them all.
    assert.ok(fooled >= (attack === "fgsm" ? 2 : 4), `${fooled} of 4 fooled`);
    await keep(page, `explore-${attack}`);
    assert.deepEqual(page.problems, []);
  });
}

test("ε = 0 changes nothing", async () => {
  const page = await site.open("?epsilon=0");
  const result = await settled(page);
  for (const lane of result.lanes) {
    assert.equal(largestChange(result, lane), 0);
    assert.equal(lane.adversarialLabel, lane.label);
  }
  assert.equal(await page.locator("[data-model=standard]").getAttribute("data-verdict"), "held");
});

test("clicking a goal turns the digit into it", async () => {
  const page = await site.open("?attack=mim&epsilon=0.35&steps=20");
  const result = await resultOf(page, () => goal(page, "8"));
  assert.equal(result.request.target, 8);
  assert.equal(laneOf(result, "standard").adversarialLabel, 8);
  assert.match(
    await page.locator("[data-model=standard] .verdict-chip").textContent(),
    /as wanted/,
  );
  assert.match(
    await page.locator("[data-model=standard] tr[data-class='8'] th").textContent(),
    /goal/,
  );
  assert.ok(
    await page.locator("input[name=target][value='3']").isDisabled(),
    "its own digit is no goal",
  );
  await keep(page, "explore-goal");
  // The goal is an 8 already: then there is nothing to aim for, and the attack is untargeted.
  const own = await resultOf(page, () => pick(page, "8a"));
  assert.equal(own.lanes[0].target, null);
  const back = await resultOf(page, () => pick(page, "3a"));
  assert.equal(back.lanes[0].target, 8);
  const none = await resultOf(page, () => goal(page, ""));
  assert.equal(none.lanes[0].target, null);
});

test("transfer shows both models the image made on the normal one", async () => {
  const page = await site.open("?epsilon=0.25");
  const own = await settled(page);
  assert.notDeepEqual(own.lanes[0].adversarial, own.lanes[1].adversarial);
  const shared = await resultOf(page, () => page.locator("#transfer").check());
  assert.deepEqual(shared.lanes[0].adversarial, shared.lanes[1].adversarial);
  assert.deepEqual(shared.lanes[0].adversarial, own.lanes[0].adversarial);
  assert.equal(shared.lanes[1].milliseconds, null);
  assert.match(await page.locator("#transfer-about").textContent(), /transfer/);
  await keep(page, "explore-transfer");
  await until(page, () => location.search.includes("from=standard"));
});

test("a digit drawn with the mouse is read and attacked", async () => {
  const page = await site.open();
  await page.getByRole("tab", { name: "Draw" }).click();
  const box = await page.locator(".pad").boundingBox();
  const at = (x, y) => [box.x + x * box.width, box.y + y * box.height];
  const result = await resultOf(page, async () => {
    await page.mouse.move(...at(0.55, 0.15));
    await page.mouse.down();
    await page.mouse.move(...at(0.5, 0.5), { steps: 6 });
    await page.mouse.move(...at(0.46, 0.88), { steps: 6 });
    await page.mouse.up();
  });
  assert.equal(result.request.label, null);
  assert.equal(result.lanes[0].cleanLabel, 1);
  await keep(page, "draw-mouse");
  await until(page, () => location.search.includes("drawing="));
  // The link alone brings the drawing back.
  const copy = await site.open(await page.evaluate(() => location.search));
  assert.deepEqual((await settled(copy)).request.image, result.request.image);
  assert.ok(await copy.locator("#source-draw").isVisible());
  // Clear, and the lanes ask for a digit.
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByText("Draw a digit").first().waitFor();
  assert.deepEqual([...page.problems, ...copy.problems], []);
});

test("a digit drawn with a finger", async () => {
  const page = await site.open("", {
    hasTouch: true,
    isMobile: true,
    viewport: { width: 390, height: 844 },
  });
  await page.getByRole("tab", { name: "Draw" }).tap();
  const box = await page.locator(".pad").boundingBox();
  const client = await page.context().newCDPSession(page);
  const touch = (type, points) =>
    client.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: points.map(([x, y]) => ({
        x: box.x + x * box.width,
        y: box.y + y * box.height,
      })),
    });
  const result = await resultOf(page, async () => {
    await touch("touchStart", [[0.2, 0.2]]);
    for (let i = 1; i <= 8; i++) await touch("touchMove", [[0.2 + 0.06 * i, 0.19]]);
    for (let i = 1; i <= 10; i++) await touch("touchMove", [[0.68 - 0.025 * i, 0.19 + 0.07 * i]]);
    await touch("touchEnd", []);
  });
  assert.equal(result.lanes[0].cleanLabel, 7);
  const { y } = await page.locator(".pad").boundingBox();
  assert.ok(Math.abs(y - box.y) < 2, "drawing does not scroll");
  await keep(page, "draw-touch");
});

test("undo takes back the last stroke", async () => {
  const page = await site.open();
  await page.getByRole("tab", { name: "Draw" }).click();
  const box = await page.locator(".pad").boundingBox();
  const draw = (x) =>
    resultOf(page, async () => {
      await page.mouse.move(box.x + x * box.width, box.y + 0.1 * box.height);
      await page.mouse.down();
      await page.mouse.move(box.x + x * box.width, box.y + 0.9 * box.height, { steps: 5 });
      await page.mouse.up();
    });
  const one = await draw(0.3);
  await draw(0.7);
  const again = await resultOf(page, () => page.getByRole("button", { name: "Undo" }).click());
  assert.deepEqual(again.request.image, one.request.image);
});

test("the state is in the URL and comes back from it", async () => {
  const page = await site.open();
  await pick(page, "7b");
  await choose(page, "mim");
  await slide(page, "epsilon", 0.3);
  await page.getByLabel("Steps, as a number").fill("7");
  await goal(page, "2");
  await until(page, () => location.search.includes("target=2"));
  const query = await page.evaluate(() => location.search);
  for (const part of ["sample=7b", "attack=mim", "epsilon=0.3", "steps=7", "target=2"])
    assert.ok(query.includes(part), query);
  const copy = await site.open(query);
  const [a, b] = [await settled(page), await settled(copy)];
  assert.deepEqual(
    a.lanes.map((lane) => lane.adversarial),
    b.lanes.map((lane) => lane.adversarial),
  );
  assert.equal(await copy.locator("#parameter-steps").inputValue(), "7");
});

test("controls come from the catalogue", async () => {
  const page = await site.open("?attack=mim");
  const attacks = await page.evaluate(() => globalThis.signflipPage.snapshot.attacks);
  const named = await page
    .locator("#attack option")
    .evaluateAll((list) => list.map((option) => option.value));
  assert.deepEqual(
    named,
    attacks.map((attack) => attack.name),
  );
  const mim = attacks.find((attack) => attack.name === "mim");
  for (const { name } of mim.parameters)
    assert.equal(await page.locator(`#parameter-${name}`).count(), 1, name);
  await page.getByText("Fine tuning").click();
  const before = await settled(page);
  const result = await resultOf(page, () => slide(page, "decay", 0));
  assert.equal(result.request.parameters.decay, 0);
  assert.notDeepEqual(result.lanes[0].adversarial, before.lanes[0].adversarial);
  await keep(page, "explore-fine-tuning");
  await page.getByRole("button", { name: "Back to the defaults" }).click();
  assert.deepEqual((await settled(page)).request.parameters, before.request.parameters);
});

test("German, from the URL and from the browser", async () => {
  const page = await site.open("?lang=de");
  assert.equal(await page.evaluate(() => document.documentElement.lang), "de");
  await page.getByRole("heading", { name: "Normales Modell" }).waitFor();
  assert.match(
    await page.locator("[data-model=standard] .lane-numbers summary").textContent(),
    /keines um mehr als 25,5\/255/,
  );
  await keep(page, "german");
  const german = await site.open("", { locale: "de-DE" });
  await german.getByRole("heading", { name: "Gemischtes Modell" }).waitFor();
  await german.getByLabel("Sprache").selectOption("en");
  await german.getByRole("heading", { name: "Mixed model", exact: true }).waitFor();
  assert.equal(await german.evaluate(() => document.activeElement.className), "language");
  assert.deepEqual(page.problems, []);
});

test("dark, from the system and from the button", async () => {
  const ground = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await site.open("", { colorScheme: "dark" });
  const light = await site.open("", { colorScheme: "light" });
  assert.notEqual(await ground(dark), await ground(light));
  await keep(dark, "explore-dark");
  await light.getByRole("button", { name: "Theme: automatic" }).click();
  await until(light, () => location.search.includes("theme=dark"));
  assert.equal(await ground(light), await ground(dark));
  // Light, and back to what the system has.
  await light.getByRole("button", { name: "Theme: dark" }).click();
  await until(light, () => location.search.includes("theme=light"));
  await light.getByRole("button", { name: "Theme: light" }).click();
  await until(light, () => !location.search.includes("theme="));
  await light.emulateMedia({ colorScheme: "dark" });
  await until(
    light,
    (wanted) => getComputedStyle(document.body).backgroundColor === wanted,
    await ground(dark),
  );
});

test("one model alone, for embedding", async () => {
  const page = await site.open("?model=mixed");
  assert.deepEqual(
    (await settled(page)).lanes.map((lane) => lane.model),
    ["mixed"],
  );
  assert.equal(await page.locator(".lane:visible").count(), 1);
});

test("every attack of the catalogue runs, within its budget", async () => {
  const page = await site.open("?attack=deepfool");
  for (const { name, targeted } of await page.evaluate(
    () => globalThis.signflipPage.snapshot.attacks,
  )) {
    const small = {
      epsilon: 0.2,
      steps: 5,
      queries: 50,
      restarts: 1,
      binarySearchSteps: 2,
      rounds: 2,
      generations: 2,
      population: 20,
    };
    const result = await resultOf(page, () =>
      page.evaluate(
        ({ attack, parameters }) =>
          globalThis.signflipPage.update({ attack, parameters, sample: "2a" }),
        { attack: name, parameters: { ...small, decay: 0.9 } },
      ),
    );
    assert.equal(result.request.attack, name);
    for (const lane of result.lanes) {
      if ("epsilon" in result.request.parameters)
        assert.ok(largestChange(result, lane) <= 0.2 + 1e-6, name);
      assert.ok(targeted || lane.target === null, name);
    }
    await page.evaluate(() => globalThis.signflipPage.update({ attack: "fgsm", parameters: {} }));
    await settled(page);
  }
  assert.deepEqual(page.problems, []);
});

test("a long attack is broken off when something else is asked", async () => {
  const page = await site.open();
  await page.evaluate(() =>
    globalThis.signflipPage.update({ attack: "bim", parameters: { steps: 10000 } }),
  );
  await page.locator(".progress button").first().waitFor(); // it runs, and would for long
  await page.evaluate(() => globalThis.signflipPage.update({ parameters: { steps: 3 } }));
  await settled(page);
  const steps = await page.evaluate(() =>
    globalThis.results.map(({ request }) => request.parameters.steps),
  );
  assert.equal(steps.at(-1), 3);
  assert.ok(!steps.includes(10000), "it came to its end");
  assert.equal(await page.evaluate(() => globalThis.signflipPage.client.restarts), 1);
  assert.equal(await page.locator("#results[aria-busy]").count(), 0);
  assert.deepEqual(page.problems, []);
});

test("the experiments below set the page", async () => {
  const page = await site.open();
  await page.locator(".about").scrollIntoViewIfNeeded();
  await page.locator(".experiments a").first().waitFor();
  for (const link of await page.locator(".experiments a").all()) {
    const href = await link.getAttribute("href");
    await link.click();
    await settled(page);
    await until(page, (wanted) => location.search === (wanted === "?" ? "" : wanted), href);
  }
});

test("the page talks to one worker, whatever the attack", async () => {
  for (const query of [
    "",
    "?attack=pgd&steps=100",
    "?attack=deepfool&model=standard,mixed,denoised",
  ]) {
    const page = await site.open("", { wait: false });
    await page.addInitScript(() => {
      globalThis.started = [];
      const Original = globalThis.Worker;
      globalThis.Worker = class extends Original {
        constructor(url, options) {
          super(url, options);
          globalThis.started.push(options.name);
        }
      };
    });
    await page.goto(site.url + query);
    await until(page, () => globalThis.results.length > 0);
    await page.locator("#attack").selectOption("mim");
    await until(page, () => globalThis.results.at(-1).request.attack === "mim");
    await settled(page);
    assert.deepEqual(await page.evaluate(() => globalThis.started), ["signflip-attack"], query);
    await page.context().close();
  }
});

test("the first model's attack waits neither for the second one's file, nor where it never comes", async () => {
  for (const comes of [true, false]) {
    const page = await site.open("", { wait: false });
    let answer = () => {};
    const asked = new Promise((resolve) => {
      answer = resolve;
    });
    await page.route("**/mnist-mixed.safetensors?*", async (route) => {
      await asked;
      return comes ? route.continue() : route.abort();
    });
    await page.goto(site.url);
    await until(page, () => globalThis.results.length > 0);
    assert.deepEqual(
      await page.evaluate(() => globalThis.results[0].lanes.map(({ model }) => model)),
      ["standard"],
    );
    // Meanwhile the page answers on.
    for (const epsilon of ["0.1", "0.15", "0.12"]) {
      await page.locator("#parameter-epsilon").fill(epsilon);
      await until(
        page,
        (now) => globalThis.results.at(-1).request.parameters.epsilon === now,
        Number(epsilon),
      );
    }
    answer();
    const { lanes, request } = await settled(page);
    assert.deepEqual(
      lanes.map(({ model }) => model),
      comes ? ["standard", "mixed"] : ["standard"],
    );
    assert.equal(request.parameters.epsilon, 0.12);
    const file = await page.evaluate(() => globalThis.signflipPage.snapshot.files.mixed);
    assert.equal(file, comes ? "there" : "failed");
    await page.context().close();
  }
  // Where nothing is asked meanwhile, the page goes on by itself.
  const page = await site.open("", { wait: false });
  await page.route("**/mnist-mixed.safetensors?*", (route) => route.abort());
  await page.goto(site.url);
  await until(page, () => globalThis.signflipPage?.snapshot.files.mixed === "failed");
  assert.deepEqual(
    (await settled(page)).lanes.map(({ model }) => model),
    ["standard"],
  );
});

test("a worker that dies is replaced", async () => {
  const page = await site.open();
  await page.evaluate(() => globalThis.signflipPage.client.terminate());
  const result = await resultOf(page, () => pick(page, "5a"));
  assert.equal(result.lanes[0].label, 5);
  assert.equal(await page.evaluate(() => globalThis.signflipPage.client.restarts), 1);
  assert.deepEqual(page.problems, []);
});

test("verdicts are announced when the slider has come to rest", async () => {
  const page = await site.open();
  await until(page, () => document.getElementById("status").textContent !== "");
  assert.match(
    await page.locator("#status").textContent(),
    /^Normal model: You see a 3\. .+\. Mixed model: You see a 3\. .+\.$/,
  );
});
