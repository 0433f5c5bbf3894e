// The WebAssembly module as users import it, and small model files. Expects the build that tools/test
// makes, or another's folder in SIGNFLIP_ENGINE.
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./tool.mjs";

/** What the wrappers import. */
const shared = ["engine.js", "import.js", "model.js", "call-buffer.js", "instance.js"];

/** A wrapper with glue and .wasm of the modules beside it, in a folder of the test's own: what it exports by default.
 * @param {string} folder @param {string} wrapper @param {...string} modules */
async function load(folder, wrapper, ...modules) {
  const built = process.env.SIGNFLIP_ENGINE ?? join(root, "build/wasm/web");
  writeFileSync(join(folder, "package.json"), '{"type": "module"}');
  for (const file of [wrapper, ...shared])
    cpSync(join(root, "web/js/engine", file), join(folder, file));
  for (const file of modules.flatMap((name) => [`${name}-engine.js`, `${name}.wasm`]))
    cpSync(join(built, file), join(folder, file));
  const { default: create } = await import(join(folder, wrapper));
  return create();
}

/** @param {string} folder */
export const loadEngine = (folder) => load(folder, "signflip.js", "signflip", "signflip-import");

/** The module that reads what people bring. @param {string} folder */
export const loadImporter = (folder) => load(folder, "import.js", "signflip-import");

/** The full module. @param {string} folder */
export const loadFull = (folder) => load(folder, "full.js", "signflip-full");

/** The module of maps. @param {string} folder */
export const loadMapper = (folder) => load(folder, "map.js", "signflip-map");

/** A denoiser of one convolution: each pixel becomes the sum of those around it, weighted.
 * @param {{height: number, width: number, channels: number}} input @param {number[][]} kernel square, of odd side */
export function convolutionDenoiser(input, kernel) {
  const side = kernel.length,
    { channels } = input;
  const weight = new Float32Array(channels * channels * side * side);
  for (let c = 0; c < channels; c++) weight.set(kernel.flat(), (c * channels + c) * side * side);
  const about = {
    version: 1,
    name: "denoiser",
    input,
    layers: [
      {
        type: "conv2d",
        filters: channels,
        kernel: [side, side],
        stride: [1, 1],
        padding: [(side - 1) / 2, (side - 1) / 2],
      },
    ],
  };
  const header = Buffer.from(
    JSON.stringify({
      __metadata__: { signflip: JSON.stringify(about) },
      "0.weight": {
        dtype: "F32",
        shape: [channels, channels, side, side],
        data_offsets: [0, weight.byteLength],
      },
      "0.bias": {
        dtype: "F32",
        shape: [channels],
        data_offsets: [weight.byteLength, weight.byteLength + 4 * channels],
      },
    }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.from(weight.buffer), Buffer.alloc(4 * channels)]);
}

/** A classifier of colour images in 3 classes: the brightest channel. @param {string[]} classes
 * @param {{height: number, width: number}} sides */
export function brightest(classes, { height, width }) {
  const area = height * width,
    weight = new Float32Array(9 * area);
  for (let k = 0; k < 3; k++) weight.fill(12.8 / area, 4 * area * k, 4 * area * k + area);
  const about = {
    version: 1,
    name: "brightest",
    input: { height, width, channels: 3 },
    classes,
    layers: [{ type: "flatten" }, { type: "dense", units: 3 }],
  };
  const end = weight.byteLength;
  const header = Buffer.from(
    JSON.stringify({
      __metadata__: { signflip: JSON.stringify(about) },
      "1.weight": { dtype: "F32", shape: [3, 3 * area], data_offsets: [0, end] },
      "1.bias": { dtype: "F32", shape: [3], data_offsets: [end, end + 12] },
    }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.from(weight.buffer), Buffer.alloc(12)]);
}

/** A binary PNM picture. @param {number} width @param {number} height @param {number} channels 1 or 3
 * @param {(x: number, y: number, channel: number) => number} value */
export function pnm(width, height, channels, value) {
  const pixels = Buffer.alloc(width * height * channels);
  for (let i = 0; i < pixels.length; i++) {
    const pixel = Math.floor(i / channels);
    pixels[i] = value(pixel % width, Math.floor(pixel / width), i % channels);
  }
  return Buffer.concat([
    Buffer.from(`P${channels === 1 ? 5 : 6}\n${width} ${height}\n255\n`),
    pixels,
  ]);
}
