// Intervals through dropout, which does nothing at inference; bounds are those of inference.
#pragma once

#include "certify/layers/rules.h"
#include "nn/layers/dropout.h"

namespace signflip {

IntervalStep interval_step(const Dropout& layer, const Placement& place);
void interval_forward(const Dropout& layer, const IntervalCall& call, Interval x, Interval y);
void interval_input_gradient(const Dropout& layer, const IntervalTrainingCall& call, Interval x,
                             Interval dy, Interval dx);

}  // namespace signflip
