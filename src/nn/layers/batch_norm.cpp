#include "nn/layers/batch_norm.h"

#include <algorithm>
#include <cmath>

#include "backend/plain_ops.h"
#include "core/concat.h"

namespace signflip {

Result<ImageShape> BatchNorm1d::output_shape(ImageShape in) const {
  if (in.height == 1 && in.width == 1) return in;
  return Error{concat("batchnorm1d needs a flat input, not ", to_string(in), ": use batchnorm2d")};
}

WeightShape BatchNorm::weight_shape(ImageShape in) const {
  const auto channels = static_cast<std::size_t>(in.channels);
  return {1, channels, channels};
}

WeightTensor BatchNorm::weight_tensor(const Placement& place) const {
  return {"weight", {place.shape.columns}};
}

void BatchNorm::make_affine(std::size_t channels, const float* statistics, const float* weight,
                            const float* bias, float* scale, float* shift) const {
  const float* const mean = statistics;
  const float* const variance = statistics + channels;
  for (std::size_t c = 0; c < channels; ++c) {
    scale[c] = weight[c] / std::sqrt(variance[c] + kBatchNormEpsilon);
    shift[c] = bias[c] - mean[c] * scale[c];
  }
}

void BatchNorm::forward(const LayerCall& call, const float* x, float* y) const {
  plain::channel_affine(call.count * call.place.in.pixels(), call.place.shape.columns, x,
                        call.scale, call.shift, y);
}

void BatchNorm::input_gradient(const LayerCall& call, const float*, const float* dy,
                               float* dx) const {
  plain::channel_scale(call.count * call.place.in.pixels(), call.place.shape.columns, dy,
                       call.scale, dx);
}

/// Kept: mean, then 1/deviation. Shared: two sums for each channel.
TrainingMemory BatchNorm::training_memory(const Placement& place, std::size_t) const {
  return {.kept = 2 * place.shape.columns, .shared = 2 * place.shape.columns};
}

void BatchNorm::train_forward(const TrainingCall& call, const float* x, float* y) const {
  const LayerCall& layer = call.layer;
  const std::size_t channels = layer.place.shape.columns;
  const std::size_t samples = layer.count * layer.place.in.pixels();
  float* const mean = call.kept;
  float* const running_variance = call.statistics + channels;
  plain::batchnorm_train_forward(samples, channels, x, layer.weight, layer.bias, kBatchNormEpsilon,
                                 y, mean, running_variance, mean + channels);
  std::copy_n(mean, channels, call.statistics);
  const float unbiased =
      samples > 1 ? static_cast<float>(samples) / static_cast<float>(samples - 1) : 1.0F;
  for (std::size_t c = 0; c < channels; ++c) running_variance[c] *= unbiased;
}

void BatchNorm::train_input_gradient(const TrainingCall& call, const float* x, const float* dy,
                                     float* dx) const {
  const LayerCall& layer = call.layer;
  const std::size_t channels = layer.place.shape.columns;
  plain::batchnorm_train_input_gradient(layer.count * layer.place.in.pixels(), channels, x, dy,
                                        layer.weight, call.kept, call.kept + channels, dx,
                                        call.shared);
}

void BatchNorm::weight_gradient(const TrainingCall& call, const float* x, const float* dy,
                                float* dweight, float* dbias) const {
  const LayerCall& layer = call.layer;
  const std::size_t channels = layer.place.shape.columns;
  plain::batchnorm_train_weight_gradient(layer.count * layer.place.in.pixels(), channels, x, dy,
                                         call.kept, call.kept + channels, dweight, dbias);
}

}  // namespace signflip
