// Intervals through average pooling: centre and radius are averaged alike.
#pragma once

#include "certify/layers/rules.h"
#include "nn/layers/average.h"

namespace signflip {

IntervalStep interval_step(const Average& layer, const Placement& place);
void interval_forward(const Average& layer, const IntervalCall& call, Interval x, Interval y);
void interval_input_gradient(const Average& layer, const IntervalTrainingCall& call, Interval x,
                             Interval dy, Interval dx);

}  // namespace signflip
