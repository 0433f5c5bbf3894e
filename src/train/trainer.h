// The epoch loop: the order of the images, validation, reports. batch_runner.h runs the batches,
// training_method.h says what is learned from them; checkpoint.h and the caller write files.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "train/batch_runner.h"
#include "train/cpu_batches.h"

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
  /// The method undid the epoch (catastrophic overfitting): the weights are those before it.
  bool undone = false;
};

class Trainer {
 public:
  ~Trainer();
  Trainer(Trainer&&) noexcept;

  /// `network` holds the initial weights; `classifier` is what a denoiser is trained for. `data`
  /// and `classifier` must outlive the trainer. `make_runner`: what runs the batches.
  static Result<Trainer> create(TrainingConfig config, Sequential network, const Dataset& data,
                                ThreadPool& pool, const Sequential* classifier = nullptr,
                                const MakeBatchRunner& make_runner = make_cpu_batches);

  /// Trains the next epoch. Where the callback abandons it, the result is empty (the weights are
  /// then good for nothing but inspection). A device that fails ends the epoch likewise, and
  /// failure() says why. So does a loss or a weight that is no finite number; the weights are then
  /// those before the epoch.
  std::optional<EpochReport> train_epoch(const TrainingCallback& progress);

  /// Why training cannot go on, where it cannot.
  const Status& failure() const;
  /// That is because a loss or a weight was no finite number.
  bool diverged() const;

  int epochs_done() const;
  bool finished() const { return epochs_done() >= config().epochs; }
  const TrainingConfig& config() const;
  const Dataset& data() const;
  /// The weights as they are trained, batch norm and all.
  const Sequential& network() const;

  /// The network to ship: averaged weights where averaging is on.
  Sequential result() const;

  /// What a checkpoint must hold beside the configuration.
  struct Snapshot {
    int epochs_done;
    std::size_t steps;
    std::span<float> parameters, statistics, first_moment, second_moment, average, method;

    std::array<std::span<float>, 6> parts() const {
      return {parameters, statistics, first_moment, second_moment, average, method};
    }
  };
  Snapshot snapshot();
  /// After filling a snapshot's spans: continue from there.
  void restore(int epochs_done, std::size_t steps);

 private:
  Trainer(std::unique_ptr<TrainerState> state, std::unique_ptr<BatchRunner> runner);

  std::vector<std::uint32_t> draw_order() const;
  /// Empty where a device failed.
  std::optional<ValidationFigures> validate(std::span<const std::uint32_t> images);
  /// What an epoch changes, to go back to.
  struct Memory {
    std::vector<std::vector<float>> parts;
    std::size_t steps;
  };
  Memory remember();
  void go_back(const Memory& before);
  /// Asks the method whether the epoch did good; where not, goes back to `before`.
  bool keep_epoch(const Memory& before);

  std::unique_ptr<TrainerState> state_;
  std::unique_ptr<BatchRunner> runner_;
  Status failure_;
};

}  // namespace signflip
