// Intervals through flatten: both arrays are reordered.
#pragma once

#include "certify/layers/rules.h"
#include "nn/layers/flatten.h"

namespace signflip {

IntervalStep interval_step(const Flatten& layer, const Placement& place);
void interval_forward(const Flatten& layer, const IntervalCall& call, Interval x, Interval y);
void interval_input_gradient(const Flatten& layer, const IntervalTrainingCall& call, Interval x,
                             Interval dy, Interval dx);

}  // namespace signflip
