// Runs of every attack that are short, and told apart bit by bit, wherever the module runs: for the tests that the
// native tool computes the same.

/** What keeps a run short, by parameter. */
export const short = {
  steps: 12,
  queries: 120,
  "binary-search-steps": 3,
  "target-classes": 3,
  restarts: 2,
  rounds: 10,
  generations: 6,
  population: 12,
  "initial-const": 20,
  "learning-rate": 0.1,
};

/** The program refuses them a seed. */
export const deterministic = ["fgsm", "bim", "mim", "deepfool", "cw", "lbfgs", "jsma"];

/** @param {string} name */
export const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Side of the images and number of classes of smallNet(). */
export const smallSide = 8;
export const smallClasses = 4;

/** A net of random weights, small enough for thousands of attacks: a model file's bytes. */
export function smallNet() {
  let state = 9;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const weights = (count, scale) =>
    Float32Array.from({ length: count }, () => scale * (random() + random() + random() - 1.5));
  const tensors = {
    "0.weight": [[4, 1, 3, 3], weights(36, 0.8)],
    "0.bias": [[4], weights(4, 0.1)],
    "4.weight": [[smallClasses, 64], weights(64 * smallClasses, 0.5)],
    "4.bias": [[smallClasses], weights(smallClasses, 0.1)],
  };
  const about = {
    version: 1,
    name: "parity",
    input: { height: smallSide, width: smallSide, channels: 1 },
    classes: Array.from({ length: smallClasses }, (_, k) => String(k)),
    layers: [
      { type: "conv2d", filters: 4, kernel: [3, 3], stride: [1, 1], padding: [1, 1] },
      { type: "relu" },
      { type: "maxpool2d", kernel: [2, 2], stride: [2, 2] },
      { type: "flatten" },
      { type: "dense", units: smallClasses },
    ],
  };
  const header = { __metadata__: { signflip: JSON.stringify(about) } };
  let at = 0;
  for (const [name, [shape, { byteLength }]] of Object.entries(tensors)) {
    header[name] = { dtype: "F32", shape, data_offsets: [at, at + byteLength] };
    at += byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([
    length,
    text,
    ...Object.values(tensors).map(([, { buffer }]) => Buffer.from(buffer)),
  ]);
}

/** FNV-1a of the bits of numbers. @param {Float32Array} values */
export function digest({ buffer, byteOffset, byteLength }) {
  let hash = 0x811c9dc5;
  for (const byte of new Uint8Array(buffer, byteOffset, byteLength))
    hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The digests of all runs, by the module: a browser is given this function as text.
 * @param {(options?: object) => Promise<any>} createSignflip @param {(values: Float32Array) => number} digestOf
 * @param {{net: number[], runs: {attack: string, parameters: Record<string, number>, seed: number, label: number,
 *   target: number | null, image: number[]}[]}} given */
export async function moduleDigests(createSignflip, digestOf, { net, runs }) {
  const model = (await createSignflip()).loadModel(Uint8Array.from(net));
  return runs.map(({ attack, parameters, seed, label, target, image }) => {
    const options = {
      ...parameters,
      attack,
      seed,
      ...(target === null ? {} : { targets: [target] }),
    };
    const { adversarial } = model.attack(options, Float32Array.from(image), [label]);
    return digestOf(adversarial);
  });
}
