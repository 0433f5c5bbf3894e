// Forward and backward, layer by layer. With x = (c, r) and y = (c', r'):
//   affine       c' = W·c + b, r' = |W|·r      dW += ∂(c, dc') + sign(W)∘∂(r, dr')
//   monotone f   through l = c−r and u = c+r   dl = (dc'−dr')/2, du = (dc'+dr')/2 and back
#include "train/interval_training_pass.h"

#include <algorithm>
#include <cmath>

#include "backend/ops.h"
#include "backend/reference.h"

namespace signflip {
namespace {

/// Layers that pass intervals on as they are.
bool is_identity(const PlacedLayer& placed) {
  return std::holds_alternative<Dropout>(placed.layer) ||
         (std::holds_alternative<Flatten>(placed.layer) && interval_in_place(placed));
}

float sign(float value) { return value > 0.0F ? 1.0F : value < 0.0F ? -1.0F : 0.0F; }

/// (dc', dr') to gradients at the ends of the output.
struct EndGradients {
  float lower, upper;
};
EndGradients at_ends(Interval dy, std::size_t i) {
  return {0.5F * (dy.centre[i] - dy.radius[i]), 0.5F * (dy.centre[i] + dy.radius[i])};
}
/// Gradients at the ends of the input to (dc, dr).
void put(Interval dx, std::size_t i, float lower, float upper) {
  dx.centre[i] = lower + upper;
  dx.radius[i] = upper - lower;
}

void relu_gradient(std::size_t size, Interval x, Interval dy, Interval dx) {
  for (std::size_t i = 0; i < size; ++i) {
    const EndGradients d = at_ends(dy, i);
    put(dx, i, x.centre[i] - x.radius[i] > 0.0F ? d.lower : 0.0F,
        x.centre[i] + x.radius[i] > 0.0F ? d.upper : 0.0F);
  }
}

void sigmoid_gradient(std::size_t size, Interval x, Interval dy, Interval dx) {
  const auto slope = [](float at) {
    const float y = 1.0F / (1.0F + std::exp(-at));
    return y * (1.0F - y);
  };
  for (std::size_t i = 0; i < size; ++i) {
    const EndGradients d = at_ends(dy, i);
    put(dx, i, d.lower * slope(x.centre[i] - x.radius[i]),
        d.upper * slope(x.centre[i] + x.radius[i]));
  }
}

}  // namespace

IntervalTrainingPass::IntervalTrainingPass(const IntervalNetwork& intervals, std::size_t capacity)
    : intervals_(intervals),
      elided_(std::holds_alternative<Dense>(intervals.network().layers().back().layer)),
      scratch_(intervals.network(), capacity) {
  const Sequential& network = intervals.network();
  const TrainingOps& ops = cpu_training_ops();
  const std::size_t layers = network.layers().size();
  std::size_t packed = 0, bias = 0, largest = network.input_shape().size();
  first_trainable_ = layers;
  for (auto& winners : winners_) winners.resize(layers);
  source_.push_back(0);
  buffers_.emplace_back(2 * capacity * largest);
  for (std::size_t i = 0; i < layers; ++i) {
    const PlacedLayer& placed = network.layers()[i];
    const std::size_t size = capacity * placed.out.size();
    largest = std::max(largest, placed.out.size());
    bias = std::max(bias, placed.shape.bias);
    if (placed.shape.bias > 0) first_trainable_ = std::min(first_trainable_, i);
    if (is_identity(placed)) {
      source_.push_back(source_.back());
    } else {
      source_.push_back(buffers_.size());
      buffers_.emplace_back(2 * size);
    }
    if (std::holds_alternative<Conv2d>(placed.layer)) {
      packed =
          std::max(packed, ops.packed_gradient_size(placed.out.pixels(), placed.shape.columns));
    } else if (std::holds_alternative<Dense>(placed.layer)) {
      packed = std::max(packed, ops.packed_gradient_size(capacity, placed.shape.columns));
    } else if (std::holds_alternative<MaxPool2d>(placed.layer)) {
      for (auto& winners : winners_) winners[i].resize(size);
    }
  }
  const std::size_t classes = network.output_shape().size();
  for (auto& gradient : gradients_) gradient.resize(2 * capacity * largest);
  norms_.resize(2 * network.statistics().size());
  absolute_.resize(network.parameters().size());
  packed_dy_.resize(packed);
  unused_bias_.resize(bias);
  margins_.resize(capacity * classes);
  row_.resize(classes);
}

Interval IntervalTrainingPass::output_of(std::size_t stage) {
  std::vector<float>& buffer = buffers_[source_[stage]];
  return {buffer.data(), buffer.data() + buffer.size() / 2};
}

std::span<const float> IntervalTrainingPass::forward(std::span<const float> images,
                                                     std::span<const int> labels, std::size_t count,
                                                     double epsilon,
                                                     std::span<const float> statistics) {
  const Sequential& network = intervals_.network();
  const std::size_t layers = network.layers().size(), classes = network.output_shape().size();
  count_ = count;
  labels_ = labels;
  const std::vector<double> epsilons(count, epsilon);
  input_intervals(intervals_, images.data(), count, epsilons.data(), output_of(0));
  for (std::size_t i = 0; i + (elided_ ? 1 : 0) < layers; ++i) {
    const PlacedLayer& placed = network.layers()[i];
    const Interval x = output_of(i), y = output_of(i + 1);
    if (std::holds_alternative<BatchNorm2d>(placed.layer)) {
      normalise(i, statistics, x, y);
    } else if (const auto* pool = std::get_if<MaxPool2d>(&placed.layer)) {
      const PoolShape shape = {placed.in, placed.out, pool->kernel, pool->stride};
      // Nothing before it asks for its input again: it may be turned into bounds.
      to_bounds(count * placed.in.size(), x, x.centre, x.radius, 0.0F);
      cpu_ops().maxpool_forward(shape, count, x.centre, y.centre, winners_[0][i].data());
      cpu_ops().maxpool_forward(shape, count, x.radius, y.radius, winners_[1][i].data());
      from_bounds(count * placed.out.size(), y.centre, y.radius, y, 0.0F);
    } else {
      interval_layer(intervals_, i, count, x, y, scratch_);
    }
  }
  if (elided_) {
    const PlacedLayer& last = network.layers().back();
    const Interval x = output_of(layers - 1);
    const float* const values = network.parameters().data();
    for (std::size_t n = 0; n < count; ++n) {
      const std::size_t first = n * last.shape.rows;
      elided_margins(last.shape.rows, classes, values + last.weight, values + last.bias, labels[n],
                     {x.centre + first, x.radius + first}, margins_.data() + n * classes,
                     row_.data(), 0.0F);
    }
  } else {
    const Interval z = output_of(layers);
    for (std::size_t n = 0; n < count; ++n) {
      const std::size_t own = n * classes + static_cast<std::size_t>(labels[n]);
      const float lower = z.centre[own] - z.radius[own];
      for (std::size_t k = n * classes; k < (n + 1) * classes; ++k) {
        margins_[k] = k == own ? 0.0F : lower - (z.centre[k] + z.radius[k]);
      }
    }
  }
  return std::span<const float>(margins_).first(count * classes);
}

void IntervalTrainingPass::normalise(std::size_t i, std::span<const float> statistics, Interval x,
                                     Interval y) {
  const PlacedLayer& placed = intervals_.network().layers()[i];
  const std::size_t channels = placed.shape.columns, samples = count_ * placed.in.pixels();
  const float* const mean = statistics.data() + placed.statistics;
  const float* const weight = intervals_.network().parameters().data() + placed.weight;
  const float* const bias = intervals_.network().parameters().data() + placed.bias;
  // The statistics hold the unbiased variance; the shard was normalised with the biased one.
  const float biased =
      samples > 1 ? static_cast<float>(samples - 1) / static_cast<float>(samples) : 1.0F;
  float* const kept = norms_.data() + 2 * placed.statistics;
  for (std::size_t c = 0; c < channels; ++c) {
    const float inverse = 1.0F / std::sqrt(biased * mean[channels + c] + kBatchNormEpsilon);
    kept[c] = mean[c];
    kept[channels + c] = inverse;
    kept[2 * channels + c] = weight[c] * inverse;
    kept[3 * channels + c] = bias[c] - mean[c] * weight[c] * inverse;
  }
  interval_channel_affine(samples, channels, x, kept + 2 * channels, kept + 3 * channels, y, 0.0F);
}

void IntervalTrainingPass::backward(std::span<const float> dmargins, std::span<float> gradients) {
  const Sequential& network = intervals_.network();
  const auto interval = [this](int which) {
    std::vector<float>& buffer = gradients_[which];
    return Interval{buffer.data(), buffer.data() + buffer.size() / 2};
  };
  std::fill(absolute_.begin(), absolute_.end(), 0.0F);
  int current = 0;
  const PlacedLayer& last = network.layers().back();
  last_layer_backward(dmargins, interval(current), gradients.data() + last.weight,
                      gradients.data() + last.bias);
  for (std::size_t i = network.layers().size() - (elided_ ? 1 : 0); i-- > first_trainable_;) {
    add_weight_gradient(i, interval(current), gradients);
    if (i == first_trainable_) break;
    if (is_identity(network.layers()[i])) continue;
    input_gradient(i, interval(current), interval(1 - current));
    current = 1 - current;
  }
  for (std::size_t i = first_trainable_; i < network.layers().size(); ++i) {
    const PlacedLayer& placed = network.layers()[i];
    for (std::size_t w = placed.weight; w < placed.bias; ++w) {
      gradients[w] += sign(network.parameters()[w]) * absolute_[w];
    }
  }
}

void IntervalTrainingPass::last_layer_backward(std::span<const float> dmargins, Interval dx,
                                               float* dweight, float* dbias) {
  const Sequential& network = intervals_.network();
  const PlacedLayer& last = network.layers().back();
  const std::size_t classes = last.out.size();
  const std::size_t inputs = elided_ ? last.shape.rows : classes;
  for (std::size_t n = 0; n < count_; ++n, dx.centre += inputs, dx.radius += inputs) {
    const auto label = static_cast<std::size_t>(labels_[n]);
    float total = 0.0F;
    for (std::size_t k = 0; k < classes; ++k) {
      row_[k] = k == label ? 0.0F : dmargins[n * classes + k];
      total += row_[k];
    }
    if (!elided_) {
      for (std::size_t k = 0; k < classes; ++k) dx.centre[k] = dx.radius[k] = -row_[k];
      dx.centre[label] = total;
      dx.radius[label] = -total;
      continue;
    }
    for (std::size_t k = 0; k < classes; ++k) dbias[k] -= row_[k];
    dbias[label] += total;
    const Interval input = output_of(network.layers().size() - 1);
    for (std::size_t i = 0; i < inputs; ++i) {
      const float* const weight = network.parameters().data() + last.weight + i * classes;
      float* const dw = dweight + i * classes;
      const float centre = input.centre[n * inputs + i], radius = input.radius[n * inputs + i];
      float dcentre = 0.0F, dradius = 0.0F, own = 0.0F;
      for (std::size_t k = 0; k < classes; ++k) {
        const float difference = weight[label] - weight[k];
        dcentre += row_[k] * difference;
        dradius -= row_[k] * std::abs(difference);
        const float d = row_[k] * (centre - sign(difference) * radius);
        own += d;
        dw[k] -= d;
      }
      dw[label] += own;
      dx.centre[i] = dcentre;
      dx.radius[i] = dradius;
    }
  }
}

void IntervalTrainingPass::add_weight_gradient(std::size_t i, Interval dy,
                                               std::span<float> gradients) {
  const PlacedLayer& placed = intervals_.network().layers()[i];
  const TrainingOps& ops = cpu_training_ops();
  const Interval x = output_of(i);
  float* const dweight = gradients.data() + placed.weight;
  float* const dbias = gradients.data() + placed.bias;
  float* const dabsolute = absolute_.data() + placed.weight;
  if (const auto* conv = std::get_if<Conv2d>(&placed.layer)) {
    const Conv2dShape shape = conv_shape(*conv, placed);
    ops.conv2d_weight_gradient(shape, count_, x.centre, dy.centre, dweight, dbias,
                               scratch_.convolution.data(), packed_dy_.data());
    ops.conv2d_weight_gradient(shape, count_, x.radius, dy.radius, dabsolute, unused_bias_.data(),
                               scratch_.convolution.data(), packed_dy_.data());
  } else if (std::holds_alternative<Dense>(placed.layer)) {
    const DenseShape shape = dense_shape(placed);
    const auto add = [&](const float* values, const float* dvalues, float* dw, float* db) {
      ops.dense_gradient_pack(shape, count_, dvalues, db, packed_dy_.data());
      ops.dense_weight_gradient(shape, count_, {0, placed.shape.rows}, values, packed_dy_.data(),
                                dw);
    };
    add(x.centre, dy.centre, dweight, dbias);
    add(x.radius, dy.radius, dabsolute, unused_bias_.data());
  } else if (std::holds_alternative<BatchNorm2d>(placed.layer)) {
    const std::size_t channels = placed.shape.columns;
    const float* const mean = norms_.data() + 2 * placed.statistics;
    const float* const inverse = mean + channels;
    for (std::size_t at = 0; at < count_ * placed.in.size(); at += channels) {
      for (std::size_t c = 0; c < channels; ++c) {
        dweight[c] += dy.centre[at + c] * (x.centre[at + c] - mean[c]) * inverse[c];
        dabsolute[c] += dy.radius[at + c] * x.radius[at + c] * inverse[c];
        dbias[c] += dy.centre[at + c];
      }
    }
  }
}

void IntervalTrainingPass::input_gradient(std::size_t i, Interval dy, Interval dx) {
  const Sequential& network = intervals_.network();
  const PlacedLayer& placed = network.layers()[i];
  const Ops& ops = cpu_ops();
  const std::size_t in = count_ * placed.in.size(), out = count_ * placed.out.size();
  if (const auto* conv = std::get_if<Conv2d>(&placed.layer)) {
    const Conv2dShape shape = conv_shape(*conv, placed);
    ops.conv2d_input_gradient(shape, count_, dy.centre, network.packed_transposed(i), dx.centre,
                              scratch_.convolution.data());
    ops.conv2d_input_gradient(shape, count_, dy.radius, intervals_.packed_absolute_transposed(i),
                              dx.radius, scratch_.convolution.data());
  } else if (std::holds_alternative<Dense>(placed.layer)) {
    const DenseShape shape = dense_shape(placed);
    ops.dense_input_gradient(shape, count_, dy.centre, network.packed_transposed(i), dx.centre);
    ops.dense_input_gradient(shape, count_, dy.radius, intervals_.packed_absolute_transposed(i),
                             dx.radius);
  } else if (std::holds_alternative<BatchNorm2d>(placed.layer)) {
    const std::size_t channels = placed.shape.columns;
    const float* const scale = norms_.data() + 2 * placed.statistics + 2 * channels;
    for (std::size_t at = 0; at < in; at += channels) {
      for (std::size_t c = 0; c < channels; ++c) {
        dx.centre[at + c] = dy.centre[at + c] * scale[c];
        dx.radius[at + c] = dy.radius[at + c] * std::abs(scale[c]);
      }
    }
  } else if (std::holds_alternative<Relu>(placed.layer)) {
    relu_gradient(in, output_of(i), dy, dx);
  } else if (std::holds_alternative<Sigmoid>(placed.layer)) {
    sigmoid_gradient(in, output_of(i), dy, dx);
  } else if (const auto* pool = std::get_if<MaxPool2d>(&placed.layer)) {
    const PoolShape shape = {placed.in, placed.out, pool->kernel, pool->stride};
    for (std::size_t j = 0; j < out; ++j) {
      const EndGradients d = at_ends(dy, j);
      dy.centre[j] = d.lower;
      dy.radius[j] = d.upper;
    }
    reference::maxpool_input_gradient(shape, count_, dy.centre, winners_[0][i].data(), dx.centre);
    reference::maxpool_input_gradient(shape, count_, dy.radius, winners_[1][i].data(), dx.radius);
    for (std::size_t j = 0; j < in; ++j) put(dx, j, dx.centre[j], dx.radius[j]);
  } else if (const auto* upsample = std::get_if<Upsample2d>(&placed.layer)) {
    reference::upsample2d_input_gradient(placed.in, upsample->scale, count_, dy.centre, dx.centre);
    reference::upsample2d_input_gradient(placed.in, upsample->scale, count_, dy.radius, dx.radius);
  } else {  // flatten: all that is left of layers that are no identity
    reference::flatten_input_gradient(placed.in, count_, dy.centre, dx.centre);
    reference::flatten_input_gradient(placed.in, count_, dy.radius, dx.radius);
  }
}

}  // namespace signflip
