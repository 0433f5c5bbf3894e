// Sequential at inference: building, packing, forward and input gradient.
#include "nn/sequential.h"

#include <algorithm>
#include <cmath>

#include "backend/ops.h"
#include "backend/reference.h"
#include "core/concat.h"
#include "core/rng.h"

namespace signflip {

Conv2dShape conv_shape(const Conv2d& layer, const PlacedLayer& placed) {
  return {placed.in, placed.out, layer.kernel, layer.stride, layer.padding};
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

PoolShape pool_shape(const MaxPool2d& layer, const PlacedLayer& placed) {
  return {placed.in, placed.out, layer.kernel, layer.stride};
}

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

/// A network as seen through the attack seam.
class NetworkPass final : public Pass {
 public:
  NetworkPass(const Sequential& network, std::size_t capacity)
      : network_(network), activations_(network, capacity) {}

  std::size_t classes() const override { return static_cast<std::size_t>(network_.classes()); }
  std::size_t capacity() const override { return activations_.capacity(); }

 protected:
  std::span<const float> compute_forward(std::span<const float> images,
                                         std::size_t count) override {
    count_ = count;
    return signflip::forward(network_, images, count, activations_);
  }
  void compute_input_gradient(std::span<const float> dlogits, std::span<float> dx) override {
    signflip::input_gradient(network_, dlogits, count_, activations_, dx);
  }

 private:
  const Sequential& network_;
  Activations activations_;
  std::size_t count_ = 0;
};

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

  std::size_t parameters = 0, statistics = 0, packed = 0, activations = input.size();
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
    Packed place;
    if (std::holds_alternative<BatchNorm2d>(layer)) {
      placed.statistics = statistics;
      statistics += 2 * placed.shape.columns;
      const std::size_t size = whole_lines(placed.shape.columns);
      place = {packed, packed + size};
      packed += 2 * size;
    } else if (is_matrix(layer)) {
      const PackedSize size = packed_size(placed);
      place = {packed, packed + size.forward};
      packed = place.transposed + size.transposed;
    }
    network.layers_.push_back(std::move(placed));
    network.packed_layers_.push_back(place);
    in = *out;
  }
  if (!architecture.classes.empty() &&
      in != ImageShape{1, 1, static_cast<int>(architecture.classes.size())}) {
    return Error{concat("the last layer makes ", to_string(in), ", but there are ",
                        architecture.classes.size(), " classes")};
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

std::unique_ptr<Pass> Sequential::new_pass(std::size_t capacity) const {
  return std::make_unique<NetworkPass>(*this, capacity);
}

Activations::Activations(const Sequential& network, std::size_t capacity) : capacity_(capacity) {
  std::size_t floats = 0, winners = 0;
  const auto place = [&](std::size_t size) {
    const std::size_t offset = floats;
    floats += whole_lines(size);
    return offset;
  };
  std::size_t scratch = 1, largest = network.input_shape().size();
  source_.push_back(0);
  buffers_.push_back(place(capacity * largest));
  for (const PlacedLayer& placed : network.layers()) {
    largest = std::max(largest, placed.out.size());
    if (placed.in_place) {
      source_.push_back(source_.back());
    } else {
      source_.push_back(buffers_.size());
      buffers_.push_back(place(capacity * placed.out.size()));
    }
    first_winner_.push_back(winners);
    if (const auto* conv = std::get_if<Conv2d>(&placed.layer)) {
      scratch = std::max(scratch, cpu_ops().conv2d_scratch(conv_shape(*conv, placed)));
    } else if (std::holds_alternative<MaxPool2d>(placed.layer)) {
      winners += capacity * placed.out.size();
    }
  }
  scratch_ = place(scratch);
  for (std::size_t& gradient : gradients_) gradient = place(capacity * largest);
  floats_ = aligned_memory(floats);
  winners_.reset(new std::int32_t[winners]);  // std::make_unique would clear it
}

void normalise_input(const Sequential& network, std::span<const float> images, std::size_t count,
                     Activations& activations) {
  const ImageShape shape = network.input_shape();
  if (network.input_scale().empty()) {
    std::copy_n(images.data(), count * shape.size(), activations.input());
    return;
  }
  reference::channel_affine(count * shape.pixels(), static_cast<std::size_t>(shape.channels),
                            images.data(), network.input_scale().data(),
                            network.input_shift().data(), activations.input());
}

void forward_layer(const Sequential& network, std::size_t i, std::size_t count,
                   Activations& activations) {
  const PlacedLayer& placed = network.layers()[i];
  const float* const x = activations.input_of(i);
  float* const y = activations.output_of(i);
  const float* const bias = network.parameters().data() + placed.bias;
  const std::size_t size = count * placed.in.size();
  if (const auto* conv = std::get_if<Conv2d>(&placed.layer)) {
    cpu_ops().conv2d_forward(conv_shape(*conv, placed), count, x, network.packed_forward(i), bias,
                             y, activations.scratch());
  } else if (std::holds_alternative<Dense>(placed.layer)) {
    cpu_ops().dense_forward(dense_shape(placed), count, x,
                            network.parameters().data() + placed.weight, network.packed_forward(i),
                            bias, y);
  } else if (std::holds_alternative<BatchNorm2d>(placed.layer)) {
    reference::channel_affine(count * placed.in.pixels(), placed.shape.columns, x,
                              network.channel_scale(i), network.channel_shift(i), y);
  } else if (std::holds_alternative<Relu>(placed.layer)) {
    cpu_ops().relu_forward(size, x, y);
  } else if (const auto* pool = std::get_if<MaxPool2d>(&placed.layer)) {
    cpu_ops().maxpool_forward(pool_shape(*pool, placed), count, x, y, activations.winners_of(i));
  } else if (std::holds_alternative<Flatten>(placed.layer)) {
    if (x != y) reference::flatten_forward(placed.in, count, x, y);
  } else if (const auto* upsample = std::get_if<Upsample2d>(&placed.layer)) {
    reference::upsample2d_forward(placed.in, upsample->scale, count, x, y);
  } else if (std::holds_alternative<Sigmoid>(placed.layer)) {
    reference::sigmoid_forward(size, x, y);
  } else if (x != y) {  // dropout, which does nothing at inference
    std::copy_n(x, size, y);
  }
}

void layer_input_gradient(const Sequential& network, std::size_t i, std::size_t count,
                          const float* dy, float* dx, Activations& activations) {
  const PlacedLayer& placed = network.layers()[i];
  const float* const y = activations.output_of(i);
  const std::size_t size = count * placed.in.size();
  if (const auto* conv = std::get_if<Conv2d>(&placed.layer)) {
    cpu_ops().conv2d_input_gradient(conv_shape(*conv, placed), count, dy,
                                    network.packed_transposed(i), dx, activations.scratch());
  } else if (std::holds_alternative<Dense>(placed.layer)) {
    cpu_ops().dense_input_gradient(dense_shape(placed), count, dy, network.packed_transposed(i),
                                   dx);
  } else if (std::holds_alternative<BatchNorm2d>(placed.layer)) {
    reference::channel_scale(count * placed.in.pixels(), placed.shape.columns, dy,
                             network.channel_scale(i), dx);
  } else if (std::holds_alternative<Relu>(placed.layer)) {
    cpu_ops().relu_input_gradient(size, y, dy, dx);
  } else if (const auto* pool = std::get_if<MaxPool2d>(&placed.layer)) {
    reference::maxpool_input_gradient(pool_shape(*pool, placed), count, dy,
                                      activations.winners_of(i), dx);
  } else if (std::holds_alternative<Flatten>(placed.layer)) {
    if (dx != dy) reference::flatten_input_gradient(placed.in, count, dy, dx);
  } else if (const auto* upsample = std::get_if<Upsample2d>(&placed.layer)) {
    reference::upsample2d_input_gradient(placed.in, upsample->scale, count, dy, dx);
  } else if (std::holds_alternative<Sigmoid>(placed.layer)) {
    reference::sigmoid_input_gradient(size, y, dy, dx);
  } else if (dx != dy) {  // dropout
    std::copy_n(dy, size, dx);
  }
}

std::span<const float> forward(const Sequential& network, std::span<const float> images,
                               std::size_t count, Activations& activations) {
  normalise_input(network, images, count, activations);
  const std::size_t last = network.layers().size() - 1;
  for (std::size_t i = 0; i <= last; ++i) forward_layer(network, i, count, activations);
  return {activations.output_of(last), count * network.output_shape().size()};
}

void input_gradient(const Sequential& network, std::span<const float> doutput, std::size_t count,
                    Activations& activations, std::span<float> dimages) {
  int current = 0;
  std::copy(doutput.begin(), doutput.end(), activations.gradient(current));
  for (std::size_t i = network.layers().size(); i-- > 0;) {
    const int next = network.layers()[i].in_place ? current : 1 - current;
    layer_input_gradient(network, i, count, activations.gradient(current),
                         activations.gradient(next), activations);
    current = next;
  }
  const ImageShape shape = network.input_shape();
  const float* const dx = activations.gradient(current);
  if (network.input_scale().empty()) {
    std::copy_n(dx, count * shape.size(), dimages.data());
  } else {
    reference::channel_scale(count * shape.pixels(), static_cast<std::size_t>(shape.channels), dx,
                             network.input_scale().data(), dimages.data());
  }
}

}  // namespace signflip
