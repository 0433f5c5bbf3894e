// TrainingPass: the layers that behave differently in training, and the weight gradients.
#include "nn/training_pass.h"

#include <algorithm>

#include "backend/ops.h"
#include "backend/reference.h"

namespace signflip {
TrainingPass::TrainingPass(const Sequential& network, std::size_t capacity)
    : network_(network),
      activations_(network, capacity),
      batch_statistics_(network.statistics().size()),
      batch_mean_(network.statistics().size()),
      masks_(network.layers().size()) {
  const TrainingOps& ops = cpu_training_ops();
  const std::size_t layers = network.layers().size();
  std::size_t gradients = 0, image = 0, sums = 0;
  first_trainable_ = layers;
  packed_dy_.resize(layers);
  for (std::size_t i = 0; i < layers; ++i) {
    const PlacedLayer& placed = network.layers()[i];
    const bool dense = std::holds_alternative<Dense>(placed.layer);
    if (placed.shape.bias > 0) first_trainable_ = std::min(first_trainable_, i);
    first_gradient_.push_back(gradients);
    gradients += (dense ? 0 : placed.shape.weight()) + placed.shape.bias;
    if (std::holds_alternative<Conv2d>(placed.layer)) {
      image = std::max(image, ops.packed_gradient_size(placed.out.pixels(), placed.shape.columns));
    } else if (dense) {
      packed_dy_[i].resize(ops.packed_gradient_size(capacity, placed.shape.columns));
    } else if (std::holds_alternative<BatchNorm2d>(placed.layer)) {
      sums = std::max(sums, 2 * placed.shape.columns);
    } else if (std::holds_alternative<Dropout>(placed.layer)) {
      masks_[i].resize(capacity * placed.in.size());
    }
  }
  gradients_.resize(gradients);
  image_dy_.resize(image);
  sums_.resize(sums);
}

std::span<const float> TrainingPass::forward(std::span<const float> images, std::size_t count,
                                             Rng rng) {
  count_ = count;
  rng_ = rng;
  normalise_input(network_, images, count, activations_);
  const std::size_t last = network_.layers().size() - 1;
  for (std::size_t i = 0; i <= last; ++i) train_layer(i);
  return {activations_.output_of(last), count * network_.output_shape().size()};
}

void TrainingPass::train_layer(std::size_t i) {
  const PlacedLayer& placed = network_.layers()[i];
  const float* const x = activations_.input_of(i);
  float* const y = activations_.output_of(i);
  if (const auto* dropout = std::get_if<Dropout>(&placed.layer)) {
    const std::size_t size = count_ * placed.in.size();
    const float keep = 1.0F / (1.0F - dropout->rate);
    for (std::size_t j = 0; j < size; ++j) {
      masks_[i][j] = rng_.uniform() < dropout->rate ? 0.0F : keep;
    }
    reference::dropout(size, x, masks_[i].data(), y);
  } else if (std::holds_alternative<BatchNorm2d>(placed.layer)) {
    const std::size_t channels = placed.shape.columns;
    const std::size_t samples = count_ * placed.in.pixels();
    float* const mean = batch_mean_.data() + placed.statistics;
    float* const running_mean = batch_statistics_.data() + placed.statistics;
    float* const running_variance = running_mean + channels;
    reference::batchnorm_train_forward(
        samples, channels, x, network_.parameters().data() + placed.weight,
        network_.parameters().data() + placed.bias, kBatchNormEpsilon, y, mean, running_variance,
        mean + channels);
    std::copy_n(mean, channels, running_mean);
    const float unbiased =
        samples > 1 ? static_cast<float>(samples) / static_cast<float>(samples - 1) : 1.0F;
    for (std::size_t c = 0; c < channels; ++c) running_variance[c] *= unbiased;
  } else {
    forward_layer(network_, i, count_, activations_);
  }
}

void TrainingPass::backward(std::span<const float> doutput, std::span<float> dimages) {
  std::fill(gradients_.begin(), gradients_.end(), 0.0F);
  int current = 0;
  std::copy(doutput.begin(), doutput.end(), activations_.gradient(current));
  const std::size_t stop = dimages.empty() ? first_trainable_ : 0;
  for (std::size_t i = network_.layers().size(); i-- > stop;) {
    const float* const dy = activations_.gradient(current);
    make_weight_gradient(i, dy);
    if (i == stop && dimages.empty()) return;
    const int next = network_.layers()[i].in_place ? current : 1 - current;
    train_layer_input_gradient(i, dy, activations_.gradient(next));
    current = next;
  }
  if (dimages.empty()) return;
  const ImageShape shape = network_.input_shape();
  const float* const dx = activations_.gradient(current);
  if (network_.input_scale().empty()) {
    std::copy_n(dx, count_ * shape.size(), dimages.data());
  } else {
    reference::channel_scale(count_ * shape.pixels(), static_cast<std::size_t>(shape.channels), dx,
                             network_.input_scale().data(), dimages.data());
  }
}

void TrainingPass::make_weight_gradient(std::size_t i, const float* dy) {
  const PlacedLayer& placed = network_.layers()[i];
  const float* const x = activations_.input_of(i);
  float* const dweight = gradients_.data() + first_gradient_[i];
  const bool dense = std::holds_alternative<Dense>(placed.layer);
  float* const dbias = dweight + (dense ? 0 : placed.shape.weight());
  const TrainingOps& ops = cpu_training_ops();
  if (const auto* conv = std::get_if<Conv2d>(&placed.layer)) {
    ops.conv2d_weight_gradient(conv_shape(*conv, placed), count_, x, dy, dweight, dbias,
                               activations_.scratch(), image_dy_.data());
  } else if (dense) {
    ops.dense_gradient_pack(dense_shape(placed), count_, dy, dbias, packed_dy_[i].data());
  } else if (std::holds_alternative<BatchNorm2d>(placed.layer)) {
    const float* const mean = batch_mean_.data() + placed.statistics;
    reference::batchnorm_train_weight_gradient(count_ * placed.in.pixels(), placed.shape.columns, x,
                                               dy, mean, mean + placed.shape.columns, dweight,
                                               dbias);
  }
}

void TrainingPass::add_gradients(const ParameterPiece& piece, float* sum) {
  const PlacedLayer& placed = network_.layers()[piece.layer];
  const float* from = gradients_.data() + first_gradient_[piece.layer];
  std::size_t size = piece.size();
  if (std::holds_alternative<Dense>(placed.layer)) {
    cpu_training_ops().dense_weight_gradient(dense_shape(placed), count_, piece.rows,
                                             activations_.input_of(piece.layer),
                                             packed_dy_[piece.layer].data(), sum);
    const std::size_t weights = piece.rows.size() * placed.shape.columns;
    sum += weights;
    size -= weights;
  }
  for (std::size_t i = 0; i < size; ++i) sum[i] += from[i];
}

void TrainingPass::add_gradients(std::span<float> sum) {
  for (const ParameterPiece& piece : cut_parameters(network_)) {
    add_gradients(piece, sum.data() + piece.begin);
  }
}

void TrainingPass::train_layer_input_gradient(std::size_t i, const float* dy, float* dx) {
  const PlacedLayer& placed = network_.layers()[i];
  if (std::holds_alternative<Dropout>(placed.layer)) {
    reference::dropout(count_ * placed.in.size(), dy, masks_[i].data(), dx);
  } else if (std::holds_alternative<BatchNorm2d>(placed.layer)) {
    const float* const mean = batch_mean_.data() + placed.statistics;
    reference::batchnorm_train_input_gradient(count_ * placed.in.pixels(), placed.shape.columns,
                                              activations_.input_of(i), dy,
                                              network_.parameters().data() + placed.weight, mean,
                                              mean + placed.shape.columns, dx, sums_.data());
  } else {
    layer_input_gradient(network_, i, count_, dy, dx, activations_);
  }
}

}  // namespace signflip
