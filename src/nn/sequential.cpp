// Sequential at inference: building, packing, forward and input gradient.
#include "nn/sequential.h"

#include <algorithm>
#include <cmath>

#include "backend/ops.h"
#include "core/concat.h"
#include "core/rng.h"

namespace signflip {

Conv2dShape conv_shape(const Conv2d& layer, const PlacedLayer& placed) {
  return {placed.in, placed.out, layer.kernel, layer.stride, layer.padding, false, placed.pooled};
}

DenseShape dense_shape(const PlacedLayer& placed) {
  return {static_cast<int>(placed.in.size()), static_cast<int>(placed.out.size())};
}

PackedSize packed_size(const PlacedLayer& placed) {
  const Ops& ops = cpu_ops();
  if (const auto* conv = std::get_if<Conv2d>(&placed.layer)) {
    const Conv2dShape shape = conv_shape(*conv, placed);
    return {whole_lines(ops.conv2d_packed_size(shape)),
            whole_lines(ops.conv2d_packed_transposed_size(shape))};
  }
  const DenseShape shape = dense_shape(placed);
  return {whole_lines(ops.packed_size(shape)), whole_lines(ops.packed_transposed_size(shape))};
}

void pack_weights(const PlacedLayer& placed, RowRange rows, const float* weight, float* forward,
                  float* transposed) {
  const Ops& ops = cpu_ops();
  if (const auto* conv = std::get_if<Conv2d>(&placed.layer)) {
    const Conv2dShape shape = conv_shape(*conv, placed);
    ops.conv2d_pack(shape, weight, forward);
    if (transposed != nullptr) ops.conv2d_pack_transposed(shape, weight, transposed);
    return;
  }
  const DenseShape shape = dense_shape(placed);
  ops.pack(shape, rows, weight, forward);
  if (transposed != nullptr) ops.pack_transposed(shape, rows, weight, transposed);
}

namespace {

bool is_matrix(const Layer& layer) {
  return std::holds_alternative<Conv2d>(layer) || std::holds_alternative<Dense>(layer);
}

/// Whether a layer may overwrite its input. Nothing that comes before it may need that value on the
/// way back: ReLU's own gradient only asks whether it is positive, which dropout cannot turn round
/// without also blocking the gradient; sigmoid's asks for the value, so nothing overwrites that.
bool works_in_place(const PlacedLayer& placed, const std::vector<PlacedLayer>& before) {
  const bool trivial_flatten = std::holds_alternative<Flatten>(placed.layer) &&
                               (placed.in.channels == 1 || placed.in.pixels() == 1);
  if (!std::holds_alternative<Relu>(placed.layer) &&
      !std::holds_alternative<Dropout>(placed.layer) && !trivial_flatten) {
    return false;
  }
  for (std::size_t i = before.size(); i-- > 0;) {
    if (std::holds_alternative<Sigmoid>(before[i].layer)) return false;
    if (!before[i].in_place) break;
  }
  return true;
}

/// How many of the last layers are a convolution and perhaps ReLU whose gradient a max pool behind
/// them can share (see Conv2dShape::pooled).
std::size_t fused_layers(const Layer& layer, const std::vector<PlacedLayer>& before) {
  const auto* const pool = std::get_if<MaxPool2d>(&layer);
  if (pool == nullptr || pool->kernel != Size2{2, 2} || pool->stride != Size2{2, 2}) return 0;
  const std::size_t count = before.size();
  const bool relu = count > 1 && std::holds_alternative<Relu>(before[count - 1].layer);
  const std::size_t fused = relu ? 2 : 1;
  if (count < fused) return 0;
  const PlacedLayer& first = before[count - fused];
  const auto* const conv = std::get_if<Conv2d>(&first.layer);
  // The kernels address rows of weights, which they pad, by ints.
  const bool small = first.shape.weight() < (std::size_t{1} << 22);
  return conv != nullptr && conv->stride == Size2{1, 1} && small ? fused : 0;
}

}  // namespace

Result<Sequential> Sequential::create(Architecture architecture) {
  const ImageShape input = architecture.input;
  const Status fits = check_input(input);
  if (!fits) return fits.error();
  if (architecture.layers.empty()) return Error{"a network needs at least one layer, found none"};
  if (architecture.layers.size() > kMaximumLayers) {
    return Error{concat("a network has at most ", kMaximumLayers, " layers, not ",
                        architecture.layers.size())};
  }
  const auto channels = static_cast<std::size_t>(input.channels);
  if (architecture.mean.size() != architecture.deviation.size() ||
      (!architecture.mean.empty() && architecture.mean.size() != channels)) {
    return Error{concat("normalise needs one mean and one std for each of the ", channels,
                        " channels, found ", architecture.mean.size(), " and ",
                        architecture.deviation.size())};
  }

  Sequential network;
  for (std::size_t c = 0; c < architecture.mean.size(); ++c) {
    const float mean = architecture.mean[c], deviation = architecture.deviation[c];
    if (!std::isfinite(mean) || !(deviation > 1e-6F) || !std::isfinite(deviation)) {
      return Error{concat("normalise needs finite means and a std above 0, found ", mean, " and ",
                          deviation)};
    }
    if (!std::isfinite(mean / deviation)) {
      return Error{"normalise has a mean that is too large for its std"};
    }
    network.input_scale_.push_back(1.0F / deviation);
    network.input_shift_.push_back(-mean / deviation);
  }

  std::size_t parameters = 0, statistics = 0, activations = input.size();
  ImageShape in = input;
  for (std::size_t i = 0; i < architecture.layers.size(); ++i) {
    const Layer& layer = architecture.layers[i];
    const auto out = signflip::output_shape(layer, in);
    if (!out) return Error{concat("layer ", i, ": ", out.error().message)};
    PlacedLayer placed{layer, in, *out, signflip::weight_shape(layer, in)};
    placed.in_place = works_in_place(placed, network.layers_);
    placed.weight = parameters;
    placed.bias = parameters + placed.shape.weight();
    parameters = placed.bias + placed.shape.bias;
    if (parameters > kMaximumParameters) {
      return Error{
          concat("layer ", i, ": the network has more than ", kMaximumParameters, " parameters")};
    }
    activations += placed.in_place ? 0 : out->size();
    if (activations > kMaximumActivations) {
      return Error{concat("layer ", i, ": the network has more than ", kMaximumActivations,
                          " activations an image")};
    }
    if (std::holds_alternative<BatchNorm2d>(layer)) {
      placed.statistics = statistics;
      statistics += 2 * placed.shape.columns;
    }
    placed.fuses = fused_layers(layer, network.layers_);
    if (placed.fuses > 0) network.layers_[i - placed.fuses].pooled = true;
    network.layers_.push_back(std::move(placed));
    in = *out;
  }
  if (!architecture.classes.empty() &&
      in != ImageShape{1, 1, static_cast<int>(architecture.classes.size())}) {
    return Error{concat("the last layer makes ", to_string(in), ", but there are ",
                        architecture.classes.size(), " classes")};
  }
  std::size_t packed = 0;
  for (const PlacedLayer& placed : network.layers_) {
    Packed place;
    if (std::holds_alternative<BatchNorm2d>(placed.layer)) {
      const std::size_t size = whole_lines(placed.shape.columns);
      place = {packed, packed + size};
      packed += 2 * size;
    } else if (is_matrix(placed.layer)) {
      const PackedSize size = packed_size(placed);
      place = {packed, packed + size.forward};
      packed = place.transposed + size.transposed;
    }
    network.packed_layers_.push_back(place);
  }
  network.architecture_ = std::move(architecture);
  network.parameters_ = AlignedFloats(parameters);
  network.statistics_.assign(statistics, 0.0F);
  network.packed_ = AlignedFloats(packed);  // which is what weights of 0 are packed as
  for (const PlacedLayer& placed : network.layers_) {
    if (!std::holds_alternative<BatchNorm2d>(placed.layer)) continue;
    std::fill_n(network.parameters_.begin() + placed.weight, placed.shape.columns, 1.0F);
    std::fill_n(network.statistics_.begin() +
                    static_cast<std::ptrdiff_t>(placed.statistics + placed.shape.columns),
                placed.shape.columns, 1.0F);
  }
  for (std::size_t i = 0; i < network.layers_.size(); ++i) {
    if (!is_matrix(network.layers_[i].layer)) network.prepare(i, {});
  }
  return network;
}

template <class Deviation>
void Sequential::draw_weights(std::uint64_t seed, Deviation deviation_of_fan_in) {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const PlacedLayer& placed = layers_[i];
    if (!is_matrix(placed.layer)) continue;
    Rng rng(seed, i);
    const float deviation = deviation_of_fan_in(static_cast<float>(placed.shape.rows));
    for (float& w : parameters().subspan(placed.weight, placed.shape.weight())) {
      w = deviation * rng.normal();
    }
    for (float& b : parameters().subspan(placed.bias, placed.shape.bias)) b = 0.0F;
  }
  prepare();
}

void Sequential::initialise(std::uint64_t seed) {
  draw_weights(seed, [](float fan_in) { return std::sqrt(2.0F / fan_in); });
}

void Sequential::initialise_for_intervals(std::uint64_t seed) {
  constexpr float kRootOfTwoPi = 2.50662827F;
  draw_weights(seed, [](float fan_in) { return kRootOfTwoPi / fan_in; });
}

std::size_t Sequential::multiply_adds() const {
  std::size_t sum = 0;
  for (const PlacedLayer& placed : layers_) sum += signflip::multiply_adds(placed.layer, placed.in);
  return sum;
}

void Sequential::prepare() {
  for (std::size_t i = 0; i < layers_.size(); ++i) prepare(i, {0, layers_[i].shape.rows});
}

void Sequential::prepare(std::size_t layer, RowRange rows) {
  const PlacedLayer& placed = layers_[layer];
  const float* const weight = parameters_.data() + placed.weight;
  float* const first = packed_.data() + packed_layers_[layer].forward;
  float* const second = packed_.data() + packed_layers_[layer].transposed;
  if (is_matrix(placed.layer)) {
    pack_weights(placed, rows, weight, first, second);
  } else if (std::holds_alternative<BatchNorm2d>(placed.layer)) {
    const std::size_t channels = placed.shape.columns;
    const float* const bias = parameters_.data() + placed.bias;
    const float* const mean = statistics_.data() + placed.statistics;
    const float* const variance = mean + channels;
    for (std::size_t c = 0; c < channels; ++c) {
      first[c] = weight[c] / std::sqrt(variance[c] + kBatchNormEpsilon);
      second[c] = bias[c] - mean[c] * first[c];
    }
  }
}

}  // namespace signflip
