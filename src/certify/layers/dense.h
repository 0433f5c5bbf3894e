// Intervals through a dense layer: the centre by W, the radius by |W|.
#pragma once

#include "certify/layers/rules.h"
#include "nn/layers/dense.h"

namespace signflip {

IntervalStep interval_step(const Dense& layer, const Placement& place);
void interval_forward(const Dense& layer, const IntervalCall& call, Interval x, Interval y);
void interval_input_gradient(const Dense& layer, const IntervalTrainingCall& call, Interval x,
                             Interval dy, Interval dx);
void interval_weight_gradient(const Dense& layer, const IntervalTrainingCall& call, Interval x,
                              Interval dy, IntervalWeightGradient gradient);

}  // namespace signflip
