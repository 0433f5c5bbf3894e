// Intervals through batch norm: a scale and a shift per channel, constants in training, too.
#include "certify/layers/declared.h"

#include <cmath>

namespace signflip {

IntervalStep interval_step(const BatchNorm&, const Placement&) { return IntervalStep::in_place; }

void interval_forward(const BatchNorm&, const IntervalCall& call, Interval x, Interval y) {
  const LayerCall& layer = call.layer;
  interval_channel_affine(layer.count * layer.place.in.pixels(), layer.place.shape.columns, x,
                          layer.scale, layer.shift, y, call.affine(1));
}

void interval_input_gradient(const BatchNorm&, const IntervalTrainingCall& call, Interval,
                             Interval dy, Interval dx) {
  const LayerCall& layer = call.interval.layer;
  const std::size_t channels = layer.place.shape.columns;
  for (std::size_t at = 0; at < layer.inputs(); at += channels) {
    for (std::size_t c = 0; c < channels; ++c) {
      dx.centre[at + c] = dy.centre[at + c] * layer.scale[c];
      dx.radius[at + c] = dy.radius[at + c] * std::abs(layer.scale[c]);
    }
  }
}

void interval_weight_gradient(const BatchNorm& norm, const IntervalTrainingCall& call, Interval x,
                              Interval dy, IntervalWeightGradient gradient) {
  if (!norm.affine) return;
  const LayerCall& layer = call.interval.layer;
  const std::size_t channels = layer.place.shape.columns;
  for (std::size_t at = 0; at < layer.inputs(); at += channels) {
    for (std::size_t c = 0; c < channels; ++c) {
      gradient.weight[c] += dy.centre[at + c] * (x.centre[at + c] - call.mean[c]) * call.inverse[c];
      gradient.absolute[c] += dy.radius[at + c] * x.radius[at + c] * call.inverse[c];
      gradient.bias[c] += dy.centre[at + c];
    }
  }
}

}  // namespace signflip
