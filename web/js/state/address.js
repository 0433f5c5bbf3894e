// The page's address: the state written into it, calmly, and read from it again on the way back.
import { readUrl, writeUrl } from "./state.js";
import { addressAfterMs } from "./timing.js";

/** @typedef {import("../types").State} State */

export class Address {
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;

  /** @param {string} language the browser's @param {() => State} state */
  constructor(language, state) {
    this.language = language;
    this.state = state;
  }

  /** Soon, and without a way back: the state only changed. */
  follow() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write("replaceState"), addressAfterMs);
  }

  /** Now, as a place to come back from. */
  leave() {
    clearTimeout(this.#timer);
    this.#write("pushState");
  }

  /** The whole link to what is shown. */
  link() {
    const query = writeUrl(this.state(), this.language);
    return `${location.origin}${location.pathname}${query ? `?${query}` : ""}`;
  }

  /** @param {(state: State) => void} back with the state that the address names */
  listen(back) {
    addEventListener("popstate", () => back(readUrl(location.search, this.language)));
  }

  /** @param {"pushState" | "replaceState"} how */
  #write(how) {
    const query = writeUrl(this.state(), this.language);
    try {
      history[how](null, "", (query ? `?${query}` : location.pathname) + location.hash);
    } catch {
      // A sandboxed frame may not change its address; the page works without.
    }
  }
}
