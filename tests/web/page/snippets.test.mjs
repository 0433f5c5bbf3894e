// "Embed" in the page, and each of its snippets in a page of the kind that it is for: as it is, through the lists
// of tags and attributes that Canvas and GitHub let in, with an opaque origin.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { keep, patience, settled, until } from "../../support/browser.mjs";
import { startHost } from "../../support/host.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let host, page;
before(async () => {
  host = await startHost();
  page = await host.site.open("?attack=mim&epsilon=0.15&sample=7b", {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  await settled(page);
  await page.locator(".share-panel").scrollIntoViewIfNeeded();
  await page.locator("[data-keep=embed]").click();
  await page.locator("dialog.embedding").waitFor();
});
after(() => host?.close());

/** What the dialogue gives for a host, as it comes to the clipboard. */
async function snippet(id) {
  await page.getByLabel("Where to").selectOption(id);
  await page.locator("dialog.embedding").getByRole("button", { name: "Copy" }).click();
  await page.getByText(/Copied|Selected/).waitFor();
  return page.locator("dialog.embedding code").textContent();
}

test("the dialogue: what is chosen is in the snippet; axe-core finds nothing", async () => {
  await page.getByLabel("list of attacks").check();
  await page.locator("dialog.embedding").getByLabel("Language").selectOption("de");
  const text = await snippet("html");
  assert.match(text, /attack=mim&#38;epsilon=0\.15/);
  assert.match(text, /hide=attack/);
  assert.match(text, /lang=de/);
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), text);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document.querySelector("dialog"), {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }),
  );
  assert.deepEqual(
    violations.map(({ id }) => id),
    [],
  );
  await keep(page, "embedding", false);
  for (const id of ["ilias", "offline"]) {
    await page.getByLabel("Where to").selectOption(id);
    const file = await page.locator("dialog.embedding > a").getAttribute("href");
    const response = await page.request.get(`${host.site.url}${file}`);
    assert.ok(response.ok() && (await response.body()).length > 100000, file);
  }
});

/** What lets in only these tags and attributes. */
const sanitised = (markup, tags, attributes) =>
  markup
    .replace(/<\/?([\w-]+)[^>]*>/g, (tag, name) => (tags.includes(name) ? tag : ""))
    .replace(/ ([\w-]+)="[^"]*"/g, (attribute, name) =>
      attributes.includes(name) ? attribute : "",
    );
const canvas = (markup) =>
  sanitised(
    markup,
    ["iframe", "a", "img", "p"],
    [
      "src",
      "width",
      "height",
      "name",
      "align",
      "frameborder",
      "scrolling",
      "sandbox",
      "allowfullscreen",
      "style",
      "title",
      "href",
      "alt",
    ],
  );
/** Where the text is a program's or a directive's: the frame that it makes. */
const made = (id, text) => {
  const address =
    id === "jupyter"
      ? JSON.parse(/IFrame\((".*?")/.exec(text)[1])
      : id === "docusaurus"
        ? JSON.parse(/src=\{(".*?")\}/.exec(text)[1])
        : /^:::\{iframe\} (\S+)/.exec(text)[1];
  return `<iframe title="Signflip" width="700" height="640" src="${address.replaceAll("&", "&amp;")}"${id === "jupyter" ? ' sandbox="allow-scripts"' : ""}></iframe>`;
};

for (const [id, shown] of Object.entries({
  html: (text) => text,
  element: (text) => text,
  canvas,
  wordpress: (text) =>
    text.replace("<iframe ", '<iframe sandbox="allow-scripts" security="restricted" '),
  jupyter: (text) => made("jupyter", text),
  myst: (text) => made("myst", text),
  docusaurus: (text) => made("docusaurus", text),
  quarto: (text) => text.replace(/```.*\n?/g, ""),
  sphinx: (text) => text.replace(/^\.\. raw:: html\n\n {3}/, ""),
  reveal: (text) => text.replace("data-src", "src"),
})) {
  test(`${id}: the frame runs and shows what was chosen`, async (t) => {
    const markup = shown(await snippet(id));
    assert.match(markup, /<(iframe|sign-flip) /);
    const there = await host.hosted(t, markup);
    const [frame] = await host.framesOf(there, 1);
    const { request } = await settled(frame);
    assert.deepEqual([request.attack, request.parameters.epsilon, request.label], ["mim", 0.15, 7]);
    assert.equal(await frame.evaluate(() => document.documentElement.lang), "de");
    assert.equal(await frame.locator("#attack").isVisible(), false);
  });
}

test("Markdown: a picture with its text, and a link that leads there", async (t) => {
  const text = await snippet("markdown");
  const [, alt, source, link] = /^\[!\[(.*)\]\((.*)\)\]\((.*)\)$/.exec(text);
  // GitHub's list has a, img and their href, src and alt.
  const markup = sanitised(
    `<p><a href="${link.replaceAll("&", "&amp;")}"><img src="${source}" alt="${alt}"></a></p>`,
    ["p", "a", "img"],
    ["href", "src", "alt"],
  );
  const there = await host.hosted(t, markup);
  assert.equal(await there.getByRole("img").getAttribute("alt"), alt);
  await there.getByRole("link").click();
  await until(there, () => globalThis.results?.at(-1)?.request.attack === "mim", null, {
    timeout: patience,
  });
});

for (const [name, path, controls] of [
  ["the frame", "embed.html", ["#attack", ".foot"]],
  ["the page", "index.html", [".sidebar", ".settings", ".share-panel"]],
]) {
  test(`on paper ${name} is figure, what was asked and the address, without controls`, async (t) => {
    const there = await host.hosted(t, "");
    await there.goto(`${host.site.url}${path}?attack=mim&epsilon=0.15&steps=7`);
    await settled(there);
    await there.emulateMedia({ media: "print" });
    for (const selector of ["input[type=range]", ...controls])
      assert.equal(await there.locator(selector).first().isVisible(), false, selector);
    assert.equal(await there.locator(".pictures").first().isVisible(), true);
    const caption = await there.locator(".printed").innerText();
    assert.match(caption, /MIM.*0\.150.*7/s);
    assert.match(caption, /index\.html\?.*attack=mim/);
  });
}
