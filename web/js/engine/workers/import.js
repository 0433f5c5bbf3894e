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

/** @param {{bytes: ArrayBuffer, shape: {side: number, channels: number, digit: boolean}}} picture */
const prepare = ({ bytes, shape }) => importer.prepareImage(bytes, shape);

serve({ start, prepare });
