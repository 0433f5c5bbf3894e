// The worker that reads what the visitor brings; it is started when that first happens.
import createImporter from "../import.js";
import { serve } from "../worker-host.js";

/** @type {import("../import.js").Importer} */
let importer;

/** @param {{wasm: WebAssembly.Module}} start compiled by the page */
async function start({ wasm }) {
  importer = await createImporter({ wasmModule: wasm });
  return true;
}

/** @param {{bytes: ArrayBuffer, shape: {width: number, height: number, channels: number, digit: boolean, whole: boolean}}} picture */
const prepare = ({ bytes, shape }) => importer.prepareImage(bytes, shape);

/** @param {{pixels: Uint8Array, shape: {width: number, height: number, channels: number}}} picture */
const encode = ({ pixels, shape }) => importer.encodeImage(pixels, shape);

/** @param {{bytes: ArrayBuffer, options: any}} given as bringModel() takes them */
const bring = ({ bytes, options }) => importer.bringModel(bytes, options);

/** @param {{model: Uint8Array, pixels: Uint8Array, labels: number[], preparations: any[]}} asked as rightUnder() takes them */
const right = ({ model, pixels, labels, preparations }) => ({
  right: importer.rightUnder(model, pixels, labels, preparations),
});

/** @param {{images: {name: string, bytes: ArrayBuffer}, labels: {name: string, bytes: ArrayBuffer}}} arrays as readArrays() takes them */
const arrays = ({ images, labels }) => {
  const array = (/** @type {{name: string, bytes: ArrayBuffer}} */ { name, bytes }) => ({
    name,
    bytes: new Uint8Array(bytes),
  });
  return importer.readArrays(array(images), array(labels));
};

/** @param {{folders: string[], classes: string[]}} names as folderClasses() takes them */
const classes = ({ folders, classes: known }) => ({
  labels: importer.folderClasses(folders, known),
});

serve({ start, prepare, encode, bring, right, arrays, classes });
