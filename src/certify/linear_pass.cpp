#include "certify/linear_pass.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "certify/layers/all.h"

namespace signflip {
namespace {

/// Follows the bounds back through the layer; false where it has no rule.
bool back_through(const PlacedLayer& placed, const LinearCall& call, LinearBounds& bounds) {
  return std::visit(
      [&](const auto& layer) {
        if constexpr (requires { linear_backward(layer, call, bounds); }) {
          linear_backward(layer, call, bounds);
          return true;
        } else {
          return false;
        }
      },
      placed.layer);
}

bool is_affine(const PlacedLayer& placed) {
  return std::visit([]<class L>(const L&) { return AffineLayer<L>; }, placed.layer);
}

bool is_kinked(const PlacedLayer& placed) {
  return std::visit([]<class L>(const L&) { return KinkedLayer<L>; }, placed.layer);
}

/// How many values are followed back at once.
constexpr std::size_t kTogether = 64;

float rounded_down(double value) {
  if (!std::isfinite(value)) return -std::numeric_limits<float>::infinity();
  const auto rounded = static_cast<float>(value);
  return std::nextafter(rounded, -std::numeric_limits<float>::infinity());
}

}  // namespace

LinearPass::LinearPass(const IntervalNetwork& intervals, std::size_t capacity)
    : intervals_(intervals), plain_(intervals, capacity), scratch_(intervals.network(), 1) {
  const Sequential& network = intervals.network();
  std::size_t most = 0;
  const auto keep = [&](std::size_t size) {
    at_.push_back({std::vector<float>(size), std::vector<float>(size)});
    most = std::max(most, size);
  };
  keep(network.input_shape().size());
  for (const PlacedLayer& placed : network.layers()) keep(placed.out.size());
  input_ = {std::vector<float>(most), std::vector<float>(most)};
  margins_.resize(capacity * network.output_shape().size());
  for (std::size_t i = 0; i < network.layers().size(); ++i) {
    const bool packed = traits(network.layers()[i].layer).packed;
    weights_.push_back(packed ? weights_of(network.call(i, 1)) : LinearBounds::Matrix());
  }
  rounding_.resize(weights_.size());
}

void LinearPass::bound_layers(std::span<const float> image, double epsilon) {
  input_intervals(intervals_, image.data(), 1, &epsilon, at_[0].interval());
  for (std::size_t i = 0; i < network().layers().size(); ++i) {
    const PlacedLayer& placed = network().layers()[i];
    if (is_kinked(placed)) tighten(i);
    if (is_affine(placed)) {
      IntervalCall call = intervals_.call(i, 1);
      scratch_.lend(call);
      rounding_[i] = rounding_of(placed, call, at_[i].interval());
    }
    const bool apart = interval_step(placed) == IntervalStep::apart;
    Kept& from = apart ? input_ : at_[i + 1];
    std::copy(at_[i].centre.begin(), at_[i].centre.end(), from.centre.begin());
    std::copy(at_[i].radius.begin(), at_[i].radius.end(), from.radius.begin());
    interval_layer(intervals_, i, 1, from.interval(), at_[i + 1].interval(), scratch_);
  }
}

/// Bounds the inputs of a layer with kinks again, those whose sign is open.
void LinearPass::tighten(std::size_t layer) {
  Kept& at = at_[layer];
  std::vector<std::size_t> open;
  for (std::size_t j = 0; j < at.centre.size(); ++j) {
    if (std::abs(at.centre[j]) < at.radius[j]) open.push_back(j);
  }
  for (std::size_t first = 0; first < open.size(); first += kTogether) {
    const auto which = std::span(open).subspan(first, std::min(kTogether, open.size() - first));
    bounds_.begin_values(which, at.centre.size());
    const Eigen::VectorXd lowest = bounds_.lowest(at_[follow_back(layer)].interval());
    for (std::size_t i = 0; i < which.size(); ++i) {
      const auto row = static_cast<Eigen::Index>(i), opposite = row + std::ssize(which);
      const float own = at.centre[which[i]], radius = at.radius[which[i]];
      float lower = std::max(own - radius, rounded_down(lowest[row]));
      float upper = std::min(own + radius, -rounded_down(lowest[opposite]));
      Interval value{&at.centre[which[i]], &at.radius[which[i]]};
      from_bounds(1, &lower, &upper, value, kElementwiseAllowance);
      if (!(*value.radius < radius)) value.centre[0] = own, value.radius[0] = radius;
    }
  }
}

/// Follows bounds_ back from the output of the first `layers` layers; returns how many are left.
std::size_t LinearPass::follow_back(std::size_t layers) {
  for (; layers > 0; --layers) {
    const std::size_t i = layers - 1;
    const LinearCall call{intervals_.call(i, 1), at_[i].interval(), weights_[i], rounding_[i]};
    if (!back_through(network().layers()[i], call, bounds_)) break;
  }
  return layers;
}

void LinearPass::raise(int label, std::span<float> margins) {
  const std::size_t classes = margins.size();
  bounds_.begin_margins(classes, static_cast<std::size_t>(label));
  const std::size_t left = follow_back(network().layers().size());
  const Eigen::VectorXd lowest = bounds_.lowest(at_[left].interval());
  for (std::size_t k = 0; k < classes; ++k) {
    if (k == static_cast<std::size_t>(label)) continue;
    margins[k] = std::max(margins[k], rounded_down(lowest[static_cast<Eigen::Index>(k)]));
  }
}

std::span<const float> LinearPass::margins(std::span<const float> images,
                                           std::span<const int> labels, std::size_t count,
                                           std::span<const double> epsilons) {
  const std::size_t size = network().input_shape().size();
  const std::size_t classes = network().output_shape().size();
  const auto by_intervals = plain_.margins(images, labels, count, epsilons);
  std::copy(by_intervals.begin(), by_intervals.end(), margins_.begin());
  for (std::size_t n = 0; n < count; ++n) {
    const auto margins = std::span(margins_).subspan(n * classes, classes);
    if (verified(margins, labels[n])) continue;
    bound_layers(images.subspan(n * size, size), epsilons[n]);
    raise(labels[n], margins);
  }
  return std::span<const float>(margins_).first(count * classes);
}

std::unique_ptr<MarginBounds> linear_margins(const IntervalNetwork& intervals,
                                             std::size_t capacity) {
  return std::make_unique<LinearPass>(intervals, capacity);
}

}  // namespace signflip
