// Reads a model file (safetensors, F32) for other libraries: layers with shapes and weights as
// PyTorch lays them out. Knows the layers of the nets that are compared.

/**
 * @typedef {object} PeerLayer
 * @property {"conv2d"|"relu"|"maxpool2d"|"flatten"|"dense"} type
 * @property {number[]} [kernel]
 * @property {number[]} [stride]
 * @property {number[]} [padding]
 * @property {number[]} inShape   C, H, W
 * @property {number[]} outShape  C, H, W
 * @property {Float32Array} [weight]  O×I×kH×kW, or out×in
 * @property {Float32Array} [bias]
 */

/** @param {Uint8Array} bytes */
export function readModel(bytes) {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const about = JSON.parse(header.__metadata__.signflip);
  const tensor = (name) => {
    const [begin, end] = header[name].data_offsets;
    return new Float32Array(bytes.slice(8 + length + begin, 8 + length + end).buffer);
  };
  let shape = [about.input.channels, about.input.height, about.input.width];
  const layers = about.layers.map((layer, i) => {
    const inShape = shape;
    const size = (axis, window, padding) =>
      Math.floor(
        (inShape[axis + 1] + 2 * padding[axis] - window.kernel[axis]) / window.stride[axis],
      ) + 1;
    if (layer.type === "conv2d")
      shape = [layer.filters, size(0, layer, layer.padding), size(1, layer, layer.padding)];
    else if (layer.type === "maxpool2d")
      shape = [inShape[0], size(0, layer, [0, 0]), size(1, layer, [0, 0])];
    else if (layer.type === "flatten") shape = [inShape[0] * inShape[1] * inShape[2], 1, 1];
    else if (layer.type === "dense") shape = [layer.units, 1, 1];
    else if (layer.type !== "relu") throw new Error(`the comparison knows no layer ${layer.type}`);
    const values = header[`${i}.weight`]
      ? { weight: tensor(`${i}.weight`), bias: tensor(`${i}.bias`) }
      : {};
    return { ...layer, inShape, outShape: shape, ...values };
  });
  return { input: about.input, classes: about.classes, layers };
}

/** N×H×W×C → N×C×H×W. */
export function toPlanes(images, { height, width, channels }) {
  const out = new Float32Array(images.length),
    area = height * width;
  for (let i = 0; i < images.length; i++) {
    const pixel = Math.floor(i / channels),
      image = Math.floor(pixel / area);
    out[(image * channels + (i % channels)) * area + (pixel % area)] = images[i];
  }
  return out;
}

/** N×C×H×W → N×H×W×C. */
export function fromPlanes(images, { height, width, channels }) {
  const out = new Float32Array(images.length),
    area = height * width;
  for (let i = 0; i < images.length; i++) {
    const plane = Math.floor(i / area);
    out[(Math.floor(plane / channels) * area + (i % area)) * channels + (plane % channels)] =
      images[i];
  }
  return out;
}
