// Intervals through a residual block: the body's and the shortcut's are added, as if their values
// had nothing to do with each other.
#pragma once

#include "certify/layers/rules.h"
#include "nn/layers/residual.h"

namespace signflip {

IntervalStep interval_step(const ResidualMark& mark, const Placement& place);
void interval_forward(const ResidualMark& mark, const IntervalCall& call, Interval x, Interval y);
void interval_input_gradient(const ResidualMark& mark, const IntervalTrainingCall& call, Interval x,
                             Interval dy, Interval dx);

}  // namespace signflip
