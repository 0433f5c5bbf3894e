// A visitor's file as a model for one of the page's datasets: where it comes from, what the import module makes of
// it, and how it does on pictures of the page. No elements, and nothing of it leaves the browser.
import { fetchBytes, siteFile } from "../../engine/download.js";
import { drawnSamples } from "../../engine/drawn-samples.js";
import { EngineError } from "../../engine/errors.js";
import { askImport } from "../../engine/import-port.js";
import { datasets, isOwnDataset } from "../../state/datasets.js";
import { ownSamples, packedSamples } from "../../state/samples.js";

/** Larger files than this are not read: the networks here have a hundredth of it. */
export const largest = 128 << 20;

/** How training prepared pixels in [0,1]: (range·x − mean) / std. range 0: 1 unless the file says otherwise.
 * @typedef {{mean: number[], std: number[], range: number}} Preparation */
/** A file to be read; architecture: JSON, of weights that come without one. folder: the files of a folder instead.
 * @typedef {{file: string, bytes: ArrayBuffer, architecture: string, folder?: import("./folder.js").Placed[]}} Given */
/** What is told while a test set is read. @typedef {(done: number, total: number) => void} Tell */
/** remark: what was changed in reading, in English. @typedef {{dataset: string, images: Images, remark: string}} TestSet
 * @typedef {import("../models/types").Images} Images */
/** What became of it (src/page/brought_model.h).
 * @typedef {{bytes: Uint8Array, name: string, dataset: string, shape: {height: number, width: number, channels: number},
 *   classes: string[], parameters: number, normalises: boolean,
 *   statesPreparation: boolean, notes: string[]}} Brought */
/** A way to prepare pixels, with how many of the page's pictures are then read as labelled.
 * @typedef {{id: string, prepared: Preparation, right: number}} Tried */

/** @type {Preparation} */
export const unprepared = { mean: [], std: [], range: 0 };

/** What the site's own first model of a dataset says in its header. @param {string} dataset */
async function headOf(dataset) {
  const { file } = datasets[dataset].models[0];
  const bytes = await siteFile(file);
  const length = Number(new DataView(bytes).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
  return JSON.parse(header.__metadata__.signflip);
}

/** A file with test images, or a folder of them, not a model. @param {Given} given */
export const isTestSet = ({ file, folder }) => Boolean(folder) || /\.npz$/i.test(file);

/** In an order that does not depend on the labels: many files have class after class. The same in each visit.
 * @param {Images} images @returns {Images} */
export function shuffled({ count, shape, pixels, labels }) {
  const order = Array.from({ length: count }, (_, i) => i);
  let state = 1;
  for (let i = count - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = state % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  const size = pixels.length / count;
  const sorted = new Uint8Array(pixels.length);
  order.forEach((from, to) =>
    sorted.set(pixels.subarray(from * size, (from + 1) * size), to * size),
  );
  return { count, shape, pixels: sorted, labels: Uint8Array.from(order, (from) => labels[from]) };
}

/** The datasets for which test images may be, the one that is shown first. @param {string} shown */
const candidates = (shown) => [...new Set([shown, ...Object.keys(datasets)])];

/** Test images, and the dataset that they are for: the one that is shown, where they fit it.
 * @param {Given} given @param {string} shown @param {Tell} tell @returns {Promise<TestSet>} */
export const testSetOf = (given, shown, tell) =>
  given.folder ? folderSetOf(given.folder, shown, tell) : arraySetOf(given, shown);

/** @param {Given} given @param {string} shown @returns {Promise<TestSet>} */
async function arraySetOf({ bytes }, shown) {
  const { testArraysIn } = await import("./npz.js");
  const read = await askImport("arrays", await testArraysIn(bytes, 4 * largest));
  const { height, width, channels, pixels, labels, remark } = read;
  const shape = { height, width, channels };
  const say = (/** @type {typeof shape} */ one) => `${one.height}×${one.width}×${one.channels}`;
  const most = labels.reduce((/** @type {number} */ a, /** @type {number} */ b) => Math.max(a, b));
  const dataset = candidates(shown).find(
    (name) => say(datasets[name].shape) === say(shape) && most < datasets[name].classes.length,
  );
  if (!dataset) throw new EngineError("data.fits", "", { shape: say(shape), most });
  if (most > 255) throw new EngineError("data.classes", "");
  const images = shuffled({ count: labels.length, shape, pixels, labels });
  return { dataset, images, remark };
}

/** @param {import("./folder.js").Placed[]} files @param {string} shown @param {Tell} tell
 * @returns {Promise<TestSet>} */
async function folderSetOf(files, shown, tell) {
  const { classFolders, imagesIn } = await import("./folder.js");
  const given = classFolders(files);
  /** @type {unknown} why the dataset that is shown has other classes */
  let refused = null;
  for (const dataset of candidates(shown)) {
    const { classes } = await headOf(dataset);
    const found = await askImport("classes", { folders: given.folders, classes }).catch((error) => {
      refused ??= error;
      return null;
    });
    if (!found) continue;
    const { shape, digit, whole } = datasets[dataset];
    const limits = { largest: 2 * largest, tell };
    const images = await imagesIn(given, found.labels, { ...shape, digit, whole }, limits);
    return { dataset, images: shuffled(images), remark: "" };
  }
  throw refused;
}

/** What was chosen or dropped together: a folder, or one model, and its architecture where that is another file.
 * @param {(File | FileSystemEntry)[]} given @returns {Promise<Given>} */
export async function givenOf(given) {
  const entries = /** @type {FileSystemEntry[]} */ (given.filter((one) => !(one instanceof File)));
  const files = /** @type {File[]} */ (given.filter((one) => one instanceof File));
  const nothing = { bytes: new ArrayBuffer(0), architecture: "" };
  if (entries.length > 0) {
    const { filesBelow } = await import("./folder.js");
    return { file: entries[0].name, ...nothing, folder: await filesBelow(entries) };
  }
  if (files[0]?.webkitRelativePath) {
    const folder = files.map((file) => ({ path: file.webkitRelativePath, file }));
    return { file: folder[0].path.split("/")[0], ...nothing, folder };
  }
  const isJson = ({ name = "" }) => /\.json$/i.test(name);
  const models = files.filter((file) => !isJson(file)),
    [architecture] = files.filter(isJson);
  if (models.length !== 1) throw new EngineError("bring.one", "", { count: models.length });
  const [{ name, size }] = models;
  if (size > largest) throw new EngineError("bring.large", name);
  return {
    file: name,
    bytes: await models[0].arrayBuffer(),
    architecture: architecture ? await architecture.text() : "",
  };
}

/** A file at an address, asked for without cookies of that site. @param {string} address @returns {Promise<Given>} */
export async function fetched(address) {
  if (!/^https?:\/\/[^/]/.test(address)) throw new EngineError("bring.address", address);
  const url = new URL(address);
  const bytes = await fetchBytes(url.href).catch((error) => {
    throw error.key === "error.offline" ? new EngineError("bring.closed", url.host) : error;
  });
  const file = decodeURIComponent(url.pathname.split("/").at(-1) || url.host);
  if (bytes.byteLength > largest) throw new EngineError("bring.large", file);
  return { file, bytes, architecture: "" };
}

/** @param {Given} given @param {Preparation} [prepared] @returns {Promise<Brought>} rejects with one sentence */
export async function broughtOf({ file, bytes, architecture }, prepared = unprepared) {
  const places = await Promise.all(
    Object.entries(datasets)
      .filter(([dataset]) => !isOwnDataset(dataset))
      .map(async ([dataset, { shape }]) => ({
        dataset,
        shape,
        classes: (await headOf(dataset)).classes,
      })),
  );
  return askImport("bring", { bytes, options: { file, prepared, architecture, places } });
}

/** Labelled pictures of the page: test images where the site has some, else our own. @param {string} dataset */
async function picturesOf(dataset) {
  const packed = await packedSamples(dataset, siteFile);
  if (packed.length > 0) return packed;
  return datasets[dataset].digit ? ownSamples() : drawnSamples(dataset);
}

/** How usual preparations would do, the most usual first; of a model that has its own, that one alone. Of one that is of
 * no dataset of the page's, count is 0: there are no pictures to try it on.
 * @param {Brought} brought @returns {Promise<{tried: Tried[], count: number}>} */
export async function triedOn({ bytes, dataset, shape, statesPreparation }) {
  const normalise = dataset ? (await headOf(dataset)).normalise : null;
  const colour = shape.channels === 3;
  /** @type {[string, Preparation][]} */
  const usual = [
    ["plain", unprepared],
    ["signed", { mean: [0.5], std: [0.5], range: 0 }],
    ["bytes", { mean: [], std: [], range: 255 }],
  ];
  if (normalise) usual.splice(1, 0, ["dataset", { ...normalise, range: 0 }]);
  if (colour)
    usual.push(["imagenet", { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], range: 0 }]);
  const asked = statesPreparation ? usual.slice(0, 1) : usual;
  if (!dataset)
    return { tried: asked.map(([id, prepared]) => ({ id, prepared, right: 0 })), count: 0 };
  const pictures = (await picturesOf(dataset)).filter(({ label }) => label !== null);
  const { right } = await askImport("right", {
    model: bytes,
    pixels: Uint8Array.from(
      pictures.flatMap(({ pixels }) => Array.from(pixels, (value) => Math.round(255 * value))),
    ),
    labels: pictures.map(({ label }) => label),
    preparations: asked.map(([, prepared]) => prepared),
  });
  return {
    tried: asked.map(([id, prepared], i) => ({ id, prepared, right: right[i] })),
    count: pictures.length,
  };
}
