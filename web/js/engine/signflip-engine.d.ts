// The type of Emscripten's glue, which the build puts beside signflip.js. For the type checker only.

/** Instantiates the module; signflip.js knows what comes out. */
export default function createEngine(options: { wasmBinary?: Uint8Array | ArrayBuffer; locateFile?: () => string }): Promise<any>;
