// Whole test sets, and images to learn from: where the site was built with a dataset, those are fetched when they are
// first wanted (pack.js says what a pack is). Others are drawn by us, here as everywhere.
import { versioned } from "../../state/build.js";
import { EngineError } from "../../engine/errors.js";
import { readPack } from "../../engine/pack.js";
import { WorkerPort } from "../../engine/port.js";
import { hasServer } from "../../engine/reach.js";

/** @typedef {import("./types").Images} Images
 * @typedef {{dataset: string, count: number, seed: number}} Order  what to draw
 * @typedef {{file: string, count: number, bytes?: number, drawn?: Order, images?: Images}} Pack  images: those of the visitor
 * @typedef {{test: Pack[], train: Pack[]}} PackList */

/** @type {Promise<Record<string, PackList>> | null} */
let lists = null;
/** Packs as they came, and what was in them, by their files. @type {Map<string, Promise<Blob>>} */
const fetched = new Map();
/** @type {Map<string, Promise<Images>>} */
const opened = new Map();

/** Test images that the visitor brought, which stand in place of the site's. @type {Map<string, Images>} */
const brought = new Map();

/** @param {string} dataset @param {Images} images of its shape, in any order */
export const bringTestImages = (dataset, images) => void brought.set(dataset, images);

/** Those that the visitor brought. @param {string} dataset */
export const broughtImages = (dataset) => brought.get(dataset);

/** So many of them at first. */
const portions = [100, 1000];

/** All of them, and the first ones. @param {string} dataset @param {Images} all @returns {Pack[]} */
const broughtPacks = (dataset, all) =>
  [...portions.filter((count) => count < all.count), all.count].map((count) => {
    const size = all.pixels.length / all.count;
    const pixels = all.pixels.subarray(0, count * size),
      labels = all.labels.subarray(0, count);
    return {
      file: `brought-${dataset}-${count}`,
      count,
      images: { ...all, count, pixels, labels },
    };
  });

/** As many of each class, and no number that a published set has. @type {Record<string, {test: number, train: number}>} */
const drawn = { mnist: { test: 520, train: 2000 }, gtsrb: { test: 430, train: 1290 } };

/** What there is for a dataset: what the site has of it, then what we draw.
 * @param {string} dataset @returns {Promise<PackList>} */
export async function packsOf(dataset) {
  const { test: published, train } = await sitePacksOf(dataset);
  const own = brought.get(dataset);
  const test = own ? broughtPacks(dataset, own) : published;
  if (!(dataset in drawn)) return { test, train };
  const pack = (/** @type {"test" | "train"} */ kind, /** @type {number} */ seed) => {
    const count = drawn[dataset][kind];
    return { file: `drawn-${dataset}-${kind}`, count, drawn: { dataset, count, seed } };
  };
  return { test: own ? test : [...test, pack("test", 1)], train: [...train, pack("train", 2)] };
}

/** What the site has for a dataset; empty where it was built without.
 * @param {string} dataset @returns {Promise<PackList>} */
async function sitePacksOf(dataset) {
  if (document.documentElement.dataset.packs === undefined || !hasServer)
    return { test: [], train: [] };
  lists ??= fetch(new URL(versioned("samples/packs.json"), document.baseURI)).then((response) =>
    response.json(),
  );
  const all = await lists.catch(() => {
    lists = null;
    return /** @type {Record<string, PackList>} */ ({});
  });
  return all[dataset] ?? { test: [], train: [] };
}

/** Fetches a pack as it is, once; of one that is drawn, what to draw.
 * @param {Pack} pack @returns {Promise<Blob | Order>} */
export async function fetchPack(pack) {
  if (pack.drawn) return pack.drawn;
  let blob = fetched.get(pack.file);
  if (!blob) {
    blob = fetch(new URL(versioned(pack.file), document.baseURI))
      .then((response) => {
        if (!response.ok) throw new Error(String(response.status));
        return response.blob();
      })
      .catch(() => {
        throw damaged(pack);
      });
    fetched.set(pack.file, blob);
  }
  return blob;
}

/** What is to be thrown where a pack cannot be had or read: the next time it is fetched again.
 * @param {Pack} pack */
export function damaged({ file }) {
  fetched.delete(file);
  opened.delete(file);
  return new EngineError("error.download", file.split("/").slice(-1)[0]);
}

/** Fetches and reads a pack, once; a worker unpacks it. @param {Pack} pack @returns {Promise<Images>} */
export function openPack(pack) {
  if (pack.images) return Promise.resolve(pack.images);
  let images = opened.get(pack.file);
  if (!images) {
    images = fetchPack(pack)
      .then(async (packed) => {
        const worker = new WorkerPort("unpack");
        try {
          if (pack.drawn) return await worker.ask("draw", packed);
          return readPack(await worker.ask("unpack", packed));
        } finally {
          worker.end(new Error("The pack is unpacked."));
          fetched.delete(pack.file);
        }
      })
      .catch(() => {
        throw damaged(pack);
      });
    opened.set(pack.file, images);
  }
  return images;
}

/** Image number `index` as bytes. @param {Images} images @param {number} index @param {number} [count] */
export function pixelsOf({ pixels, shape }, index, count = 1) {
  const size = shape.height * shape.width * shape.channels;
  return pixels.slice(index * size, (index + count) * size);
}
