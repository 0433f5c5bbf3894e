// Intervals through max pooling: the maxima of the lower and of the upper bounds.
#pragma once

#include "certify/layers/rules.h"
#include "nn/layers/max_pool.h"

namespace signflip {

IntervalStep interval_step(const MaxPool2d& layer, const Placement& place);
void interval_forward(const MaxPool2d& layer, const IntervalCall& call, Interval x, Interval y);
void interval_input_gradient(const MaxPool2d& layer, const IntervalTrainingCall& call, Interval x,
                             Interval dy, Interval dx);

}  // namespace signflip
