#include "nn/layers/batch_norm.h"

#include <algorithm>
#include <cmath>

#include "backend/plain_ops.h"
#include "core/concat.h"

namespace signflip {

Result<ImageShape> BatchNorm::check(std::string_view type, ImageShape in, bool flat) const {
  const Status fits = check_epsilon(type, epsilon);
  if (!fits) return fits.error();
  if (!flat || (in.height == 1 && in.width == 1)) return in;
  return Error{concat("batchnorm1d needs a flat input, not ", to_string(in), ": use batchnorm2d")};
}

/// The columns are the channels, of weights and statistics alike.
WeightShape BatchNorm::weight_shape(ImageShape in) const {
  const auto channels = static_cast<std::size_t>(in.channels);
  if (!affine) return {0, channels, 0};
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
    scale[c] = (affine ? weight[c] : 1.0F) / std::sqrt(variance[c] + epsilon);
    shift[c] = (affine ? bias[c] : 0.0F) - mean[c] * scale[c];
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

/// Kept: mean, 1/deviation and, where the layer is not affine, weights of 1 and biases of 0.
/// Shared: two sums for each channel.
TrainingMemory BatchNorm::training_memory(const Placement& place, std::size_t) const {
  return {.kept = (affine ? 2 : 4) * place.shape.columns, .shared = 2 * place.shape.columns};
}

void BatchNorm::train_forward(const TrainingCall& call, const float* x, float* y) const {
  const LayerCall& layer = call.layer;
  const std::size_t channels = layer.place.shape.columns;
  const std::size_t samples = layer.count * layer.place.in.pixels();
  float* const mean = call.kept;
  float* const running_variance = call.statistics + channels;
  const float *weight = layer.weight, *bias = layer.bias;
  if (!affine) {
    weight = std::fill_n(mean + 2 * channels, channels, 1.0F) - channels;
    bias = std::fill_n(mean + 3 * channels, channels, 0.0F) - channels;
  }
  plain::batchnorm_train_forward(samples, channels, x, weight, bias, epsilon, y, mean,
                                 running_variance, mean + channels);
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
                                        affine ? layer.weight : call.kept + 2 * channels, call.kept,
                                        call.kept + channels, dx, call.shared);
}

void BatchNorm::add_statistics_gradient(const TrainingCall& call, const float* x,
                                        const float* dstatistics, float* dx) const {
  const LayerCall& layer = call.layer;
  const std::size_t channels = layer.place.shape.columns;
  const std::size_t samples = layer.count * layer.place.in.pixels();
  const float of_mean = 1.0F / static_cast<float>(samples);
  const float of_variance = samples > 1 ? 2.0F / static_cast<float>(samples - 1) : 0.0F;
  const float* const mean = call.kept;
  for (std::size_t at = 0; at < samples * channels; at += channels) {
    for (std::size_t c = 0; c < channels; ++c) {
      dx[at + c] += of_mean * dstatistics[c] +
                    of_variance * dstatistics[channels + c] * (x[at + c] - mean[c]);
    }
  }
}

void BatchNorm::weight_gradient(const TrainingCall& call, const float* x, const float* dy,
                                float* dweight, float* dbias) const {
  if (!affine) return;
  const LayerCall& layer = call.layer;
  const std::size_t channels = layer.place.shape.columns;
  plain::batchnorm_train_weight_gradient(layer.count * layer.place.in.pixels(), channels, x, dy,
                                         call.kept, call.kept + channels, dweight, dbias);
}

}  // namespace signflip
