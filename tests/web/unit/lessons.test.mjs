// Every lesson keeps the course's structure, both languages are built alike, and what the build makes of them is
// small and complete. What a lesson says of numbers, tests/wasm/lessons.test.mjs checks.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { attributesOf, questionsOf, textOf } from "../../../tools/lib/course/markup.mjs";
import { qtiFiles } from "../../../tools/lib/course/quiz.mjs";
import { courseFiles } from "../../../tools/lib/course/pages.mjs";
import { extras, frame, lessons, references } from "../../../web/lessons/course.js";
import { conditionsOf, holds } from "../../../web/lessons/goals.js";

const root = join(fileURLToPath(import.meta.url), "../../../..");
const folder = join(root, "web/lessons");
const read = (name) => readFileSync(join(folder, name), "utf8");
const files = await courseFiles(folder, join(root, "models/reproduction.md"));
const built = Object.fromEntries(files.map(({ path, text }) => [path, text]));

const mostWords = 1500;
/** Of a page, its script and its style sheet, compressed as a server sends them. */
const mostBytes = 30 * 1024;

/** The tags of a fragment with all that must not depend on the language. */
function skeleton(html) {
  return [...html.matchAll(/<(\/?[a-z][\w-]*)([^>]*)>/g)]
    .filter(([, name]) => !/^\/?(em|i|b|var|sub|sup|a|br)$/.test(name))
    .map(([, name, rest]) => {
      const { "data-alt": alt, "aria-label": label, ...same } = attributesOf(rest);
      return [name, ...Object.entries(same).map(([key, value]) => `${key}=${value}`)].join(" ");
    });
}

const sections = (html, name) => [
  ...html.matchAll(new RegExp(`<section class="${name}"([^>]*)>([\\s\\S]*?)</section>`, "g")),
];
const itemsIn = (html) => [...html.matchAll(/<li\b[^>]*>/g)].length;

for (const lesson of lessons) {
  for (const language of Object.keys(frame)) {
    const html = read(`${lesson}/${language}.html`);
    test(`${lesson}, ${language}: question, objectives, predictions, tasks, limits, references`, () => {
      assert.match(html, /^<h1>[^<]+<\/h1>\n<p class="question">/);
      const objectives = /<ul class="objectives">([\s\S]*?)<\/ul>/.exec(html)?.[1] ?? "";
      assert.ok(itemsIn(objectives) >= 2 && itemsIn(objectives) <= 4, "2 to 4 objectives");
      const questions = questionsOf(html);
      assert.equal(
        questions.length,
        sections(html, "predict").length,
        "a prediction is not understood",
      );
      assert.ok(questions.length >= 2, "at least two predictions");
      for (const { question, choices, right, why } of questions) {
        assert.ok(choices.length >= 3 && right >= 0 && right < choices.length, question);
        assert.ok(why.length > 80, `why is not said: ${question}`);
      }
      const tasks = sections(html, "task");
      assert.ok(tasks.length >= 3, "at least three tasks");
      for (const [, tag, body] of tasks) {
        const { "data-figure": figure, "data-solution": solution } = attributesOf(tag);
        assert.ok(html.includes(`<figure id="${figure}"`), `no figure ${figure}`);
        assert.ok(solution, "a task without a solution");
        assert.ok(
          html.indexOf(`<figure id="${figure}"`) < html.indexOf(body),
          "the figure comes first",
        );
        const goals = [...body.matchAll(/data-goal="([^"]+)"/g)].map(([, goal]) =>
          goal.replaceAll("&lt;", "<").replaceAll("&gt;", ">"),
        );
        assert.ok(goals.length >= 2, "a task has at least two goals");
        for (const goal of goals) conditionsOf(goal);
        assert.match(body, /<details><p>/, "the answer is folded");
      }
      assert.equal(sections(html, "limits").length, 1, "what this does not show");
      assert.ok(itemsIn(sections(html, "limits")[0][2]) >= 2);
      const cited = [...html.matchAll(/data-cite="([^"]+)"/g)].map(([, key]) => key);
      assert.ok(cited.length >= 3, "at least three references");
      for (const key of cited) assert.match(references[key]?.doi ?? "", /^10\.\d{4,}\/\S+$/, key);
    });

    test(`${lesson}, ${language}: at most ${mostWords} words, and every figure says what it shows`, () => {
      const words = textOf(html).split(" ").length;
      assert.ok(words <= mostWords, `${words} words`);
      for (const [, tag, inside] of html.matchAll(/<figure([^>]*)>([\s\S]*?)<\/figure>/g)) {
        const { id, "data-flip": flip, "data-alt": alt } = attributesOf(tag);
        assert.match(inside, /<figcaption>[\s\S]{20,}<\/figcaption>/, id);
        if (flip) assert.ok(alt?.length > 20, `${id} has no alternative text`);
        else assert.match(inside, /<p>[\s\S]{80,}<\/p>/, `${id} says nothing without scripts`);
      }
      assert.doesNotMatch(html, /<img(?![^>]* alt=")|<script|style="|onclick/);
    });

    test(`${lesson}, ${language}: at most ${mostBytes} bytes beyond the engine`, () => {
      const bytes = [`${language}/${lesson}.html`, "lesson.js", "lesson.css"]
        .map((path) => brotliCompressSync(built[path]).length)
        .reduce((sum, size) => sum + size);
      assert.ok(bytes <= mostBytes, `${bytes} bytes`);
    });
  }
}

const pages = [
  ...lessons.flatMap((lesson) =>
    ["", "notes."].map((kind) => (code) => `${lesson}/${kind}${code}.html`),
  ),
  ...extras.map((name) => (code) => `${name}.${code}.html`),
];
for (const page of pages)
  test(`${page("en")}: both languages are built alike`, () => {
    assert.deepEqual(skeleton(read(page("de"))), skeleton(read(page("en"))));
  });

test("every page has its counterpart, and links that lead somewhere", () => {
  for (const [path, html] of Object.entries(built).filter(([name]) => name.endsWith(".html"))) {
    for (const [, href] of html.matchAll(/href="([^"#?]+\.html)[^"]*"/g)) {
      const target = new URL(href, `https://site/lessons/${path}`).pathname;
      const found = target.startsWith("/lessons/")
        ? target.slice(9) in built
        : /^\/(index|embed)\.html$/.test(target);
      assert.ok(found, `${path}: ${href}`);
    }
    assert.doesNotMatch(
      html,
      /data-cite|data-experiment=|undefined|<section class="predict"[^>]*>\s*<p>/,
      path,
    );
    assert.match(html, /<html lang="(en|de)">/);
  }
});

test("the quiz has every prediction, one right answer each, and GIFT's own characters escaped", () => {
  for (const [i, language] of Object.keys(frame).entries()) {
    const gift = built[`${language}/quiz.gift.txt`];
    const questions = gift.trim().split("\n\n");
    const wanted = lessons.flatMap((lesson) => questionsOf(read(`${lesson}/${language}.html`)));
    assert.equal(questions.length, wanted.length);
    for (const question of questions) {
      assert.match(question, /^::\S[^\n]*::[^\n]+ \{\n/);
      assert.equal([...question.matchAll(/^ {2}=/gm)].length, 1, question);
      assert.ok([...question.matchAll(/^ {2}~/gm)].length >= 2, question);
      for (const line of question.split("\n").slice(1, -1))
        assert.doesNotMatch(line.replace(/^ {2}(####|[=~])/, ""), /(?<!\\)[{}=~#:]/, line);
    }
    assert.ok(i >= 0);
  }
});

test("every reference is cited", () => {
  const cited = lessons.flatMap((lesson) =>
    [...read(`${lesson}/en.html`).matchAll(/data-cite="([^"]+)"/g)].map(([, key]) => key),
  );
  assert.deepEqual([...new Set(cited)].sort(), Object.keys(references).sort());
});

/** The elements of a piece of XML, in their order; fails where one is not closed. */
function elementsOf(xml) {
  const open = [],
    seen = [];
  for (const [, closing, name, , single] of xml.matchAll(
    /<(\/?)([a-zA-Z][\w:]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g,
  )) {
    if (closing) assert.equal(open.pop(), name);
    else {
      seen.push(name);
      if (!single) open.push(name);
    }
  }
  assert.deepEqual(open, []);
  assert.ok(!/&(?!(amp|lt|gt|quot);)/.test(xml), "an ampersand by itself");
  return seen;
}

test("the package in QTI 2.1: an item for each prediction, the right choice, all files named", () => {
  const sets = lessons.map((lesson, i) => ({
    name: `Lesson ${i + 1}`,
    questions: questionsOf(read(`${lesson}/en.html`)),
  }));
  const wanted = sets.flatMap(({ questions }) => questions);
  const package_ = qtiFiles("A <title> & more", "en", sets);
  const [manifest, whole, ...items] = package_;
  assert.equal(items.length, wanted.length);
  assert.equal(elementsOf(manifest.text)[0], "manifest");
  assert.equal(
    elementsOf(whole.text).filter((name) => name === "assessmentItemRef").length,
    items.length,
  );
  for (const { path } of package_.slice(1))
    assert.ok(manifest.text.includes(`<file href="${path}"/>`), path);
  items.forEach(({ text }, i) => {
    const names = elementsOf(text);
    assert.equal(names.filter((name) => name === "simpleChoice").length, wanted[i].choices.length);
    assert.ok(text.includes(`<correctResponse><value>C${wanted[i].right + 1}</value>`));
    for (const name of ["responseProcessing", "modalFeedback", "prompt"])
      assert.ok(names.includes(name));
  });
  assert.equal(Buffer.from(built["en/quiz.qti.zip"]).subarray(0, 2).toString(), "PK");
});

test("the table of experiments has every row of models/reproduction.md", () => {
  // All but a table of ours alone.
  const rows = readFileSync(join(root, "models/reproduction.md"), "utf8")
    .split("\n")
    .filter((line) => /^\| (?!---|\||trained at|0\.)/.test(line) && !/^\| +\|/.test(line));
  for (const language of Object.keys(frame)) {
    const html = built[`${language}/experiments.html`];
    assert.equal([...html.matchAll(/<tr><th scope="row">/g)].length, rows.length);
    assert.equal([...html.matchAll(/data-show="/g)].length, rows.length);
    // A figure of ours as the language writes it.
    const report = readFileSync(join(root, "models/reproduction.md"), "utf8");
    const [, ours] = /FGSM-trained, FGSM \| [\d.]+% \| ([\d.]+)%/.exec(report) ?? [];
    const written = language === "de" ? ours.replace(".", ",") : ours;
    assert.match(html, new RegExp(`${written.replace(".", "\\.")}(&nbsp;|\\s)%`));
    // What the text around the tables says is in the report, too.
    const said = textOf(read(`experiments.${language}.html`));
    for (const [number] of said.matchAll(/\b0[.,]\d+|\d+(?= %)/g))
      assert.ok(report.includes(number.replace(",", ".")), `${language}: ${number}`);
  }
  assert.doesNotMatch(built["de/experiments.html"], /undefended|trained, clean|not tried|restored/);
});

test("goals: every condition must hold of one result", () => {
  const model = (more) => ({
    id: "standard",
    label: 3,
    clean: 3,
    adversarial: 8,
    success: true,
    l0: 12,
    l2: 1,
    linf: 0.2,
    confidence: 1,
    ...more,
  });
  const result = {
    dataset: "mnist",
    sample: "3a",
    attack: "mim",
    parameters: { epsilon: Math.fround(0.2), steps: 10 },
    target: null,
    models: [model({})],
  };
  for (const goal of [
    "standard.success=true",
    "standard.adversarial=8 attack=mim",
    "epsilon<=0.2",
    "epsilon>=0.2",
    "steps<11 steps>9",
    "target=none",
    "sample!=3b",
    "standard.l0<=12",
  ])
    assert.ok(holds(goal, result), goal);
  for (const goal of [
    "standard.success=false",
    "attack=mim steps<10",
    "epsilon<0.2",
    "epsilon>0.2",
    "target!=none",
    "mixed.success=true",
    "decay<=1",
    "standard.label!=3",
  ])
    assert.ok(!holds(goal, result), goal);
  assert.ok(holds("target=0", { ...result, target: 0 }));
  assert.ok(!holds("target=none", { ...result, target: 0 }));
  for (const wrong of ["", "epsilon", "epsilon<=", "=3", "a=b=c d"])
    assert.throws(() => conditionsOf(wrong), /condition/, wrong);
});
