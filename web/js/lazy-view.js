// A view that is fetched when it is first opened: a skeleton meanwhile, a sentence and a way to try
// again where it cannot be had. It knows when to mount a view, not what is in it.
import { h } from "./dom.js";

/** @typedef {import("./views/context").ViewContext} ViewContext */
/** @typedef {import("./views/context").MountedView} MountedView */

export class LazyView {
  /** @type {MountedView | null} */ #mounted = null;
  /** @type {ViewContext | null} */ #context = null;
  #shown = false;
  /** Counts the mountings, so that one that was overtaken while its module loaded does nothing. */
  #turn = 0;

  /** @param {HTMLElement} element @param {() => Promise<{mount: (element: HTMLElement, context: ViewContext) => MountedView}>} load */
  constructor(element, load) {
    this.element = element;
    this.load = load;
  }

  /** What was mounted is out of date (another language, another dataset). */
  reset() {
    this.#turn++;
    this.#mounted?.remove?.();
    this.#mounted = null;
    this.#context = null;
    this.element.replaceChildren();
  }

  /** @param {boolean} shown @param {ViewContext} context */
  render(shown, context) {
    this.element.hidden = !shown;
    if (!shown && this.#shown) this.#mounted?.hide?.();
    this.#shown = shown;
    if (!shown) return;
    if (!this.#context) this.#mount(context);
    this.#mounted?.render(context.snapshot());
  }

  /** @param {ViewContext} context */
  async #mount(context) {
    const turn = ++this.#turn;
    this.#context = context;
    this.element.replaceChildren(...Array.from({ length: 3 }, () => h("span", { class: "skeleton", "aria-hidden": "true" })));
    this.element.setAttribute("aria-busy", "true");
    const module = await this.load().catch(() => null);
    if (turn !== this.#turn) return;
    this.element.removeAttribute("aria-busy");
    if (!module) return this.#failed(context);
    this.element.replaceChildren();
    this.#mounted = module.mount(this.element, context);
    if (this.#shown) this.#mounted.render(context.snapshot());
  }

  /** @param {ViewContext} context */
  #failed(context) {
    const { words } = context;
    this.element.replaceChildren(h("div", { class: "alert", role: "alert" }, h("p", {}, words.t("view.failed")),
      h("button", { type: "button", onclick: () => this.#mount(context) }, words.t("view.retry"))));
  }
}
