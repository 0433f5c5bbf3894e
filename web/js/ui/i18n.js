// The page's words and numbers in the visitor's language. Every visible string is in messages/, a file for each
// language. English comes with the page, and is what is said where another language has no word; the others
// are fetched when they are wanted.
import { behind, isOwnDataset } from "../state/datasets.js";
import { english, languages, sections } from "../messages/languages.js";

export { languages };

/** @typedef {import("../messages/languages.js").Messages} Messages */

/** What the visitor named, in no language: nets of their own making. @type {Messages} */
export const ownWords = {};

/** The words for a language and a dataset, which may say things otherwise; English, and lacking, where they cannot be
 * had. @param {string} lang @param {string} dataset */
export async function wordsFor(lang, dataset) {
  const said = isOwnDataset(dataset) ? "other" : dataset;
  const asked = ["first", "attacks", said].map((name) => sections[lang]?.[name]?.());
  const found = await Promise.allSettled(asked);
  const words = new Words(
    lang,
    Object.assign(
      {},
      ...found.map((one) => (one.status === "fulfilled" && one.value?.default) || {}),
    ),
  );
  words.lacking = found.some(({ status }) => status === "rejected");
  return words;
}

export class Words {
  /** Whether some of them could not be had. */
  lacking = false;

  /** @param {string} lang @param {Messages} [messages] instead of the English ones, or added to them */
  constructor(lang, messages = {}) {
    this.lang = lang;
    /** @type {Messages} */
    this.messages = { ...english, ...messages };
  }

  /** The message of a key with {name} filled in; without one, the fallback.
   * @param {string} key @param {Record<string, string | number>} [values] @param {string} [fallback]
   * @returns {string} */
  t(key, values = {}, fallback = key) {
    const text = this.messages[key] ?? ownWords[key] ?? this.#behind(key) ?? fallback;
    return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
  }

  /** What is said of a model behind a transform: the same as of the model, and which.
   * @param {string} key @returns {string | undefined} */
  #behind(key) {
    const [, name, part = ""] = /^model\.(.+?)(\.short|\.about)?$/.exec(key) ?? [];
    const [, base, kind, strength, bpda] = behind.exec(name) ?? [];
    if (!base) return undefined;
    const title = this.t(`transform.${kind}`, {
      strength: this.number(+strength, +strength % 1 && 1),
    });
    const model = this.t(`model.${base}${part}`, {}, part === ".about" ? "" : base);
    return [model, bpda ? `${title} (BPDA)` : title].filter(Boolean).join(" · ");
  }

  /** A class as people call it. @param {string} dataset @param {number} label */
  className(dataset, label) {
    return this.t(`class.${dataset}.${label}`, {}, String(label));
  }

  /** A class as it stands in a sentence: "an 8", "“Stop”". @param {string} dataset @param {number} label */
  named(dataset, label) {
    const digit = this.className(dataset, label);
    return this.t(`named.${label}`, { digit }, this.t("named", { digit }));
  }

  /** An attack as people call it. @param {import("../types").AttackInfo} attack */
  attack({ name, title }) {
    return this.t(`attack.${name}`, {}, title);
  }

  /** The same words and those of more sections. What a dataset says otherwise stays. Fails where they cannot
   * be had. @param {string[]} names */
  async with(names) {
    const found = await Promise.all(names.map((name) => sections[this.lang][name]?.()));
    const more = found.map((module) => module?.default);
    return new Words(this.lang, Object.assign({}, ...more, this.messages));
  }

  /** As Intl.NumberFormat writes it, whose first use takes as long as twenty attacks.
   * @param {number} value @param {number} [digits] */
  number(value, digits = 2) {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value < 0 ? "−∞" : "∞";
    const [whole, decimals] = value.toFixed(digits).split(".");
    const grouped = whole
      .replace("-", "−")
      .replace(/\B(?=(\d{3})+$)/g, this.messages["number.group"]);
    return decimals === undefined
      ? grouped
      : `${grouped}${this.messages["number.point"]}${decimals}`;
  }

  /** @param {number} part in [0,1] @param {number} [digits] */
  percent(part, digits = 1) {
    return this.t("number.percent", { value: this.number(100 * part, digits) });
  }

  /** A change of a pixel in steps of its 255 levels: "26/255". @param {number} value in [0,1] */
  levels(value) {
    const levels = value * 255;
    const whole = Math.abs(levels - Math.round(levels)) < 0.05;
    return `${this.number(levels, whole ? 0 : 1)}/255`;
  }

  /** Without decimals. @param {number} part in [0,1] */
  wholePercent(part) {
    return this.percent(part, 0);
  }
}
