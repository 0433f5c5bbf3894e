// A view that is fetched when it is first opened, or comes near the part of the page that one sees: a
// skeleton meanwhile, a sentence and a way to try again where it cannot be had. It knows when to mount a
// view, not what is in it.
import { isReplaced, renew } from "../state/build.js";
import { h, styleSheet } from "./dom.js";

/** @typedef {import("./context").ViewContext} ViewContext */
/** @typedef {import("./context").MountedView} MountedView */
/** messages: the sections of a language that hold its words; styles: its own style sheet.
 * @typedef {{mount: (element: HTMLElement, context: ViewContext) => MountedView,
 *            styles?: string, messages?: string[]}} ViewModule */

/** How near is near: with so much in sight, as more than an edge. */
const near = "-64px";

export class LazyView {
  /** @type {MountedView | null} */ #mounted = null;
  /** @type {ViewContext | null} */ #context = null;
  /** With what it would be mounted, were it near. @type {ViewContext | null} */ #waiting = null;
  #shown = false;
  /** Counts the mountings, so that one that was overtaken while its module loaded does nothing. */
  #turn = 0;

  /** @type {IntersectionObserver | null} */ #watch = null;

  /** @param {HTMLElement} element @param {() => Promise<ViewModule>} load
   * @param {{whenNear?: boolean, skeletons?: number}} [options] whenNear: not before one scrolls there */
  constructor(element, load, { whenNear = false, skeletons = 3 } = {}) {
    this.element = element;
    this.load = load;
    this.skeletons = skeletons;
    this.far = whenNear;
    if (!whenNear) return;
    this.#watch = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) this.approach();
      },
      { rootMargin: near },
    );
    this.#watch.observe(element);
  }

  /** It is wanted now, wherever one looks. */
  approach() {
    this.#watch?.disconnect();
    this.#watch = null;
    if (!this.far) return;
    this.far = false;
    if (this.#shown && this.#waiting) this.render(true, this.#waiting);
  }

  /** What was mounted is out of date (another language, another dataset). */
  reset() {
    this.#turn++;
    this.#mounted?.remove?.();
    this.#mounted = null;
    this.#context = this.#waiting = null;
    this.element.replaceChildren();
  }

  /** Its place is covered by another, whether or not it is still rendered. */
  hide() {
    this.#mounted?.hide?.();
  }

  /** Its place is gone. */
  remove() {
    this.#watch?.disconnect();
    this.reset();
  }

  /** @param {boolean} shown @param {ViewContext} context */
  render(shown, context) {
    this.element.hidden = !shown;
    if (!shown && this.#shown) this.#mounted?.hide?.();
    this.#shown = shown;
    if (!shown) return;
    this.#waiting = context;
    if (this.far) return;
    if (!this.#context) this.#mount(context);
    this.#mounted?.render(context.snapshot());
  }

  /** @param {ViewContext} context */
  async #mount(context) {
    const turn = ++this.#turn;
    this.#context = context;
    this.element.replaceChildren(
      ...Array.from({ length: this.skeletons }, () =>
        h("span", { class: "skeleton", "aria-hidden": "true" }),
      ),
    );
    this.element.setAttribute("aria-busy", "true");
    const found = await this.load()
      .then(async (module) => {
        const [words] = await Promise.all([
          context.words.with(module.messages ?? []),
          module.styles && styleSheet(module.styles),
        ]);
        return { module, words };
      })
      .catch(() => null);
    if (turn !== this.#turn) return;
    this.element.removeAttribute("aria-busy");
    if (!found) return this.#failed(context, turn);
    this.element.replaceChildren();
    this.#mounted = found.module.mount(this.element, { ...context, words: found.words });
    if (this.#shown) this.#mounted.render(context.snapshot());
  }

  /** @param {ViewContext} context @param {number} turn of the mounting */
  async #failed(context, turn) {
    const { words } = context;
    const replaced = await isReplaced();
    if (turn !== this.#turn) return;
    this.element.replaceChildren(
      h(
        "div",
        { class: "alert", role: "alert" },
        h("p", {}, words.t(replaced ? "error.mixed" : "view.failed")),
        h(
          "button",
          { type: "button", onclick: () => (replaced ? renew() : this.#mount(context)) },
          words.t("view.retry"),
        ),
      ),
    );
  }
}
