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
  using Kind = DeviceLayer::Kind;
  const Stage& stage = stages_[i];
  const DeviceLayer& layer = stage.layer;
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
  const DeviceLayer& layer = stages_[i].layer;
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
  const auto size = static_cast<int>(layer.in.size());
  executor_.for_each(static_cast<std::int64_t>(count) * size,
                     BatchNormInputGradient{pieces.shards, tables.of_row, size, pieces.x, pieces.y,
                                            dy, moments.mean, moments.inverse_deviation,
                                            weights + layer.weight, sums_.data(), dx, pieces.relu});
}

}  // namespace signflip::device
