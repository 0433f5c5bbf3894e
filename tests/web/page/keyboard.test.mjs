// A walk with Tab through every view, in both browsers: each control is reached, is seen when it is, and nothing holds the
// focus; and all that the page links to is there.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serve } from "../../../tools/lib/serve.mjs";
import { idle, site as folder, start, until } from "../../support/browser.mjs";
import { noFirefox, startFirefox } from "../../support/firefox.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const views = {
  "an image": "?attack=mim&steps=4",
  "an image, German, a phone": "?attack=pgd&lang=de",
  "drawing a digit": "?sample=drawing&drawing=jGPjGyjHWjH7jIfjJEjJojKN",
  signs: "?dataset=gtsrb",
  "the guided start": "?guide=1&model=standard&epsilon=0",
  "a model": "?view=model",
  "a model's slice": "?view=model&experiment=slice",
  "defend it yourself": "?view=model&experiment=train",
};

/** In the page: gives every control that Tab should reach a number; how many there are. Of radio buttons Tab reaches the
 * checked one, or the first where none is. */
function numberControls() {
  const all = [
    ...document.querySelectorAll(
      "a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex='-1'])",
    ),
  ].filter(
    (element) =>
      element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) &&
      !element.disabled &&
      element.tabIndex >= 0,
  );
  const groupOf = (input) => (input.type === "radio" ? input.name : "");
  const stops = all.filter((element) => {
    const group = groupOf(element);
    if (!group) return true;
    const members = all.filter((other) => groupOf(other) === group);
    return element === (members.find(({ checked }) => checked) ?? members[0]);
  });
  stops.forEach((element, i) => (element.dataset.stop = String(i)));
  return stops.length;
}

/** In the page: where the focus is, and whether one sees that. */
function focusNow() {
  const at = document.activeElement;
  const { left, top, right, bottom, width, height } = at.getBoundingClientRect();
  const inWindow = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
  return {
    stop: at.dataset.stop ?? null,
    seen: at === document.body || (inWindow && width > 0 && height > 0),
    what: at.outerHTML.slice(0, 120),
  };
}

/** Walks until every control was reached. @param {{evaluate: Function, keyboard: {press: Function}}} page */
async function walk(page) {
  const count = await page.evaluate(numberControls);
  assert.ok(count > 15, `${count} controls`);
  const reached = new Set();
  const unseen = [];
  for (let presses = 0; reached.size < count && presses < 2 * count + 20; presses++) {
    await page.keyboard.press("Tab");
    const { stop, seen, what } = await page.evaluate(focusNow);
    if (stop !== null) reached.add(stop);
    if (!seen) unseen.push(what);
  }
  const missed = await page.evaluate(
    (found) =>
      [...document.querySelectorAll("[data-stop]")]
        .filter(({ dataset }) => !found.includes(dataset.stop))
        .map((element) => element.outerHTML.slice(0, 120)),
    [...reached],
  );
  assert.deepEqual(missed, []);
  assert.deepEqual(unseen, []);
}

for (const [name, query] of Object.entries(views)) {
  test(`Tab reaches every control and shows where it is: ${name}`, async () => {
    const phone = { viewport: { width: 390, height: 844 } };
    const page = await site.open(query, { wait: false, ...(name.includes("phone") ? phone : {}) });
    await until(page, () => document.querySelector("#attack, .lab-tabs"));
    await idle(page);
    // What comes into sight later comes now.
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await idle(page);
    await page.evaluate(() => scrollTo(0, 0));
    await walk(page);
    assert.deepEqual(page.problems, []);
  });
}

test("Firefox: Tab reaches every control and shows where it is", { skip: noFirefox }, async (t) => {
  const server = await serve({ root: folder });
  t.after(() => server.close());
  // Debian's Firefox, too, has Tab go to links.
  const { open, problems } = await startFirefox(t, { "accessibility.tabfocus": 7 });
  for (const query of [
    "?lang=en&attack=mim&steps=4",
    "?lang=en&dataset=gtsrb",
    "?lang=en&view=model",
  ]) {
    const page = await open(`${server.url}index.html${query}`);
    await page.setViewport({ width: 1280, height: 900 });
    const there = () =>
      until(
        page,
        () =>
          document.querySelector("#attack, .lab-tabs") &&
          globalThis.signflipPage?.explorer.scheduler.idle &&
          !document.querySelector("[aria-busy]"),
      );
    await there();
    for (const part of [".share-panel", ".about", "#masthead"]) {
      await page.$eval(part, (element) => element.scrollIntoView());
      await there();
    }
    await walk(page);
    await page.close();
  }
  assert.deepEqual(problems, []);
});

test("papers, model cards, lessons, source, licence and datasets are linked, and what is the site's is there", async () => {
  const papers = new Set();
  for (const query of ["", "?dataset=gtsrb&lang=de"]) {
    const page = await site.open(query, { wait: false });
    await until(page, () => document.querySelector("#attack"));
    await idle(page);
    for (const { value } of await page
      .locator("#attack option")
      .evaluateAll((all) => all.map(({ value: name }) => ({ value: name })))) {
      await page.locator("#attack").selectOption(value);
      await until(
        page,
        (name) => document.querySelector(".about-attack").dataset.of === name,
        value,
      );
      const paper = page.locator(".paper");
      assert.match(await paper.textContent(), /\d{4}/, `${value} names its paper`);
      for (const href of await paper
        .locator("a")
        .evaluateAll((links) => links.map(({ href: to }) => to)))
        papers.add(href);
    }
    const links = await page
      .locator("a[href]")
      .evaluateAll((all) => [...new Set(all.map(({ href }) => href))]);
    const own = links.filter((href) => href.startsWith(site.url)).map((href) => href.split("#")[0]);
    for (const href of new Set(own)) {
      const response = await page.request.get(href);
      assert.equal(response.status(), 200, href);
    }
    const text = links.join(" ");
    for (const wanted of [/models\/[\w-]+\.txt/, /lessons\//, /LICENSE\.txt/])
      assert.match(text, wanted);
    const credits = await page.locator("footer a").allTextContents();
    assert.match(credits.join(" "), /MNIST.*GTSRB/);
  }
  assert.ok(papers.size >= 8, [...papers].join(" "));
  for (const href of papers) assert.match(href, /^https:\/\/arxiv\.org\/abs\/\d{4}\.\d{4,5}$/);
});

test("where the site says where its source is, it is linked", async () => {
  const page = await site.open("", { wait: false });
  await page.route(site.url, async (route) => {
    const response = await route.fetch();
    const text = (await response.text()).replace("<html ", '<html data-source="https://a.b/c" ');
    await route.fulfill({ response, body: text });
  });
  await page.goto(site.url);
  await page.locator("footer a[href='https://a.b/c']", { hasText: "Source code" }).waitFor();
});

test("in forced colours what is chosen, what was read and what a slider says are told apart", async () => {
  const page = await site.open("?attack=mim", { forcedColors: "active" });
  await idle(page);
  const look = (selector) =>
    page
      .locator(selector)
      .first()
      .evaluate((element) => {
        const { outlineStyle, backgroundColor, borderColor, appearance, color } =
          getComputedStyle(element);
        return { outlineStyle, backgroundColor, borderColor, appearance, color };
      });
  const chosen = await look("input[name=model]:checked + .face"),
    other = await look("input[name=model]:not(:checked) + .face");
  assert.equal(chosen.outlineStyle, "solid");
  assert.equal(other.outlineStyle, "none");
  const [before, after, sheet] = [
    await look(".bar.before"),
    await look(".bar.after"),
    await look("body"),
  ];
  assert.equal(
    new Set([before, after, sheet].map(({ backgroundColor }) => backgroundColor)).size,
    3,
  );
  const swatch = await page
    .locator(".probabilities thead th.before")
    .first()
    .evaluate((head) => getComputedStyle(head, "::before").backgroundColor);
  assert.equal(swatch, before.backgroundColor, "the table's key has the bars' colour");
  assert.notEqual((await look("#parameter-epsilon")).appearance, "none");
  assert.match(await page.locator("[data-model=standard] .verdict-chip").textContent(), /fooled/);
  const lesson = await site.open("lessons/en/1-what-it-sees.html", {
    wait: false,
    forcedColors: "active",
  });
  await lesson.locator(".board-pad").scrollIntoViewIfNeeded();
  await lesson.locator(".bar.right").waitFor();
  const grounds = await lesson.evaluate(() =>
    [".bar.right", ".bar:not(.right)", "body"].map(
      (part) => getComputedStyle(document.querySelector(part)).backgroundColor,
    ),
  );
  assert.equal(new Set(grounds).size, 3, "the logits' bars are seen");
  const model = await site.open("?view=model", { wait: false, forcedColors: "active" });
  await model.locator(".swatch.right").waitFor();
  const key = await Promise.all(
    ["right", "wrong"].map((kind) =>
      model
        .locator(`.swatch.${kind}`)
        .evaluate((element) => getComputedStyle(element).backgroundColor),
    ),
  );
  assert.notEqual(key[0], key[1]);
});
