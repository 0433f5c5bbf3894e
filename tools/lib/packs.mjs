// Packs parts of a dataset for the page's view of a model: dist/samples/<dataset>-*.gz, and packs.json,
// which lists them. A pack is one gzip stream of two IDX arrays one after the other,
// the images (N×H×W or N×H×W×C bytes) and their labels: what the dataset's own files hold.
// It fetches nothing, and packs only what it finds.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

/** How many test images a visitor starts with; all of them are a pack of their own. */
const first = 1000;
/** How many training images a small net in the page learns from. */
const training = 4000;

/** An IDX file of bytes. @param {string} folder @param {RegExp} pattern @returns {{dimensions: number[], values: Buffer}} */
export function readIdx(folder, pattern) {
  const name = readdirSync(folder)
    .sort()
    .find((file) => pattern.test(file));
  if (!name) throw new Error(`there is no file ${pattern.source}`);
  const raw = readFileSync(join(folder, name));
  const bytes = name.endsWith(".gz") ? gunzipSync(raw) : raw;
  if (bytes.length < 8 || bytes.readUInt16BE(0) !== 0 || bytes[2] !== 8)
    throw new Error(`${name} is no IDX file of bytes`);
  const dimensions = Array.from({ length: bytes[3] }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  const values = bytes.subarray(4 + 4 * bytes[3]);
  if (values.length !== dimensions.reduce((a, b) => a * b, 1))
    throw new Error(`${name} is cut short`);
  return { dimensions, values };
}

/** @param {number[]} dimensions @param {Buffer} values */
function idx(dimensions, values) {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header[2] = 8;
  header[3] = dimensions.length;
  dimensions.forEach((size, i) => header.writeUInt32BE(size, 4 + 4 * i));
  return Buffer.concat([header, values]);
}

/** The images and labels of one split. @param {string} folder @param {"test" | "train"} split */
function splitOf(folder, split) {
  const prefix = split === "test" ? "(t10k|test)" : "train";
  const images = readIdx(folder, new RegExp(`^${prefix}-images.*ubyte(\\.gz)?$`));
  const labels = readIdx(folder, new RegExp(`^${prefix}-labels.*ubyte(\\.gz)?$`));
  const count = images.dimensions[0];
  if (labels.dimensions[0] !== count)
    throw new Error(`${count} images but ${labels.dimensions[0]} labels`);
  return { count, shape: images.dimensions.slice(1), images: images.values, labels: labels.values };
}

/** The chosen images of a split as one pack. @param {ReturnType<typeof splitOf>} split @param {number[]} chosen */
function pack({ shape, images, labels }, chosen) {
  const size = shape.reduce((a, b) => a * b, 1);
  return gzipSync(
    Buffer.concat([
      idx(
        [chosen.length, ...shape],
        Buffer.concat(chosen.map((i) => images.subarray(i * size, (i + 1) * size))),
      ),
      idx([chosen.length], Buffer.from(chosen.map((i) => labels[i]))),
    ]),
    { level: 9 },
  );
}

const upTo = (/** @type {number} */ count) => Array.from({ length: count }, (_, i) => i);
/** So many of all, evenly spread: in GTSRB's order of classes and tracks, too, each gets its share. */
const spread = (/** @type {number} */ wanted, /** @type {number} */ all) =>
  upTo(Math.min(wanted, all)).map((i) => Math.floor((i * all) / Math.min(wanted, all)));

/** Writes the packs of each dataset whose folder is there, and packs.json with what they are.
 * @param {string} out @param {Record<string, string | undefined>} folders by dataset
 * @returns {Record<string, Record<string, {file: string, count: number, bytes: number}[]>>} */
export function packDatasets(out, folders) {
  const old = existsSync(out)
    ? readdirSync(out).filter((name) => /-(test|train)-\d+\.gz$|^packs\.json$/.test(name))
    : [];
  for (const name of old) rmSync(join(out, name));
  /** @type {ReturnType<typeof packDatasets>} */
  const list = {};
  for (const [dataset, folder] of Object.entries(folders)) {
    if (!folder || !existsSync(folder)) continue;
    mkdirSync(out, { recursive: true });
    const test = splitOf(folder, "test");
    // A folder may hold test images alone; then there is nothing to train on.
    const train = readdirSync(folder).some((name) => name.startsWith("train-images"))
      ? splitOf(folder, "train")
      : null;
    const write = (
      /** @type {string} */ kind,
      /** @type {ReturnType<typeof splitOf>} */ split,
      /** @type {number[]} */ chosen,
    ) => {
      const file = `${dataset}-${kind}-${chosen.length}.gz`,
        bytes = pack(split, chosen);
      writeFileSync(join(out, file), bytes);
      return { file: `samples/${file}`, count: chosen.length, bytes: bytes.length };
    };
    list[dataset] = {
      test: [...new Set([Math.min(first, test.count), test.count])].map((count) =>
        write("test", test, upTo(count)),
      ),
      train: train ? [write("train", train, spread(training, train.count))] : [],
    };
  }
  if (Object.keys(list).length > 0) writeFileSync(join(out, "packs.json"), JSON.stringify(list));
  return list;
}
