// Flow's single stages: which functor or program each layer is. Included by flow.h.
#pragma once

#include "backend/cuda/flow.h"

namespace signflip::device {

template <class Executor>
void Flow<Executor>::forward_stage(std::size_t i, const float* weights, int count,
                                   const ShardTables& tables) {
  using Kind = DeviceLayer::Kind;
  const Stage& stage = stages_[i];
  const DeviceLayer& layer = stage.layer;
  const float* const x = input_of(i);
  float* const y = outputs_[i].data();
  const std::int64_t size = count * static_cast<std::int64_t>(layer.out.size());
  switch (layer.kind) {
    case Kind::conv2d:
    case Kind::dense: {
      ConvForward forward;
      forward.index = ConvIndex(conv_dims(layer));
      forward.count = count;
      forward.x = x;
      forward.weight = weights + layer.weight;
      forward.bias = weights + layer.bias;
      forward.y = y;
      forward.relu = stage.relu;
      multiply(executor_, forward, workspace_.data(), workspace_.size());
      break;
    }
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
  using Kind = DeviceLayer::Kind;
  const Stage& stage = stages_[i];
  const DeviceLayer& layer = stage.layer;
  const float *const x = input_of(i), *const y = outputs_[i].data();
  const std::int64_t size = count * static_cast<std::int64_t>(layer.in.size());
  if (layer.kind == Kind::conv2d || layer.kind == Kind::dense) {
    const ConvDims d = conv_dims(layer);
    if (dweights != nullptr) {
      ConvWeightGradient gradient;
      gradient.index = ConvIndex(d);
      gradient.count = count;
      gradient.x = x;
      gradient.y = y;
      gradient.dy = dy;
      gradient.dweight = dweights + layer.weight;
      gradient.relu = stage.relu;
      multiply(executor_, gradient, workspace_.data(), workspace_.size());
    }
    if (dx == nullptr) return;
    constexpr int kFewChannels = 4;
    if (d.in.channels <= kFewChannels || !ConvInputGradient::fits(d)) {
      executor_.for_each(size,
                         ConvInputGradientDirect{d, y, dy, weights + layer.weight, dx, stage.relu});
      return;
    }
    ConvInputGradient gradient(d);
    gradient.count = count;
    gradient.y = y;
    gradient.dy = dy;
    gradient.weight = weights + layer.weight;
    gradient.dx = dx;
    gradient.relu = stage.relu;
    multiply(executor_, gradient, workspace_.data(), workspace_.size());
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
  const DeviceLayer& layer = stages_[i].layer;
  const Shards shards = cut(layer, tables);
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
                     ShardMoments{shards, pairs_.data(), plan_.batchnorm_epsilon, mean, inverse,
                                  batch, batch + channels, static_cast<int>(plan_.statistics)});
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
  const DeviceLayer& layer = stages_[i].layer;
  const Shards shards = cut(layer, tables);
  const int channels = shards.channels;
  const float* const mean = moments_[i].data();
  const float* const inverse = mean + shards.count * channels;
  PieceGradients pieces;
  pieces.shards = shards;
  pieces.x = input_of(i);
  pieces.y = outputs_[i].data();
  pieces.dy = dy;
  pieces.mean = mean;
  pieces.inverse_deviation = inverse;
  pieces.relu = stages_[i].relu;
  pieces.sums = pairs_.data();
  executor_.run(pieces.blocks(), pieces);
  executor_.for_each(static_cast<std::int64_t>(shards.count) * channels,
                     ShardGradients{shards, pairs_.data(), sums_.data()});
  if (dweights != nullptr) {
    executor_.for_each(channels,
                       BatchNormWeightGradient{shards.count, channels, sums_.data(),
                                               dweights + layer.weight, dweights + layer.bias});
  }
  if (dx == nullptr) return;
  const auto size = static_cast<int>(layer.in.size());
  executor_.for_each(
      static_cast<std::int64_t>(count) * size,
      BatchNormInputGradient{shards, tables.of_row, size, input_of(i), outputs_[i].data(), dy, mean,
                             inverse, weights + layer.weight, sums_.data(), dx, stages_[i].relu});
}

}  // namespace signflip::device
