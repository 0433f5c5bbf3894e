// The page's one state object and its mirror in the URL. Pure functions, no DOM: views render from the
// state, and only main.js replaces it.
import { languages } from "../messages/languages.js";
import { addTransformed, datasets } from "./datasets.js";

/** @typedef {import("../types").State} State */
/** @typedef {import("../types").ParameterValues} ParameterValues */

/** What an address may say beside an attack's parameters. */
export const fixed = [
  "dataset",
  "sample",
  "drawing",
  "picture",
  "label",
  "attack",
  "target",
  "from",
  "grayBox",
  "step",
  "model",
  "view",
  "experiment",
  "image",
  "subject",
  "compared",
  "count",
  "theme",
  "lang",
  "hide",
  "guide",
];
/** What the page shows: one image under attack, or a whole model. */
export const views = ["image", "model"];

const first = Object.keys(datasets)[0];

/** Larger pictures, of nets that visitors bring, are in no address: servers refuse it, and so do messengers. 32×32 in
 * colour take 4096 letters. */
const longestPicture = 7000;

/** @param {string} [language] what the browser asks for, like "de-AT" @param {string} [dataset]
 * @returns {State} */
export function defaultState(language = "en", dataset = first) {
  const prefix = language.slice(0, 2).toLowerCase();
  return {
    dataset,
    sample: datasets[dataset].sample,
    drawing: "",
    picture: "",
    label: null,
    attack: "fgsm",
    parameters: {},
    target: null,
    from: "",
    grayBox: false,
    step: null,
    model: datasets[dataset].shown,
    view: "image",
    experiment: "",
    image: 0,
    subject: "",
    compared: [],
    count: 0,
    theme: "auto",
    lang: Object.hasOwn(languages, prefix) ? prefix : "en",
    hide: [],
    guide: 0,
  };
}

/** @param {string} text
 * @returns {number | boolean | string} */
function parseValue(text) {
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) ? number + 0 : text; // -0 is 0
}

/** "step-size" as the state has it, "stepSize". @param {string} name */
export const camelCase = (name) => name.replace(/-./g, ([, letter]) => letter.toUpperCase());

/** Reads a query string, whose names may be in kebab case; whatever it does not understand falls back to the default.
 * @param {string} query @param {string} [language]
 * @returns {State} */
export function readUrl(query, language) {
  const given = new URLSearchParams(
    [...new URLSearchParams(query)].map(([name, value]) => [camelCase(name), value]),
  );
  const dataset = given.get("dataset") ?? "";
  const state = defaultState(language, Object.hasOwn(datasets, dataset) ? dataset : first);
  for (const name of ["model", "from", "subject", "compared"])
    for (const id of (given.get(name) ?? "").split(",")) addTransformed(state.dataset, id);
  const { models, classes } = datasets[state.dataset];
  const known = models.map((m) => m.id);

  state.sample = given.get("sample") ?? state.sample;
  state.drawing = given.get("drawing") ?? "";
  state.picture = given.get("picture") ?? "";
  const label = given.get("label") ?? "";
  if (/^\d+$/.test(label) && Number(label) < classes.length) state.label = Number(label);
  state.attack = given.get("attack") ?? state.attack;
  if (views.includes(given.get("view") ?? "")) state.view = given.get("view") ?? "";
  const target = given.get("target") ?? "";
  if (/^\d+$/.test(target) && Number(target) < classes.length) state.target = Number(target);
  if (known.includes(given.get("from") ?? "")) state.from = given.get("from") ?? "";
  state.grayBox = given.get("grayBox") === "true";
  if (/^\d{1,6}$/.test(given.get("step") ?? "")) state.step = Number(given.get("step"));
  const shown = known.filter((id) => (given.get("model") ?? "").split(",").includes(id));
  if (shown.length > 0) state.model = shown;
  if (/^[a-z]+$/.test(given.get("experiment") ?? ""))
    state.experiment = given.get("experiment") ?? "";
  if (/^\d{1,6}$/.test(given.get("image") ?? "")) state.image = Number(given.get("image"));
  if (/^[\w.-]+$/.test(given.get("subject") ?? "")) state.subject = given.get("subject") ?? "";
  state.compared = (given.get("compared") ?? "").match(/[\w.-]+/g) ?? [];
  if (/^\d{1,6}$/.test(given.get("count") ?? "")) state.count = Number(given.get("count"));
  const theme = given.get("theme");
  if (theme === "light" || theme === "dark") state.theme = theme;
  const lang = given.get("lang") ?? "";
  if (Object.hasOwn(languages, lang)) state.lang = lang;
  if (/^[1-3]$/.test(given.get("guide") ?? "")) state.guide = Number(given.get("guide"));
  state.hide = (given.get("hide") ?? "").match(/[a-z]+/g) ?? [];
  for (const [name, text] of given) {
    if (!fixed.includes(name) && /^[a-z][a-zA-Z0-9]*$/.test(name))
      state.parameters[name] = parseValue(text);
  }
  return state;
}

/** The query string of a state: only what differs from the default, so that a short link stays short.
 * @param {State} state @param {string} [language] */
export function writeUrl(state, language) {
  const usual = defaultState(language, state.dataset);
  const query = new URLSearchParams();
  if (state.dataset !== first) query.set("dataset", state.dataset);
  if (state.sample !== usual.sample) query.set("sample", state.sample);
  if (state.sample === "drawing" && state.drawing !== "") query.set("drawing", state.drawing);
  if (state.sample === "picture" && state.picture !== "" && state.picture.length <= longestPicture)
    query.set("picture", state.picture);
  if (["drawing", "picture"].includes(state.sample) && state.label !== null)
    query.set("label", String(state.label));
  if (state.attack !== usual.attack) query.set("attack", state.attack);
  for (const [name, value] of Object.entries(state.parameters)) query.set(name, String(value));
  if (state.target !== null) query.set("target", String(state.target));
  if (state.from !== "") query.set("from", state.from);
  if (state.grayBox) query.set("grayBox", "true");
  if (state.step !== null) query.set("step", String(state.step));
  if (state.model.join() !== usual.model.join()) query.set("model", state.model.join(","));
  if (state.view !== usual.view) query.set("view", state.view);
  if (state.experiment !== usual.experiment) query.set("experiment", state.experiment);
  if (state.image !== usual.image) query.set("image", String(state.image));
  if (state.subject !== "") query.set("subject", state.subject);
  if (state.compared.length > 0) query.set("compared", state.compared.join(","));
  if (state.count !== 0) query.set("count", String(state.count));
  if (state.theme !== "auto") query.set("theme", state.theme);
  if (state.lang !== usual.lang) query.set("lang", state.lang);
  if (state.guide > 0) query.set("guide", String(state.guide));
  if (state.hide.length > 0) query.set("hide", state.hide.join(","));
  return query.toString().replaceAll("%2C", ",");
}

/** Where a budget in L2 starts, and its slider ends; null where budgets are changes of one pixel.
 * @param {State} state */
export const lengthsOf = ({ dataset, parameters }) =>
  parameters.norm === "l2" ? datasets[dataset].l2 : null;

/** The norm that an attack measures its budget, or its change, in.
 * @param {import("../types").AttackInfo} attack @param {ParameterValues} parameters */
export function normOf(attack, parameters) {
  const norm = attack.parameters.find(({ name }) => name === "norm");
  return String(norm ? (parameters.norm ?? norm.default) : attack.norm);
}

/** The page's own default of a parameter. @param {State} state @param {string} name */
const ours = (state, name) =>
  (name === "epsilon" ? lengthsOf(state)?.epsilon : undefined) ??
  datasets[state.dataset].defaults[name];

/** A parameter's value in force: the visitor's, else the page's for this dataset, else the catalogue's.
 * @param {State} state @param {import("../types").Parameter} parameter
 * @returns {number | boolean | string} */
export function valueOf(state, parameter) {
  const value =
    state.parameters[parameter.name] ?? ours(state, parameter.name) ?? parameter.default;
  if (parameter.kind === "boolean") return value === true;
  if (parameter.kind === "choice")
    return parameter.choices?.includes(String(value)) ? value : parameter.default;
  const number = typeof value === "number" ? value : Number(parameter.default);
  const bounded = Math.min(parameter.max ?? Infinity, Math.max(parameter.min ?? -Infinity, number));
  return parameter.kind === "integer" ? Math.round(bounded) : bounded;
}

/** The attack's parameters as the engine wants them. Those that nobody touched stay the engine's.
 * @param {State} state @param {import("../types").AttackInfo} attack
 * @returns {ParameterValues} */
export function attackParameters(state, attack) {
  /** @type {ParameterValues} */
  const values = {};
  for (const parameter of attack.parameters) {
    const touched = parameter.name in state.parameters || ours(state, parameter.name) !== undefined;
    if (touched) values[parameter.name] = valueOf(state, parameter);
  }
  return values;
}

/** What stays of the visitor's values when the attack changes: the budget where it is measured in the same norm,
 * what the next attack does not have, and what both start from the same default. Ten steps of MIM would
 * starve C&W, which wants 1000.
 * @param {State} state @param {import("../types").AttackInfo | undefined} now @param {import("../types").AttackInfo} next
 * @returns {ParameterValues} */
export function carriedOver(state, now, next) {
  const of = (
    /** @type {import("../types").AttackInfo | undefined} */ attack,
    /** @type {string} */ name,
  ) => attack?.parameters.find((parameter) => parameter.name === name);
  const same = (/** @type {string} */ name) =>
    of(now, name) && of(now, name)?.default === of(next, name)?.default;
  const kept = Object.fromEntries(
    Object.entries(state.parameters).filter(([name]) =>
      // A norm that the next attack does not offer would change what its budget means.
      name === "norm" ? of(next, name) && same(name) : !of(next, name) || same(name),
    ),
  );
  // Budgets are in L∞ unless one asks for another norm.
  const { epsilon, norm = "linf" } = state.parameters;
  if (epsilon !== undefined && norm === (kept.norm ?? "linf")) kept.epsilon = epsilon;
  else delete kept.epsilon;
  return kept;
}
