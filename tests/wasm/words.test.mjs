// The catalogue's words are the page's English; every other language says each of them in its own.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { files } from "../../web/js/messages/languages.js";
import { temporaryFolder } from "../support/tool.mjs";
import { loadEngine } from "../support/module.mjs";

let attacks;
before(async () => {
  attacks = (await loadEngine(temporaryFolder())).attacks();
});

for (const [lang, { first, attacks: later }] of Object.entries(files)) {
  if (lang === "en") continue;
  test(`${lang} says what each attack does and what its parameters are, and nothing else`, () => {
    const said = { ...first, ...later };
    const known = new Set();
    for (const { name, parameters } of attacks) {
      known.add(`attack.${name}`).add(`attack.${name}.about`);
      assert.ok(said[`attack.${name}.about`], name);
      for (const parameter of parameters) {
        known.add(`parameter.${parameter.name}`);
        assert.ok(said[`parameter.${parameter.name}`], `${name}: ${parameter.name}`);
        for (const choice of parameter.choices ?? []) known.add(`choice.${choice}`);
      }
    }
    const english = { ...files.en.first, ...files.en.attacks };
    for (const key of Object.keys(said)) {
      if (/^(attack|parameter|choice)\./.test(key))
        assert.ok(key in english || known.has(key), key);
    }
  });
}

test("the catalogue's words fit where the page shows them", () => {
  for (const { name, title, summary, parameters } of attacks) {
    assert.match(title, /^.{2,14}$/, name);
    assert.match(summary, /^[A-Z].{20,75}\.$/, name);
    for (const parameter of parameters)
      assert.match(parameter.title, /^[A-Z].{2,19}$/u, parameter.name);
  }
});
