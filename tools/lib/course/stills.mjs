// The lessons' figures as files for slides: what each shows when the lesson is opened, drawn as posters are
// (tools/poster). Figures of a whole model take a test set, and are not among them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { posterOf } from "../poster.mjs";
import { attributesOf, textOf } from "./markup.mjs";

/** @typedef {{id: string, number: number, caption: string, address: string, file: string}} Still
 *   file: from the folder of a language's pages */

/** The figures of a lesson that can be had as files, with their numbers on its page.
 * @param {string} name of the lesson @param {string} html its fragment @returns {Still[]} */
export function stillsIn(name, html) {
  return [...html.matchAll(/<figure\b([^>]*)>([\s\S]*?)<\/figure>/g)].flatMap(
    ([, attributes, inside], i) => {
      const { id, "data-flip": address = "" } = attributesOf(attributes);
      if (!address || /(^|&)view=model/.test(address)) return [];
      const caption = textOf(/<figcaption>([\s\S]*?)<\/figcaption>/.exec(inside)?.[1] ?? "");
      return [{ id, number: i + 1, caption, address, file: `stills/${name}-${id}.svg` }];
    },
  );
}

/** The files of all lessons, in every language.
 * @param {string} folder web/lessons @param {{site: string, css: string}} options as posterOf() takes them
 * @returns {Promise<{path: string, text: string}[]>} paths from the folder of the course */
export async function stillFiles(folder, options) {
  const course = await import(pathToFileURL(join(folder, "course.js")).href);
  const files = [];
  for (const language of Object.keys(course.frame)) {
    for (const name of course.lessons) {
      const html = readFileSync(join(folder, name, `${language}.html`), "utf8");
      for (const { address, file } of stillsIn(name, html)) {
        const text = await posterOf(`${address}&lang=${language}`, options);
        files.push({ path: `${language}/${file}`, text });
      }
    }
  }
  return files;
}
