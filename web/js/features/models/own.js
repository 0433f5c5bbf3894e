// Nets that the visitor trained or brought, beside the site's own models: in the view of one image and in every tool. They are
// kept in the browser (IndexedDB) where it allows that.
import { provideFile } from "../../engine/download.js";
import { addOwnDataset, datasets, isOwnDataset } from "../../state/datasets.js";
import { ownWords } from "../../ui/i18n.js";

/** Images and classes' names of a dataset of the visitor's.
 * @typedef {{shape: {height: number, width: number, channels: number}, classes: string[]}} OwnPlace */
/** bytes: of the model's file; place: where its dataset is none of the site's.
 * @typedef {{dataset: string, number: number, title: string, bytes: ArrayBuffer, place?: OwnPlace}} OwnModel */

/** Set where something is kept, so that the page need not look. */
const flag = "signflip-own";
/** The highest number that was given in any tab: each keeps its nets under its own numbers. */
const counter = "signflip-own-number";

/** The highest number so far: of one that was deleted workers may still hold the net. */
let last = 0;

/** @param {number} number */
export const ownId = (number) => `own-${number}`;

/** The highest number that other tabs gave, where the browser has storage; sets it where a number is given.
 * @param {number} [given] */
function counted(given) {
  try {
    if (given !== undefined) localStorage.setItem(counter, String(given));
    const number = Number(localStorage.getItem(counter));
    return Number.isSafeInteger(number) ? number : 0;
  } catch {
    return 0; // no storage here, and no other tab that keeps anything
  }
}

/** The number of the next, whatever its dataset. No other tab gives it. */
export function nextNumber() {
  const ids = Object.values(datasets).flatMap(({ models }) => models.map(({ id }) => id));
  const numbers = ids.map((id) => Number(/^own-(\d+)$/.exec(id)?.[1] ?? 0));
  const next = 1 + Math.max(last, counted(), ...numbers);
  counted(next);
  return next;
}

/** Adds a model, or puts it in the place of its former self. @param {OwnModel} model @returns {boolean} whether it is new */
export function addOwn({ dataset, number, title, bytes, place }) {
  if (place) addPlace(dataset, place);
  last = Math.max(last, number);
  const id = ownId(number);
  const file = `models/${dataset}-${id}.safetensors`;
  ownWords[`model.${id}`] = ownWords[`model.${id}.short`] = title;
  provideFile(file, bytes);
  const { models } = datasets[dataset];
  const known = models.some((model) => model.id === id);
  if (!known) models.push({ id, file });
  if (datasets[dataset].shown.length === 0) datasets[dataset].shown = [id];
  return !known;
}

/** @param {string} dataset @param {OwnPlace} place */
function addPlace(dataset, place) {
  const { height, width } = place.shape;
  addOwnDataset(dataset, place);
  ownWords[`dataset.${dataset}`] = `${height}×${width} · ${place.classes.length}`;
  place.classes.forEach((name, i) => {
    ownWords[`class.${dataset}.${i}`] = name;
  });
}

/** The dataset for models of such images and classes: one that is there, or the name for another. @param {OwnPlace} place */
export function ownDatasetFor({ shape, classes }) {
  const { height, width, channels } = shape;
  const base = `own-${height}x${width}x${channels}-${classes.length}`;
  const isThere = (/** @type {string} */ name) =>
    classes.every((label, i) => ownWords[`class.${name}.${i}`] === label);
  let name = base;
  for (let i = 2; name in datasets && !isThere(name); i++) name = `${base}-${i}`;
  return name;
}

/** @param {"readonly" | "readwrite"} mode @returns {Promise<IDBObjectStore>} */
function openStore(mode) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("signflip", 1);
    request.onupgradeneeded = () =>
      request.result.createObjectStore("nets", { keyPath: ["dataset", "number"] });
    request.onerror = () => reject(request.error);
    request.onsuccess = () => resolve(request.result.transaction("nets", mode).objectStore("nets"));
  });
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** What was written is kept: a browser may find only at the end that it has no room. @param {IDBTransaction} transaction
 * @returns {Promise<void>} */
const committed = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });

/** Keeps a model in the browser; rejects where that is not allowed, or has no room. @param {OwnModel} model */
export async function keepOwn(model) {
  const store = await openStore("readwrite");
  store.put(model);
  await committed(store.transaction);
  localStorage.setItem(flag, "1");
}

/** Takes a model out of the page and of the browser; rejects where the browser keeps it nevertheless.
 * @param {string} dataset @param {number} number */
async function forgetOwn(dataset, number) {
  const { models } = datasets[dataset];
  const others = models.filter(({ id, base }) => ![id, base].includes(ownId(number)));
  models.splice(0, models.length, ...others);
  if (isOwnDataset(dataset)) {
    datasets[dataset].shown = models.slice(0, 1).map((model) => model.id);
    if (models.length === 0) delete datasets[dataset];
  }
  if (!isKept()) return;
  const store = await openStore("readwrite");
  store.delete([dataset, number]);
  await committed(store.transaction);
}

/** Whether this browser keeps something. */
function isKept() {
  try {
    return localStorage.getItem(flag) !== null;
  } catch {
    return false; // no storage here
  }
}

/** Deletes a model, and with it, also in the state, those that stood behind a transform of it.
 * @param {Pick<import("../../ui/context").Context, "state" | "update">} context @param {string} dataset @param {number} number
 * @returns {Promise<boolean>} whether the browser does not keep it any more, either */
export async function deleteOwn({ state, update }, dataset, number) {
  const gone = await forgetOwn(dataset, number).then(
    () => true,
    () => false,
  );
  if (state().dataset !== dataset) return gone;
  if (!(dataset in datasets)) {
    // It went with its last model: the page begins anew.
    location.assign(location.pathname);
    return gone;
  }
  const { models, shown } = datasets[dataset];
  const isThere = (/** @type {string} */ one) => models.some(({ id }) => id === one);
  const { model, from, compared } = state();
  const left = model.filter(isThere);
  update({
    model: left.length > 0 ? left : shown.slice(0, 1),
    from: isThere(from) ? from : "",
    subject: "",
    compared: compared.filter(isThere),
  });
  return gone;
}

/** Adds what is kept. @returns {Promise<number>} how many there are */
export async function restoreOwn() {
  try {
    const kept = /** @type {OwnModel[]} */ (await done((await openStore("readonly")).getAll()));
    const known = kept.filter(({ dataset, place }) => place || dataset in datasets);
    for (const model of known) addOwn(model);
    if (kept.length === 0) localStorage.removeItem(flag);
    return known.length;
  } catch {
    return 0; // no storage here
  }
}
