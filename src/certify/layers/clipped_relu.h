// Intervals through a ReLU with ceilings, which is monotone.
#pragma once

#include "certify/layers/rules.h"
#include "nn/layers/clipped_relu.h"

namespace signflip {

IntervalStep interval_step(const ClippedRelu& layer, const Placement& place);
void interval_forward(const ClippedRelu& layer, const IntervalCall& call, Interval x, Interval y);
void interval_input_gradient(const ClippedRelu& layer, const IntervalTrainingCall& call, Interval x,
                             Interval dy, Interval dx);
void interval_weight_gradient(const ClippedRelu& layer, const IntervalTrainingCall& call,
                              Interval x, Interval dy, IntervalWeightGradient gradient);

}  // namespace signflip
