// "Explore a model": what happens to many images at once. The page's frame loads this module when the
// view is first opened, and mounts it anew when the language or the dataset changes. Here are the view's
// parts and what they share; each tool is a module of its own, fetched when its tab is first opened.
import { sentenceOf } from "../../engine/errors.js";
import { datasets } from "../../state/datasets.js";
import { h, setText, styleSheet } from "../../ui/dom.js";
import { createTabs } from "../../ui/tabs.js";
import { bring } from "../bring/open.js";
import { defend } from "../defend/open.js";
import { labFor } from "./lab.js";
import { broughtImages } from "./packs.js";
import { createSetup } from "./setup.js";

/** @typedef {import("./types").Tool} Tool
 * @typedef {import("./types").LabContext} LabContext */

/** The tools, in the order of their tabs. @type {Record<string, (context: any) => Promise<Tool>>} */
const tools = {
  test: async (context) => (await import("./tools/test/index.js")).createTestRun(context),
  curve: async (context) => (await import("./tools/curve/index.js")).createCurve(context),
  transfer: async (context) => (await import("./tools/transfer/index.js")).createTransfer(context),
  map: async (context) => (await import("./tools/map/index.js")).createMap(context),
  slice: async (context) => (await import("./tools/slice/index.js")).createSlice(context),
  shared: async (context) => (await import("./tools/shared/index.js")).createShared(context),
  train: async (context) => (await import("./tools/train/index.js")).createTrain(context),
};
const names = Object.keys(tools);

export const messages = ["models"];

/** The view's own style sheets, once. */
const styled = () =>
  Promise.all(["model-view", "model-tools"].map((name) => styleSheet(`css/later/${name}.css`)));

/** @param {HTMLElement} element empty, and the view's own
 * @param {import("../../ui/context").ViewContext} context
 * @returns {import("../../ui/context").MountedView} */
export function mount(element, context) {
  const view = new ModelView(element, context);
  return { render: () => view.render(), remove: () => view.remove() };
}

/** Stops what runs and forgets listeners. @param {Tool} tool */
function end(tool) {
  tool.bar.stop();
  tool.frame.cancel();
  tool.remove?.();
}

class ModelView {
  /** @type {Map<string, Tool>} */ #made = new Map();
  /** Tools whose module is on its way, those whose module could not be had, and those whose models are out of date. */
  #making = new Set();
  #failed = new Set();
  #stale = new Set();
  #open = "";
  /** The models that there were, as the tools know them. */
  #models = "";
  /** The visitor's test images, as the tools know them. @type {import("./types").Images | undefined} */
  #images;
  #removed = false;
  /** How many test images there are to choose from, and how many are drawn by us. @type {number[]} */
  #counts = [];
  #drawn = 0;

  /** @param {HTMLElement} element @param {import("../../ui/context").ViewContext} context */
  constructor(element, context) {
    this.context = context;
    const { words } = context;
    this.lab = labFor(context.state().dataset);
    this.setup = createSetup(context);
    this.tabs = createTabs({
      names,
      title: (name) => words.t(`tool.${name}`),
      tab: "lab-tab",
      panel: "lab",
      list: { class: "lab-tabs", "aria-label": words.t("tool.title") },
      choose: (name) => this.#choose(name),
    });
    this.panels = names.map((name) =>
      h(
        "div",
        { id: `lab-${name}`, role: "tabpanel", "aria-labelledby": `lab-tab-${name}`, hidden: true },
        h("p", { class: "lead" }, words.t(`tool.${name}.about`)),
        h("span", { class: "skeleton tall", "aria-hidden": "true" }),
      ),
    );
    this.note = h("p", { class: "hint" });
    this.none = h("p", { class: "hint", hidden: true }, words.t("modelView.none"));
    this.body = h(
      "div",
      { class: "lab", hidden: true },
      this.setup.element,
      h("div", { class: "lab-main" }, this.tabs.element, ...this.panels, this.note),
    );
    element.append(
      h("h2", { id: "model-view-title" }, words.t("modelView.title")),
      h("p", { class: "lead" }, words.t("modelView.lead")),
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "button", onclick: () => bring(context) }, words.t("models.own")),
        h("button", { type: "button", onclick: () => defend(context) }, words.t("models.behind")),
      ),
      this.none,
      this.body,
    );
    this.labContext = this.#createContext();
    this.#prepare();
  }

  /** What the tools get. @returns {LabContext} */
  #createContext() {
    const { context, lab, setup } = this;
    const { words } = context;
    const { dataset } = context.state();
    return {
      ...context,
      lab,
      setup: setup.setup,
      says: setup.says,
      classes: datasets[dataset].classes.length,
      className: (label) => words.className(dataset, label),
      titleOf: (id) => words.t(`model.${id}`, {}, id),
      shortOf: (id) => words.t(`model.${id}.short`, {}, id),
      counts: this.#counts,
      drawn: () => this.#drawn,
      chosen: () => context.state().image,
      choose: (index) => context.update({ image: index }),
      open: (name) => this.#choose(name),
      modelsChanged: () => this.render(),
    };
  }

  /** @param {string} name */
  #choose(name) {
    this.context.update({ experiment: name === names[0] ? "" : name });
  }

  get #tool() {
    const { experiment } = this.context.state();
    return names.includes(experiment) ? experiment : names[0];
  }

  async #prepare() {
    const { context, setup, lab } = this;
    this.#images = broughtImages(lab.dataset);
    const [{ test }] = await Promise.all([lab.packs(), styled()]);
    if (this.#removed) return;
    this.none.hidden = test.length > 0;
    if (test.length === 0) return;
    this.body.hidden = false;
    this.#counts.splice(0, Infinity, ...test.map(({ count }) => count));
    this.#drawn = test.find(({ drawn }) => drawn)?.count ?? 0;
    const key = this.#images ? "lab.brought" : test.length > 1 ? "lab.drawnToo" : "lab.drawn";
    const count = this.#images?.count ?? this.#drawn;
    setText(this.note, context.words.t(key, { count: context.words.number(count, 0) }));
    lab.pool.catalogue().then(
      ({ attacks }) => {
        if (this.#removed) return;
        setup.equip(attacks);
        this.render();
      },
      (error) => setup.fail(sentenceOf(context.words, error, null)),
    );
    this.render();
  }

  /** Where there is another model, or one less, tools that list them are made anew when they are next in sight. */
  #renew() {
    const ids = this.lab.models.map(({ id }) => id).join();
    if (ids === this.#models) return;
    this.#models = ids;
    for (const name of this.#made.keys()) if (name !== "train") this.#stale.add(name);
  }

  /** Unmakes a tool whose models are out of date, unless it is running. What it found, it remembers.
   * @param {string} name */
  #unmake(name) {
    const tool = this.#made.get(name);
    if (!tool || tool.bar.running()) return;
    this.#stale.delete(name);
    end(tool);
    tool.element.remove();
    this.#made.delete(name);
  }

  /** @param {string} name */
  async #make(name) {
    const panel = this.panels[names.indexOf(name)];
    if (this.#making.has(name)) return;
    this.#making.add(name);
    const tool = await tools[name](this.labContext).catch(() => null);
    this.#making.delete(name);
    if (this.#removed) return tool ? end(tool) : undefined;
    panel.querySelector(".skeleton")?.remove();
    if (!tool) {
      this.#failed.add(name);
      const text = this.context.words.t("view.failed");
      panel.append(h("p", { class: "alert", role: "alert" }, text));
      return;
    }
    this.#made.set(name, tool);
    panel.append(tool.element);
    this.render();
  }

  /** The visitor brought test images: what was found on others is forgotten. */
  #exchange() {
    for (const name of names) if (name !== "train") this.lab.memory.delete(name);
    for (const name of this.#made.keys()) this.#stale.add(name);
    this.#prepare();
  }

  render() {
    if (this.#images !== broughtImages(this.lab.dataset)) return this.#exchange();
    if (this.body.hidden) return;
    this.#renew();
    this.setup.render();
    const now = this.#tool;
    if (now !== this.#open) {
      this.#open = now;
      this.tabs.show(now);
      this.panels.forEach((panel, i) => {
        panel.hidden = names[i] !== now;
      });
    }
    if (this.#stale.has(now)) this.#unmake(now);
    if (!this.#made.has(now) && !this.#failed.has(now)) this.#make(now);
    this.#made.get(now)?.render(this.context.snapshot());
  }

  remove() {
    this.#removed = true;
    for (const tool of this.#made.values()) end(tool);
    this.lab.close();
  }
}
