// Bundles and minifies the site's scripts and style sheets with esbuild. Callers name the files; nothing is
// written.
import { basename, dirname, resolve } from "node:path";
import { build } from "esbuild";

/** @typedef {{path: string, text: string}} Output path: the file's name, all of them in one folder */

const settings = {
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  logLevel: "silent",
  metafile: true,
  write: false,
  outdir: "/",
  chunkNames: "[name]-[hash]",
  external: ["node:*"],
};

/** Runs esbuild; its errors become one message. @param {import("esbuild").BuildOptions} options */
async function run(options) {
  try {
    return await build({ ...settings, ...options });
  } catch (error) {
    const [first] = error.errors ?? [];
    if (!first) throw error;
    const at = first.location ? `${first.location.file}:${first.location.line}: ` : "";
    throw new Error(`${at}${first.text}`);
  }
}

/** @param {import("esbuild").BuildResult} result @returns {Output[]} */
const outputsOf = (result) =>
  result.outputFiles.map(({ path, text }) => ({ path: basename(path), text }));

/** Leaves imports of these files as they are: at run time they lie beside what imports them.
 * @param {string[]} names @returns {import("esbuild").Plugin} */
const beside = (names) => ({
  name: "beside",
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ path, kind }) =>
      kind !== "entry-point" && names.includes(basename(path))
        ? { path: `./${basename(path)}`, external: true }
        : null,
    );
  },
});

/** Finds these files in a folder, whoever imports them. @param {string[]} names @param {string} folder
 * @returns {import("esbuild").Plugin} */
const from = (names, folder) => ({
  name: "from",
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ path }) =>
      names.includes(basename(path)) ? { path: resolve(folder, basename(path)) } : null,
    );
  },
});

/** The files that a script imports statically, itself included: they are evaluated before it is.
 * @param {string} entry @param {import("esbuild").Plugin[]} plugins @returns {Promise<Set<string>>} absolute paths */
async function staticImports(entry, plugins) {
  const demanded = {
    name: "demanded",
    setup({ onResolve }) {
      onResolve({ filter: /./ }, ({ path, kind }) =>
        kind === "dynamic-import" ? { path, external: true } : null,
      );
    },
  };
  const { metafile } = await run({ entryPoints: [entry], plugins: [demanded, ...plugins] });
  // What a plugin makes is no file; its name begins with the plugin's and a colon.
  const files = Object.keys(metafile.inputs).filter((path) => !path.includes(":"));
  return new Set(files.map((path) => resolve(path)));
}

/** The file that exports each name, among these; fails where two of them export the same.
 * @param {Set<string>} files absolute paths @returns {Promise<Map<string, string>>} */
async function exportersOf(files) {
  const { metafile } = await run({ bundle: false, external: [], entryPoints: [...files] });
  /** @type {Map<string, string>} */
  const seen = new Map();
  for (const { entryPoint, exports } of Object.values(metafile.outputs)) {
    for (const name of exports.filter((name) => name !== "default")) {
      if (seen.has(name))
        throw new Error(`${seen.get(name)} and ${entryPoint} both export "${name}"`);
      seen.set(name, resolve(entryPoint));
    }
  }
  return seen;
}

/** The names that scripts import from one of them, which esbuild wrote. @param {Output[]} scripts @param {string} own */
function namesFrom(scripts, own) {
  const lists = new RegExp(
    `import\\s*\\{([^}]*)\\}\\s*from\\s*"\\./${own.replace(".", "\\.")}"`,
    "g",
  );
  const named = scripts.flatMap(({ text }) => [...text.matchAll(lists)].map(([, list]) => list));
  return new Set(named.flatMap((list) => list.split(",").map((one) => one.trim().split(/\s/)[0])));
}

/**
 * A page's script as one file with all that it imports statically, and the files that it fetches on demand.
 * Those take what they share with the page from its file, so esbuild need not split that: one file is one
 * response and compresses better than many. So the names that the page's modules export must differ. What nobody
 * takes of the others is not exported, and left out where the page does not need it either.
 * @param {string} entry @param {{apart?: string[], plugins?: import("esbuild").Plugin[]}} [options] apart: names
 *   of files that lie beside it at run time
 * @returns {Promise<Output[]>} the page's file first
 */
export async function bundlePage(entry, { apart = [], plugins = [] } = {}) {
  const others = [...plugins, beside(apart)];
  const inside = await staticImports(entry, others);
  const exporters = await exportersOf(inside);
  const own = basename(entry);
  /** What the other files take from the page's; all of it until that is known. @type {Set<string> | null} */
  let taken = null;
  const page = {
    name: "page",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\./ }, ({ path, importer, kind, namespace }) => {
        const wanted = resolve(dirname(importer), path);
        if (namespace === "page" || inside.has(importer) || !inside.has(wanted)) return null;
        if (kind === "dynamic-import")
          throw new Error(`${importer} fetches ${wanted} on demand, which ${own} holds`);
        return { path: `./${own}`, external: true };
      });
      onResolve({ filter: /^page:/ }, ({ path }) => ({ path, namespace: "page" }));
      onLoad({ filter: /./, namespace: "page" }, () => ({
        contents: [`import ${JSON.stringify(resolve(entry))};`]
          .concat(
            [...exporters]
              .filter(([name, path]) => !taken || taken.has(name) || path === resolve(entry))
              .map(([name, path]) => `export { ${name} } from ${JSON.stringify(path)};`),
          )
          .join("\n"),
        resolveDir: dirname(resolve(entry)),
      }));
    },
  };
  const bundle = async () =>
    outputsOf(
      await run({
        entryPoints: { [own.replace(/\.js$/, "")]: "page:" },
        splitting: true,
        plugins: [...others, page],
      }),
    );
  taken = namesFrom(await bundle(), own);
  return (await bundle()).sort((a, b) => Number(b.path === own) - Number(a.path === own));
}

/**
 * A script as one file with all that it imports, also on demand.
 * @param {string} entry @param {{apart?: string[], held?: string[], folder?: string,
 *   format?: "esm" | "iife", plugins?: import("esbuild").Plugin[], define?: Record<string, string>}} [options]
 *   apart: names of files that lie beside it at run time; held: names of files of `folder` that it holds
 * @returns {Promise<Output>}
 */
export async function bundleFile(entry, options = {}) {
  const {
    apart = [],
    held = [],
    folder = ".",
    format = "esm",
    plugins = [],
    define = {},
  } = options;
  const beyond = apart.filter((name) => !held.includes(name));
  const result = await run({
    entryPoints: [entry],
    plugins: [...plugins, from(held, folder), beside(beyond)],
    format,
    define,
  });
  return outputsOf(result)[0];
}

/** These style sheets as one, in this order. @param {string[]} paths @returns {Promise<string>} */
export async function bundleStyles(paths) {
  const contents = paths.map((path) => `@import ${JSON.stringify(resolve(path))};`).join("\n");
  const stdin = { contents, loader: /** @type {const} */ ("css"), resolveDir: "/" };
  const result = await run({ stdin, target: [] });
  return result.outputFiles[0].text.trim();
}
