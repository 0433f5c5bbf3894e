// The engine as a classic script, for pages that may load no modules (engine.js); the build puts Emscripten's glue into
// it. It leaves the way to the engine in signflipEngine.
import createSignflip from "../js/engine/signflip.js";

Reflect.set(globalThis, "signflipEngine", createSignflip);
