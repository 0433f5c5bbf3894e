// Instances of a WebAssembly module: of its bytes, of what was compiled of them, or of the .wasm beside the script.

/**
 * @param {(options: any) => Promise<any>} createEngine Emscripten's glue
 * @param {WebAssembly.Module} module
 */
const ofModule = (createEngine, module) =>
  new Promise((resolve, reject) => {
    createEngine({
      /** @param {WebAssembly.Imports} imports @param {(instance: WebAssembly.Instance) => void} done */
      instantiateWasm(imports, done) {
        WebAssembly.instantiate(module, imports).then(done, reject);
        return {}; // its exports come later
      },
    }).then(resolve, reject);
  });

/**
 * @param {(options: any) => Promise<any>} createEngine Emscripten's glue
 * @param {() => URL} url of the .wasm, where nothing is given
 * @param {{wasmBinary?: Uint8Array|ArrayBuffer, wasmModule?: WebAssembly.Module}} given
 * @returns {Promise<any>}
 */
export async function instance(createEngine, url, { wasmBinary, wasmModule }) {
  if (wasmModule !== undefined) return ofModule(createEngine, wasmModule);
  let binary = wasmBinary;
  if (binary === undefined && globalThis.process?.versions?.node) {
    const { readFile } = await import(/* webpackIgnore: true */ "node:fs/promises");
    binary = await readFile(url());
  }
  return createEngine(
    binary === undefined ? { locateFile: () => url().href } : { wasmBinary: binary },
  );
}
