// The engine as a classic script, for pages that may load no modules (engine.js); the build puts Emscripten's glue into
// it. It leaves the way to the engine in signflipEngine.
import { Engine, engineInstance } from "../js/engine/engine.js";

/** @param {{wasmBinary: Uint8Array}} given */
const create = async (given) => new Engine(await engineInstance(given));
Reflect.set(globalThis, "signflipEngine", create);
