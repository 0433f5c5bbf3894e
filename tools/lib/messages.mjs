// The page's languages for its scripts: web/js/messages/languages.js, generated from the files there, with a
// file for each section of each language, loaded when a view needs it.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** @param {string} folder of the messages @returns {Promise<typeof import("../../web/js/messages/languages.js")>} */
export const languagesOf = (folder) => import(pathToFileURL(join(folder, "languages.js")).href);

/** @param {string} folder of the messages @returns {Promise<import("esbuild").Plugin>} */
export async function messagesPlugin(folder) {
  const { english, languages, sections, titles } = await languagesOf(folder);
  const there = ["first", "attacks"];
  const loaders = Object.entries(sections).map(([code, parts]) => {
    // English is there at first, and leaves the attacks to the catalogue.
    const names = Object.keys(parts).filter((name) => code !== "en" || !there.includes(name));
    const lines = names.map((name) => `${name}: () => import("messages:${name}-${code}")`);
    return `"${code}": { ${lines.join(", ")} }`;
  });
  const contents = Object.entries({ english, languages, titles })
    .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`)
    .concat(`export const sections = { ${loaders.join(", ")} };`)
    .join("\n");
  return {
    name: "messages",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\/messages\/languages\.js$/ }, () => ({
        path: "languages",
        namespace: "messages",
        sideEffects: false,
      }));
      onResolve({ filter: /^messages:/ }, ({ path }) => ({
        path: path.slice("messages:".length),
        namespace: "messages",
      }));
      onLoad({ filter: /./, namespace: "messages" }, async ({ path }) => {
        if (path === "languages") return { contents };
        const [name, code] = path.split("-");
        return {
          contents: `export default ${JSON.stringify((await sections[code][name]()).default)};`,
        };
      });
    },
  };
}
