// Intervals through ReLU, which is monotone.
#pragma once

#include "certify/layers/rules.h"
#include "nn/layers/relu.h"

namespace signflip {

IntervalStep interval_step(const Relu& layer, const Placement& place);
void interval_forward(const Relu& layer, const IntervalCall& call, Interval x, Interval y);
void interval_input_gradient(const Relu& layer, const IntervalTrainingCall& call, Interval x,
                             Interval dy, Interval dx);

}  // namespace signflip
