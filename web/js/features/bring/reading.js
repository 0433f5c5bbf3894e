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
/** A file to be read; architecture: JSON, of weights that come without one.
 * @typedef {{file: string, bytes: ArrayBuffer, architecture: string}} Given */
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

/** A file with test images, not a model. @param {Given} given */
export const isTestSet = ({ file }) => /\.npz$/i.test(file);

/** Test images, and the dataset that they are for: the one that is shown, where they fit it.
 * @param {Given} given @param {string} shown @returns {Promise<{dataset: string, images: import("../models/types").Images}>} */
export async function testSetOf({ bytes }, shown) {
  const { testSetIn } = await import("./npz.js");
  const images = await testSetIn(bytes, 4 * largest);
  const say = (/** @type {{height: number, width: number, channels: number}} */ shape) =>
    `${shape.height}×${shape.width}×${shape.channels}`;
  const most = Math.max(...images.labels);
  const dataset = [shown, ...Object.keys(datasets)].find((name) => {
    const { shape, classes } = datasets[name];
    return say(shape) === say(images.shape) && most < classes.length;
  });
  if (!dataset) throw new EngineError("data.fits", "", { shape: say(images.shape), most });
  return { dataset, images };
}

/** The files that were chosen or dropped together: one model, and its architecture where that is another file.
 * @param {File[]} files @returns {Promise<Given>} */
export async function givenOf(files) {
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
