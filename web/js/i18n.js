// The page's words and numbers in the visitor's language. Every visible string is in messages/;
// a further language is a further file there and a line here.
import de from "./messages/de.js";
import en from "./messages/en.js";

/** @type {Record<string, Record<string, string>>} */
export const languages = { en, de };

const percents = (/** @type {string} */ lang, /** @type {number} */ digits) =>
  new Intl.NumberFormat(lang, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits });

export class Words {
  /** @param {string} lang */
  constructor(lang) {
    this.lang = lang;
    this.messages = languages[lang] ?? en;
    this.#percent = percents(lang, 1);
    this.#whole = percents(lang, 0);
  }

  #percent;
  #whole;
  /** @type {Map<number, Intl.NumberFormat>} */ #formats = new Map();

  /** The message of a key with {name} filled in; without one, the fallback.
   * @param {string} key @param {Record<string, string | number>} [values] @param {string} [fallback] */
  t(key, values = {}, fallback = key) {
    const text = this.messages[key] ?? fallback;
    return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
  }

  /** The same words and more: a lazily loaded view's own messages.
   * @param {Record<string, Record<string, string>>} more by language */
  with(more) {
    const words = new Words(this.lang);
    words.messages = { ...this.messages, ...(more[this.lang] ?? more.en) };
    return words;
  }

  /** @param {number} value @param {number} [digits] */
  number(value, digits = 2) {
    let format = this.#formats.get(digits);
    if (!format) {
      format = new Intl.NumberFormat(this.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });
      this.#formats.set(digits, format);
    }
    return format.format(value).replace(/^-/, "−");
  }

  /** @param {number} part in [0,1] */
  percent(part) {
    return this.#percent.format(part);
  }

  /** Without decimals. @param {number} part in [0,1] */
  wholePercent(part) {
    return this.#whole.format(part);
  }
}
