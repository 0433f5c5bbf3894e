// The tables of models/reproduction.md as tables of a page: theirs beside ours, with a button in each row that sets
// a figure to the like of it. It reads text and writes HTML, nothing else.

/** The shipped model and attack that show the like of a row. The nets of the experiments themselves are not shipped.
 * @param {string} key the experiment's letter @param {string} row as the table has it @returns {string} a state */
export function stateOf(key, row) {
  const signs = key === "b";
  const epsilon = { a: "0.13", b: "0.031", c: "0.25", d: "0.25" }[key];
  const attack = /C&W/.test(row) ? "cw" : /MIM/.test(row) ? "mim" : "fgsm";
  const model = /^autoencoder/.test(row)
    ? "denoised"
    : /^undefended/.test(row)
      ? signs
        ? "lenet"
        : "standard"
      : signs
        ? "robust"
        : "mixed";
  const budget = / clean$/.test(row) ? "0" : epsilon;
  return new URLSearchParams({
    ...(signs ? { dataset: "gtsrb" } : {}),
    model,
    attack,
    ...(attack === "cw" ? {} : { epsilon: budget ?? "0.25" }),
    ...(signs ? { grayBox: String(/gray-box/.test(row)) } : {}),
  }).toString();
}

/** The lines of a text's tables that set a published figure beside ours, without their heads.
 * @param {string} text */
const comparedRows = (text) =>
  text
    .split(/\n\n+/)
    .filter((block) => block.startsWith("| | published |"))
    .flatMap((block) => block.trim().split("\n").slice(2));

/**
 * @param {string} text models/reproduction.md
 * @param {{words: any, names: Record<string, string>, point: string}} language names: words for what the rows say
 * @returns {Record<string, string>} a table for each experiment's letter
 */
export function experimentTables(text, { words, names, point }) {
  const sorted = Object.keys(names).sort((a, b) => b.length - a.length);
  const translated = (/** @type {string} */ cell) =>
    sorted
      .reduce((done, name) => done.replaceAll(name, names[name]), cell)
      .replace(/(\d)\.(\d)/g, `$1${point}$2`)
      .replace(/(\d)%/g, "$1\u00a0%")
      .replaceAll("&", "&amp;");
  /** @type {Record<string, string>} */
  const tables = {};
  for (const part of text.split(/^## /m).slice(1)) {
    const key = part[1];
    const rows = comparedRows(part).map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
    const body = rows.map(([name, published, ours, stronger = ""]) => {
      const state = stateOf(key, name).replaceAll("&", "&amp;");
      return `<tr><th scope="row">${translated(name)}</th><td>${translated(published) || "–"}</td><td>${translated(ours) || "–"}</td><td>${translated(stronger) || "–"}</td><td><button type="button" data-figure="f-${key}" data-show="${state}" aria-pressed="false" aria-label="${words.show}: ${translated(name)}">${words.show}</button></td></tr>`;
    });
    tables[key] =
      `<div class="scroll" tabindex="0" role="group" aria-label="(${key})"><table><thead><tr><th scope="col">${words.network}</th><th scope="col">${words.published}</th><th scope="col">${words.ours}</th><th scope="col">${words.stronger}</th><th scope="col"><span class="hidden">${words.show}</span></th></tr></thead><tbody>${body.join("\n")}</tbody></table></div>`;
  }
  return tables;
}
