// Every page of the course, from web/lessons: each lesson's fragment in its frame, the notes, an index and a quiz for
// each language. It reads, and writes nothing.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundleFile, bundleStyles } from "../scripts.mjs";
import { zip } from "../zip.mjs";
import { experimentTables } from "./experiments.mjs";
import {
  escaped,
  questionsOf,
  textOf,
  withFigures,
  withPredictions,
  withReferences,
  withTasks,
} from "./markup.mjs";
import { giftOf, qtiFiles } from "./quiz.mjs";
import { stillsIn } from "./stills.mjs";

/** @typedef {typeof import("../../../web/lessons/course.js").frame.en} FrameWords */
/** @typedef {{path: string, text: string | Buffer}} Output path: within dist/lessons/ */
/** @typedef {{name: string, html: string}} Fragment */

/** @param {string} html a fragment */
const titleOf = (html) => textOf(/<h1>([\s\S]*?)<\/h1>/.exec(html)?.[1] ?? "");
/** @param {string} html a fragment */
const aboutOf = (html) => textOf(/<p class="question">([\s\S]*?)<\/p>/.exec(html)?.[1] ?? "");

/** What every page of the site allows itself, and pictures of figures for print. */
const policy =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob:; base-uri 'none'; form-action 'none'";

/** The whole page around a body.
 * @param {{language: string, words: FrameWords, name: string, title: string, about: string, body: string}} page */
function pageOf({ language, words, name, title, about, body }) {
  const { code, name: otherName } = words.other;
  const licence = words.licence.replace(
    "CC BY 4.0",
    `<a rel="license" href="${words.licenceUrl}">CC BY 4.0</a>`,
  );
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escaped(title)} · Signflip</title>
<meta name="description" content="${escaped(about)}">
<meta name="color-scheme" content="light dark">
<link rel="license" href="${words.licenceUrl}">
<link rel="icon" href="../../icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="../lesson.css">
<script src="../../js/sign-flip.js" defer></script>
<script src="../lesson.js" defer></script>
</head>
<body>
<header><nav aria-label="${escaped(words.course)}"><a href="index.html">${words.course}</a> <a href="../${code}/${name}.html" hreflang="${code}" lang="${code}">${otherName}</a></nav></header>
<main>
${body}
</main>
<footer><p>${words.privacy}</p><p>${licence}</p></footer>
</body>
</html>
`;
}

/** The pages of one language. */
class Edition {
  /** @param {string} folder @param {typeof import("../../../web/lessons/course.js")} course @param {"en" | "de"} language */
  constructor(folder, course, language) {
    this.folder = folder;
    this.course = course;
    this.language = language;
    this.words = course.frame[language];
    /** @type {Fragment[]} */
    this.lessons = course.lessons.map((name) => ({
      name,
      html: this.read(`${name}/${language}.html`),
    }));
  }

  /** @param {string} name */
  read(name) {
    const path = join(this.folder, name);
    if (!existsSync(path))
      throw new Error(
        `${path} is missing: every page of the course is in ${Object.keys(this.course.frame).join(" and ")}`,
      );
    return readFileSync(path, "utf8");
  }

  /** @param {string} html a fragment, with everything written out */
  written(html) {
    const { words, language, course } = this;
    const titled = withTasks(withPredictions(withFigures(html, words, language), words), words)
      .replace('<ul class="objectives">', `<h2>${words.objectives}</h2>\n<ul class="objectives">`)
      .replace('<section class="limits">', `<section class="limits"><h2>${words.limits}</h2>`)
      .replace('<ol class="references">', `<h2>${words.references}</h2>\n<ol class="references">`);
    // A number and its unit stay on one line.
    return withReferences(titled, course.references).replace(/(\d|<\/data>) %/g, "$1&nbsp;%");
  }

  /** @param {string} name @param {string} title @param {string} about @param {string} body @returns {Output} */
  page(name, title, about, body) {
    const { language, words } = this;
    return {
      path: `${language}/${name}.html`,
      text: pageOf({ language, words, name, title, about, body }),
    };
  }

  /** @param {string[]} links */
  onward(links) {
    return `\n<nav class="onward" aria-label="${this.words.contents}">${links.filter(Boolean).join(" ")}</nav>`;
  }

  /** A lesson and its notes. @param {number} i @returns {Output[]} */
  lesson(i) {
    const { words, lessons } = this;
    const { name, html } = lessons[i];
    const link = (/** @type {Fragment | undefined} */ to, /** @type {string} */ word) =>
      to ? `<a href="${to.name}.html">${word}: ${titleOf(to.html)}</a>` : "";
    const index = `<a href="index.html">${words.all}</a>`;
    const number = `<p class="lesson-number">${words.lesson} ${i + 1} · 15 ${words.minutes}</p>\n`;
    const notes = this.read(`${name}/notes.${this.language}.html`);
    return [
      this.page(
        name,
        titleOf(html),
        aboutOf(html),
        number +
          this.written(html) +
          this.onward([
            link(lessons[i - 1], words.previous),
            index,
            link(lessons[i + 1], words.next),
          ]),
      ),
      this.page(
        `${name}-notes`,
        titleOf(notes),
        aboutOf(html),
        this.written(notes) +
          this.stills(name, html) +
          this.onward([`<a href="${name}.html">${words.toLesson}</a>`, index]),
      ),
    ];
  }

  /** Links to a lesson's figures as files. @param {string} name @param {string} html */
  stills(name, html) {
    const { words } = this;
    const items = stillsIn(name, html).map(
      ({ number, caption, file }) =>
        `<li><a href="${file}" download>${words.figure} ${number}</a>: ${escaped(caption)}</li>`,
    );
    return items.length > 0 ? `\n<p>${words.stills}</p>\n<ul>${items.join("\n")}</ul>` : "";
  }

  /** @param {Record<string, string>} tables @returns {Output[]} */
  extras(tables) {
    return this.course.extras.map((name) => {
      const html = this.read(`${name}.${this.language}.html`);
      const body = this.written(html).replace(
        /<div data-experiment="(\w)"><\/div>/g,
        (_, key) => tables[key],
      );
      return this.page(
        name,
        titleOf(html),
        aboutOf(html),
        body + this.onward([`<a href="index.html">${this.words.all}</a>`]),
      );
    });
  }

  /** @returns {Output} */
  index() {
    const { words, lessons, language } = this;
    const item = (/** @type {Fragment} */ { name, html }, /** @type {string} */ more) =>
      `<li><h3><a href="${name}.html">${titleOf(html)}</a></h3><p>${aboutOf(html)}</p>${more}</li>`;
    const list = lessons.map((one) =>
      item(
        one,
        `<p class="hint"><a href="${one.name}-notes.html">${words.notes}<span class="hidden">: ${titleOf(one.html)}</span></a></p>`,
      ),
    );
    const extras = this.course.extras.map((name) =>
      item({ name, html: this.read(`${name}.${language}.html`) }, ""),
    );
    const snippets = lessons.map(({ name, html }) => {
      const code = `<iframe src="https://your.site/signflip/lessons/${language}/${name}.html"
        width="100%" height="900" title="${titleOf(html)}"></iframe>`;
      return `<details><summary>${words.embedOne} “${titleOf(html)}”</summary>
<pre tabindex="0"><code>${escaped(code)}</code></pre></details>`;
    });
    return this.page(
      "index",
      words.course,
      words.lead,
      `<h1>${words.course}</h1>
<p class="question">${words.lead}</p>
<h2>${words.contents}</h2>
<ol class="lessons">${list.join("\n")}</ol>
<ul class="lessons">${extras.join("\n")}</ul>
<h2>${words.embed}</h2>
<p>${words.embedLead}</p>
${snippets.join("\n")}
<h2>${words.quiz}</h2>
<p>${words.quizLead} <a href="quiz.gift.txt" download>${words.gift}</a>; <a href="quiz.qti.zip" download>${words.qti}</a></p>`,
    );
  }

  /** In Moodle's format and as a package in QTI 2.1. @returns {Output[]} */
  quizzes() {
    const { language, words } = this;
    const sets = this.lessons.map(({ html }, i) => ({
      name: `${words.lesson} ${i + 1}`,
      questions: questionsOf(html),
    }));
    const files = qtiFiles(words.course, language, sets);
    return [
      { path: `${language}/quiz.gift.txt`, text: giftOf(sets) },
      {
        path: `${language}/quiz.qti.zip`,
        text: zip(files.map(({ path, text }) => ({ name: path, bytes: Buffer.from(text) }))),
      },
    ];
  }
}

/** Where one chooses a language. @param {Record<string, FrameWords>} frame @returns {Output} */
function doorOf(frame) {
  const links = Object.entries(frame).map(
    ([language, { course }]) =>
      `<p lang="${language}"><a href="${language}/index.html" hreflang="${language}">${course}</a></p>`,
  );
  return {
    path: "index.html",
    text: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${frame.en.course}</title>
<meta name="color-scheme" content="light dark">
<link rel="icon" href="../icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="lesson.css">
</head>
<body><main><h1>${frame.en.course}</h1>
${links.join("\n")}
</main></body>
</html>
`,
  };
}

/**
 * Every file of the course.
 * @param {string} folder web/lessons @param {string} reproduction models/reproduction.md
 * @param {import("esbuild").Plugin[]} [plugins] of the script's bundling
 * @returns {Promise<Output[]>}
 */
export async function courseFiles(folder, reproduction, plugins = []) {
  const course = await import(pathToFileURL(join(folder, "course.js")).href);
  const published = readFileSync(reproduction, "utf8");
  const languages = /** @type {("en" | "de")[]} */ (Object.keys(course.frame));
  const pages = languages.flatMap((language) => {
    const edition = new Edition(folder, course, language);
    const tables = experimentTables(published, {
      words: edition.words,
      names: course.experimentWords[language] ?? {},
      point: edition.words.point,
    });
    return [
      edition.index(),
      ...edition.lessons.flatMap((_, i) => edition.lesson(i)),
      ...edition.extras(tables),
      ...edition.quizzes(),
    ];
  });
  const { text } = await bundleFile(join(folder, "lesson.js"), { format: "iife", plugins });
  return [
    doorOf(course.frame),
    ...pages,
    { path: "lesson.js", text },
    { path: "lesson.css", text: await bundleStyles([join(folder, "lesson.css")]) },
  ];
}
