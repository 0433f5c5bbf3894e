#include "nn/inference.h"

#include <algorithm>

#include "backend/ops.h"
#include "backend/plain_ops.h"

namespace signflip {
namespace {

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
  std::size_t floats = 0, winners = 0, buffers = 0, carried = 0;
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
    const LayerMemory memory =
        std::visit([&](const auto& l) { return l.memory(placed); }, placed.layer);
    scratch = std::max(scratch, memory.scratch);
    winners += capacity * memory.winners;
    carried += capacity * memory.carried;
  }
  scratch_ = place(scratch);
  carried_ = place(carried);
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
  plain::channel_affine(count * shape.pixels(), static_cast<std::size_t>(shape.channels),
                        images.data(), network.input_scale().data(), network.input_shift().data(),
                        activations.input());
}

LayerCall layer_call(const Sequential& network, std::size_t i, std::size_t count,
                     Activations& activations) {
  LayerCall call = network.call(i, count);
  call.scratch = activations.scratch();
  call.winners = activations.winners_of(i);
  call.input = activations.input_of(i);
  call.carried = activations.carried(call.place.carried);
  call.carried_before = activations.carried(call.place.carried_before);
  return call;
}

void forward_layer(const Sequential& network, std::size_t i, std::size_t count,
                   Activations& activations) {
  const LayerCall call = layer_call(network, i, count, activations);
  const float* const x = activations.input_of(i);
  float* const y = activations.output_of(i);
  std::visit([&](const auto& layer) { layer.forward(call, x, y); }, network.layers()[i].layer);
}

void layer_input_gradient(const Sequential& network, std::size_t i, std::size_t count,
                          const float* dy, float* dx, Activations& activations) {
  const LayerCall call = layer_call(network, i, count, activations);
  const float* const y = activations.output_of(i);
  std::visit([&](const auto& layer) { layer.input_gradient(call, y, dy, dx); },
             network.layers()[i].layer);
}

namespace {

/// Of a pool and the layers before it, down to the convolution.
void pooled_input_gradient(const Sequential& network, std::size_t pool, std::size_t count,
                           const float* dy, float* dx, Activations& activations) {
  const std::size_t fuses = network.layers()[pool].fuses, conv = pool - fuses;
  const bool relu = fuses > 1;
  cpu_ops().conv2d_pooled_input_gradient(
      prepared_conv(network.call(conv, count)), count,
      {dy, activations.winners_of(pool), relu ? activations.output_of(pool) : nullptr}, dx,
      activations.scratch());
}

}  // namespace

void pixel_gradient(const Sequential& network, const float* gradient, std::size_t count,
                    std::span<float> dimages) {
  const ImageShape shape = network.input_shape();
  if (network.input_scale().empty()) {
    std::copy_n(gradient, count * shape.size(), dimages.data());
  } else {
    plain::channel_scale(count * shape.pixels(), static_cast<std::size_t>(shape.channels), gradient,
                         network.input_scale().data(), dimages.data());
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
  pixel_gradient(network, activations.gradient(current), count, dimages);
}

}  // namespace signflip
