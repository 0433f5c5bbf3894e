// The seam between the epoch loop and the training methods: the loop hands out shards of a batch,
// a method makes gradients of them. Trainer depends on no method, methods on no batches and epochs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "core/loss_sums.h"
#include "core/result.h"
#include "core/rng.h"
#include "core/thread_pool.h"
#include "data/dataset.h"
#include "nn/parameter_pieces.h"
#include "nn/sequential.h"
#include "train/adversary.h"

namespace signflip {

/// One shard of a batch, for one thread; already augmented.
struct TrainingShard {
  std::span<const float> images;         ///< count·H·W·C, pixels in [0,1]
  std::span<const int> labels;           ///< count
  std::span<const std::size_t> numbers;  ///< each image's number in the training set
  std::uint64_t attack_seed = 0;         ///< with a number it names an image's random stream
  Rng dropout{0};
  double epsilon = 0;        ///< the attack's radius in this step, as far as it has risen
  float gradient_scale = 1;  ///< multiplies each image's loss gradient: 1 / images of the batch

  AttackInput to_attack(ImageShape shape) const {
    return {.shape = shape,
            .clean = images,
            .labels = labels,
            .numbers = numbers,
            .seed = attack_seed,
            .epsilon = epsilon};
  }
};

/// One thread's part in a method: owns its passes.
class ShardTrainer {
 public:
  virtual ~ShardTrainer() = default;

  /// Computes the gradients and batch_statistics() of the shard, in place of the last one's.
  virtual LossSums train(const TrainingShard& shard) = 0;

  /// Adds the shard's gradients of these parameters to `sum`, piece.size() floats. Several threads
  /// may call it, each with its own `sum`.
  virtual void add_gradients(const ParameterPiece& piece, float* sum) = 0;
  /// Laid out like Sequential::statistics().
  virtual std::span<const float> batch_statistics() const = 0;
};

struct ValidationFigures {
  double accuracy = 0.0;
  double robust_accuracy = 0.0;
};

/// A way of training: what a network learns from, and how it is validated. `network` is everywhere
/// the one that is being trained.
class TrainingMethod {
 public:
  virtual ~TrainingMethod() = default;

  /// Error if the network's output is not what the method trains.
  virtual Status check_output(const Sequential& network, const Dataset& data) const;

  /// For shards of up to `capacity` images; lives as long as the method and the network.
  virtual std::unique_ptr<ShardTrainer> new_shard(const Sequential& network,
                                                  std::size_t capacity) const = 0;

  /// How often each training image counts in a batch: 2 where a clean and an attacked copy do.
  virtual std::size_t copies() const { return 1; }

  /// What batches of the coming epoch are attacked with; null: nothing.
  virtual const TrainingAttack* attack() const { return nullptr; }

  /// Called before each epoch (from 1), also the first after a resume.
  virtual void begin_epoch(int /*epoch*/, const Sequential& /*network*/, const Dataset& /*data*/,
                           ThreadPool& /*pool*/) {}
  /// Called when the network's weights have changed, from one thread.
  virtual void weights_changed(const Sequential& /*network*/) {}
  /// Whether accept_epoch() wants to be called.
  virtual bool checks_epochs() const { return false; }
  /// Called after each epoch with the robust accuracy on validation images. False: the epoch did
  /// harm, and the trainer goes back to the weights before it.
  virtual bool accept_epoch(double /*robust_accuracy*/) { return true; }
  /// What the coming epoch learns from where it is not the data's augmented images: bytes N×H×W×C
  /// in the data's order, alive until the next begin_epoch(). For devices; new_shard()'s shards use
  /// them by themselves.
  virtual std::span<const std::uint8_t> own_images() const { return {}; }

  /// Clean and robust accuracy on some images of the data.
  virtual ValidationFigures validate(const Sequential& network, const Dataset& data,
                                     std::span<const std::uint32_t> images,
                                     ThreadPool& pool) const = 0;

  /// What a checkpoint must keep for a resumed run to go on alike.
  virtual std::span<float> memory() { return {}; }
};

}  // namespace signflip
