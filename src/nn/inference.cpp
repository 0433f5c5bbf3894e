// Forward and input gradient, layer by layer.
#include "nn/inference.h"

#include <algorithm>

#include "backend/ops.h"
#include "backend/reference.h"

namespace signflip {
namespace {

PoolShape pool_shape(const MaxPool2d& layer, const PlacedLayer& placed) {
  return {placed.in, placed.out, layer.kernel, layer.stride};
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

std::unique_ptr<Pass> Sequential::new_pass(std::size_t capacity) const {
  return std::make_unique<NetworkPass>(*this, capacity);
}

Activations::Activations(const Sequential& network, std::size_t capacity)
    : capacity_(capacity),
      source_(network.layers().size() + 1),
      buffers_(source_.size()),
      first_winner_(source_.size()) {
  std::size_t floats = 0, winners = 0, buffers = 0;
  const auto place = [&](std::size_t size) {
    const std::size_t offset = floats;
    floats += whole_lines(size);
    return offset;
  };
  std::size_t scratch = 1, largest = network.input_shape().size();
  buffers_[0] = place(capacity * largest);
  for (std::size_t i = 0; i < network.layers().size(); ++i) {
    const PlacedLayer& placed = network.layers()[i];
    largest = std::max(largest, placed.out.size());
    if (!placed.in_place) buffers_[++buffers] = place(capacity * placed.out.size());
    source_[i + 1] = buffers;
    first_winner_[i] = winners;
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
  const float* const matrix = network.parameters().data() + placed.weight;
  const float* const bias = network.parameters().data() + placed.bias;
  const std::size_t size = count * placed.in.size();
  if (const auto* conv = std::get_if<Conv2d>(&placed.layer)) {
    cpu_ops().conv2d_forward(conv_shape(*conv, placed), count, x, matrix, network.packed_forward(i),
                             bias, y, activations.scratch());
  } else if (std::holds_alternative<Dense>(placed.layer)) {
    cpu_ops().dense_forward(dense_shape(placed), count, x, matrix, network.packed_forward(i), bias,
                            y);
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

namespace {

/// Of a pool and the layers before it, down to the convolution.
void pooled_input_gradient(const Sequential& network, std::size_t pool, std::size_t count,
                           const float* dy, float* dx, Activations& activations) {
  const std::size_t fuses = network.layers()[pool].fuses, conv = pool - fuses;
  const PlacedLayer& placed = network.layers()[conv];
  const bool relu = fuses > 1;
  cpu_ops().conv2d_pooled_input_gradient(
      conv_shape(std::get<Conv2d>(placed.layer), placed), count,
      {dy, activations.winners_of(pool), relu ? activations.output_of(pool) : nullptr},
      network.packed_transposed(conv), dx, activations.scratch());
}

}  // namespace

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
    const PlacedLayer& placed = network.layers()[i];
    const int next = placed.in_place ? current : 1 - current;
    const float* const dy = activations.gradient(current);
    float* const dx = activations.gradient(next);
    if (placed.fuses > 0) {
      pooled_input_gradient(network, i, count, dy, dx, activations);
      i -= placed.fuses;
    } else {
      layer_input_gradient(network, i, count, dy, dx, activations);
    }
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
