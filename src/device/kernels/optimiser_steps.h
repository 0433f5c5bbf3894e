// The end of a training step: clipping the gradient, moving the weights and the running statistics.
// As train/optimiser.cpp and train/cpu_batches.cpp do on the CPU.
#pragma once

#include "device/kernels/training_steps.h"

namespace signflip::device {

/// Sums of the gradient's squares, a block's share each, in fixed order.
struct GradientSquares {
  static constexpr int kThreads = 256;
  static constexpr int kMostBlocks = 64, kLeastShare = 4096;
  const float* gradient = nullptr;
  std::int64_t count = 0;
  double* sums = nullptr;  ///< one per block

  static constexpr std::size_t shared() { return kThreads; }
  int blocks() const {
    return static_cast<int>(
        smaller<std::int64_t>(divide_up<std::int64_t>(count, kLeastShare), kMostBlocks));
  }

  template <class Team>
  SIGNFLIP_HOST_DEVICE void operator()(Team& team, float* shared, int block) const {
    const std::int64_t share =
        larger<std::int64_t>(divide_up<std::int64_t>(count, kMostBlocks), kLeastShare);
    const std::int64_t begin = block * share, end = smaller(begin + share, count);
    team.phase([&](int t) {
      double squares = 0;
      for (std::int64_t i = begin + t; i < end; i += kThreads) {
        squares += static_cast<double>(gradient[i]) * static_cast<double>(gradient[i]);
      }
      shared[t] = static_cast<float>(squares);
    });
    team.phase([&](int t) {
      if (t > 0) return;
      double squares = 0;
      for (int i = 0; i < kThreads; ++i) squares += static_cast<double>(shared[i]);
      sums[block] = squares;
    });
  }
};

/// The factor that brings the gradient's L2 norm down to `maximum`; one call. A norm that is not
/// finite leaves it alone.
struct ClipFactor {
  const double* sums;
  int blocks;
  float maximum;
  float* factor;

  SIGNFLIP_HOST_DEVICE void operator()(int) const {
    double squares = 0;
    for (int i = 0; i < blocks; ++i) squares += sums[i];
    const double norm = sqrt(squares);
    const bool clips = norm > static_cast<double>(maximum) && finite(norm);
    *factor = clips ? static_cast<float>(static_cast<double>(maximum) / norm) : 1.0F;
  }
};

/// One step of the optimiser, and of the average that follows the weights; one call per parameter.
struct MoveWeights {
  BatchPlace batch;
  TrainingSettings::Optimiser kind;
  float momentum, beta1, beta2, epsilon, decay;
  const float *gradient, *factor;             ///< factor null: 1
  float *weights, *first, *second, *average;  ///< average null: none

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const TrainingStep& step = batch.now();
    const float g = factor != nullptr ? gradient[i] * *factor : gradient[i];
    float w = weights[i];
    if (kind == TrainingSettings::Optimiser::sgd) {
      first[i] = momentum * first[i] + g + decay * w;
      w -= step.learning_rate * first[i];
    } else {
      const bool decoupled = kind == TrainingSettings::Optimiser::adamw;
      const float coupled = decoupled ? g : g + decay * w;
      const float m = beta1 * first[i] + (1 - beta1) * coupled;
      const float v = beta2 * second[i] + (1 - beta2) * coupled * coupled;
      first[i] = m;
      second[i] = v;
      const float shrink = decoupled ? 1 - step.learning_rate * decay : 1;
      w = shrink * w - step.learning_rate * step.first_correction * m /
                           (sqrtf(step.second_correction * v) + epsilon);
    }
    weights[i] = w;
    if (average != nullptr) {
      average[i] = step.average_decay * average[i] + (1 - step.average_decay) * w;
    }
  }
};

/// Running statistics follow the mean of the shards'; one call per statistic.
struct MoveStatistics {
  BatchPlace batch;
  int shards;
  std::int64_t size;
  const float* of_shards;
  float *statistics, *average;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    constexpr float kMomentum = 0.1F;  // PyTorch's default
    float mean = 0;
    for (int s = 0; s < shards; ++s) mean += of_shards[s * size + i];
    mean /= static_cast<float>(shards);
    statistics[i] += kMomentum * (mean - statistics[i]);
    if (average != nullptr) {
      const float decay = batch.now().average_decay;
      average[i] = decay * average[i] + (1 - decay) * statistics[i];
    }
  }
};

/// The batch is done; one call.
struct NextBatch {
  int* step;
  SIGNFLIP_HOST_DEVICE void operator()(int) const { ++*step; }
};

}  // namespace signflip::device
