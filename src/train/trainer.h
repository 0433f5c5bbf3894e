// The epoch loop: batches → (attack) → loss → gradients → optimiser, deterministic whatever the
// number of threads. Files are checkpoint.h's and the caller's business.
//
// A batch is cut into shards of at most kShard images. Each shard travels the whole network on one
// thread and leaves its gradient in a slot of its own; slots are added up in order.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/thread_pool.h"
#include "data/dataset.h"
#include "nn/training_pass.h"
#include "train/adversary.h"
#include "train/config.h"

namespace signflip {

/// Figures of one finished epoch.
struct EpochReport {
  int epoch = 0;  ///< from 1
  double loss = 0.0;
  double train_accuracy = 0.0;  ///< on the images as trained: augmented, attacked, with dropout
  std::optional<double> validation_accuracy;
  std::optional<double> validation_robust_accuracy;
  double learning_rate = 0.0;  ///< at the end of the epoch
  double seconds = 0.0;
};

/// Where the current epoch stands.
struct TrainingProgress {
  int epoch = 0;
  std::size_t images_done = 0, images = 0;
  double loss = 0.0;
};

class Trainer {
 public:
  ~Trainer();
  Trainer(Trainer&&) noexcept;

  /// `network` holds the initial weights; `data` must outlive the trainer.
  static Result<Trainer> create(TrainingConfig config, Sequential network, const Dataset& data,
                                ThreadPool& pool);

  /// Trains the next epoch. The callback is called after each batch; where it returns false, the
  /// epoch is abandoned and the result empty (the weights are then good for nothing but
  /// inspection).
  std::optional<EpochReport> train_epoch(
      const std::function<bool(const TrainingProgress&)>& progress);

  int epochs_done() const;
  bool finished() const { return epochs_done() >= config().epochs; }
  const TrainingConfig& config() const;
  const Dataset& data() const;
  /// The weights as they are trained, batch norm and all.
  const Sequential& network() const;

  /// The network to ship: averaged weights where averaging is on.
  Sequential result() const;

  // What a checkpoint must hold beside the configuration.
  struct Snapshot {
    int epochs_done;
    std::size_t steps;
    std::span<float> parameters, statistics, first_moment, second_moment, average;
  };
  Snapshot snapshot();
  /// After filling a snapshot's spans: continue from there.
  void restore(int epochs_done, std::size_t steps);

 private:
  struct Shard;
  struct State;

  explicit Trainer(std::unique_ptr<State> state);

  void run_shard(Shard& shard, std::span<const std::uint32_t> sources, std::size_t first,
                 float gradient_scale);
  void apply_gradients(std::size_t shards_used, double progress);
  std::size_t sources_per_batch() const;

  std::unique_ptr<State> state_;
};

}  // namespace signflip
