// What to paste where, so that a state of the page is in a course: one table, made of an address. It makes text
// and no elements.

/** site: the site's folder, with a slash. query: the state's. still: the name of a picture of the result, as the
 * page saves it. whole: it is a view of a whole model.
 * @typedef {{site: string, query: string, title: string, still: string, lang: string, whole?: boolean}} Content */
/** id: also the key of its note's words. text: what to paste; null where a file is taken instead.
 * @typedef {{id: string, name: string, text: string | null, file?: string}} Snippet */

const height = 640;

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** @param {string} text as a string of Python or JavaScript */
const quoted = (text) => JSON.stringify(text);

/** Text that stands within brackets of Markdown. @param {string} text */
const bracketed = (text) => text.replace(/[[\]\\]/g, "\\$&");

/** @param {Content} content @returns {Snippet[]} */
export function snippetsOf({ site, query, title, still, lang, whole = false }) {
  const given = query === "" ? "" : `?${query}`;
  const page = new URL(`index.html${given}`, site).href;
  const frame = whole ? page : new URL(`embed.html${given}`, site).href;
  const name = escaped(title);
  const iframe = (/** @type {string} */ more) =>
    `<iframe src="${escaped(frame)}" title="${name}" width="100%" height="${height}"${more}></iframe>`;
  const plain = iframe(' style="border: 0" loading="lazy" allow="clipboard-write"');
  const attributes = [...new URLSearchParams(query)]
    .filter(([attribute]) => attribute !== "lang")
    .map(([attribute, value]) => [
      attribute.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      value,
    ])
    .concat([
      ["lang", lang],
      ["title", title],
    ])
    .map(([attribute, value]) => ` ${attribute}="${escaped(value)}"`)
    .join("");
  const picture = `<a href="${escaped(page)}"><img src="${escaped(still)}" alt="${name}"></a>`;
  const script = `<script src="${escaped(new URL("js/sign-flip.js", site).href)}" async></script>`;
  /** @type {[string, string, string | null, string?][]} */
  const table = [
    ["html", "HTML", plain],
    ["element", "<sign-flip>", `${script}\n<sign-flip${attributes}>${picture}</sign-flip>`],
    ["moodle", "Moodle", plain],
    ["canvas", "Canvas", iframe("")],
    ["ilias", "ILIAS", null, "signflip-lms.zip"],
    ["openolat", "OpenOlat", plain],
    ["wordpress", "WordPress", plain],
    [
      "jupyter",
      "Jupyter",
      `from IPython.display import IFrame\nIFrame(${quoted(frame)}, width="100%", height=${height})`,
    ],
    [
      "myst",
      "MyST, Jupyter Book 2",
      `:::{iframe} ${frame}\n:width: 100%\n:title: ${title}\n:placeholder: ${still}\n${title}\n:::`,
    ],
    ["sphinx", "Sphinx, Jupyter Book 1", `.. raw:: html\n\n   ${plain}`],
    ["quarto", "Quarto", `\`\`\`{=html}\n${plain}\n\`\`\``],
    ["hugo", "Hugo", plain],
    [
      "docusaurus",
      "Docusaurus",
      `<iframe src={${quoted(frame)}} title={${quoted(title)}} width="100%" height="${height}" style={{ border: 0 }} loading="lazy" />`,
    ],
    [
      "reveal",
      "reveal.js",
      `<iframe data-src="${escaped(frame)}" title="${name}" width="100%" height="${height}" data-preload></iframe>`,
    ],
    ["markdown", "Markdown, GitHub", `[![${bracketed(title)}](${still})](${page})`],
    ["offline", "USB", null, "signflip-single.html"],
  ];
  return table.map(([id, label, text, file]) => ({
    id,
    name: label,
    text,
    ...(file ? { file } : {}),
  }));
}
