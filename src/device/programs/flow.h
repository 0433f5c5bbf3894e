// Images and gradients through a network on a device: nn/sequential.h and
// nn/training_pass.h as launches. At inference batch norm is folded into the layer before it
// (weights.h); ReLU is part of the layer before it in both modes. Written against an executor, so
// that host_executor.h runs all of it in tests.
//
// An Executor has
//   template <class T> Array<T> allocate(size)        // data(), size(), empty()
//   for_each(n, functor); run(blocks, program)        // portable.h; in order
//   int wanted_blocks()                               // that fill the device
//   upload(from, to, n), download(from, to, n)
#pragma once

#include <algorithm>
#include <vector>

#include "device/device.h"
#include "device/kernels/batchnorm.h"
#include "device/kernels/elementwise.h"
#include "device/programs/products.h"
#include "device/programs/stages.h"

namespace signflip::device {

/// The shards of the batch that a training flow sees, on the device.
struct ShardTables {
  int count = 0, most_rows = 0;
  const int *rows = nullptr, *of_row = nullptr, *sources = nullptr;
};

/// How a batch norm layer's shards are cut into pieces.
inline Shards cut_shards(const PlanLayer& layer, const ShardTables& tables) {
  constexpr int kPiece = 512;  // pixels
  const auto pixels = static_cast<int>(layer.in.pixels());
  return {tables.rows, tables.count,     pixels, divide_up(tables.most_rows * pixels, kPiece),
          kPiece,      layer.in.channels};
}

/// Σ dy·x̂ and Σ dy of each shard, left in `sums`, and of all of them, in dweight and dbias (null:
/// not wanted). `pieces` lacks only its sums, which go to `pairs`.
template <class Executor>
void batchnorm_weight_gradient(Executor& executor, PieceGradients pieces, Pair* pairs, Pair* sums,
                               float* dweight, float* dbias) {
  const Shards& shards = pieces.shards;
  pieces.sums = pairs;
  executor.run(pieces.blocks(), pieces);
  executor.for_each(static_cast<std::int64_t>(shards.values()),
                    ShardGradients{shards, pairs, sums});
  if (dweight == nullptr) return;
  executor.for_each(shards.channels,
                    BatchNormWeightGradient{shards.count, shards.channels, sums, dweight, dbias});
}

template <class Executor>
class Flow {
 public:
  template <class T>
  using Array = typename Executor::template Array<T>;

  /// For at most `capacity` images; training: with batch statistics and dropout, for at most
  /// `shards.count` shards of at most `shards.most_rows` images.
  Flow(Executor& executor, const Plan& plan, std::size_t capacity, bool training,
       const ShardTables& shards = {})
      : executor_(executor), products_(executor), plan_(plan), capacity_(capacity) {
    stages_ = make_stages(plan, training);
    std::size_t largest = plan.input.size(), channels = 0, pairs = 0;
    const auto most_shards = static_cast<std::size_t>(shards.count);
    input_ = executor.template allocate<float>(capacity * largest);
    for (const Stage& stage : stages_) {
      largest = std::max(largest, stage.layer.out.size());
      outputs_.push_back(executor.template allocate<float>(capacity * stage.layer.out.size()));
      const bool pools = stage.layer.kind == PlanLayer::Kind::maxpool2d;
      winners_.push_back(
          executor.template allocate<std::int32_t>(pools ? capacity * stage.layer.out.size() : 0));
      const bool normalises = training && stage.layer.kind == PlanLayer::Kind::batchnorm2d;
      const auto width = static_cast<std::size_t>(stage.layer.in.channels);
      moments_.push_back(
          executor.template allocate<float>(normalises ? 2 * width * most_shards : 0));
      other_sums_.push_back(nullptr);
      if (normalises) {
        channels = std::max(channels, width);
        const int pieces = cut_shards(stage.layer, shards).pieces;
        pairs = std::max(pairs, width * most_shards * static_cast<std::size_t>(pieces));
      }
    }
    for (auto& gradient : gradients_) {
      gradient = executor.template allocate<float>(capacity * largest);
    }
    if (channels > 0) {
      pairs_ = executor.template allocate<Pair>(pairs);
      sums_ = executor.template allocate<Pair>(channels * most_shards);
      batch_statistics_ = executor.template allocate<float>(plan.statistics * most_shards);
    }
    if (!plan.scale.empty()) {
      scale_ = executor.template allocate<float>(plan.scale.size());
      shift_ = executor.template allocate<float>(plan.shift.size());
      executor.upload(plan.scale.data(), scale_.data(), plan.scale.size());
      executor.upload(plan.shift.data(), shift_.data(), plan.shift.size());
    }
  }

  std::size_t capacity() const { return capacity_; }
  const std::vector<Stage>& stages() const { return stages_; }
  const float* scale() const { return plan_.scale.empty() ? nullptr : scale_.data(); }
  const float* shift() const { return plan_.scale.empty() ? nullptr : shift_.data(); }
  int channels() const { return plan_.input.channels; }

  /// The normalised images: filled by take(), or by the caller.
  float* input() { return input_.data(); }
  const float* logits() const { return outputs_.back().data(); }
  /// Where backward() expects the gradient at the outputs.
  float* dlogits() { return gradients_[0].data(); }
  /// Mean and unbiased variance of each shard, shards × statistics, after a training forward().
  const float* batch_statistics() const { return batch_statistics_.data(); }

  /// Mean and 1/√(variance + ε) of each shard and channel, shards × channels, that a batch norm
  /// layer of the plan took in the last training forward().
  struct Moments {
    const float *mean, *inverse_deviation;
  };
  Moments moments_of(const PlanLayer& layer, const ShardTables& shards) const {
    return moments_of(stage_of(layer), shards);
  }

  /// From now on backward() takes a second gradient through a batch norm's mean and deviation:
  /// `sums` holds Σ dy·x̂ and Σ dy of it, shards × channels, and lives longer.
  void add_sums(const PlanLayer& layer, const Pair* sums) { other_sums_[stage_of(layer)] = sums; }

  /// Normalises pixels into input().
  void take(const float* images, int count) {
    executor_.for_each(count * static_cast<std::int64_t>(plan_.input.size()),
                       ChannelAffine{images, scale(), shift(), input(), channels(), false});
  }

  /// `weights` lie like the plan's parameters; at inference folded (weights.h).
  void forward(const float* weights, int count, const ShardTables& shards = {},
               const DropoutDraws& draws = {}) {
    int drawn = 0;
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      if (stages_[i].layer.kind == PlanLayer::Kind::dropout) {
        forward_dropout(i, count, draws, drawn, input_of(i), outputs_[i].data());
        drawn += static_cast<int>(stages_[i].layer.in.size());
      } else {
        forward_stage(i, weights, count, shards);
      }
    }
  }

  /// After forward(): overwrites `dweights` (null: not wanted), laid out like the weights, and
  /// `dimages` (null: not wanted), the gradient with respect to the pixels.
  void backward(const float* weights, int count, float* dweights, float* dimages,
                const ShardTables& shards = {}, const DropoutDraws& draws = {}) {
    std::size_t stop = 0;
    if (dimages == nullptr) {
      while (stop + 1 < stages_.size() && !has_weights(stages_[stop].layer.kind)) ++stop;
    }
    int drawn = 0, current = 0;
    for (const Stage& stage : stages_) {
      if (stage.layer.kind == PlanLayer::Kind::dropout) {
        drawn += static_cast<int>(stage.layer.in.size());
      }
    }
    for (std::size_t i = stages_.size(); i-- > stop;) {
      const float* const dy = gradients_[current].data();
      float* const dx = gradients_[1 - current].data();
      const bool last = i == stop && dimages == nullptr;
      if (stages_[i].layer.kind == PlanLayer::Kind::dropout) {
        drawn -= static_cast<int>(stages_[i].layer.in.size());
        forward_dropout(i, count, draws, drawn, dy, dx);
      } else {
        backward_stage(i, weights, count, dy, dweights, last ? nullptr : dx, shards);
      }
      current = 1 - current;
    }
    if (dimages != nullptr) {
      executor_.for_each(
          count * static_cast<std::int64_t>(plan_.input.size()),
          ChannelScale{nullptr, gradients_[current].data(), scale(), dimages, channels(), false});
    }
  }

 private:
  /// Of a layer with weights, which tell it from the others.
  std::size_t stage_of(const PlanLayer& layer) const {
    std::size_t i = 0;
    while (stages_[i].layer.kind != layer.kind || stages_[i].layer.weight != layer.weight) ++i;
    return i;
  }
  const float* input_of(std::size_t i) const {
    return i == 0 ? input_.data() : outputs_[i - 1].data();
  }

  void forward_dropout(std::size_t i, int count, DropoutDraws draws, int drawn, const float* x,
                       float* y) {
    const PlanLayer& layer = stages_[i].layer;
    const auto size = static_cast<int>(layer.in.size());
    draws.values_before = drawn;
    executor_.for_each(static_cast<std::int64_t>(count) * size,
                       Dropout{draws, layer.rate, size, x, y});
  }

  Moments moments_of(std::size_t i, const ShardTables& shards) const {
    const float* const mean = moments_[i].data();
    return {mean, mean + shards.count * stages_[i].layer.in.channels};
  }

  void forward_stage(std::size_t i, const float* weights, int count, const ShardTables& tables);
  void backward_stage(std::size_t i, const float* weights, int count, const float* dy,
                      float* dweights, float* dx, const ShardTables& tables);
  void forward_batchnorm(std::size_t i, const float* weights, int count, const ShardTables& tables);
  void backward_batchnorm(std::size_t i, const float* weights, int count, const float* dy,
                          float* dweights, float* dx, const ShardTables& tables);

  Executor& executor_;
  Products<Executor> products_;
  Plan plan_;
  std::size_t capacity_;
  std::vector<Stage> stages_;
  Array<float> input_, scale_, shift_;
  std::vector<Array<float>> outputs_;
  std::vector<Array<std::int32_t>> winners_;
  std::vector<Array<float>> moments_;    // batch norm: means, then inverse deviations
  std::vector<const Pair*> other_sums_;  // of batch norm, by stage; null: none
  Array<float> gradients_[2];
  Array<Pair> pairs_, sums_;
  Array<float> batch_statistics_;
};

// The single stages: which functor or program each layer is.

template <class Executor>
void Flow<Executor>::forward_stage(std::size_t i, const float* weights, int count,
                                   const ShardTables& tables) {
  using Kind = PlanLayer::Kind;
  const Stage& stage = stages_[i];
  const PlanLayer& layer = stage.layer;
  const float* const x = input_of(i);
  float* const y = outputs_[i].data();
  const std::int64_t size = count * static_cast<std::int64_t>(layer.out.size());
  switch (layer.kind) {
    case Kind::conv2d:
    case Kind::dense:
      products_.forward(layer, count, x, weights + layer.weight, weights + layer.bias, y,
                        stage.relu);
      break;
    case Kind::batchnorm2d:
      if (tables.count > 0) {
        forward_batchnorm(i, weights, count, tables);
      } else {
        executor_.for_each(size, ChannelAffine{x, weights + layer.weight, weights + layer.bias, y,
                                               layer.in.channels, stage.relu});
      }
      break;
    case Kind::relu:
      executor_.for_each(size, ReluForward{x, y});
      break;
    case Kind::maxpool2d:
      executor_.for_each(size, PoolForward{pool_dims(layer), x, y, winners_[i].data()});
      break;
    case Kind::flatten:
      executor_.for_each(size, FlattenForward{dims(layer.in), x, y});
      break;
    case Kind::upsample2d:
      executor_.for_each(
          size, UpsampleForward{dims(layer.in), layer.stride.height, layer.stride.width, x, y});
      break;
    case Kind::sigmoid:
      executor_.for_each(size, SigmoidForward{x, y});
      break;
    case Kind::dropout:  // forward_dropout
      break;
  }
}

template <class Executor>
void Flow<Executor>::backward_stage(std::size_t i, const float* weights, int count, const float* dy,
                                    float* dweights, float* dx, const ShardTables& tables) {
  using Kind = PlanLayer::Kind;
  const Stage& stage = stages_[i];
  const PlanLayer& layer = stage.layer;
  const float *const x = input_of(i), *const y = outputs_[i].data();
  const std::int64_t size = count * static_cast<std::int64_t>(layer.in.size());
  if (layer.kind == Kind::conv2d || layer.kind == Kind::dense) {
    if (dweights != nullptr) {
      products_.weight_gradient(layer, count, x, y, dy, dweights + layer.weight, stage.relu);
    }
    if (dx != nullptr) {
      products_.input_gradient(layer, count, y, dy, weights + layer.weight, dx, stage.relu);
    }
    return;
  }
  if (layer.kind == Kind::batchnorm2d && tables.count > 0) {
    backward_batchnorm(i, weights, count, dy, dweights, dx, tables);
    return;
  }
  if (dx == nullptr) return;
  switch (layer.kind) {
    case Kind::batchnorm2d:
      executor_.for_each(
          size, ChannelScale{y, dy, weights + layer.weight, dx, layer.in.channels, stage.relu});
      break;
    case Kind::relu:
      executor_.for_each(size, ReluInputGradient{y, dy, dx});
      break;
    case Kind::maxpool2d:
      executor_.for_each(size, PoolInputGradient{pool_dims(layer), dy, winners_[i].data(), dx});
      break;
    case Kind::flatten:
      executor_.for_each(size, FlattenInputGradient{dims(layer.in), dy, dx});
      break;
    case Kind::upsample2d:
      executor_.for_each(size, UpsampleInputGradient{dims(layer.in), layer.stride.height,
                                                     layer.stride.width, dy, dx});
      break;
    case Kind::sigmoid:
      executor_.for_each(size, SigmoidInputGradient{y, dy, dx});
      break;
    default:
      break;
  }
}

template <class Executor>
void Flow<Executor>::forward_batchnorm(std::size_t i, const float* weights, int count,
                                       const ShardTables& tables) {
  const PlanLayer& layer = stages_[i].layer;
  const Shards shards = cut_shards(layer, tables);
  const int channels = shards.channels;
  PieceMoments moments;
  moments.shards = shards;
  moments.x = input_of(i);
  moments.moments = pairs_.data();
  executor_.run(moments.blocks(), moments);
  float* const mean = moments_[i].data();
  float* const inverse = mean + shards.count * channels;
  float* const batch = batch_statistics_.data() + layer.statistics;
  executor_.for_each(static_cast<std::int64_t>(shards.count) * channels,
                     ShardMoments{shards, pairs_.data(), layer.epsilon, mean, inverse, batch,
                                  batch + channels, static_cast<int>(plan_.statistics)});
  const auto size = static_cast<int>(layer.in.size());
  executor_.for_each(static_cast<std::int64_t>(count) * size,
                     BatchNormForward{tables.of_row, channels, size, input_of(i), mean, inverse,
                                      weights + layer.weight, weights + layer.bias,
                                      outputs_[i].data(), stages_[i].relu});
}

template <class Executor>
void Flow<Executor>::backward_batchnorm(std::size_t i, const float* weights, int count,
                                        const float* dy, float* dweights, float* dx,
                                        const ShardTables& tables) {
  const PlanLayer& layer = stages_[i].layer;
  const Moments moments = moments_of(i, tables);
  PieceGradients pieces;
  pieces.shards = cut_shards(layer, tables);
  pieces.x = input_of(i);
  pieces.y = outputs_[i].data();
  pieces.dy = dy;
  pieces.mean = moments.mean;
  pieces.inverse_deviation = moments.inverse_deviation;
  pieces.relu = stages_[i].relu;
  batchnorm_weight_gradient(executor_, pieces, pairs_.data(), sums_.data(),
                            dweights == nullptr ? nullptr : dweights + layer.weight,
                            dweights == nullptr ? nullptr : dweights + layer.bias);
  if (dx == nullptr) return;
  if (other_sums_[i] != nullptr) {
    executor_.for_each(static_cast<std::int64_t>(pieces.shards.values()),
                       AddSums{other_sums_[i], sums_.data()});
  }
  const auto size = static_cast<int>(layer.in.size());
  executor_.for_each(static_cast<std::int64_t>(count) * size,
                     BatchNormInputGradient{pieces.shards, tables.of_row, size, pieces.x, pieces.y,
                                            dy, moments.mean, moments.inverse_deviation,
                                            weights + layer.weight, sums_.data(), dx, pieces.relu});
}

}  // namespace signflip::device
