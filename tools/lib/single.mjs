// signflip-single.html: the compact page with its engine, worker, words and two models in one file of ASCII,
// which runs from file:, as srcdoc, in a document without an address, and asks for nothing.
import { transform } from "esbuild";

/** What such a page may do: nothing beyond itself. */
const policy =
  "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'unsafe-inline'; " +
  "worker-src blob:; img-src data: blob:; base-uri 'none'; form-action 'none'";

/** Other letters as HTML names them. @param {string} text */
const entities = (text) => text.replace(/[^\0-\x7f]/gu, (letter) => `&#${letter.codePointAt(0)};`);

/**
 * @param {{html: string, css: string, first: string, start: string, parts: {text: string}[]}} page
 *   html: the built page for frames; css: its style sheet; first and start: its script (classic.mjs); parts: what
 *   that would fetch later
 * @returns {Promise<string>}
 */
export async function singlePage({ html, css, first, start, parts }) {
  const { code: styles } = await transform(css, { loader: "css", charset: "ascii", minify: true });
  const script = [first, ...parts.map(({ text }) => text), start].join("");
  if (/<\/script|<!--/i.test(script))
    throw new Error("the script would end the page's own element");
  if (/<\/style/i.test(styles)) throw new Error("the styles would end the page's own element");
  const page = html
    .replace(/<html /, "<html data-single ")
    .replace(/(http-equiv="Content-Security-Policy" content=")[^"]*/, (_, head) => head + policy)
    .replace(/ *<link rel="icon"[^>]*>\n/, "")
    .replace(/ *<link rel="stylesheet"[^>]*>\n/, () => `  <style>${styles.trim()}</style>\n`)
    .replace(/ *<script src="[^"]*"[^>]*><\/script>\n/, "")
    .replace(/ *<a href="index\.html"[^>]*>(.*?)<\/a>/, "$1")
    .replace("</body>", () => `<script>\n${script}</script>\n</body>`);
  if (/\b(src|href)=/.test(page.slice(0, page.indexOf("<style>"))))
    throw new Error("the page still links another file");
  return entities(page);
}
