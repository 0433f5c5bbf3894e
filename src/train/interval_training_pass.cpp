#include "train/interval_training_pass.h"

#include <algorithm>
#include <cmath>

#include "certify/layers/all.h"

namespace signflip {
namespace {

float sign(float value) { return value > 0.0F ? 1.0F : value < 0.0F ? -1.0F : 0.0F; }

}  // namespace

IntervalTrainingPass::IntervalTrainingPass(const IntervalNetwork& intervals, std::size_t capacity)
    : intervals_(intervals),
      elided_(std::holds_alternative<Dense>(intervals.network().layers().back().layer)),
      scratch_(intervals.network(), capacity) {
  const Sequential& network = intervals.network();
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
    bias = std::max(bias, placed.shape.columns);
    if (traits(placed.layer).weights) first_trainable_ = std::min(first_trainable_, i);
    if (interval_step(placed) == IntervalStep::identity) {
      source_.push_back(source_.back());
    } else {
      source_.push_back(buffers_.size());
      buffers_.emplace_back(2 * size);
    }
    std::visit(
        [&]<class L>(const L& layer) {
          for (auto& winners : winners_) winners[i].resize(capacity * layer.memory(placed).winners);
          if constexpr (L::kTraits.packed) {
            const TrainingMemory memory = layer.training_memory(placed, capacity);
            packed = std::max({packed, memory.kept, memory.shared});
          }
        },
        placed.layer);
  }
  const std::size_t classes = network.output_shape().size();
  for (auto& gradient : gradients_) gradient.resize(2 * capacity * largest);
  norms_.resize(2 * network.statistics().size());
  dstatistics_.resize(network.statistics().size());
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
    if (traits(placed.layer).statistics) make_batch_affine(i, statistics);
    const IntervalTrainingCall training = call(i);
    std::visit([&](const auto& layer) { interval_forward(layer, training.interval, x, y); },
               placed.layer);
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

IntervalTrainingCall IntervalTrainingPass::call(std::size_t i) {
  const PlacedLayer& placed = intervals_.network().layers()[i];
  IntervalTrainingCall call{.interval = intervals_.call(i, count_)};
  scratch_.lend(call.interval);
  call.interval.layer.winners = winners_[0][i].data();
  call.interval.upper_winners = winners_[1][i].data();
  if (traits(placed.layer).statistics) {
    const std::size_t channels = placed.shape.columns;
    call.mean = norms_.data() + 2 * placed.statistics;
    call.inverse = call.mean + channels;
    call.interval.layer.scale = call.inverse + channels;
    call.interval.layer.shift = call.interval.layer.scale + channels;
  }
  call.packed_dy = packed_dy_.data();
  call.unused_bias = unused_bias_.data();
  return call;
}

/// Batch norm with the shard's statistics.
void IntervalTrainingPass::make_batch_affine(std::size_t i, std::span<const float> statistics) {
  const PlacedLayer& placed = intervals_.network().layers()[i];
  const std::size_t channels = placed.shape.columns, samples = count_ * placed.in.pixels();
  const float* const mean = statistics.data() + placed.statistics;
  const float* const weight = intervals_.network().parameters().data() + placed.weight;
  const float* const bias = intervals_.network().parameters().data() + placed.bias;
  // The statistics hold the unbiased variance; the shard was normalised with the biased one.
  const float biased =
      samples > 1 ? static_cast<float>(samples - 1) / static_cast<float>(samples) : 1.0F;
  float* const kept = norms_.data() + 2 * placed.statistics;
  std::visit(
      [&]<class L>(const L& norm) {
        if constexpr (L::kTraits.statistics) {
          for (std::size_t c = 0; c < channels; ++c) {
            const float inverse = 1.0F / std::sqrt(biased * mean[channels + c] + norm.epsilon);
            const float scale = (norm.affine ? weight[c] : 1.0F) * inverse;
            kept[c] = mean[c];
            kept[channels + c] = inverse;
            kept[2 * channels + c] = scale;
            kept[3 * channels + c] = (norm.affine ? bias[c] : 0.0F) - mean[c] * scale;
          }
        }
      },
      placed.layer);
}

std::span<const float> IntervalTrainingPass::backward(std::span<const float> dmargins,
                                                      std::span<float> gradients) {
  const Sequential& network = intervals_.network();
  const auto interval = [this](int which) {
    std::vector<float>& buffer = gradients_[which];
    return Interval{buffer.data(), buffer.data() + buffer.size() / 2};
  };
  std::fill(absolute_.begin(), absolute_.end(), 0.0F);
  std::fill(dstatistics_.begin(), dstatistics_.end(), 0.0F);
  int current = 0;
  const PlacedLayer& last = network.layers().back();
  last_layer_backward(dmargins, interval(current), gradients.data() + last.weight,
                      gradients.data() + last.bias);
  for (std::size_t i = network.layers().size() - (elided_ ? 1 : 0); i-- > first_trainable_;) {
    add_weight_gradient(i, interval(current), gradients);
    if (i == first_trainable_) break;
    if (interval_step(network.layers()[i]) == IntervalStep::identity) continue;
    input_gradient(i, interval(current), interval(1 - current));
    current = 1 - current;
  }
  for (std::size_t i = first_trainable_; i < network.layers().size(); ++i) {
    const PlacedLayer& placed = network.layers()[i];
    for (std::size_t w = placed.weight; w < placed.bias; ++w) {
      gradients[w] += sign(network.parameters()[w]) * absolute_[w];
    }
  }
  return dstatistics_;
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
  const IntervalWeightGradient gradient = {
      gradients.data() + placed.weight, absolute_.data() + placed.weight,
      gradients.data() + placed.bias, dstatistics_.data() + placed.statistics};
  std::visit(
      [&]<class L>(const L& layer) {
        if constexpr (L::kTraits.weights) {
          interval_weight_gradient(layer, call(i), output_of(i), dy, gradient);
        }
      },
      placed.layer);
}

void IntervalTrainingPass::input_gradient(std::size_t i, Interval dy, Interval dx) {
  std::visit(
      [&](const auto& layer) { interval_input_gradient(layer, call(i), output_of(i), dy, dx); },
      intervals_.network().layers()[i].layer);
}

}  // namespace signflip
