// A language is one file: a site that is built with one more offers it, and says in English what it leaves out.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root, site as built, settled, start } from "../../support/browser.mjs";

const work = join(root, "build/one-more-language");
let site;
before(async () => {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  cpSync(join(root, "web"), join(work, "web"), { recursive: true });
  writeFileSync(
    join(work, "web/js/messages/eo.js"),
    `export default {
      language: "Esperanto",
      frame: "Signflip: trompi neŭran reton",
      silent: { "page.noscript": "Ĉi tiu paĝo bezonas JavaScript." },
      first: { "page.tagline": "Kontraŭaj ekzemploj", "attack.fgsm.about": "Unu paŝo." },
      about: { "about.title": "Kio okazas ĉi tie" },
    };`,
  );
  const options = { engine: join(built, "js"), web: join(work, "web"), out: join(work, "site") };
  const given = Object.entries(options).flatMap(([name, path]) => [`--${name}`, path]);
  execFileSync(process.execPath, [join(root, "tools/build-site"), ...given], { stdio: "pipe" });
  site = await start({ folder: options.out });
});
after(() => site?.close());

test("the page offers it, says its words, and English ones where it has none", async () => {
  const page = await site.open();
  await page.getByLabel("Language").selectOption({ label: "Esperanto" });
  await page.getByText("Kontraŭaj ekzemploj").waitFor({ state: "attached" });
  await page.getByText("Unu paŝo.").waitFor();
  await page.getByRole("heading", { name: "Result", exact: true }).waitFor();
  await page.waitForURL(/[?&]lang=eo/);
  await page.locator(".about").scrollIntoViewIfNeeded();
  await page.getByRole("heading", { name: "Kio okazas ĉi tie" }).waitFor();
  await page.getByText("FGSM: one step, every pixel").waitFor();
  await settled(page);
});

test("a language whose words cannot be had is not chosen, and the page says so", async () => {
  const page = await site.open();
  await settled(page);
  await page.route("**/js/classic/first-eo-*.js?*", (route) => route.abort());
  const list = page.getByLabel("Language");
  await list.selectOption({ label: "Esperanto" });
  const alert = page.locator(".alert:visible").getByText("The words for this choice cannot be");
  await alert.first().waitFor();
  assert.deepEqual(
    await page.evaluate(() => [
      document.documentElement.lang,
      document.querySelector("select.language").value,
      globalThis.signflipPage.state.lang,
    ]),
    ["en", "en", "en"],
  );
  await page.unrouteAll();
  await list.selectOption({ label: "Esperanto" });
  await page.getByText("Kontraŭaj ekzemploj").waitFor({ state: "attached" });
});

test("a page that opens without the words of its language says so", async () => {
  const page = await site.open();
  await page.route("**/js/classic/first-eo-*.js?*", (route) => route.abort());
  await page.goto(`${site.url}?lang=eo`);
  const alert = page.locator(".alert:visible");
  await alert.getByText("Not all words could be fetched").first().waitFor();
  assert.equal(await alert.getByRole("button").isVisible(), false);
});

test("a browser that asks for it gets it, and where no script runs it is there as well", async () => {
  const page = await site.open("", { locale: "eo" });
  await page.getByText("Kontraŭaj ekzemploj").waitFor({ state: "attached" });
  assert.equal(await page.evaluate(() => document.documentElement.lang), "eo");
  const html = await (await fetch(site.url)).text();
  assert.match(html, /<noscript>.*<span lang="eo">Ĉi tiu paĝo bezonas JavaScript\.<\/span>/);
});

test("the element knows its frame's title", async () => {
  const page = await site.open("embed.html");
  await page.evaluate(async () => {
    const script = document.createElement("script");
    script.src = "js/sign-flip.js";
    const loaded = new Promise((resolve) => script.addEventListener("load", resolve));
    document.head.append(script);
    await loaded;
    const element = document.createElement("sign-flip");
    element.lang = "eo";
    document.body.append(element);
  });
  await page
    .locator('iframe[title="Signflip: trompi neŭran reton"]')
    .waitFor({ state: "attached" });
});
