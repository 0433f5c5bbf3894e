// Intervals through a convolution: the centre by W, the radius by |W|.
#pragma once

#include "certify/layers/rules.h"
#include "nn/layers/conv2d.h"

namespace signflip {

IntervalStep interval_step(const Conv2d& layer, const Placement& place);
void interval_forward(const Conv2d& layer, const IntervalCall& call, Interval x, Interval y);
void interval_input_gradient(const Conv2d& layer, const IntervalTrainingCall& call, Interval x,
                             Interval dy, Interval dx);
void interval_weight_gradient(const Conv2d& layer, const IntervalTrainingCall& call, Interval x,
                              Interval dy, IntervalWeightGradient gradient);

}  // namespace signflip
