// Packing |W|, and which loop or product each layer is.
#include "certify/interval_network.h"

#include <algorithm>
#include <cmath>

#include "backend/ops.h"
#include "backend/reference.h"

namespace signflip {
namespace {

bool is_matrix(const Layer& layer) {
  return std::holds_alternative<Conv2d>(layer) || std::holds_alternative<Dense>(layer);
}

}  // namespace

IntervalNetwork::IntervalNetwork(const Sequential& network, Purpose purpose)
    : network_(&network), purpose_(purpose), places_(network.layers().size()) {
  std::size_t packed = 0, bias = 0;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const PlacedLayer& placed = network.layers()[i];
    if (!is_matrix(placed.layer)) continue;
    const WeightShape& shape = placed.shape;
    const PackedSize size = packed_size(placed);
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
    if (!is_matrix(placed.layer)) continue;
    const WeightShape& shape = placed.shape;
    const float* const weight = network_->parameters().data() + placed.weight;
    float* const absolute = absolute_.data() + placed.weight;
    std::transform(weight, weight + shape.weight(), absolute, [](float w) { return std::abs(w); });
    pack_weights(placed, {0, shape.rows}, absolute, packed_.data() + places_[i].forward,
                 purpose_ == Purpose::training ? packed_.data() + places_[i].transposed : nullptr);
    const float* const bias = network_->parameters().data() + placed.bias;
    const float allowance = affine_allowance(shape.rows);
    for (std::size_t c = 0; c < shape.columns; ++c) {
      radius_bias_[places_[i].bias + c] = allowance * std::abs(bias[c]);
    }
  }
}

float IntervalNetwork::elementwise_allowance() const {
  return purpose_ == Purpose::training ? 0.0F : kElementwiseAllowance;
}

float IntervalNetwork::affine_allowance(std::size_t terms) const {
  return purpose_ == Purpose::training ? 0.0F : signflip::affine_allowance(terms);
}

IntervalScratch::IntervalScratch(const Sequential& network, std::size_t capacity) {
  for (const PlacedLayer& placed : network.layers()) {
    if (const auto* conv = std::get_if<Conv2d>(&placed.layer)) {
      const std::size_t size = cpu_ops().conv2d_scratch(conv_shape(*conv, placed));
      if (size > convolution.size()) convolution.resize(size);
    } else if (std::holds_alternative<MaxPool2d>(placed.layer)) {
      const std::size_t size = capacity * placed.out.size();
      if (size > winners.size()) winners.resize(size);
    }
  }
}

void input_intervals(const IntervalNetwork& intervals, const float* images, std::size_t count,
                     const double* epsilons, Interval y) {
  const Sequential& network = intervals.network();
  const ImageShape shape = network.input_shape();
  for (std::size_t n = 0; n < count; ++n) {
    const std::size_t first = n * shape.size();
    pixel_box(shape.size(), images + first, epsilons[n], {y.centre + first, y.radius + first},
              intervals.elementwise_allowance());
  }
  if (network.input_scale().empty()) return;
  interval_channel_affine(count * shape.pixels(), static_cast<std::size_t>(shape.channels), y,
                          network.input_scale().data(), network.input_shift().data(), y,
                          intervals.affine_allowance(1));
}

bool interval_in_place(const PlacedLayer& placed) {
  if (std::holds_alternative<Flatten>(placed.layer)) {
    return placed.in.channels == 1 || placed.in.pixels() == 1;
  }
  return std::holds_alternative<Relu>(placed.layer) ||
         std::holds_alternative<Sigmoid>(placed.layer) ||
         std::holds_alternative<Dropout>(placed.layer) ||
         std::holds_alternative<BatchNorm2d>(placed.layer);
}

namespace {

/// Widens what a convolution made by what the network's own kernels may round beyond plain sums
/// (Ops::conv2d_rounding).
void allow_for_transforms(const PlacedLayer& placed, const float* weight, float rounding,
                          std::size_t count, Interval x, Interval y) {
  const std::size_t columns = placed.shape.columns;
  std::vector<float> magnitudes(columns);
  for (std::size_t k = 0; k < placed.shape.weight(); ++k) {
    magnitudes[k % columns] += std::abs(weight[k]);
  }
  const float slack = 1.0F + affine_allowance(placed.shape.rows);  // of the sums above
  for (std::size_t n = 0; n < count; ++n) {
    float largest = 0;
    for (std::size_t j = n * placed.in.size(); j < (n + 1) * placed.in.size(); ++j) {
      const float end = std::abs(x.centre[j]) + x.radius[j];
      largest = end > largest || std::isnan(end) ? end : largest;
    }
    for (std::size_t j = n * placed.out.size(); j < (n + 1) * placed.out.size(); ++j) {
      y.radius[j] += rounding * slack * largest * magnitudes[j % columns];
    }
  }
}

}  // namespace

void interval_layer(const IntervalNetwork& intervals, std::size_t i, std::size_t count, Interval x,
                    Interval y, IntervalScratch& scratch) {
  const Sequential& network = intervals.network();
  const PlacedLayer& placed = network.layers()[i];
  const Ops& ops = cpu_ops();
  const std::size_t in = count * placed.in.size(), out = count * placed.out.size();
  const float allowance = intervals.elementwise_allowance();
  const bool certain = intervals.purpose() == IntervalNetwork::Purpose::certificates;
  const float* const matrix = network.parameters().data() + placed.weight;
  const float* const bias = network.parameters().data() + placed.bias;
  if (const auto* conv = std::get_if<Conv2d>(&placed.layer)) {
    // Radii must not turn negative, nor round as freely as transforms do.
    Conv2dShape shape = conv_shape(*conv, placed);
    const float rounding = certain ? ops.conv2d_rounding(shape) : 0.0F;
    shape.plain = true;
    if (certain) widen(in, x, intervals.affine_allowance(placed.shape.rows));
    ops.conv2d_forward(shape, count, x.centre, matrix, network.packed_forward(i), bias, y.centre,
                       scratch.convolution.data());
    ops.conv2d_forward(shape, count, x.radius, intervals.absolute(i), intervals.packed_absolute(i),
                       intervals.radius_bias(i), y.radius, scratch.convolution.data());
    if (rounding > 0) allow_for_transforms(placed, matrix, rounding, count, x, y);
  } else if (std::holds_alternative<Dense>(placed.layer)) {
    const DenseShape shape = dense_shape(placed);
    if (certain) widen(in, x, intervals.affine_allowance(placed.shape.rows));
    ops.dense_forward(shape, count, x.centre, matrix, network.packed_forward(i), bias, y.centre);
    ops.dense_forward(shape, count, x.radius, intervals.absolute(i), intervals.packed_absolute(i),
                      intervals.radius_bias(i), y.radius);
  } else if (std::holds_alternative<BatchNorm2d>(placed.layer)) {
    interval_channel_affine(count * placed.in.pixels(), placed.shape.columns, x,
                            network.channel_scale(i), network.channel_shift(i), y,
                            intervals.affine_allowance(1));
  } else if (std::holds_alternative<Relu>(placed.layer)) {
    interval_relu(in, x, y, allowance);
  } else if (std::holds_alternative<Sigmoid>(placed.layer)) {
    interval_sigmoid(in, x, y, allowance);
  } else if (const auto* pool = std::get_if<MaxPool2d>(&placed.layer)) {
    const PoolShape shape = {placed.in, placed.out, pool->kernel, pool->stride};
    to_bounds(in, x, x.centre, x.radius, allowance);
    ops.maxpool_forward(shape, count, x.centre, y.centre, scratch.winners.data());
    ops.maxpool_forward(shape, count, x.radius, y.radius, scratch.winners.data());
    from_bounds(out, y.centre, y.radius, y, allowance);
  } else if (const auto* upsample = std::get_if<Upsample2d>(&placed.layer)) {
    reference::upsample2d_forward(placed.in, upsample->scale, count, x.centre, y.centre);
    reference::upsample2d_forward(placed.in, upsample->scale, count, x.radius, y.radius);
  } else if (std::holds_alternative<Flatten>(placed.layer) && x.centre != y.centre) {
    reference::flatten_forward(placed.in, count, x.centre, y.centre);
    reference::flatten_forward(placed.in, count, x.radius, y.radius);
  } else if (x.centre != y.centre) {  // dropout, which does nothing at inference
    std::copy_n(x.centre, in, y.centre);
    std::copy_n(x.radius, in, y.radius);
  }
}

}  // namespace signflip
