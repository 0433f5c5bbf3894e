#include "certify/layers/elementwise.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace signflip {
namespace {

/// Where a function has its only minimum, and its value there, rounded down.
struct Minimum {
  float at, value;
};

/// At infinity where the function only rises.
Minimum minimum_of(const Activation& f) {
  switch (f.kind) {
    case Activation::Kind::gelu:
      return {-0.75179152F, -0.16997122F};
    case Activation::Kind::silu:
      return {-1.27846454F, -0.27846456F};
    case Activation::Kind::leaky_relu:
      if (f.first < 0.0F) return {0.0F, 0.0F};
      break;
    default:
      break;
  }
  return {std::numeric_limits<float>::infinity(), 0.0F};
}

float value_at(const Activation& f, float x) { return plain::activation(f, x).value; }

}  // namespace

void interval_activation(const Activation& f, std::size_t size, Interval x, Interval y,
                         float allowance) {
  const Minimum minimum = minimum_of(f);
  // The functions are right to a few units in the last place of their argument or of their value,
  // whichever is larger; tanh, which ends in a difference, of 1.
  const bool tanh = f.kind == Activation::Kind::tanh;
  to_bounds(size, x, y.centre, y.radius, allowance);
  for (std::size_t i = 0; i < size; ++i) {
    const float lower = y.centre[i], upper = y.radius[i];
    const float at_lower = value_at(f, lower), at_upper = value_at(f, upper);
    const bool turns = lower <= minimum.at && minimum.at <= upper;
    const float most = std::max(std::max(std::abs(lower), std::abs(upper)),
                                std::max(std::abs(at_lower), std::abs(at_upper)));
    const float more = 4.0F * allowance * (tanh ? 1.0F : most);
    y.centre[i] = (turns ? minimum.value : std::min(at_lower, at_upper)) - more;
    y.radius[i] = std::max(at_lower, at_upper) + more;
  }
  from_bounds(size, y.centre, y.radius, y, allowance);
}

IntervalStep interval_step(const Elementwise&, const Placement&) { return IntervalStep::in_place; }

void interval_forward(const Elementwise& layer, const IntervalCall& call, Interval x, Interval y) {
  interval_activation(layer, call.layer.inputs(), x, y, call.elementwise());
}

void interval_input_gradient(const Elementwise& f, const IntervalTrainingCall& call, Interval x,
                             Interval dy, Interval dx) {
  const Minimum minimum = minimum_of(f);
  for (std::size_t i = 0; i < call.interval.layer.inputs(); ++i) {
    const float lower = x.centre[i] - x.radius[i], upper = x.centre[i] + x.radius[i];
    const auto at_lower = plain::activation(f, lower), at_upper = plain::activation(f, upper);
    const EndGradients d = at_ends(dy, i);
    const bool rises = at_lower.value <= at_upper.value;
    const bool turns = lower <= minimum.at && minimum.at <= upper;
    const float of_least = turns ? 0.0F : d.lower;
    put_ends(dx, i, (rises ? of_least : d.upper) * at_lower.slope,
             (rises ? d.upper : of_least) * at_upper.slope);
  }
}

}  // namespace signflip
