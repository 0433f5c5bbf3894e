// Intervals through batch norm: a scale and a shift per channel. In training they are made of the
// statistics of the plain batch, which depend on the weights, so they have gradients, too.
#include "certify/layers/declared.h"

#include <cmath>

namespace signflip {
namespace {

/// From the sums over a channel of dL/dc' and of dL/dscale to the gradients with respect to its
/// mean and unbiased variance: c' = scale·(c − mean) + bias, r' = |scale|·r, scale =
/// weight/√(biased variance + ε).
void finish_statistics_gradient(const IntervalTrainingCall& call, float* statistics) {
  const LayerCall& layer = call.interval.layer;
  const std::size_t channels = layer.place.shape.columns;
  const auto samples = static_cast<float>(layer.count * layer.place.in.pixels());
  const float biased = samples > 1.0F ? (samples - 1.0F) / samples : 1.0F;
  for (std::size_t c = 0; c < channels; ++c) {
    const float inverse = call.inverse[c];
    statistics[c] *= -layer.scale[c];
    statistics[channels + c] *= -0.5F * layer.scale[c] * inverse * inverse * biased;
  }
}

}  // namespace

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
  const LayerCall& layer = call.interval.layer;
  const std::size_t channels = layer.place.shape.columns;
  float* const dmean = gradient.statistics;
  float* const dvariance = dmean + channels;
  for (std::size_t at = 0; at < layer.inputs(); at += channels) {
    for (std::size_t c = 0; c < channels; ++c) {
      const float centre = dy.centre[at + c] * (x.centre[at + c] - call.mean[c]);
      const float radius = dy.radius[at + c] * x.radius[at + c];
      dmean[c] += dy.centre[at + c];
      dvariance[c] += centre + (layer.scale[c] < 0.0F ? -radius : radius);
      if (!norm.affine) continue;
      gradient.weight[c] += centre * call.inverse[c];
      gradient.absolute[c] += radius * call.inverse[c];
      gradient.bias[c] += dy.centre[at + c];
    }
  }
  finish_statistics_gradient(call, gradient.statistics);
}

}  // namespace signflip
