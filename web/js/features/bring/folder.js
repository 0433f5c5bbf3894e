// Pictures in folders that are called by their classes: which files are meant, and each as the networks get it.
import { EngineError } from "../../engine/errors.js";
import { askImport } from "../../engine/import-port.js";
import { decodedByBrowser } from "../upload/browser-decode.js";

/** A file, and where it lies in what was chosen or dropped. @typedef {{path: string, file: File}} Placed */
/** folders: their names; of: each picture's folder, as an index. @typedef {{folders: string[], pictures: Placed[], of: number[]}} ClassFolders */

const pictureNames = /\.(png|jpe?g|bmp|pgm|ppm|webp|gif|avif)$/i;
/** Folders of one part of a dataset that is divided: where there is one, the others are not for testing. */
const testNames = ["test", "testing", "val", "valid", "validation"];

/** All files below dropped folders. @param {FileSystemEntry[]} entries @returns {Promise<Placed[]>} */
export async function filesBelow(entries) {
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = entry.fullPath.replace(/^\//, "");
      if (entry.isFile) {
        const get = /** @type {FileSystemFileEntry} */ (entry);
        return [{ path, file: await new Promise((done, fail) => get.file(done, fail)) }];
      }
      const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
      /** @type {FileSystemEntry[]} */
      const inside = [];
      for (;;) {
        /** @type {FileSystemEntry[]} a hundred at a time */
        const more = await new Promise((done, fail) => reader.readEntries(done, fail));
        if (more.length === 0) return filesBelow(inside);
        inside.push(...more);
      }
    }),
  );
  return found.flat();
}

/** Numbers as numbers, all else by its letters. @param {string} a @param {string} b */
const byName = (a, b) => a.localeCompare(b, "en", { numeric: true }) || (a < b ? -1 : 1);

/** The folder that a file lies in. @param {string} path */
const folderOf = (path) => path.split("/").at(-2) ?? "";

/** The pictures and their folders. Throws where there are none. @param {Placed[]} files @returns {ClassFolders} */
export function classFolders(files) {
  const hidden = (/** @type {string} */ path) =>
    path.split("/").some((part) => part.startsWith("."));
  const all = files.filter(({ path }) => pictureNames.test(path) && !hidden(path));
  const tests = all.filter(({ path }) =>
    path
      .split("/")
      .slice(0, -2)
      .some((part) => testNames.includes(part.toLowerCase())),
  );
  const pictures = (tests.length > 0 ? tests : all).sort((a, b) => byName(a.path, b.path));
  const loose = pictures.find(({ path }) => folderOf(path) === "");
  if (pictures.length === 0 || loose) throw new EngineError("data.folders", loose?.path ?? "");
  const folders = [...new Set(pictures.map(({ path }) => folderOf(path)))].sort(byName);
  return { folders, pictures, of: pictures.map(({ path }) => folders.indexOf(folderOf(path))) };
}

/** A picture as bytes H×W×C. The browser decodes what the engine cannot.
 * @param {Placed} picture @param {{width: number, height: number, channels: number, digit: boolean, whole: boolean}} shape
 * @returns {Promise<Uint8Array>} */
async function pixelsOf({ path, file }, shape) {
  const prepared = (/** @type {ArrayBuffer} */ bytes) => askImport("prepare", { bytes, shape });
  /** @type {Float32Array} */
  const pixels = await prepared(await file.arrayBuffer()).catch(async (refused) => {
    const bytes = refused instanceof EngineError ? null : await decodedByBrowser(file);
    if (bytes) return prepared(bytes);
    throw new EngineError("data.picture", refused.message, { path });
  });
  return Uint8Array.from(pixels, (value) => Math.round(255 * value));
}

/** All of them, one after the other. @param {ClassFolders} given @param {Int32Array} classes of the folders
 * @param {{width: number, height: number, channels: number, digit: boolean, whole: boolean}} shape
 * @param {{largest: number, tell: (done: number, total: number) => void}} limits largest: bytes of all images
 * @returns {Promise<import("../models/types").Images>} */
export async function imagesIn({ pictures, of }, classes, shape, { largest, tell }) {
  const { height, width, channels } = shape;
  const size = height * width * channels,
    count = pictures.length;
  if (count * size > largest)
    throw new EngineError("data.many", "", { count, most: Math.floor(largest / size) });
  // Labels of test images are bytes.
  if (classes.some((label) => label > 255)) throw new EngineError("data.classes", "");
  const pixels = new Uint8Array(count * size);
  for (const [i, picture] of pictures.entries()) {
    tell(i, count);
    pixels.set(await pixelsOf(picture, shape), i * size);
  }
  const labels = Uint8Array.from(of, (folder) => classes[folder]);
  return { count, shape: { height, width, channels }, pixels, labels };
}
