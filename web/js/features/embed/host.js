// What the compact page and the page around it tell each other by postMessage. `version` is that of these
// messages; what has another version is refused. Each message is plain data.
//
// To the parent:
//   {type: "signflip:ready", version, release, state, query}    from now on it listens
//   {type: "signflip:change", version, state, query}            another state, whoever changed it
//   {type: "signflip:result", version, dataset, sample, attack, parameters, target,
//    models: [{id, label, clean, adversarial, success, l0, l2, linf, confidence}]}
//   {type: "signflip:error", version, message}
//   {type: "signflip:picture", version, id, blob | message}     what was asked for under this id, or why not
//   its height in CSS pixels after each change, as heightIn() has it
// From the parent:
//   {type: "signflip:state", version, query}    the address' query of another state
//   {type: "signflip:state", version, state}    parts of it by name; null for a part's default
//   {type: "signflip:picture", version, id, as} asks for a picture of the result, as "image/png", say
//   "slide:stop", "slide:start"                 reveal.js: pause, go on
import { heightIn } from "./height.js";
import { heightAfterMs } from "../../state/timing.js";
import { camelCase, readUrl, valueOf, writeUrl } from "../../state/state.js";
import { refusalOf } from "./refusal.js";

/** @typedef {import("../../types").State} State */
/** @typedef {import("../../page-shell.js").PageShell} PageShell */

const version = 1;

/** A part of the state as the address has it; null of what none can be, an object, say. @param {unknown} value */
function written(value) {
  const all = Array.isArray(value) ? value : [value];
  const plain = ["string", "number", "boolean", "bigint"];
  return all.every((each) => plain.includes(typeof each)) ? all.join(",") : null;
}

/** The query of a state in which these parts are changed, or what is wrong with them. @param {string} query
 * @param {Record<string, unknown>} parts @param {import("../../types").AttackInfo[]} attacks
 * @returns {{query: string} | {wrong: string}} */
function changed(query, parts, attacks) {
  const next = new URLSearchParams(query);
  const { parameters, ...others } = parts;
  if (typeof (parameters ?? {}) !== "object") return { wrong: "parameters are no object" };
  /** @type {Map<string, string>} */
  const given = new Map();
  for (const [name, value] of Object.entries({ ...others, .../** @type {{}} */ (parameters) })) {
    next.delete(camelCase(name));
    if (value === null || value === undefined) continue;
    const text = written(value);
    if (text === null)
      return { wrong: `${name} is neither text, a number, true or false, nor a list of them` };
    next.set(camelCase(name), text);
    given.set(camelCase(name), text);
  }
  const changedTo = next.toString();
  const wrong = refusalOf(given, readUrl(changedTo, navigator.language), attacks);
  return wrong === null ? { query: changedTo } : { wrong };
}

/** @param {PageShell} page @param {import("../../types").ExploreResult} result */
function plainResult({ snapshot }, { request, lanes, state }) {
  const attack = snapshot.attacks.find(({ name }) => name === request.attack);
  return {
    dataset: request.dataset,
    sample: state.sample,
    attack: request.attack,
    // All that are in force, also those that nobody touched.
    parameters: Object.fromEntries(
      (attack?.parameters ?? []).map((parameter) => [parameter.name, valueOf(state, parameter)]),
    ),
    target: request.target,
    models: lanes.map((lane) => ({
      id: lane.model,
      label: lane.label,
      target: lane.target,
      clean: lane.cleanLabel,
      adversarial: lane.adversarialLabel,
      success:
        lane.target === null
          ? lane.adversarialLabel !== lane.label
          : lane.adversarialLabel === lane.target,
      l0: lane.l0,
      l2: lane.l2,
      linf: lane.linf,
      confidence: lane.after[lane.adversarialLabel],
    })),
  };
}

export class Host {
  /** Whether the page around has nothing to look at here (another slide). */
  paused = false;
  #told = "";
  #error = "";
  #ready = false;

  /** @param {PageShell} page
   * @param {{wanted: () => string, become: (query: string) => void, picture: (type: string) => Promise<Blob>}} actions
   *   wanted: the query of the state that the page has or is on its way to */
  constructor(page, actions) {
    this.page = page;
    this.actions = actions;
    if (parent === window) return;
    addEventListener("message", ({ source, data }) => {
      if (source === parent) this.#receive(data);
    });
  }

  /** The page listens, and knows its attacks. */
  ready() {
    this.#ready = true;
    this.#told = this.#query();
    const release = document.documentElement.dataset.version ?? "";
    this.#tell("ready", { release, ...this.#state() });
  }

  /** Tells what has changed since it was told. */
  follow() {
    if (!this.#ready) return;
    const trouble = this.page.trouble();
    if (trouble !== this.#error && trouble !== "") this.#tell("error", { message: trouble });
    this.#error = trouble;
    if (this.#query() === this.#told) return;
    this.#told = this.#query();
    this.#tell("change", this.#state());
  }

  /** The whole page comes in this one's place, and tells nothing. @param {State} state that it is shown in */
  leave(state) {
    this.#tell("change", { state, query: writeUrl(state, navigator.language) });
  }

  /** @param {import("../../types").ExploreResult} result */
  result(result) {
    this.follow();
    this.#tell("result", plainResult(this.page, result));
  }

  /** Nobody looks: what takes long is broken off. */
  runChanged() {
    if (this.paused && this.page.snapshot.run.state === "slow")
      this.page.explorer.scheduler.cancel();
  }

  #query() {
    return writeUrl(this.page.state, navigator.language);
  }

  #state() {
    return { state: structuredClone(this.page.state), query: this.#query() };
  }

  /** @param {string} what @param {object} more */
  #tell(what, more) {
    // What is on a public page is told to whoever frames it, so no origin is asked for.
    if (parent !== window) parent.postMessage({ type: `signflip:${what}`, version, ...more }, "*");
  }

  /** @param {any} data */
  #receive(data) {
    const { scheduler } = this.page.explorer;
    if (data === "slide:stop") {
      this.paused = true;
      return this.runChanged();
    }
    if (data === "slide:start") {
      this.paused = false;
      return scheduler.again();
    }
    if (data?.type !== "signflip:state" && data?.type !== "signflip:picture") return;
    if ((data.version ?? version) !== version)
      return this.#tell("error", {
        message: `${data.type} came as version ${written(data.version) ?? "?"}; this page knows version ${version}.`,
      });
    if (data.type === "signflip:picture") return void this.#picture(data);
    if (typeof data.query === "string") return void this.actions.become(data.query);
    const next =
      data.state && typeof data.state === "object"
        ? changed(this.actions.wanted(), data.state, this.page.snapshot.attacks)
        : { wrong: "it has neither a query (text) nor a state (an object)" };
    if ("query" in next) this.actions.become(next.query);
    else this.#tell("error", { message: `${data.type} cannot be taken: ${next.wrong}.` });
  }

  /** @param {{id: unknown, as?: unknown}} asked */
  async #picture({ id, as }) {
    const answer = await this.actions.picture(String(as ?? "image/png")).then(
      (blob) => ({ blob }),
      (error) => ({ message: error instanceof Error ? error.message : String(error) }),
    );
    this.#tell("picture", { id, ...answer });
  }

  /** Tells the height from now on. */
  followHeight() {
    if (parent === window) return;
    let told = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const tell = () => {
      timer = undefined;
      const height = Math.ceil(document.body.getBoundingClientRect().height);
      if (height === told || height === 0) return;
      told = height;
      for (const message of heightIn(height)) parent.postMessage(message, "*");
    };
    // H5P's resizer answers this with what it expects later; only its width style matters here.
    parent.postMessage({ context: "h5p", action: "hello" }, "*");
    new ResizeObserver(() => {
      timer ??= setTimeout(tell, heightAfterMs);
    }).observe(document.body);
  }
}
