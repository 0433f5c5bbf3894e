// What "Embed" gives to paste: every snippet names the state, whatever is in it, and only that.
import assert from "node:assert/strict";
import { test } from "node:test";
import { snippetsOf } from "../../../web/js/features/embed/snippets.js";

const content = {
  site: "https://a.example/flip/",
  query: "attack=mim&stepSize=0.05&hide=goal,share",
  title: 'A "3" & an <8>',
  still: "signflip-mnist-mim.png",
  lang: "de",
};
const table = (more = {}) =>
  Object.fromEntries(snippetsOf({ ...content, ...more }).map((snippet) => [snippet.id, snippet]));
const frame = `${content.site}embed.html?${content.query}`;
const unescaped = (text) =>
  text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));

test("every host has one, and none is said twice", () => {
  const ids = snippetsOf(content).map(({ id }) => id);
  assert.deepEqual(
    ids,
    "html element moodle canvas ilias openolat wordpress jupyter myst sphinx quarto hugo docusaurus reveal markdown offline".split(
      " ",
    ),
  );
  for (const { text, file } of snippetsOf(content))
    assert.ok(text === null ? file : text.length > 0);
});

test("in HTML, attributes hold what was given, escaped", () => {
  for (const id of [
    "html",
    "moodle",
    "canvas",
    "openolat",
    "wordpress",
    "sphinx",
    "quarto",
    "hugo",
    "reveal",
  ]) {
    const { text } = table()[id];
    const tag = /<iframe [^>]*>/.exec(text)?.[0] ?? "";
    const attributes = Object.fromEntries(
      [...tag.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, unescaped(value)]),
    );
    assert.equal(attributes[id === "reveal" ? "data-src" : "src"], frame, id);
    assert.equal(attributes.title, content.title, id);
  }
  const { text } = table().element;
  assert.match(
    text,
    /<script src="https:\/\/a\.example\/flip\/js\/sign-flip\.js" async><\/script>/,
  );
  assert.match(
    text,
    /<sign-flip attack="mim" step-size="0\.05" hide="goal,share" lang="de" title="/,
  );
  assert.match(
    text,
    /<a href="[^"]*index\.html[^"]*"><img src="signflip-mnist-mim\.png" alt="[^"]*"><\/a><\/sign-flip>/,
  );
});

test("Canvas gets no attribute that it takes out", () => {
  const allowed = ["src", "title", "width", "height", "name", "style", "allowfullscreen"];
  for (const [, name] of table().canvas.text.matchAll(/ ([\w-]+)=/g))
    assert.ok(allowed.includes(name), name);
});

test("Python, JSX, directives and Markdown hold it in their own ways", () => {
  const { jupyter, docusaurus, myst, markdown } = table();
  assert.equal(JSON.parse(/IFrame\((".*?")/.exec(jupyter.text)[1]), frame);
  assert.equal(JSON.parse(/src=\{(".*?")\}/.exec(docusaurus.text)[1]), frame);
  assert.match(myst.text, /^:::\{iframe\} https:\S+\n(:\w+: .+\n)+/);
  assert.match(markdown.text, /^\[!\[.*\]\(signflip-mnist-mim\.png\)\]\(https:\S+\)$/);
  assert.match(table({ title: "a [b] c" }).markdown.text, /!\[a \\\[b\\\] c\]/);
});

test("a whole model is framed as the whole page", () => {
  assert.match(
    table({ query: "view=model", whole: true }).html.text,
    /index\.html\?view&#|index\.html\?view=model/,
  );
  assert.equal(
    /src="([^"]*)"/.exec(table({ query: "" }).html.text)[1],
    `${content.site}embed.html`,
  );
});
