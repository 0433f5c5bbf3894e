// Intervals through upsampling: both arrays are repeated.
#pragma once

#include "certify/layers/rules.h"
#include "nn/layers/upsample.h"

namespace signflip {

IntervalStep interval_step(const Upsample2d& layer, const Placement& place);
void interval_forward(const Upsample2d& layer, const IntervalCall& call, Interval x, Interval y);
void interval_input_gradient(const Upsample2d& layer, const IntervalTrainingCall& call, Interval x,
                             Interval dy, Interval dx);

}  // namespace signflip
