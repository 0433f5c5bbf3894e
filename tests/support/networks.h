// Small networks with random values, and a generator of architectures in odd orders. Not the named
// architectures (nn/architectures.cpp), whose values start from He initialisation.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "nn/sequential.h"
#include "support/numeric.h"

namespace signflip::test {

/// Random parameters everywhere, biases and statistics included, so that nothing hides behind a 0.
inline void randomise(Sequential& network, std::uint64_t seed) {
  for (std::size_t i = 0; i < network.layers().size(); ++i) {
    const PlacedLayer& placed = network.layers()[i];
    Rng rng(seed, i);
    const float spread =
        1.5F / std::sqrt(static_cast<float>(std::max<std::size_t>(placed.shape.rows, 1)));
    for (float& w : network.parameters().subspan(placed.weight, placed.shape.weight())) {
      w = rng.uniform(-spread, spread);
    }
    for (float& b : network.parameters().subspan(placed.bias, placed.shape.bias)) {
      b = rng.uniform(-0.5F, 0.5F);
    }
    if (std::holds_alternative<ClippedRelu>(placed.layer)) {
      for (float& w : network.parameters().subspan(placed.weight, placed.shape.weight())) {
        w = rng.uniform(0.1F, 1.5F);
      }
    }
    if (!traits(placed.layer).statistics) continue;
    for (std::size_t c = 0; c < 2 * placed.shape.columns; ++c) {
      const bool is_mean = c < placed.shape.columns;
      network.statistics()[placed.statistics + c] =
          is_mean ? rng.uniform(-0.5F, 0.5F) : rng.uniform(0.2F, 2.0F);
    }
    for (float& w : network.parameters().subspan(placed.weight, placed.shape.weight())) {
      w = (w < 0 ? -0.5F : 0.5F) + 0.3F * w;
    }
  }
  network.prepare();
}

/// Fails the test where the layers do not fit.
inline Sequential random_network(ImageShape input, std::vector<Layer> layers, std::uint64_t seed,
                                 bool normalised = true) {
  Architecture architecture;
  architecture.name = "test";
  architecture.input = input;
  architecture.layers = std::move(layers);
  if (normalised) {
    for (int c = 0; c < input.channels; ++c) {
      architecture.mean.push_back(0.4F + 0.1F * static_cast<float>(c));
      architecture.deviation.push_back(0.3F + 0.05F * static_cast<float>(c));
    }
  }
  auto network = Sequential::create(std::move(architecture));
  if (!network) {
    ADD_FAILURE() << network.error().message;
    architecture = {};
    architecture.input = {1, 1, 1};
    architecture.layers = {Relu{}};
    network = Sequential::create(std::move(architecture));
  }
  randomise(*network, seed);
  return std::move(*network);
}

/// One with most kinds of layers.
inline Sequential usual_network() {
  const auto conv = [](int filters) { return Conv2d{filters, {3, 3}, {1, 1}, {1, 1}}; };
  return random_network(
      {8, 8, 2},
      {conv(5), BatchNorm2d{}, Relu{}, MaxPool2d{{2, 2}, {2, 2}}, conv(7), Relu{}, BatchNorm2d{},
       Sigmoid{}, Dropout{0.5F}, Flatten{}, Dense{20}, Relu{}, Dense{6}},
      9);
}

/// "relu sigmoid dense", for messages.
inline std::string describe(const Sequential& network) {
  std::string text = to_string(network.input_shape());
  for (const PlacedLayer& placed : network.layers()) {
    text += ' ';
    text += layer_type(placed.layer);
    if (placed.in_place) text += '*';
  }
  return text + " → " + to_string(network.output_shape());
}

/// Which layers random_architecture() may draw.
enum class Kinds { all, on_devices };

/// A convolution with everything that one can ask for.
inline Conv2d random_convolution(ImageShape in, Rng& rng) {
  const auto upto = [&](int bound) {
    return 1 + static_cast<int>(rng.below(static_cast<std::uint32_t>(bound)));
  };
  Conv2d conv{.filters = upto(4), .kernel = {upto(3), upto(3)}};
  conv.dilation = {upto(2), upto(2)};
  conv.bias = rng.below(2) == 0;
  if (rng.below(2) == 0) {  // depthwise where there is one filter for each channel
    conv.groups = in.channels;
    conv.filters = in.channels * upto(2);
  }
  if (rng.below(2) == 0) {
    conv.same = true;
  } else {
    conv.stride = {upto(2), upto(2)};
    const Size2 extent = conv.extent();
    conv.padding = {upto(extent.height) - 1, upto(extent.width) - 1};
  }
  return conv;
}

/// The shape behind these layers, which fit.
inline ImageShape shape_after(const std::vector<Layer>& layers, ImageShape in) {
  std::vector<ImageShape> inputs = {in};
  for (std::size_t i = 0; i < layers.size(); ++i) {
    inputs.push_back(*output_shape(layers, i, inputs));
  }
  return inputs.back();
}

/// A residual block, marks included, whose shortcut is the identity or a convolution; perhaps with
/// another block in its body.
inline std::vector<Layer> random_block(ImageShape in, Rng& rng, bool nested = false) {
  const auto upto = [&](int bound) {
    return 1 + static_cast<int>(rng.below(static_cast<std::uint32_t>(bound)));
  };
  const auto conv = [](int filters, int kernel, int stride) {
    return Conv2d{filters, {kernel, kernel}, {stride, stride}, {kernel / 2, kernel / 2}};
  };
  const bool identity = rng.below(2) == 0;
  const int filters = identity ? in.channels : upto(3), stride = identity ? 1 : upto(2);
  std::vector<Layer> body = {kResidualBegin};
  if (rng.below(3) == 0) body.push_back(Relu{});  // in place where a copy must be kept
  if (rng.below(3) == 0) body.push_back(Dropout{0.25F});
  if (!nested && rng.below(3) == 0) {
    for (const Layer& layer : random_block(in, rng, true)) body.push_back(layer);
    if (const auto out = shape_after(body, in); out != in) body.resize(1);
  }
  body.push_back(conv(filters, 3, stride));
  if (rng.below(2) == 0) body.push_back(BatchNorm2d{});
  if (rng.below(2) == 0) body.push_back(Relu{});
  body.push_back(kResidualTurn);
  if (rng.below(3) == 0) body.push_back(Relu{});
  if (!identity) body.push_back(conv(filters, 1, stride));
  body.push_back(kResidualEnd);
  return body;
}

/// 2 to 9 layers of any kind in any order that fits; at most two that squash, because a chain of
/// them flattens everything until float32 has nothing left to compare.
inline Sequential random_architecture(std::uint64_t seed, Kinds kinds = Kinds::all) {
  Rng rng(seed, 1000);
  const auto upto = [&](int bound) {
    return 1 + static_cast<int>(rng.below(static_cast<std::uint32_t>(bound)));
  };
  const ImageShape input = {upto(6), upto(6), upto(3)};
  ImageShape in = input;
  std::vector<Layer> layers;
  int squashing = 0;
  const int wanted = 1 + upto(8);
  while (static_cast<int>(layers.size()) < wanted) {
    Layer layer = Relu{};
    switch (rng.below(kinds == Kinds::all ? 22 : 12)) {
      case 0: {
        const Size2 kernel = {upto(3), upto(3)};
        const Size2 padding = {upto(kernel.height) - 1, upto(kernel.width) - 1};
        layer = Conv2d{upto(4), kernel, {upto(2), upto(2)}, padding};
        if (kinds == Kinds::all && rng.below(2) == 0) layer = random_convolution(in, rng);
        break;
      }
      case 1:
        layer = Dense{upto(6)};
        break;
      case 2:
        layer = MaxPool2d{{upto(3), upto(2)}, {upto(2), upto(2)}};
        break;
      case 3:
        layer = in.pixels() == 1 ? Layer(BatchNorm1d{}) : Layer(BatchNorm2d{});
        if (kinds == Kinds::all && rng.below(2) == 0) {
          const BatchNorm norm = {rng.uniform(1e-3F, 0.5F), rng.below(2) == 0};
          layer = in.pixels() == 1 ? Layer(BatchNorm1d{norm}) : Layer(BatchNorm2d{norm});
        }
        break;
      case 4:
        layer = Upsample2d{{upto(2), upto(2)}};
        break;
      case 5:
      case 6:
        layer = Flatten{};
        break;
      case 7:
      case 8:
        layer = Sigmoid{};
        break;
      case 9:
        layer = Dropout{0.25F * static_cast<float>(upto(4) - 1)};
        break;
      case 10:
      case 11:
        break;
      case 12:
        layer = LeakyRelu{rng.uniform(-0.5F, 0.5F)};
        break;
      case 13:
        layer = Tanh{};
        break;
      case 14:
        layer = Gelu{};
        break;
      case 15:
        layer = Silu{};
        break;
      case 16: {
        const Size2 kernel = {upto(3), upto(3)};
        const Size2 padding = {(upto(kernel.height) - 1) / 2, (upto(kernel.width) - 1) / 2};
        layer = AvgPool2d{kernel, {upto(2), upto(2)}, padding, rng.below(2) == 0};
        break;
      }
      case 18:
      case 19:
        layer = ClippedRelu{static_cast<Ceilings>(upto(3))};
        break;
      case 20:
        layer = ContrastNormalise{rng.uniform(0.01F, 0.3F)};
        break;
      case 17:
        layer = AdaptiveAvgPool2d{{upto(4), upto(4)}};
        break;
      default:
        layer = Hardtanh{rng.uniform(-1.0F, 0.0F), rng.uniform(0.5F, 2.0F)};
        break;
    }
    if (kinds == Kinds::all && rng.below(12) == 0) {
      const std::vector<Layer> block = random_block(in, rng);
      layers.insert(layers.end(), block.begin(), block.end());
      in = shape_after(block, in);
      continue;
    }
    const auto out = output_shape(layer, in);
    if (!out || out->size() > 400) continue;
    const bool squashes = std::holds_alternative<Sigmoid>(layer) ||
                          std::holds_alternative<Tanh>(layer) ||
                          std::holds_alternative<Hardtanh>(layer);
    if (squashes && ++squashing > 2) continue;
    layers.push_back(layer);
    in = *out;
  }
  return random_network(input, std::move(layers), seed, rng.below(2) == 0);
}

}  // namespace signflip::test
