// The page's way to the worker that reads what the visitor brings: one, started at the first question, and another
// where it died.
import { importModule } from "./download.js";
import { WorkerPort } from "./port.js";

/** @type {WorkerPort | null} */
let port = null;
/** @type {Promise<unknown> | undefined} */
let started;

/** @param {string} type of a question that workers/import.js answers @param {any} body @returns {Promise<any>} */
export async function askImport(type, body) {
  if (!port || port.ended) {
    const begun = new WorkerPort("import");
    port = begun;
    started = importModule().then((wasm) => begun.ask("start", { wasm }));
    started.catch((error) => begun.end(error));
  }
  const asked = port;
  await started;
  return asked.ask(type, body);
}
