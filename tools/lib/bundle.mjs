// Puts the modules that a page starts with into one, which compresses better and comes in one response.
// For the page's own modules and their plain style of import and export: named or default, at the
// beginning of a line, no cycles, no live bindings. It minifies nothing.
import { dirname, join, relative } from "node:path";

const importing = /^import\s+([\s\S]*?)\s*from\s*["'](\.[^"']+)["'];$/gm;
const demanding = /\bimport\(["'](\.[^"']+)["']\)/g;
/** Also in a minified text. */
const defaulting = /(^|;)export\s+default\s/m;
const declaring = /^export\s+((?:async\s+)?function\*?|class|const)\s+(\w+)/gm;

/** A module and all that it imports, not counting what it imports on demand; what is imported comes first.
 * @param {Map<string, string>} scripts texts by path @param {string} path @param {Set<string>} [found] @param {string[]} [above]
 * @returns {Set<string>} */
export function withImports(scripts, path, found = new Set(), above = []) {
  if (found.has(path)) return found;
  if (above.includes(path)) throw new Error(`${[...above, path].join(" imports ")}: a cycle`);
  const text = scripts.get(path);
  if (text === undefined)
    throw new Error(`${above.at(-1) ?? "The page"} imports ${path}, which is not there`);
  for (const [, , name] of text.matchAll(importing))
    withImports(scripts, join(dirname(path), name), found, [...above, path]);
  return found.add(path);
}

/** `{ a, b as c }` as a pattern to take a module's object apart; a default import becomes a property.
 * @param {string} clause */
function patternOf(clause) {
  const named = /^\{([\s\S]*)\}$/.exec(clause);
  if (!named) return `{ default: ${clause} }`;
  return `{ ${named[1]
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => part.replace(/^(\w+)\s+as\s+(\w+)$/, "$1: $2"))
    .join(", ")} }`;
}

/** What a module and all that it imports fetch on demand.
 * @param {Map<string, string>} scripts @param {string} path @returns {string[]} */
export function onDemand(scripts, path) {
  return [...withImports(scripts, path)].flatMap((inner) =>
    // Types in comments are written the same way.
    [...(scripts.get(inner) ?? "").replace(/\/\*[\s\S]*?\*\//g, "").matchAll(demanding)].map(
      ([, name]) => join(dirname(inner), name),
    ),
  );
}

/** @param {Map<string, string>} scripts @param {string} entry
 * @param {string[]} [demanded] what it fetches on demand and is to hold nevertheless
 * @returns {Map<string, string>} the scripts anew: the entry holds all that it needs, and what it holds has
 *   become a stub that hands it out, so that modules fetched later share it */
export function bundle(scripts, entry, demanded = []) {
  const found = new Set(/** @type {string[]} */ ([]));
  for (const path of [...demanded, entry]) withImports(scripts, path, found);
  const order = [...found],
    home = dirname(entry);
  const inside = order.filter((path) => path !== entry);
  const variable = (/** @type {string} */ path) => `module${inside.indexOf(path)}`;
  /** @type {Map<string, string>} */
  const result = new Map(scripts);

  /** The text with its imports taken from the variables, and those on demand seen from the entry's folder. */
  const rewired = (/** @type {string} */ path) =>
    /** @type {string} */ (scripts.get(path))
      .replace(
        importing,
        (_, clause, name) => `const ${patternOf(clause)} = ${variable(join(dirname(path), name))};`,
      )
      .replace(demanding, (_, name) => {
        const wanted = join(dirname(path), name);
        return inside.includes(wanted)
          ? `Promise.resolve(${variable(wanted)})`
          : `import("./${relative(home, wanted)}")`;
      });

  const parts = inside.map((path) => {
    const text = rewired(path);
    if (/\bimport\.meta\b/.test(text) && dirname(path) !== home)
      throw new Error(`${path} uses import.meta away from ${home}`);
    const names = [...text.matchAll(declaring)].map((match) => match[2]);
    const whole = defaulting.test(text);
    const bare = text.replace(declaring, "$1 $2").replace(defaulting, "$1const whole = ");
    const left = /^export\b.*$/m.exec(bare);
    if (left) throw new Error(`${path}: cannot bundle "${left[0]}"`);
    const upwards = relative(dirname(path), entry);
    result.set(
      path,
      `import { parts } from "${upwards.startsWith(".") ? upwards : `./${upwards}`}";\n` +
        (names.length > 0
          ? `export const { ${names.join(", ")} } = parts.${variable(path)};\n`
          : "") +
        (whole ? `export default parts.${variable(path)}.default;\n` : ""),
    );
    return `const ${variable(path)} = (() => {\n${bare}\nreturn { ${[...names, ...(whole ? ["default: whole"] : [])].join(", ")} };\n})();\n`;
  });
  result.set(
    entry,
    `${parts.join("")}export const parts = { ${inside.map(variable).join(", ")} };\n${rewired(entry)}`,
  );
  return result;
}
