// The interval rules that have a .cpp of the layer's name beside this file, which says what bounds
// it takes. Rules of a line or two are in headers of their own.
#pragma once

#include "certify/layers/rules.h"
#include "nn/layers/average.h"
#include "nn/layers/batch_norm.h"
#include "nn/layers/clipped_relu.h"
#include "nn/layers/contrast_normalise.h"
#include "nn/layers/conv2d.h"
#include "nn/layers/dense.h"
#include "nn/layers/residual.h"

namespace signflip {

IntervalStep interval_step(const Average&, const Placement&);
void interval_forward(const Average&, const IntervalCall&, Interval x, Interval y);
void interval_input_gradient(const Average&, const IntervalTrainingCall&, Interval x, Interval dy,
                             Interval dx);

IntervalStep interval_step(const BatchNorm&, const Placement&);
void interval_forward(const BatchNorm&, const IntervalCall&, Interval x, Interval y);
void interval_input_gradient(const BatchNorm&, const IntervalTrainingCall&, Interval x, Interval dy,
                             Interval dx);
void interval_weight_gradient(const BatchNorm&, const IntervalTrainingCall&, Interval x,
                              Interval dy, IntervalWeightGradient gradient);

IntervalStep interval_step(const ClippedRelu&, const Placement&);
void interval_forward(const ClippedRelu&, const IntervalCall&, Interval x, Interval y);
void interval_input_gradient(const ClippedRelu&, const IntervalTrainingCall&, Interval x,
                             Interval dy, Interval dx);
void interval_weight_gradient(const ClippedRelu&, const IntervalTrainingCall&, Interval x,
                              Interval dy, IntervalWeightGradient gradient);

IntervalStep interval_step(const ContrastNormalise&, const Placement&);
void interval_forward(const ContrastNormalise&, const IntervalCall&, Interval x, Interval y);
void interval_input_gradient(const ContrastNormalise&, const IntervalTrainingCall&, Interval x,
                             Interval dy, Interval dx);

IntervalStep interval_step(const Conv2d&, const Placement&);
void interval_forward(const Conv2d&, const IntervalCall&, Interval x, Interval y);
void interval_input_gradient(const Conv2d&, const IntervalTrainingCall&, Interval x, Interval dy,
                             Interval dx);
void interval_weight_gradient(const Conv2d&, const IntervalTrainingCall&, Interval x, Interval dy,
                              IntervalWeightGradient gradient);

IntervalStep interval_step(const Dense&, const Placement&);
void interval_forward(const Dense&, const IntervalCall&, Interval x, Interval y);
void interval_input_gradient(const Dense&, const IntervalTrainingCall&, Interval x, Interval dy,
                             Interval dx);
void interval_weight_gradient(const Dense&, const IntervalTrainingCall&, Interval x, Interval dy,
                              IntervalWeightGradient gradient);

IntervalStep interval_step(const ResidualMark&, const Placement&);
void interval_forward(const ResidualMark&, const IntervalCall&, Interval x, Interval y);
void interval_input_gradient(const ResidualMark&, const IntervalTrainingCall&, Interval x,
                             Interval dy, Interval dx);

}  // namespace signflip
