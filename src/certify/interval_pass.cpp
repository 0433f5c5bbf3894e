#include "certify/interval_pass.h"

#include <algorithm>
#include <utility>

namespace signflip {
namespace {

std::size_t largest_activation(const Sequential& network) {
  std::size_t largest = network.input_shape().size();
  for (const PlacedLayer& placed : network.layers()) {
    largest = std::max(largest, placed.out.size());
  }
  return largest;
}

}  // namespace

IntervalPass::IntervalPass(const IntervalNetwork& intervals, std::size_t capacity)
    : intervals_(intervals),
      capacity_(capacity),
      scratch_(intervals.network(), capacity),
      epsilons_(capacity) {
  const std::size_t outputs = intervals.network().output_shape().size();
  for (auto& buffer : buffers_) {
    buffer.resize(2 * capacity * largest_activation(intervals.network()));
  }
  first_.resize(capacity * outputs);
  second_.resize(capacity * outputs);
}

Interval IntervalPass::propagate(std::span<const float> images, std::size_t count,
                                 std::span<const double> epsilons, std::size_t layers) {
  const auto interval = [this](int which) {
    std::vector<float>& buffer = buffers_[which];
    return Interval{buffer.data(), buffer.data() + buffer.size() / 2};
  };
  int current = 0;
  input_intervals(intervals_, images.data(), count, epsilons.data(), interval(current));
  for (std::size_t i = 0; i < layers; ++i) {
    const bool apart = interval_step(network().layers()[i]) == IntervalStep::apart;
    const int next = apart ? 1 - current : current;
    interval_layer(intervals_, i, count, interval(current), interval(next), scratch_);
    current = next;
  }
  return interval(current);
}

OutputBounds IntervalPass::bounds(std::span<const float> images, std::size_t count,
                                  double epsilon) {
  std::fill_n(epsilons_.begin(), count, epsilon);
  const Interval z = propagate(images, count, epsilons_, network().layers().size());
  const std::size_t size = count * network().output_shape().size();
  to_bounds(size, z, first_.data(), second_.data(), kElementwiseAllowance);
  return {std::span<const float>(first_).first(size), std::span<const float>(second_).first(size)};
}

std::span<const float> IntervalPass::margins(std::span<const float> images,
                                             std::span<const int> labels, std::size_t count,
                                             double epsilon) {
  std::fill_n(epsilons_.begin(), count, epsilon);
  return margins(images, labels, count, epsilons_);
}

std::span<const float> IntervalPass::margins(std::span<const float> images,
                                             std::span<const int> labels, std::size_t count,
                                             std::span<const double> epsilons) {
  const std::size_t classes = network().output_shape().size();
  const std::size_t layers = network().layers().size();
  const PlacedLayer& last = network().layers().back();
  if (std::holds_alternative<Dense>(last.layer)) {
    const Interval x = propagate(images, count, epsilons, layers - 1);
    const std::size_t inputs = last.shape.rows;
    const auto parameters = network().parameters();
    for (std::size_t n = 0; n < count; ++n) {
      elided_margins(inputs, classes, parameters.data() + last.weight,
                     parameters.data() + last.bias, labels[n],
                     {x.centre + n * inputs, x.radius + n * inputs}, first_.data() + n * classes,
                     second_.data(), affine_allowance(inputs));
    }
    return std::span<const float>(first_).first(count * classes);
  }
  const Interval z = propagate(images, count, epsilons, layers);
  to_bounds(count * classes, z, first_.data(), second_.data(), kElementwiseAllowance);
  for (std::size_t n = 0; n < count; ++n) {
    const auto label = static_cast<std::size_t>(labels[n]);
    float* const margins = first_.data() + n * classes;
    const float own = margins[label];
    for (std::size_t k = 0; k < classes; ++k) margins[k] = own - second_[n * classes + k];
    margins[label] = 0.0F;
  }
  return std::span<const float>(first_).first(count * classes);
}

std::unique_ptr<MarginBounds> interval_margins(const IntervalNetwork& intervals,
                                               std::size_t capacity) {
  return std::make_unique<IntervalPass>(intervals, capacity);
}

bool verified(std::span<const float> margins, int label) {
  constexpr float kUnderflow = 1e-20F;
  for (std::size_t k = 0; k < margins.size(); ++k) {
    if (k != static_cast<std::size_t>(label) && !(margins[k] > kUnderflow)) return false;
  }
  return true;
}

}  // namespace signflip
