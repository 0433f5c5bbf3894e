// What a training run consists of: shared by the epoch loop (trainer.h) and by what runs its
// batches (batch_runner.h).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/thread_pool.h"
#include "data/dataset.h"
#include "nn/sequential.h"
#include "train/config.h"
#include "train/optimiser.h"
#include "train/training_method.h"

namespace signflip {

/// What a random stream is for; with the epoch and a number it names the stream.
enum class Purpose : std::uint64_t { order, augmentation, dropout, attack };

inline std::uint64_t stream_number(Purpose purpose, int epoch, std::size_t number) {
  return (static_cast<std::uint64_t>(epoch) << 44) + (static_cast<std::uint64_t>(number) << 4) +
         static_cast<std::uint64_t>(purpose);
}

inline Rng stream(const TrainingConfig& config, Purpose purpose, int epoch, std::size_t number) {
  return Rng(config.seed, stream_number(purpose, epoch, number));
}

/// What depends on where in the training a batch is.
struct BatchStep {
  double epsilon;
  double learning_rate;
  float gradient_scale;
};

struct TrainerState {
  TrainingConfig config;
  Sequential network;
  const Dataset* data;
  ThreadPool* pool;
  std::unique_ptr<TrainingMethod> method;
  OptimiserState optimiser;
  std::vector<std::uint32_t> train, validation;
  std::vector<float> average = {};  ///< of parameters, then statistics; empty: averaging is off
  /// The training images of each class; empty where classes are not balanced.
  std::vector<std::vector<std::uint32_t>> train_by_class = {};
  int epochs_done = 0;
  bool diverged = false;  ///< a loss or a weight was no finite number

  /// Training images of a full batch, and how many shards it is cut into.
  std::size_t sources_per_batch() const;
  std::size_t shards_per_batch() const;
  /// Training images of a shard, at most.
  std::size_t sources_per_shard() const;

  /// Of batch `batch` of `batches` in the coming epoch, with so many training images.
  BatchStep step_of(std::size_t batch, std::size_t batches, std::size_t sources) const;
  /// The decay of the average at an optimiser step, which counts from 1.
  float average_decay(std::size_t optimiser_step) const;
  /// Error, and `diverged`, where the epoch's loss so far or a weight is no finite number; `done`
  /// of `images` images of the epoch are.
  Status check_finite(double loss, std::size_t done, std::size_t images);
  /// The same for all that an epoch of so many images changes.
  Status check_all_finite(std::size_t images);
  /// The network to ship and to validate: averaged weights where averaging is on.
  Sequential result() const;
};

}  // namespace signflip
