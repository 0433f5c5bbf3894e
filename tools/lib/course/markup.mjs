// Turns a fragment of web/lessons into HTML: predictions, tasks, figures and references written out. Text in, text
// out; what a fragment may hold, web/lessons/README.md says.

/** Attribute values and text alike. @param {string} text */
export const escaped = (text) =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");

/** The text of a piece of HTML. @param {string} html */
export const textOf = (html) =>
  html
    .replace(/<[^>]+>/g, "")
    .replace(/\s+/g, " ")
    .replace(/&amp;/g, "&")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&nbsp;/g, " ")
    .trim();

/** @param {string} tag an opening tag @returns {Record<string, string>} its attributes */
export function attributesOf(tag) {
  return Object.fromEntries(
    [...tag.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [
      name,
      value.replace(/&amp;/g, "&"),
    ]),
  );
}

/** The items of the first list in a piece of HTML. @param {string} html */
const itemsOf = (html) =>
  [...html.matchAll(/<li\b[^>]*>([\s\S]*?)<\/li>/g)].map(([, item]) => item.trim());

const predictions =
  /<section class="predict"([^>]*)>\s*<p>([\s\S]*?)<\/p>\s*<ol>([\s\S]*?)<\/ol>\s*<div>([\s\S]*?)<\/div>\s*<\/section>/g;

/** The predictions of a fragment, as questions.
 * @param {string} html @returns {{question: string, choices: string[], right: number, why: string}[]} */
export function questionsOf(html) {
  return [...html.matchAll(predictions)].map(([, attributes, question, list, reveal]) => ({
    question: textOf(question),
    choices: itemsOf(list).map(textOf),
    right: Number(attributesOf(attributes)["data-right"]) - 1,
    why: textOf(/<p>([\s\S]*?)<\/p>/.exec(reveal)?.[1] ?? ""),
  }));
}

/** A figure's state as an address has it, for links. @param {string} query @param {string} language */
const addressOf = (query, language) => {
  const page = /(^|&)view=model/.test(query) ? "index" : "embed";
  return `../../${page}.html?${escaped(query)}&amp;lang=${language}`;
};

/** Camel case, as addresses have names, in an attribute's kebab case. @param {string} name */
const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** @param {string} html @param {typeof import("../../../web/lessons/course.js").frame.en} words @param {string} language */
export function withFigures(html, words, language) {
  let number = 0;
  return html.replace(/<figure\b([^>]*)>([\s\S]*?)<\/figure>/g, (_, attributes, inside) => {
    number++;
    const {
      id,
      "data-flip": flip,
      "data-hide": hide,
      "data-alt": alt,
      "data-loading": loading,
    } = attributesOf(attributes);
    const caption = inside.replace(
      /<figcaption>/,
      `<figcaption><b>${words.figure} ${number}.</b> `,
    );
    if (flip === undefined) return `<figure${attributes}>${caption}</figure>`;
    const state = [...new URLSearchParams(flip)].map(
      ([name, value]) => `${kebab(name)}="${escaped(value)}"`,
    );
    const more = [
      ...(hide ? [`hide="${hide}"`] : []),
      `loading="${loading ?? "lazy"}"`,
      `title="${escaped(alt)}"`,
    ];
    return `<figure id="${id}" class="flip"><sign-flip ${[...state, ...more].join(" ")}><a href="${addressOf(flip, language)}">${words.openFigure}: ${escaped(alt)}</a></sign-flip>${caption}</figure>`;
  });
}

/** @param {string} html @param {typeof import("../../../web/lessons/course.js").frame.en} words */
export function withPredictions(html, words) {
  let number = 0;
  return html.replace(predictions, (_, attributes, question, list, reveal) => {
    const id = `p${++number}`;
    const choices = itemsOf(list).map(
      (item, i) =>
        `<label><input type="radio" name="${id}" value="${i + 1}"> <span>${item}</span></label>`,
    );
    return `<section class="predict" id="${id}"${attributes} aria-labelledby="${id}-title">
<h3 id="${id}-title">${words.prediction} ${number}</h3>
<fieldset><legend>${question}</legend>${choices.join("\n")}</fieldset>
<button type="button" class="lock">${words.lock}</button>
<p class="said" role="status"></p>
<div class="reveal">${reveal}</div>
</section>`;
  });
}

/** @param {string} html @param {typeof import("../../../web/lessons/course.js").frame.en} words */
export function withTasks(html, words) {
  let number = 0;
  return html.replace(
    /<section class="task"([^>]*)>([\s\S]*?)<\/section>/g,
    (_, attributes, inside) => {
      const id = `t${++number}`;
      const body = inside
        .replace("<ul>", `<p class="goals-title">${words.goals}</p><ul class="goals">`)
        .replace("</ul>", `</ul><p class="said" role="status">${words.untried}</p>`)
        .replace("<details>", `<details><summary>${words.answer}</summary>`);
      return `<section class="task" id="${id}"${attributes} aria-labelledby="${id}-title"><h3 id="${id}-title">${words.task} ${number}</h3>${body}</section>`;
    },
  );
}

/** @param {string} html @param {Record<string, {text: string, doi: string}>} references */
export function withReferences(html, references) {
  return html.replace(/<li data-cite="([^"]+)"><\/li>/g, (_, key) => {
    const reference = references[key];
    if (!reference) throw new Error(`web/lessons cites "${key}", which course.js does not have`);
    return `<li>${escaped(reference.text)} <a href="https://doi.org/${reference.doi}">doi:${reference.doi}</a></li>`;
  });
}
