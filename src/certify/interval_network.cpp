#include "certify/interval_network.h"

#include <algorithm>
#include <cmath>

#include "certify/layers/all.h"

namespace signflip {

IntervalNetwork::IntervalNetwork(const Sequential& network, Purpose purpose)
    : network_(&network), purpose_(purpose), places_(network.layers().size()) {
  std::size_t packed = 0, bias = 0;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const PlacedLayer& placed = network.layers()[i];
    if (!traits(placed.layer).packed) continue;
    const WeightShape& shape = placed.shape;
    const PackedSize size = packed_size(placed.layer, placed);
    places_[i] = {packed, packed + size.forward, bias};
    packed = places_[i].transposed;
    if (purpose == Purpose::training) packed += size.transposed;
    bias += shape.columns;
  }
  packed_ = AlignedFloats(packed);
  radius_bias_.resize(bias);
  absolute_.resize(network.parameters().size());
  update();
}

void IntervalNetwork::update() {
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const PlacedLayer& placed = network_->layers()[i];
    if (!traits(placed.layer).packed) continue;
    const WeightShape& shape = placed.shape;
    const float* const weight = network_->parameters().data() + placed.weight;
    float* const absolute = absolute_.data() + placed.weight;
    std::transform(weight, weight + shape.weight(), absolute, [](float w) { return std::abs(w); });
    pack_weights(placed.layer, placed, {0, shape.rows}, absolute,
                 packed_.data() + places_[i].forward,
                 purpose_ == Purpose::training ? packed_.data() + places_[i].transposed : nullptr);
    const float* const bias = network_->parameters().data() + placed.bias;
    const float allowance = call(i, 1).affine(shape.rows);
    for (std::size_t c = 0; c < shape.bias; ++c) {  // 0 where there is no bias
      radius_bias_[places_[i].bias + c] = allowance * std::abs(bias[c]);
    }
  }
}

IntervalCall IntervalNetwork::call(std::size_t layer, std::size_t count) const {
  IntervalCall call{.layer = network_->call(layer, count)};
  call.certain = purpose_ == Purpose::certificates;
  call.absolute = absolute(layer);
  call.packed_absolute = packed_absolute(layer);
  call.packed_absolute_transposed = packed_absolute_transposed(layer);
  call.radius_bias = radius_bias(layer);
  return call;
}

IntervalScratch::IntervalScratch(const Sequential& network, std::size_t capacity)
    : capacity_(capacity) {
  std::size_t floats = 0, most = 0, carried = 0;
  for (const PlacedLayer& placed : network.layers()) {
    const LayerMemory memory =
        std::visit([&](const auto& layer) { return layer.memory(placed); }, placed.layer);
    floats = std::max(floats, memory.scratch);
    most = std::max(most, capacity * memory.winners);
    carried += capacity * memory.carried;
  }
  carried_.resize(2 * carried);
  scratch.resize(floats);
  winners.resize(most);
}

Interval IntervalScratch::carried(std::size_t offset) {
  float* const centre = carried_.data() + capacity_ * offset;
  return {centre, centre + carried_.size() / 2};
}

void IntervalScratch::lend(IntervalCall& call) {
  call.layer.scratch = scratch.data();
  call.carried = carried(call.place().carried);
  call.carried_before = carried(call.place().carried_before);
}

void input_intervals(const IntervalNetwork& intervals, const float* images, std::size_t count,
                     const double* epsilons, Interval y) {
  const Sequential& network = intervals.network();
  const ImageShape shape = network.input_shape();
  const bool certain = intervals.purpose() == IntervalNetwork::Purpose::certificates;
  for (std::size_t n = 0; n < count; ++n) {
    const std::size_t first = n * shape.size();
    pixel_box(shape.size(), images + first, epsilons[n], {y.centre + first, y.radius + first},
              certain ? kElementwiseAllowance : 0.0F);
  }
  if (network.input_scale().empty()) return;
  interval_channel_affine(count * shape.pixels(), static_cast<std::size_t>(shape.channels), y,
                          network.input_scale().data(), network.input_shift().data(), y,
                          certain ? affine_allowance(1) : 0.0F);
}

IntervalStep interval_step(const PlacedLayer& placed) {
  return std::visit([&](const auto& layer) { return interval_step(layer, placed); }, placed.layer);
}

void interval_layer(const IntervalNetwork& intervals, std::size_t i, std::size_t count, Interval x,
                    Interval y, IntervalScratch& scratch) {
  IntervalCall call = intervals.call(i, count);
  scratch.lend(call);
  call.layer.winners = call.upper_winners = scratch.winners.data();
  std::visit([&](const auto& layer) { interval_forward(layer, call, x, y); },
             intervals.network().layers()[i].layer);
}

}  // namespace signflip
