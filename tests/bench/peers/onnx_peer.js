// FGSM and MIM by onnxruntime-web's WebAssembly backend on one thread (more need isolation headers).
// It has no automatic differentiation, so the gradient is part of the graph, written by hand; the
// step is too, so that a call is all there is. Two ways to write the gradients, of which the quicker counts.
import { fromPlanes, toPlanes } from "./model.js";
import { Graph } from "./onnx_writer.js";

/** W (F×C×kH×kW) turned by 180° and with channels and filters exchanged: the input gradient of a
 * convolution with stride 1 is a convolution with it. */
function turned({ weight, inShape: [channels], outShape: [filters], kernel: [height, width] }) {
  const out = new Float32Array(weight.length),
    area = height * width;
  for (let f = 0; f < filters; f++) {
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < area; i++)
        out[(c * filters + f) * area + area - 1 - i] = weight[(f * channels + c) * area + i];
    }
  }
  return out;
}

/** Forward and back again: the name of the gradient of the summed cross-entropy with respect to x. */
function addGradient(graph, layers, x, oneHot, count, masked) {
  const shaped = ([c, h, w]) => [count, c, h, w];
  /** @type {((dy: string) => string)[]} */
  const back = [];
  let value = x,
    flat = false;
  for (const layer of layers) {
    const { inShape, outShape } = layer;
    if (layer.type === "conv2d") {
      const [channels] = inShape,
        [filters] = outShape;
      const pads = [...layer.padding, ...layer.padding];
      const weight = graph.constant(layer.weight, [filters, channels, ...layer.kernel]);
      value = graph.add("Conv", [value, weight, graph.constant(layer.bias, [filters])], {
        kernel_shape: layer.kernel,
        strides: layer.stride,
        pads,
      });
      if (layer.stride.every((s) => s === 1)) {
        const backwards = graph.constant(turned(layer), [channels, filters, ...layer.kernel]);
        const around = [0, 1, 0, 1].map((axis) => layer.kernel[axis] - 1 - layer.padding[axis]);
        back.push((dy) =>
          graph.add("Conv", [dy, backwards], { kernel_shape: layer.kernel, pads: around }),
        );
      } else {
        back.push((dy) =>
          graph.add("ConvTranspose", [dy, weight], {
            kernel_shape: layer.kernel,
            strides: layer.stride,
            pads,
          }),
        );
      }
    } else if (layer.type === "relu") {
      value = graph.add("Relu", [value]);
      const y = value;
      const zero = graph.constant(new Float32Array(1), [1]);
      back.push((dy) =>
        masked
          ? graph.add("Where", [graph.add("Greater", [y, zero]), dy, zero])
          : graph.add("Mul", [dy, graph.add("Sign", [y])]),
      );
    } else if (layer.type === "maxpool2d") {
      const window = { kernel_shape: layer.kernel, strides: layer.stride };
      const [y, winners] = graph.add("MaxPool", [value], window, 2);
      value = y;
      back.push((dy) => graph.add("MaxUnpool", [dy, winners], window));
    } else if (layer.type === "flatten") {
      value = graph.add("Flatten", [value]);
      const shape = shaped(inShape);
      flat = true;
      back.push((dy) => graph.add("Reshape", [dy, graph.shape(shape)]));
    } else {
      const weight = graph.constant(layer.weight, [outShape[0], inShape[0]]);
      value = graph.add("Gemm", [value, weight, graph.constant(layer.bias, [outShape[0]])], {
        transB: 1,
      });
      back.push((dy) => graph.add("MatMul", [dy, weight]));
    }
  }
  if (!flat) throw new Error("a classifier ends flat");
  let gradient = graph.add("Sub", [graph.add("Softmax", [value], { axis: -1 }), oneHot]);
  for (const step of back.reverse()) gradient = step(gradient);
  return gradient;
}

function attackGraph({ attack, count }, model, epsilon, masked) {
  const { channels, height, width } = model.input;
  const shape = [count, channels, height, width];
  const graph = new Graph();
  const scalar = (value) => graph.constant(Float32Array.of(value), [1]);
  const x = graph.input("x", shape);
  const oneHot = graph.input("labels", [count, model.classes.length]);
  const gradient = addGradient(graph, model.layers, x, oneHot, count, masked);
  if (attack === "fgsm") {
    const moved = graph.add("Add", [
      x,
      graph.add("Mul", [graph.add("Sign", [gradient]), scalar(epsilon)]),
    ]);
    graph.output(
      "next",
      graph.add("Min", [graph.add("Max", [moved, scalar(0)]), scalar(1)]),
      shape,
    );
    return graph.finish();
  }
  const low = graph.input("low", shape),
    high = graph.input("high", shape),
    velocity = graph.input("velocity", shape);
  const mean = graph.add("ReduceMean", [graph.add("Abs", [gradient])], {
    axes: [1, 2, 3],
    keepdims: 1,
  });
  const next = graph.add("Add", [velocity, graph.add("Div", [gradient, mean])]);
  const moved = graph.add("Add", [
    x,
    graph.add("Mul", [graph.add("Sign", [next]), scalar(epsilon / 10)]),
  ]);
  graph.output("next", graph.add("Min", [graph.add("Max", [moved, low]), high]), shape);
  graph.output("nextVelocity", next, shape);
  return graph.finish();
}

/** @returns {Promise<Record<string, () => Promise<Float32Array>>>} */
export async function prepare(what, model, { images, labels }, epsilon) {
  const ort = await import("../node_modules/onnxruntime-web/dist/ort.wasm.min.mjs");
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = new URL("../node_modules/onnxruntime-web/dist/", import.meta.url).href;
  ort.env.logLevel = "error";
  const { channels, height, width } = model.input;
  const classes = model.classes.length,
    shape = [what.count, channels, height, width];
  const tensor = (values) => new ort.Tensor("float32", values, shape);
  const oneHot = new Float32Array(what.count * classes);
  labels.forEach((label, i) => {
    oneHot[i * classes + label] = 1;
  });
  const labelTensor = new ort.Tensor("float32", oneHot, [what.count, classes]);
  const runs = {};
  for (const masked of [false, true]) {
    const session = await ort.InferenceSession.create(attackGraph(what, model, epsilon, masked), {
      executionProviders: ["wasm"],
      graphOptimizationLevel: "all",
    });
    runs[masked ? "wasm, ReLU by Where" : "wasm, ReLU by Sign"] = async () => {
      let x = tensor(toPlanes(images, model.input));
      if (what.attack === "fgsm")
        return fromPlanes((await session.run({ x, labels: labelTensor })).next.data, model.input);
      const low = tensor(x.data.map((value) => Math.max(value - epsilon, 0)));
      const high = tensor(x.data.map((value) => Math.min(value + epsilon, 1)));
      let velocity = tensor(new Float32Array(images.length));
      for (let step = 0; step < 10; step++) {
        const { next, nextVelocity } = await session.run({
          x,
          labels: labelTensor,
          low,
          high,
          velocity,
        });
        x = next;
        velocity = nextVelocity;
      }
      return fromPlanes(x.data, model.input);
    };
  }
  return runs;
}
