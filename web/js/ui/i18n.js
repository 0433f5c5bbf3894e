// The page's words and numbers in the visitor's language. Every visible string is in messages/; a further
// language is a further file there, in each folder, and a line here. English comes with the page, and is
// what is said where another language has no word; the others are fetched when they are wanted.
import en from "../messages/en.js";

/** @typedef {Record<string, string>} Messages */

/** Each language's own name. @type {Record<string, string>} */
export const languages = { en: "English", de: "Deutsch" };

/** @type {Record<string, () => Promise<{default: Messages}>>} */
const others = { de: () => import("../messages/de.js") };
/** What a dataset says otherwise: its classes' names, and "sign" for "digit".
 * @type {Record<string, Record<string, () => Promise<{default: Messages}>>>} */
const ofDatasets = {
  gtsrb: {
    en: () => import("../messages/gtsrb/en.js"),
    de: () => import("../messages/gtsrb/de.js"),
  },
};

/** What the attacks beyond the first view's are about. @type {Record<string, () => Promise<{default: Messages}>>} */
const ofAttacks = {
  en: () => import("../messages/attacks/en.js"),
  de: () => import("../messages/attacks/de.js"),
};

/** The words for a language and a dataset; English where they cannot be had.
 * @param {string} lang @param {string} dataset */
export async function wordsFor(lang, dataset) {
  const wanted = [others[lang], ofDatasets[dataset]?.[lang]];
  if (!wanted.some(Boolean)) return new Words(lang);
  const loaded = await Promise.all(wanted.map((load) => load?.().catch(() => null)));
  return new Words(lang, Object.assign({}, ...loaded.map((module) => module?.default)));
}

export class Words {
  /** @param {string} lang @param {Messages} [messages] instead of the English ones, or added to them */
  constructor(lang, messages = {}) {
    this.lang = lang;
    /** @type {Messages} */
    this.messages = { ...en, ...messages };
  }

  /** The message of a key with {name} filled in; without one, the fallback.
   * @param {string} key @param {Record<string, string | number>} [values] @param {string} [fallback] */
  t(key, values = {}, fallback = key) {
    const text = this.messages[key] ?? fallback;
    return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
  }

  /** A class as people call it. @param {string} dataset @param {number} label */
  className(dataset, label) {
    return this.t(`class.${dataset}.${label}`, {}, String(label));
  }

  /** The same words and more: a lazily loaded view's own messages. What a dataset says otherwise stays.
   * @param {Record<string, Messages>} more by language */
  with(more) {
    return new Words(this.lang, { ...(more[this.lang] ?? more.en), ...this.messages });
  }

  /** Takes up the words for all attacks, for everyone who has these words. Where they cannot be had the
   * catalogue's own will do. */
  async learnAttacks() {
    const more = await ofAttacks[this.lang]().catch(() => null);
    this.messages = { ...more?.default, ...this.messages };
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

  /** Without decimals. @param {number} part in [0,1] */
  wholePercent(part) {
    return this.percent(part, 0);
  }
}
