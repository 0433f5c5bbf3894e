// Intervals through ReLU, which is monotone.
#pragma once

#include "certify/layers/rules.h"
#include "nn/layers/relu.h"

namespace signflip {

inline IntervalStep interval_step(const Relu&, const Placement&) { return IntervalStep::in_place; }

inline void interval_forward(const Relu&, const IntervalCall& call, Interval x, Interval y) {
  interval_relu(call.layer.inputs(), x, y, call.elementwise());
}

inline void interval_input_gradient(const Relu&, const IntervalTrainingCall& call, Interval x,
                                    Interval dy, Interval dx) {
  const std::size_t size = call.interval.layer.inputs();
  for (std::size_t i = 0; i < size; ++i) {
    const EndGradients d = at_ends(dy, i);
    put_ends(dx, i, x.centre[i] - x.radius[i] > 0.0F ? d.lower : 0.0F,
             x.centre[i] + x.radius[i] > 0.0F ? d.upper : 0.0F);
  }
}

}  // namespace signflip
