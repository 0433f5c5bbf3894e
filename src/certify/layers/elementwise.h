// Intervals through the functions of backend/activation.h. Each falls until one point, which
// GELU, SiLU and a leaky ReLU with a negative slope have, and rises from there on: its maximum over
// an interval is at one of the ends, its minimum at that point where the interval holds it.
#pragma once

#include "certify/layers/rules.h"
#include "nn/layers/elementwise.h"

namespace signflip {

/// Rounding is part of the allowance.
void interval_activation(const Activation& f, std::size_t size, Interval x, Interval y,
                         float allowance);

IntervalStep interval_step(const Elementwise& layer, const Placement& place);
void interval_forward(const Elementwise& layer, const IntervalCall& call, Interval x, Interval y);
void interval_input_gradient(const Elementwise& layer, const IntervalTrainingCall& call, Interval x,
                             Interval dy, Interval dx);

}  // namespace signflip
