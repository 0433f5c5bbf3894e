// <sign-flip>: the compact page as an element of anyone's page. The build makes a classic script of it, so that
// it loads from another origin without CORS:
//
//   <script src="https://your.site/signflip/js/sign-flip.js" async></script>
//   <sign-flip attack="mim" epsilon="0.2" lang="de"></sign-flip>
//
// Attributes are the page state's names (js/state/state.js), in lower case. The element shows embed.html in a
// frame, so styles, worker and keys stay apart; changed attributes go there as a message, and the frame's
// height comes back. `site` names the site's folder where the script came from elsewhere.
import { titles } from "./messages/languages.js";

(() => {
  /** Attributes by their names in the address. @type {Record<string, string>} */
  const names = {};
  for (const name of [
    "dataset",
    "sample",
    "drawing",
    "picture",
    "attack",
    "epsilon",
    "steps",
    "stepSize",
    "decay",
    "norm",
    "restarts",
    "queries",
    "model",
    "target",
    "from",
    "grayBox",
    "view",
    "experiment",
    "image",
    "theme",
    "lang",
  ])
    names[name.toLowerCase()] = name;
  const script = /** @type {HTMLScriptElement | null} */ (
    document.currentScript ?? document.querySelector('script[src*="sign-flip.js"]')
  );
  const home = script?.src ? new URL("../", script.src).href : document.baseURI;

  class SignFlip extends HTMLElement {
    static observedAttributes = [...Object.keys(names), "site", "title"];
    /** @type {HTMLIFrameElement | null} */ #frame = null;
    /** What the frame shows, or is on its way to. */ #query = "";
    /** The frame's page has told its height, so it listens. */ #ready = false;
    /** A change waits to be told; #anew: with another page in the frame. */
    #stale = false;
    #anew = false;

    connectedCallback() {
      this.style.display ||= "block";
      const frame = document.createElement("iframe");
      frame.loading = "lazy";
      frame.allow = "clipboard-write";
      Object.assign(frame.style, {
        display: "block",
        width: "100%",
        border: "0",
        colorScheme: "light dark",
      });
      this.#frame = frame;
      this.#open();
      (this.shadowRoot ?? this.attachShadow({ mode: "open" })).replaceChildren(frame);
      addEventListener("message", this.#receive);
    }

    disconnectedCallback() {
      removeEventListener("message", this.#receive);
      this.#frame?.remove();
      this.#frame = null;
    }

    /** @param {string} name */
    attributeChangedCallback(name) {
      if (!this.#frame) return;
      this.#anew ||= name === "site" || name === "view";
      if (this.#stale) return;
      this.#stale = true;
      // Several changes at once are one.
      queueMicrotask(() => {
        this.#stale = false;
        if (!this.#frame) return;
        if (this.#anew || this.#isWhole) this.#open();
        else if (this.#ready) this.#send();
      });
    }

    get #isWhole() {
      return this.getAttribute("view") === "model";
    }

    get #site() {
      return new URL(this.getAttribute("site") ?? home, document.baseURI);
    }

    #language() {
      const around = /** @type {HTMLElement | null} */ (this.closest("[lang]"));
      const lang = (around?.lang ?? "").slice(0, 2).toLowerCase();
      return Object.hasOwn(titles, lang) ? lang : "";
    }

    #queryNow() {
      const query = new URLSearchParams();
      for (const [attribute, name] of Object.entries(names)) {
        const value = this.getAttribute(attribute);
        if (value !== null && name !== "lang") query.set(name, value);
      }
      // Without an attribute of its own it speaks the language of the page around it.
      if (this.#language() !== "") query.set("lang", this.#language());
      return query.toString();
    }

    #open() {
      const frame = /** @type {HTMLIFrameElement} */ (this.#frame);
      this.#ready = this.#anew = false;
      this.#query = this.#queryNow();
      frame.title = this.title || titles[this.#language() || "en"];
      frame.style.height = this.#isWhole ? "900px" : "600px";
      frame.src = new URL(
        `${this.#isWhole ? "index" : "embed"}.html?${this.#query}`,
        this.#site,
      ).href;
    }

    #send() {
      const query = this.#queryNow();
      if (this.title) /** @type {HTMLIFrameElement} */ (this.#frame).title = this.title;
      if (query === this.#query) return;
      this.#query = query;
      this.#frame?.contentWindow?.postMessage({ type: "signflip:state", query }, this.#site.origin);
    }

    /** @param {MessageEvent} event */
    #receive = ({ source, origin, data }) => {
      if (!this.#frame || source !== this.#frame.contentWindow || origin !== this.#site.origin)
        return;
      if (data?.type !== "signflip:height" || !(data.height > 0 && data.height < 10000)) return;
      this.#frame.style.height = `${Math.ceil(data.height)}px`;
      this.#ready = true;
      if (this.#query !== this.#queryNow()) this.#send();
    };
  }

  if (!customElements.get("sign-flip")) customElements.define("sign-flip", SignFlip);
})();
