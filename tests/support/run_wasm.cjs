// Runs a program that Emscripten 3.1.6 built for node: node run_wasm.cjs PROGRAM.js [ARGUMENT…].
// Its glue predates node's fetch and hands it file paths, so it must not find one.
const { resolve } = require("node:path");

delete globalThis.fetch;
process.argv.splice(1, 1);
require(resolve(process.argv[1]));
