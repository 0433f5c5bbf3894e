// Intervals through the normalisation of contrast. With x in c ± r, n values an image:
//   x_i − mean(x) lies in c_i − mean(c) ± (r_i + mean(r) − 2·r_i/n), which is exact;
//   the deviation, a seminorm, in σ(c) ± ρ with ρ = √mean(r²).
// The quotient's bounds take the worst of both, which is sound and not exact.
#pragma once

#include "certify/layers/rules.h"
#include "nn/layers/contrast_normalise.h"

namespace signflip {

IntervalStep interval_step(const ContrastNormalise& layer, const Placement& place);
void interval_forward(const ContrastNormalise& layer, const IntervalCall& call, Interval x,
                      Interval y);
void interval_input_gradient(const ContrastNormalise& layer, const IntervalTrainingCall& call,
                             Interval x, Interval dy, Interval dx);

}  // namespace signflip
