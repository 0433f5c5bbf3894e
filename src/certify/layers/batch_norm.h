// Intervals through batch norm: a scale and a shift per channel, constants in training, too.
#pragma once

#include "certify/layers/rules.h"
#include "nn/layers/batch_norm.h"

namespace signflip {

IntervalStep interval_step(const BatchNorm& layer, const Placement& place);
void interval_forward(const BatchNorm& layer, const IntervalCall& call, Interval x, Interval y);
void interval_input_gradient(const BatchNorm& layer, const IntervalTrainingCall& call, Interval x,
                             Interval dy, Interval dx);
void interval_weight_gradient(const BatchNorm& layer, const IntervalTrainingCall& call, Interval x,
                              Interval dy, IntervalWeightGradient gradient);

}  // namespace signflip
