// Intervals through the sigmoid, which is monotone.
#pragma once

#include <cmath>

#include "certify/layers/rules.h"
#include "nn/layers/sigmoid.h"

namespace signflip {

inline IntervalStep interval_step(const Sigmoid&, const Placement&) {
  return IntervalStep::in_place;
}

inline void interval_forward(const Sigmoid&, const IntervalCall& call, Interval x, Interval y) {
  interval_sigmoid(call.layer.inputs(), x, y, call.elementwise());
}

inline void interval_input_gradient(const Sigmoid&, const IntervalTrainingCall& call, Interval x,
                                    Interval dy, Interval dx) {
  const auto slope = [](float at) {
    const float y = 1.0F / (1.0F + std::exp(-at));
    return y * (1.0F - y);
  };
  const std::size_t size = call.interval.layer.inputs();
  for (std::size_t i = 0; i < size; ++i) {
    const EndGradients d = at_ends(dy, i);
    put_ends(dx, i, d.lower * slope(x.centre[i] - x.radius[i]),
             d.upper * slope(x.centre[i] + x.radius[i]));
  }
}

}  // namespace signflip
