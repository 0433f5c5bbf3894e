// "Explore a model": what happens to many images at once. The page's frame loads this module when the
// view is first opened, and mounts it anew when the language or the dataset changes. Here are the view's
// parts and what they share; each tool is a module of its own, fetched when its tab is first opened.
import { datasets } from "../../state/datasets.js";
import { h, setText } from "../../ui/dom.js";
import { sentenceOf } from "../../engine/errors.js";
import { labFor } from "./lab.js";
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
  train: async (context) => (await import("./tools/train/index.js")).createTrain(context),
};

export const messages = ["models"];

/** The view's own style sheets, once. @returns {Promise<unknown>} */
function styled() {
  return Promise.all(
    ["model-view", "model-tools"].map((name) => {
      const href = new URL(`css/later/${name}.css`, document.baseURI).href;
      if ([...document.styleSheets].some((sheet) => sheet.href === href)) return null;
      return new Promise((resolve) => {
        document.head.append(
          h("link", { rel: "stylesheet", href, onload: resolve, onerror: resolve }),
        );
      });
    }),
  );
}

/** @param {HTMLElement} element empty, and the view's own
 * @param {import("../../ui/context").ViewContext} context
 * @returns {import("../../ui/context").MountedView} */
export function mount(element, context) {
  const { words } = context;
  const dataset = context.state().dataset;
  const lab = labFor(dataset);
  const names = Object.keys(tools);
  const setup = createSetup(context);
  /** @type {Map<string, Tool>} */
  const made = new Map();
  /** Tools whose module is on its way, and those whose module could not be had. */
  const making = new Set(),
    failed = new Set(),
    stale = new Set();
  let open = "",
    removed = false;
  /** @type {number[]} */
  let counts = [];
  const toolOf = () =>
    names.includes(context.state().experiment) ? context.state().experiment : names[0];

  const tabs = names.map((name) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `lab-tab-${name}`,
        "aria-controls": `lab-${name}`,
        "aria-selected": "false",
        tabindex: -1,
        onclick: () => choose(name),
      },
      words.t(`tool.${name}`),
    ),
  );
  const list = h(
    "div",
    {
      class: "lab-tabs",
      role: "tablist",
      "aria-label": words.t("tool.title"),
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        const at = names.indexOf(toolOf());
        const moves = { ArrowRight: 1, ArrowLeft: -1, Home: -at, End: names.length - 1 - at };
        const by = moves[/** @type {keyof typeof moves} */ (event.key)];
        if (by === undefined) return;
        event.preventDefault();
        const next = (at + by + names.length) % names.length;
        choose(names[next]);
        tabs[next].focus();
      },
    },
    ...tabs,
  );
  const panels = names.map((name) =>
    h(
      "div",
      { id: `lab-${name}`, role: "tabpanel", "aria-labelledby": `lab-tab-${name}`, hidden: true },
      h("p", { class: "lead" }, words.t(`tool.${name}.about`)),
      h("span", { class: "skeleton tall", "aria-hidden": "true" }),
    ),
  );
  const alert = h("p", { class: "alert", role: "alert", hidden: true });
  const body = h(
    "div",
    { class: "lab", hidden: true },
    setup.element,
    h("div", { class: "lab-main" }, list, alert, ...panels),
  );
  element.append(
    h("h2", { id: "model-view-title" }, words.t("modelView.title")),
    h("p", { class: "lead" }, words.t("modelView.lead")),
    body,
  );

  const choose = (/** @type {string} */ name) =>
    context.update({ experiment: name === names[0] ? "" : name });
  /** @param {unknown} error */
  const sentence = (error) => sentenceOf(words, error, null);

  const named = datasets[dataset].classes;
  /** @type {LabContext & Record<string, any>} */
  const labContext = {
    ...context,
    words,
    lab,
    setup: setup.setup,
    says: setup.says,
    classes: named.length,
    className: (label) => words.className(dataset, label),
    titleOf: (/** @type {string} */ id) =>
      lab.models.find((model) => model.id === id)?.title || words.t(`model.${id}`, {}, id),
    shortOf: (/** @type {string} */ id) =>
      lab.models.find((model) => model.id === id)?.title || words.t(`model.${id}.short`, {}, id),
    get counts() {
      return counts;
    },
    chosen: () => context.state().image,
    choose: (index) => context.update({ image: index }),
    open: choose,
    modelsChanged: renew,
  };

  /** There is another model: tools that list them are made anew when they are next in sight. */
  function renew() {
    for (const name of made.keys()) if (name !== "train") stale.add(name);
    render();
  }

  /** Unmakes a tool whose models are out of date, unless it is running. What it found, it remembers.
   * @param {string} name */
  function unmake(name) {
    const tool = made.get(name);
    if (!tool || tool.busy?.()) return;
    stale.delete(name);
    tool.remove?.();
    tool.element.remove();
    made.delete(name);
  }

  async function prepare() {
    const [{ test }] = await Promise.all([lab.packs(), styled()]);
    if (removed) return;
    body.hidden = false;
    counts = test.map(({ count }) => count);
    if (counts.length === 0) {
      alert.hidden = false;
      list.hidden = true;
      setText(alert, words.t("lab.noImages"));
    }
    lab.pool.catalogue().then(
      ({ attacks }) => {
        if (removed) return;
        setup.equip(attacks);
        render();
      },
      (error) => setup.fail(sentence(error)),
    );
    render();
  }

  /** @param {string} name */
  async function make(name) {
    const panel = panels[names.indexOf(name)];
    if (making.has(name)) return;
    making.add(name);
    const tool = await tools[name](labContext).catch(() => null);
    making.delete(name);
    if (removed) return;
    panel.querySelector(".skeleton")?.remove();
    if (!tool) {
      failed.add(name);
      panel.append(h("p", { class: "alert", role: "alert" }, words.t("view.failed")));
      return;
    }
    made.set(name, tool);
    panel.append(tool.element);
    render();
  }

  function render() {
    if (body.hidden) return;
    setup.render();
    const now = toolOf();
    if (now !== open) {
      open = now;
      names.forEach((name, i) => {
        tabs[i].setAttribute("aria-selected", String(name === now));
        tabs[i].tabIndex = name === now ? 0 : -1;
        panels[i].hidden = name !== now || counts.length === 0;
      });
    }
    if (stale.has(now)) unmake(now);
    if (!made.has(now) && !failed.has(now) && counts.length > 0) make(now);
    made.get(now)?.render(context.snapshot());
  }

  prepare();
  return {
    render,
    remove() {
      removed = true;
      for (const tool of made.values()) tool.remove?.();
      lab.close();
    },
  };
}
