// Which build a site is: a name made of all that it is made of, and its way into the scripts and pages.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** The build's name: other content, other name. @param {string[]} files all that the site is made of */
export function buildOf(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(createHash("sha256").update(readFileSync(file)).digest());
  return hash.digest("hex").slice(0, 10);
}

/** Writes it into web/js/state/build.js. @param {string} build @returns {import("esbuild").Plugin} */
export const buildPlugin = (build) => ({
  name: "build",
  setup({ onLoad }) {
    onLoad({ filter: /\/state\/build\.js$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      const unnamed = 'export const build = "";';
      if (!text.includes(unnamed)) throw new Error(`${path} has no place for the build's name`);
      return { contents: text.replace(unnamed, `export const build = "${build}";`) };
    });
  },
});

/** The addresses of a page's own scripts and style sheets as this build asks for them.
 * @param {string} html @param {string} build */
export const versionedPage = (html, build) =>
  html.replace(
    /(<(?:script [^>]*src|link rel="stylesheet"[^>]* href)="[^":?]+)"/g,
    (_, head) => `${head}?v=${build}"`,
  );
