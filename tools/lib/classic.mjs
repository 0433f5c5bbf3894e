// Makes classic scripts of a page's modules, so that they run where modules may not be loaded: in a sandboxed
// frame without allow-same-origin, from file:, in a document that has no address. Every part of the page
// defines itself in signflipSite (web/js/engine/isolated/site.js), by its file's name; what is fetched
// later is a file of the folder classic/. All of it is ASCII.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { transform } from "esbuild";
import { bundleFile, bundlePage } from "./scripts.mjs";

/** @typedef {import("./scripts.mjs").Output} Output */

/** The pages' way to the site's files, and the classic pages' instead. */
const reach = "engine/reach.js",
  isolated = "engine/isolated/reach.js";
const target = "es2022";
const ascii = { charset: "ascii", minify: true, legalComments: "none", target };

/** Takes isolated/reach.js for reach.js. @param {string} scripts the folder @returns {import("esbuild").Plugin} */
const isolating = (scripts) => ({
  name: "isolating",
  setup({ onResolve }) {
    onResolve({ filter: /\/reach\.js$/ }, ({ resolveDir, path }) =>
      join(resolveDir, path) === join(scripts, reach) ? { path: join(scripts, isolated) } : null,
    );
  },
});

/** A bundled module as a part that defines itself. @param {Output} module @returns {Promise<string>} */
async function partOf({ path, text }) {
  /** @type {string[]} */
  const needs = [];
  const { code } = await transform(text, {
    ...ascii,
    format: "cjs",
    sourcefile: path,
    define: { "import.meta.url": "signflipSite.folder" },
  });
  // What esbuild wrote, and so of one form: static imports became require().
  for (const [, name] of code.matchAll(/\brequire\("\.\/([^"]+)"\)/g)) needs.push(name);
  const later = code.replace(/\bimport\("(\.\/[^"]+)"\)/g, 'signflipSite.load("$1")');
  if (/\bimport\s*\(/.test(later)) throw new Error(`${path} imports what is not known by name`);
  const head = `signflipSite.define(${JSON.stringify(path)},${JSON.stringify(needs)},(module,require)=>{`;
  return `${head}${later.trim()}\n});\n`;
}

/** The script that gives the page signflipSite. @param {string} scripts the folder
 * @param {import("esbuild").Plugin[]} plugins */
async function loader(scripts, plugins) {
  const path = join(scripts, "engine/isolated/site.js");
  const { text } = await bundleFile(path, { format: "iife", plugins });
  return (await transform(text, ascii)).code;
}

/**
 * A page's script and what it fetches later, as classic scripts.
 * @param {string} scripts the folder of all scripts @param {string} entry the page's, in that folder
 * @param {import("esbuild").Plugin[]} plugins
 * @returns {Promise<{first: string, start: string, later: Output[]}>} first and then start are the page's script;
 *   later: files of classic/, which may as well stand between them
 */
export async function classicPage(scripts, entry, plugins) {
  const [own, ...others] = await bundlePage(join(scripts, entry), {
    plugins: [isolating(scripts), ...plugins],
  });
  const later = others.map(async (output) => ({ path: output.path, text: await partOf(output) }));
  return {
    first: (await loader(scripts, plugins)) + (await partOf(own)),
    start: `signflipSite.load(${JSON.stringify(own.path)});\n`,
    later: await Promise.all(later),
  };
}

/** A worker as a script that leaves its code in signflipSite.
 * @param {string} path of the worker @param {{held: string[], folder: string, plugins: import("esbuild").Plugin[]}} options
 *   as bundleFile takes them
 * @returns {Promise<Output>} */
export async function classicWorker(path, options) {
  const { text } = await bundleFile(path, {
    ...options,
    format: "iife",
    define: { "import.meta.url": '""' },
  });
  const name = basename(path, ".js");
  const { code } = await transform(
    `signflipSite.workers[${JSON.stringify(name)}]=function(self){${text}};`,
    ascii,
  );
  return { path: `${name}.worker.js`, text: code };
}

/** A file as a script that leaves its bytes in signflipSite. @param {string} path @returns {Output} */
export function classicFile(path) {
  const name = basename(path);
  const bytes = gzipSync(readFileSync(path), { level: 9 }).toString("base64");
  return { path: `${name}.js`, text: `signflipSite.files[${JSON.stringify(name)}]="${bytes}";\n` };
}
