// Every language that there is: the files of this folder. Node reads it like this, for the build and the tests;
// the build gives the page the same exports, with each section a file of its own (tools/lib/messages.mjs).
import { readdirSync } from "node:fs";

/** @typedef {Record<string, string>} Messages */
/** A language's own name, the frame's title of <sign-flip>, and messages by section.
 * @typedef {{language: string, frame: string} & Record<string, any>} Language */

const codes = readdirSync(new URL(".", import.meta.url))
  .flatMap((name) => /^([a-z]{2,3})\.js$/.exec(name)?.[1] ?? [])
  .sort((a, b) => Number(b === "en") - Number(a === "en") || (a < b ? -1 : 1));

/** English first. @type {Record<string, Language>} */
export const files = {};
for (const code of codes) files[code] = (await import(`./${code}.js`)).default;

/** @param {(code: string) => any} value */
const ofEach = (value) => Object.fromEntries(codes.map((code) => [code, value(code)]));

/** Each language's own name. @type {Record<string, string>} */
export const languages = ofEach((code) => files[code].language);

/** The frame's title of <sign-flip>. @type {Record<string, string>} */
export const titles = ofEach((code) => files[code].frame);

/** What the first view says in English, and another language where it has no word. @type {Messages} */
export const english = files.en.first;

/** What else there is, by language and section. What a language does not say, it says in English.
 * @type {Record<string, Record<string, () => Promise<{default: Messages}>>>} */
export const sections = ofEach((code) =>
  Object.fromEntries(
    Object.keys(files.en)
      .filter((name) => typeof files.en[name] === "object" && name !== "silent")
      .map((name) => [
        name,
        async () => ({ default: { ...files.en[name], ...files[code][name] } }),
      ]),
  ),
);
