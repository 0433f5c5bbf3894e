// The message files, numbers, verdicts and colours: what is said is said in every language, and by one rule.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { paintSigned } from "../../../web/js/picture/colour.js";
import { files } from "../../../web/js/messages/languages.js";
import { allDatasets } from "../../../web/js/state/datasets.js";
import { languages, Words } from "../../../web/js/ui/i18n.js";
import { verdictOf } from "../../../web/js/state/verdict.js";

const blanks = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
const web = new URL("../../../web/js/", import.meta.url);
const sectionsOf = (language) =>
  Object.entries(language).filter(([, section]) => typeof section === "object");

/** All that is said in English, but for what a dataset says otherwise. @type {Record<string, string>} */
const english = {};
for (const [section, messages] of sectionsOf(files.en)) {
  if (section in allDatasets || section === "other") continue;
  for (const key of Object.keys(messages)) assert.ok(!(key in english), `${key} is said twice`);
  Object.assign(english, messages);
}

/** What the catalogue says in English, and other languages say as messages (tests/wasm/words.test.mjs). */
const ofCatalogue = /^(attack\.[\w-]+(\.about)?|parameter\.\w+|choice\.\w+)$/;

for (const [lang, language] of Object.entries(files)) {
  test(`${lang} has a name and every section`, () => {
    for (const text of [language.language, language.frame]) assert.ok(text.trim() !== "");
    assert.deepEqual(Object.keys(language), Object.keys(files.en));
  });
  for (const [section, messages] of sectionsOf(language)) {
    test(`${lang} has every message of "${section}", with the same blanks, and none empty`, () => {
      const reference = files.en[section];
      const known = (key) => section === "attacks" && ofCatalogue.test(key);
      const said = Object.keys(messages).filter((key) => key in reference || !known(key));
      assert.deepEqual(said.sort(), Object.keys(reference).sort());
      for (const [key, text] of Object.entries(messages)) {
        assert.ok(text.trim() !== "", key);
        assert.deepEqual(blanks(text), blanks(reference[key] ?? ""), key);
      }
    });
  }
}

test("German says du, and has the field's words", () => {
  const course = new URL("../../../web/lessons/", import.meta.url);
  const lessons = readdirSync(course, { recursive: true })
    .filter((name) => /(^|\/)(.*\.)?de\.html$/.test(name))
    .map((name) => [name, readFileSync(new URL(name, course), "utf8")]);
  assert.ok(lessons.length >= 6);
  const said = Object.entries(files.de).flatMap(([section, messages]) =>
    typeof messages === "string" ? [[section, messages]] : Object.entries(messages),
  );
  // At a sentence's beginning "Sie" may be a thing.
  const formal = /[\p{L},] (Sie|Ihnen|Ihr|Ihre[mnrs]?)\b/u;
  for (const [name, text] of [...said, ...lessons])
    assert.ok(!formal.test(String(text)), `${name}: ${formal.exec(String(text))}`);
  const all = said.map(([, text]) => text).join(" ");
  for (const wanted of [/\bdu\b/i, /\bfalsch erkannt/, /\bCluster/, /\bKonfidenz/])
    assert.match(all, wanted);
  assert.doesNotMatch(all, /verkenn|verkannt|Zuversicht|Ballung/);
});

test("English does not say what the catalogue says", () => {
  const own =
    /^(attack\.(title|choose|others?|paper|more|nothing|reset)|parameter\.(automatic|number)|choice\.l(inf|2))$/;
  for (const key of Object.keys(english)) assert.ok(!ofCatalogue.test(key) || own.test(key), key);
});

test("a dataset says otherwise only what there is, and names its classes", () => {
  for (const key of Object.keys(files.en.other)) assert.ok(key in english, key);
  for (const name of Object.keys(files.en).filter((section) => section in allDatasets)) {
    for (const key of Object.keys(files.en[name]))
      assert.ok(key.startsWith("class.") || key in english, key);
    const classes = Object.keys(files.en[name]).filter((key) => key.startsWith(`class.${name}.`));
    assert.equal(classes.length, allDatasets[name].classes.length);
  }
});

test("every message that the code asks for by name is there", () => {
  const scripts = readdirSync(web, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".js") && !name.includes("messages"));
  for (const name of scripts) {
    const text = readFileSync(new URL(name, web), "utf8");
    for (const [, key] of text.matchAll(/\bt\("([\w.]+)"/g))
      assert.ok(key in english, `${key} in ${name}`);
    for (const [, key] of text.matchAll(/EngineError\("([\w.]+)"/g))
      assert.ok(key in english, `${key} in ${name}`);
  }
});

test("numbers follow the language", async () => {
  assert.equal(new Words("en").number(0.25), "0.25");
  const german = new Words("de", files.de.first);
  assert.equal(german.number(0.25), "0,25");
  assert.equal(new Words("en").percent(0.987), "98.7%");
  assert.match(german.percent(0.987), /^98,7\s%$/);
  assert.equal(new Words("en").number(-0.5, 1), "−0.5");
  assert.equal(new Words("en").number(-Infinity), "−∞");
  assert.equal(new Words("en").t("no.such.key", {}, "instead {x}"), "instead {x}");
});

test("numbers are written as Intl.NumberFormat writes them", async () => {
  for (const lang of Object.keys(languages)) {
    const words = new Words(lang, files[lang].first);
    for (let i = 0; i < 2000; i++) {
      const digits = i % 4,
        value = ((i % 3) - 1) * 10 ** (i / 250) * (0.1 + ((i * 0.618034) % 1));
      const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
      assert.equal(
        words.number(value, digits),
        new Intl.NumberFormat(lang, options).format(value).replace("-", "−"),
      );
      assert.equal(
        words.percent((i * 0.618034) % 1, digits),
        new Intl.NumberFormat(lang, { ...options, style: "percent" }).format((i * 0.618034) % 1),
      );
    }
  }
});

test("verdicts", () => {
  const verdict = (label, target, cleanLabel, adversarialLabel) =>
    verdictOf({ label, target, cleanLabel, adversarialLabel }).detail;
  assert.equal(verdict(3, null, 3, 3), "held");
  assert.equal(verdict(3, null, 3, 8), "fooled");
  assert.equal(verdict(3, 8, 3, 8), "hit");
  assert.equal(verdict(3, 8, 3, 5), "missed");
  assert.equal(verdict(3, 8, 3, 3), "held");
  assert.equal(verdict(3, null, 5, 5), "misread");
});

test("the diverging scale runs from green through neutral to violet", () => {
  for (const scheme of ["light", "dark"]) {
    const rgba = new Uint8ClampedArray(20);
    paintSigned([-0.2, 0, 0.2, 9, -9], 0.2, scheme, rgba);
    const [low, none, high, over, under] = [0, 1, 2, 3, 4].map((i) => [
      ...rgba.slice(4 * i, 4 * i + 3),
    ]);
    assert.ok(low[1] > Math.max(low[0], low[2]) && high[1] < Math.min(high[0], high[2]));
    assert.ok(Math.max(...none) - Math.min(...none) < 10);
    assert.deepEqual(over, high);
    assert.deepEqual(under, low);
  }
});
