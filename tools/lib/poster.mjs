// A figure of what the page shows under an address, without a browser: the same engine, question, words and
// drawing rules (tools/poster says how it is called).
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { attackOn, lanesUnder, tracedOn } from "../../web/js/engine/attacked.js";
import { questionOf } from "../../web/js/engine/explorer.js";
import * as tracing from "../../web/js/engine/trace.js";
import { drawFigure, sizeOf } from "../../web/js/features/share/figure.js";
import { contentOf } from "../../web/js/features/share/still.js";
import { camelCase, readUrl, writeUrl } from "../../web/js/state/state.js";
import { datasets, filesOf } from "../../web/js/state/datasets.js";
import { draw } from "../../web/js/picture/drawn/index.js";
import { drawnSigns, samplesIn } from "../../web/js/engine/drawn-samples.js";
import { imageOf, ownSamples } from "../../web/js/state/samples.js";
import { sayVerdicts } from "../../web/js/state/verdict.js";
import { wordsFor } from "../../web/js/ui/i18n.js";
import { SvgPen, coloursOf } from "./svg-pen.mjs";

/** @typedef {import("../../web/js/types.d.ts").State} State */

/** Parts of an address that a figure does not show. */
const unseen = ["hide", "view", "experiment", "image", "subject", "compared", "count"];

/** What is wrong with an address, that the page would take for a default. @param {string} text @param {State} state
 * @param {import("../../web/js/types.d.ts").AttackInfo[]} attacks @returns {string | null} */
function refusal(text, state, attacks) {
  const attack = attacks.find(({ name }) => name === state.attack);
  if (!attack)
    return `attack is "${state.attack}"; expected one of ${attacks.map(({ name }) => name).join(", ")}.`;
  const given = new URLSearchParams(text);
  for (const [written, value] of given) {
    const name = camelCase(written);
    if (unseen.includes(name)) return `${written} has nothing to do with a figure.`;
    if (name in state.parameters) {
      // The page's links keep what another attack was given.
      if (!attacks.some(({ parameters }) => parameters.some((one) => one.name === name)))
        return `${written} is no part of an address, and no parameter of any attack.`;
      const parameter = attack.parameters.find((one) => one.name === name);
      if (!parameter) continue;
      const { kind, min, max, choices } = parameter;
      const number = Number(value);
      const fits =
        kind === "boolean"
          ? ["true", "false"].includes(value)
          : kind === "choice"
            ? choices?.includes(value)
            : value.trim() !== "" && number >= min && number <= max;
      const expected =
        choices?.join(", ") ?? (kind === "boolean" ? "true or false" : `${min} to ${max}`);
      if (!fits || (kind === "integer" && !Number.isInteger(number)))
        return `${written} is "${value}"; expected ${expected}.`;
    } else if (readPart(state, name) !== value) {
      const { models, classes } = datasets[state.dataset];
      /** @type {Record<string, string>} */
      const expected = {
        dataset: Object.keys(datasets).join(" or "),
        model: `some of ${models.map(({ id }) => id).join(", ")}, in this order`,
        from: `one of ${models.map(({ id }) => id).join(", ")}`,
        target: `a class from 0 to ${classes.length - 1}`,
        label: `a class from 0 to ${classes.length - 1}`,
        step: "a whole number",
        grayBox: "true or false",
        theme: "light or dark",
        lang: "a language of web/js/messages",
      };
      return `${written} is "${value}"; expected ${expected[name] ?? "something else"}.`;
    }
  }
  return null;
}

/** A part of the state as an address would have it. @param {State} state @param {string} name */
const readPart = (state, name) => String(/** @type {any} */ (state)[name] ?? "");

/** Test images that the site was built with. @param {string} site @param {string} dataset */
function testImages(site, dataset) {
  const base = join(site, datasets[dataset].samples);
  if (!existsSync(`${base}.json`)) return [];
  const { height, width, channels = 1, images } = JSON.parse(readFileSync(`${base}.json`, "utf8"));
  const bytes = readFileSync(`${base}.bin`);
  const size = height * width * channels;
  return images.map(
    (/** @type {{index: number, label: number}} */ { index, label }, /** @type {number} */ i) => ({
      id: `test-${index}`,
      label,
      pixels: Float32Array.from(bytes.subarray(i * size, (i + 1) * size), (value) => value / 255),
    }),
  );
}

/** What there is to pick from, as on the page. @param {string} site @param {string} dataset */
function samplesOf(site, dataset) {
  const tests = testImages(site, dataset);
  if (datasets[dataset].digit) return [...ownSamples(), ...tests];
  return [...tests, ...samplesIn(draw(drawnSigns))];
}

/**
 * @param {string} query the page's address after "?", whole or not
 * @param {{site: string, css: string, page?: string, times?: number}} options site: the built site's folder; css: the text
 *   of web/css/tokens.css; page: the address before "?" to write under the figure; times: of a pen
 * @returns {Promise<string>} an SVG; rejects with one sentence where the address names what is not there
 */
export async function posterOf(query, { site, css, page = "index.html", times = 1 }) {
  const text = query.slice(query.indexOf("?") + 1);
  const state = readUrl(text, "en");
  const wasm = join(site, "js/signflip.wasm");
  if (!existsSync(wasm))
    throw new Error(`There is no site in ${site}: build it first (tools/demo --build-only does).`);
  const { default: createSignflip } = await import(
    pathToFileURL(join(site, "js/signflip.js")).href
  );
  const signflip = await createSignflip({ wasmBinary: readFileSync(wasm), importBinary: null });
  const attacks = signflip.attacks();
  const wrong = refusal(text, state, attacks);
  if (wrong) throw new Error(wrong);

  const { models: known } = datasets[state.dataset];
  const samples = samplesOf(site, state.dataset);
  const image = imageOf(state, samples);
  if (image.id !== state.sample || image.id === "")
    throw new Error(
      `sample is "${state.sample}"; expected drawing, picture, or one of ${samples.map(({ id }) => id).join(", ")}.`,
    );
  /** @type {Map<string, import("../../web/js/engine/loaded-models.js").Loaded>} */
  const loaded = new Map();
  const names = new Set([...state.model, ...(state.from ? [state.from] : [])]);
  for (const model of known.filter(({ id }) => names.has(id))) {
    const [classifier, denoiser] = filesOf(model).map((file) => {
      if (!existsSync(join(site, file))) throw new Error(`There is no ${file} in ${site}.`);
      return signflip.loadModel(readFileSync(join(site, file)));
    });
    if (model.transform)
      throw new Error(`model is "${model.id}"; posters show none behind a transform.`);
    const whole = denoiser ? classifier.denoisedBy(denoiser) : classifier;
    const seen = denoiser
      ? (/** @type {Float32Array} */ image) => denoiser.predict(image).logits
      : null;
    loaded.set(`${state.dataset}/${model.id}`, { model: whole, classifier, seen });
  }
  const find = (/** @type {string} */ name) => /** @type {any} */ (loaded.get(name));

  const attack = attacks.find((/** @type {{name: string}} */ { name }) => name === state.attack);
  const request = {
    ...questionOf(state, attack, image.label, state.model),
    image: Float32Array.from(image.pixels),
  };
  const lanes = lanesUnder(find, request, (name) => attackOn(find, request, name));
  const traces = Object.fromEntries(
    state.step === null
      ? []
      : state.model.map((name) => [name, tracedOn(find, request, name, tracing)]),
  );
  const result = { request, lanes, state };
  const words = await (await wordsFor(state.lang, state.dataset)).with(["share"]);
  const now = /** @type {any} */ ({
    state,
    attacks,
    image,
    result,
    analysis: { traces, smallest: {}, certified: {} },
  });
  const scheme = state.theme === "dark" ? "dark" : "light";
  const address = `${page}?${writeUrl(state, "en")}`;
  const content = { ...contentOf(words, now, result, scheme), address };
  const pen = new SvgPen(coloursOf(css, scheme), times);
  drawFigure(content, pen);
  return pen.finish({
    size: sizeOf(content),
    title: content.title,
    about: sayVerdicts(words, { request, lanes: content.lanes }),
  });
}
