// <sign-flip>: the compact page as an element of anyone's page. The build makes a classic script of it, so that
// it loads from another origin without CORS:
//
//   <script src="https://your.site/signflip/js/sign-flip.js" async></script>
//   <sign-flip attack="mim" epsilon="0.2" lang="de"><a href="…"><img src="…" alt="…"></a></sign-flip>
//
// The element shows embed.html in a frame, so styles, worker and keys stay apart, and talks with it as
// features/embed/host.js says. Its children, or `poster`, are shown where there is no script, until the frame
// is there, and in print. web/README.md has attributes, properties, events and methods.
import { titles } from "./messages/languages.js";

/** Parts of the state, and every parameter of every attack, as the address has them. */
const parts =
  "dataset sample drawing picture label attack model target from grayBox step view experiment image subject " +
  "compared count guide theme lang hide " +
  "epsilon stepSize steps decay norm randomStart restarts earlyStop targetClasses queries pInit overshoot " +
  "confidence binarySearchSteps learningRate initialConst abortEarly alphaMax eta beta finalSearch " +
  "restartRadius stopBelow theta gamma saliency probe factor radius pixels rounds rest generations population";
const switches = ["grayBox", "randomStart", "earlyStop", "abortEarly"];
/** How the element itself shows it. */
const own = ["site", "title", "poster", "loading"];
const version = 1;
const noPicture = "<sign-flip> shows a whole model, of which there is no picture.";
/** Frames of this name ask where their engine is (engine/shared/guest.js has the messages). */
const sharedName = "signflip-shared";
/** For each site the frame that has the engine, and those that use it, by their numbers.
 * @type {Map<string, {host: SignFlip, guests: Map<SignFlip, number>}>} */
const engines = new Map();
let numbered = 0;

const kebab = (/** @type {string} */ name) =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Parts by their attributes; "stepsize" as good as "step-size". @type {Record<string, string>} */
const names = {};
for (const name of parts.split(" ")) names[kebab(name)] = names[name.toLowerCase()] = name;

const script = /** @type {HTMLScriptElement | null} */ (
  document.currentScript ?? document.querySelector('script[src*="sign-flip.js"]')
);
/** The site's folder; where the script is a part of another one, `site` has to name it. */
const home = script?.src ? new URL("../", script.src).href : null;

const rules = `
  :host { display: block; position: relative }
  :host([hidden]) { display: none }
  iframe { display: block; width: 100%; border: 0; color-scheme: light dark }
  .still img { max-width: 100% }
  .still.live { display: none }
  .still:not(.live) + iframe { position: absolute; inset: 0; height: 100% !important; opacity: 0; pointer-events: none }
  button { display: block; width: 100%; padding: .6em; font: inherit; cursor: pointer }
  button img { display: block; margin: 0 auto .6em }
  @media print {
    .still, .still.live { display: block }
    .still ~ :is(iframe, button) { display: none }
    button { all: unset }
  }`;
/** @type {CSSStyleSheet | undefined} */
let sheet;

/** @param {string} text @returns {string | number | boolean} */
function valueOf(text) {
  if (text === "true" || text === "false") return text === "true";
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

export class SignFlip extends HTMLElement {
  static observedAttributes = [...Object.keys(names), ...own];
  /** @type {HTMLIFrameElement | null} */ #frame = null;
  /** What is shown without the frame: children or the poster. @type {HTMLElement | null} */ #still =
    null;
  /** The parts that the frame has, or is on its way to. @type {Record<string, string>} */ #sent =
    {};
  /** Changes for the frame, until it listens. @type {Record<string, unknown>[]} */ #waiting = [];
  /** The frame's page listens. */ #ready = false;
  /** A change waits to be told; #anew: with another page in the frame. */
  #stale = false;
  #anew = false;
  /** @type {import("./types").State | null} */ #state = null;
  /** @type {Map<number, {resolve: (blob: Blob) => void, reject: (error: Error) => void}>} */
  #pictures = new Map();
  #asked = 0;

  connectedCallback() {
    // What was set before the element was defined.
    for (const name of properties)
      if (Object.hasOwn(this, name)) {
        const value = Reflect.get(this, name);
        Reflect.deleteProperty(this, name);
        Reflect.set(this, name, value);
      }
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(rules);
    }
    shadow.adoptedStyleSheets = [sheet];
    addEventListener("message", this.#receive);
    this.#show(shadow);
  }

  disconnectedCallback() {
    removeEventListener("message", this.#receive);
    this.#close();
    this.shadowRoot?.replaceChildren();
  }

  /** @param {string} name */
  attributeChangedCallback(name) {
    if (!this.shadowRoot || !this.isConnected) return;
    this.#anew ||= ["site", "view", "poster", "loading"].includes(name);
    if (this.#stale) return;
    this.#stale = true;
    // Several changes at once are one.
    queueMicrotask(() => {
      this.#stale = false;
      if (!this.isConnected || !this.shadowRoot) return;
      if (this.#anew || (this.#frame && this.#isWhole)) {
        this.#close();
        this.#show(this.shadowRoot);
      } else if (this.#frame) {
        this.#frame.title = this.#label;
        if (this.#ready) this.#send();
      }
    });
  }

  /** @returns {import("./types").State | null} what the frame shows; null until it has told */
  getState() {
    return structuredClone(this.#state);
  }

  /** Changes parts of what the frame shows, by the names of attributes or properties; null is a part's default.
   * The attributes stay as they are. @param {Record<string, unknown>} partial */
  setState(partial) {
    if (this.#ready) this.#tell({ type: "signflip:state", state: partial });
    else this.#waiting.push(structuredClone(partial));
  }

  /** A picture of what the frame shows. @param {string} [type] "image/png", "image/jpeg" or "image/webp"
   * @returns {Promise<Blob>} rejects while there is no result, in the view of a whole model, and for other types */
  toBlob(type = "image/png") {
    return new Promise((resolve, reject) => {
      if (!this.#ready)
        return reject(
          new Error(
            this.#isWhole || this.#state?.view === "model"
              ? noPicture
              : "<sign-flip> shows nothing yet: await signflip-ready.",
          ),
        );
      this.#pictures.set(++this.#asked, { resolve, reject });
      this.#tell({ type: "signflip:picture", id: this.#asked, as: type });
    });
  }

  get #isWhole() {
    return this.getAttribute("view") === "model";
  }

  get #site() {
    const site = new URL(this.getAttribute("site") ?? home ?? ".", document.baseURI);
    // A folder, with its last slash or without.
    if (!site.pathname.endsWith("/")) site.pathname += "/";
    return site;
  }

  get #language() {
    const around = /** @type {HTMLElement | null} */ (this.closest("[lang]"));
    const lang = (around?.lang ?? "").slice(0, 2).toLowerCase();
    return Object.hasOwn(titles, lang) ? lang : "";
  }

  get #label() {
    return this.title || titles[this.#language || "en"];
  }

  /** What the attributes say, by the names of the address. */
  #parts() {
    /** @type {Record<string, string>} */
    const found = {};
    for (const [attribute, name] of Object.entries(names)) {
      const value = this.getAttribute(attribute);
      if (value !== null && name !== "lang")
        found[name] = value === "" && switches.includes(name) ? "true" : value;
    }
    // Without an attribute of its own it speaks the language of the page around it.
    if (this.#language !== "") found.lang = this.#language;
    return found;
  }

  /** The still, where there is one, and the frame, unless it waits for a click. @param {ShadowRoot} shadow */
  #show(shadow) {
    this.#anew = false;
    this.#still = this.#makeStill();
    shadow.replaceChildren(...(this.#still ? [this.#still] : []));
    if (this.getAttribute("loading") !== "click") return this.#open(shadow);
    const button = document.createElement("button");
    button.type = "button";
    button.part = "button";
    button.textContent = `\u25b6 ${this.#label}`;
    button.onclick = () => {
      button.remove();
      this.#open(shadow);
      this.#frame?.focus();
    };
    shadow.append(button);
  }

  #makeStill() {
    const poster = this.getAttribute("poster");
    if (poster === null && this.childElementCount === 0) return null;
    const still = document.createElement("div");
    still.className = "still";
    still.part = "still";
    const image = document.createElement("img");
    if (poster !== null) {
      image.src = new URL(poster, document.baseURI).href;
      image.alt = this.#label;
    }
    still.append(poster === null ? document.createElement("slot") : image);
    return still;
  }

  /** @param {ShadowRoot} shadow */
  #open(shadow) {
    if (home === null && !this.hasAttribute("site"))
      return this.#fire("error", {
        message: "<sign-flip> does not know where its site is: its attribute site has to say.",
      });
    const frame = document.createElement("iframe");
    frame.loading = this.getAttribute("loading") === "eager" ? "eager" : "lazy";
    frame.allow = "clipboard-write";
    frame.name = sharedName;
    frame.title = this.#label;
    frame.style.height = this.#isWhole ? "900px" : "600px";
    this.#sent = this.#parts();
    const query = new URLSearchParams(this.#sent);
    frame.src = new URL(`${this.#isWhole ? "index" : "embed"}.html?${query}`, this.#site).href;
    this.#frame = frame;
    // The whole page tells nothing.
    if (this.#isWhole) this.#still?.classList.add("live");
    shadow.append(frame);
  }

  #close() {
    this.#frame?.remove();
    this.#frame = this.#still = this.#state = null;
    this.#ready = false;
    this.#leave();
    this.#refuse("<sign-flip> was removed.");
  }

  /** No picture that was asked for comes any more. @param {string} why */
  #refuse(why) {
    for (const { reject } of this.#pictures.values()) reject(new Error(why));
    this.#pictures.clear();
  }

  /** Tells the frame which attributes have changed. */
  #send() {
    const now = this.#parts();
    const changed = Object.keys({ ...this.#sent, ...now }).filter(
      (name) => now[name] !== this.#sent[name],
    );
    if (changed.length === 0) return;
    this.#sent = now;
    const state = Object.fromEntries(changed.map((name) => [name, now[name] ?? null]));
    this.#tell({ type: "signflip:state", state });
  }

  /** @param {object} message @param {MessagePort[]} [ports] */
  #tell(message, ports = []) {
    // A site that sandboxes its pages has no origin to name; only the state of a public page is told.
    this.#frame?.contentWindow?.postMessage({ version, ...message }, "*", ports);
  }

  /** Gives the frame the engine of its site's other frames, or lets it have it. */
  #share() {
    this.#leave();
    const { href } = this.#site;
    const known = engines.get(href);
    if (known) return known.host.#admit(this, known.guests);
    engines.set(href, { host: this, guests: new Map() });
    this.#tell({ type: "signflip:engine", role: "host" });
  }

  /** Joins another's frame with the engine in this one. @param {SignFlip} guest @param {Map<SignFlip, number>} guests */
  #admit(guest, guests) {
    const { port1, port2 } = new MessageChannel();
    guests.set(guest, ++numbered);
    this.#tell({ type: "signflip:engine", role: "admit", guest: numbered }, [port1]);
    guest.#tell({ type: "signflip:engine", role: "guest" }, [port2]);
  }

  /** The frame is there no more; where it had the engine, another gets one. */
  #leave() {
    for (const [site, { host, guests }] of engines) {
      const guest = guests.get(this);
      if (guest) host.#tell({ type: "signflip:engine", role: "dismiss", guest });
      guests.delete(this);
      if (host !== this) continue;
      engines.delete(site);
      const [next, ...others] = guests.keys();
      if (!next) continue;
      const left = new Map();
      engines.set(site, { host: next, guests: left });
      next.#tell({ type: "signflip:engine", role: "host" });
      for (const other of others) next.#admit(other, left);
    }
  }

  /** @param {"ready" | "change" | "result" | "error"} what @param {unknown} detail */
  #fire(what, detail) {
    this.dispatchEvent(
      new CustomEvent(`signflip-${what}`, { detail, bubbles: true, composed: true }),
    );
  }

  /** @param {MessageEvent} event */
  #receive = ({ source, origin, data }) => {
    const frame = this.#frame;
    if (!frame || source !== frame.contentWindow) return;
    if (origin !== this.#site.origin && origin !== "null") return;
    const [family, what] = String(data?.type).split(":");
    if (family !== "signflip") return;
    if (what === "height") {
      if (!(data.height > 0 && data.height < 10000)) return;
      frame.style.height = `${Math.ceil(data.height)}px`;
      this.#still?.classList.add("live");
      return;
    }
    if (data.version !== version)
      return this.#fire("error", {
        message: `<sign-flip> speaks version ${version} with its frame, which speaks ${data.version}.`,
      });
    if (what === "engine") return data.wants ? this.#share() : this.#leave();
    const { type, version: _, query, ...detail } = data;
    if (detail.state) this.#state = detail.state;
    if (this.#state?.view === "model") {
      // The whole page comes, which tells nothing and is told nothing.
      this.#ready = false;
      this.#refuse(noPicture);
    }
    if (what === "ready") this.#listens();
    if (what === "picture") {
      const asked = this.#pictures.get(detail.id);
      this.#pictures.delete(detail.id);
      if (detail.blob instanceof Blob) asked?.resolve(detail.blob);
      else asked?.reject(new Error(detail.message));
    } else if (what === "ready" || what === "change" || what === "result" || what === "error")
      this.#fire(what, detail);
  };

  #listens() {
    this.#ready = true;
    this.#send();
    for (const state of this.#waiting.splice(0)) this.#tell({ type: "signflip:state", state });
  }
}

/** Each attribute as a property: a number or truth value where it reads as one; null where it is not there. */
const properties = [...new Set(Object.values(names)), ...own].filter(
  (name) => !(name in HTMLElement.prototype),
);
for (const name of properties)
  Object.defineProperty(SignFlip.prototype, name, {
    configurable: true,
    enumerable: true,
    get() {
      const text = this.getAttribute(kebab(name)) ?? this.getAttribute(name.toLowerCase());
      if (text === null) return null;
      if (switches.includes(name)) return text !== "false";
      return ["sample", "drawing", "picture"].includes(name) ? text : valueOf(text);
    },
    set(value) {
      if (value === null || value === undefined) {
        this.removeAttribute(kebab(name));
        this.removeAttribute(name.toLowerCase());
      } else this.setAttribute(kebab(name), String(value));
    },
  });

if (!customElements.get("sign-flip")) customElements.define("sign-flip", SignFlip);
