// Nets that the visitor trained or brought, beside the site's own models: in the view of one image and in every tool. They are
// kept in the browser (IndexedDB) where it allows that.
import { provideFile } from "../../engine/download.js";
import { datasets } from "../../state/datasets.js";
import { ownWords } from "../../ui/i18n.js";

/** bytes: of the model's file. @typedef {{dataset: string, number: number, title: string, bytes: ArrayBuffer}} OwnModel */

/** Set where something is kept, so that the page need not look. */
const flag = "signflip-own";

/** The highest number so far: of one that was deleted workers may still hold the net. */
let last = 0;

/** @param {number} number */
export const ownId = (number) => `own-${number}`;

/** The number of the next, whatever its dataset. */
export function nextNumber() {
  const ids = Object.values(datasets).flatMap(({ models }) => models.map(({ id }) => id));
  return 1 + Math.max(last, ...ids.map((id) => Number(/^own-(\d+)$/.exec(id)?.[1] ?? 0)));
}

/** Adds a model, or puts it in the place of its former self. @param {OwnModel} model @returns {boolean} whether it is new */
export function addOwn({ dataset, number, title, bytes }) {
  last = Math.max(last, number);
  const id = ownId(number);
  const file = `models/${dataset}-${id}.safetensors`;
  ownWords[`model.${id}`] = ownWords[`model.${id}.short`] = title;
  provideFile(file, bytes);
  const { models } = datasets[dataset];
  const known = models.some((model) => model.id === id);
  if (!known) models.push({ id, file });
  return !known;
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

/** Keeps a model in the browser; rejects where that is not allowed, or has no room. @param {OwnModel} model */
export async function keepOwn(model) {
  await done((await openStore("readwrite")).put(model));
  localStorage.setItem(flag, "1");
}

/** Takes a model out of the page and of the browser. @param {string} dataset @param {number} number */
export async function forgetOwn(dataset, number) {
  const { models } = datasets[dataset];
  const at = models.findIndex(({ id }) => id === ownId(number));
  if (at >= 0) models.splice(at, 1);
  await done((await openStore("readwrite")).delete([dataset, number]));
}

/** Adds what is kept. @returns {Promise<number>} how many there are */
export async function restoreOwn() {
  try {
    const kept = /** @type {OwnModel[]} */ (await done((await openStore("readonly")).getAll()));
    const known = kept.filter(({ dataset }) => dataset in datasets);
    for (const model of known) addOwn(model);
    if (kept.length === 0) localStorage.removeItem(flag);
    return known.length;
  } catch {
    return 0; // no storage here
  }
}
