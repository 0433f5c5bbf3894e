// FGSM and MIM by TensorFlow.js on its WebAssembly backend (SIMD, one thread), which differentiates by itself.

let loaded;

/** The libraries are classic scripts. */
function script(path) {
  return new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = new URL(path, import.meta.url).href;
    element.onload = resolve;
    element.onerror = () => reject(new Error(`${path} did not load`));
    document.head.append(element);
  });
}

async function load() {
  const folder = "../node_modules/@tensorflow/";
  await script(`${folder}tfjs/dist/tf.min.js`);
  await script(`${folder}tfjs-backend-wasm/dist/tf-backend-wasm.min.js`);
  const { tf } = globalThis;
  tf.wasm.setWasmPaths(new URL(`${folder}tfjs-backend-wasm/dist/`, import.meta.url).href);
  await tf.setBackend("wasm");
  await tf.ready();
  return tf;
}

/** O×I×kH×kW → kH×kW×I×O. */
function convolutionWeights(tf, { weight, kernel, inShape: [channels], outShape: [filters] }) {
  return tf.transpose(tf.tensor(weight, [filters, channels, ...kernel]), [2, 3, 1, 0]);
}

/** @returns {Promise<Record<string, () => Float32Array>>} */
export async function prepare({ attack, count }, model, { images, labels }, epsilon) {
  const tf = await (loaded ??= load());
  const { height, width, channels } = model.input;
  const weights = model.layers.map((layer) =>
    layer.type === "conv2d"
      ? { weight: convolutionWeights(tf, layer), bias: tf.tensor1d(layer.bias) }
      : layer.type === "dense"
        ? {
            weight: tf.transpose(tf.tensor(layer.weight, [layer.outShape[0], layer.inShape[0]])),
            bias: tf.tensor1d(layer.bias),
          }
        : null,
  );
  const forward = (x) =>
    model.layers.reduce((value, layer, i) => {
      if (layer.type === "conv2d") {
        // The same padding on all sides; TensorFlow's "same" is it where the stride is 1.
        const pad = layer.padding[0];
        return tf.add(tf.conv2d(value, weights[i].weight, layer.stride, pad), weights[i].bias);
      }
      if (layer.type === "relu") return tf.relu(value);
      if (layer.type === "maxpool2d") return tf.maxPool(value, layer.kernel, layer.stride, "valid");
      // Channels before rows and columns, as the weights expect.
      if (layer.type === "flatten")
        return tf.reshape(tf.transpose(value, [0, 3, 1, 2]), [count, -1]);
      return tf.add(tf.matMul(value, weights[i].weight), weights[i].bias);
    }, x);
  const oneHot = tf.cast(tf.oneHot(tf.tensor1d(labels, "int32"), model.classes.length), "float32");
  const gradient = tf.grad((x) => tf.neg(tf.sum(tf.mul(oneHot, tf.logSoftmax(forward(x))))));
  const run = () =>
    tf.tidy(() => {
      const clean = tf.tensor4d(images, [count, height, width, channels]);
      if (attack === "fgsm") {
        return tf
          .clipByValue(tf.add(clean, tf.mul(tf.sign(gradient(clean)), epsilon)), 0, 1)
          .dataSync();
      }
      const low = tf.clipByValue(tf.sub(clean, epsilon), 0, 1),
        high = tf.clipByValue(tf.add(clean, epsilon), 0, 1);
      let x = clean,
        velocity = tf.zerosLike(clean);
      for (let step = 0; step < 10; step++) {
        [x, velocity] = tf.tidy(() => {
          const g = gradient(x);
          const next = tf.add(velocity, tf.div(g, tf.mean(tf.abs(g), [1, 2, 3], true)));
          return [
            tf.minimum(tf.maximum(tf.add(x, tf.mul(tf.sign(next), epsilon / 10)), low), high),
            next,
          ];
        });
      }
      return x.dataSync();
    });
  return { "wasm SIMD": run };
}
