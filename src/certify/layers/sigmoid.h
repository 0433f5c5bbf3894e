// Intervals through the sigmoid, which is monotone.
#pragma once

#include "certify/layers/rules.h"
#include "nn/layers/sigmoid.h"

namespace signflip {

IntervalStep interval_step(const Sigmoid& layer, const Placement& place);
void interval_forward(const Sigmoid& layer, const IntervalCall& call, Interval x, Interval y);
void interval_input_gradient(const Sigmoid& layer, const IntervalTrainingCall& call, Interval x,
                             Interval dy, Interval dx);

}  // namespace signflip
