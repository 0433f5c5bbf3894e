// The seam between the epoch loop and the training methods: the loop hands out shards of a batch,
// a method makes gradients of them. Trainer knows no method, methods know no batches and epochs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "core/result.h"
#include "core/rng.h"
#include "core/thread_pool.h"
#include "data/dataset.h"
#include "nn/parameter_pieces.h"
#include "nn/sequential.h"

namespace signflip {

/// One shard of a batch, ready to learn from: on one thread, augmented already.
struct Lesson {
  std::span<const float> images;         ///< count·H·W·C, pixels in [0,1]
  std::span<const int> labels;           ///< count
  std::span<const std::size_t> numbers;  ///< each image's number in the training set
  std::uint64_t attack_seed = 0;         ///< with a number it names an image's random stream
  Rng dropout{0};
  double epsilon = 0;        ///< the attack's radius in this step, as far as it has risen
  float gradient_scale = 1;  ///< multiplies each image's loss gradient: 1 / images of the batch
};

/// Sums over the images that the network learned from.
struct Marks {
  double loss = 0;
  std::size_t correct = 0, images = 0;
};

/// One thread's part in a method: owns its passes.
class ShardTrainer {
 public:
  virtual ~ShardTrainer() = default;

  /// Learns the gradients and batch_statistics() of the lesson, in place of the last one's.
  virtual Marks train(const Lesson& lesson) = 0;

  /// Adds the lesson's gradients of these parameters to `sum`, piece.size() floats. Several threads
  /// may ask, each for its own `sum`.
  virtual void add_gradients(const ParameterPiece& piece, float* sum) = 0;
  /// Laid out like Sequential::statistics().
  virtual std::span<const float> batch_statistics() const = 0;
};

struct ValidationFigures {
  double accuracy = 0.0;
  double robust_accuracy = 0.0;
};

/// A way of training: what a network learns from, and how it is watched. `network` is everywhere
/// the one that is being trained.
class TrainingMethod {
 public:
  virtual ~TrainingMethod() = default;

  /// A sentence where the network's output is not what the method trains.
  virtual Status check_output(const Sequential& network, const Dataset& data) const;

  /// For up to `capacity` images a lesson; lives as long as the method and the network.
  virtual std::unique_ptr<ShardTrainer> new_shard(const Sequential& network,
                                                  std::size_t capacity) const = 0;

  /// How often each training image counts in a batch: 2 where a clean and an attacked copy do.
  virtual std::size_t copies() const { return 1; }

  /// Called before each epoch (from 1), also the first after a resume.
  virtual void begin_epoch(int /*epoch*/, const Sequential& /*network*/, const Dataset& /*data*/,
                           ThreadPool& /*pool*/) {}
  /// Called when the network's weights have changed, from one thread.
  virtual void weights_changed(const Sequential& /*network*/) {}
  /// Called after each epoch with the robust accuracy on the watched images, where watches() says
  /// so. False: the epoch did harm, and the trainer goes back to the weights before it.
  virtual bool accept_epoch(double /*robust_accuracy*/) { return true; }
  virtual bool watches() const { return false; }
  /// Steps of the attack in the coming epoch, where the method changes them; else 0.
  virtual int attack_steps() const { return 0; }
  /// What the coming epoch learns from where it is not the data's augmented images: bytes N×H×W×C
  /// in the data's order, alive until the next begin_epoch(). For devices; shards know already.
  virtual std::span<const std::uint8_t> own_images() const { return {}; }

  /// Clean and robust accuracy on some images of the data.
  virtual ValidationFigures validate(const Sequential& network, const Dataset& data,
                                     std::span<const std::uint32_t> images,
                                     ThreadPool& pool) const = 0;

  /// What a checkpoint must keep for a resumed run to go on alike.
  virtual std::span<float> memory() { return {}; }
};

}  // namespace signflip
