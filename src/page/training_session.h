// Training a small classifier in the page, on a dataset that the browser hands over. A run can be
// saved after each epoch and resumed elsewhere. The epoch loop and the methods are src/train.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "train/trainer.h"

namespace signflip {

class TrainingSession {
 public:
  struct Options {
    std::string method = "standard";    ///< as `signflip train --method`; no denoiser
    std::string architecture = "s-bn";  ///< a built-in one
    double epsilon = 0.2;               ///< L∞, of training's attack and of measure()
    int steps = 7;                      ///< of an iterative attack in training
    int epochs = 8;
    int batch_size = 64;
    double learning_rate = 2e-3;
    std::uint64_t seed = 1;
  };
  /// Labelled images as bytes, N×H×W×C.
  struct Images {
    ImageShape shape;
    std::vector<std::uint8_t> pixels;
    std::vector<int> labels;
  };

  /// A run that has not begun. Learns from `train`, measures accuracies on `test`.
  static Result<TrainingSession> create(const Options& options, Images train, Images test,
                                        std::vector<std::string> classes);

  /// Trains one epoch. The callback is called after each batch; false abandons the epoch, and the
  /// result is empty. So it is where the training diverged: the weights are then those before the
  /// epoch, and failure() says so.
  std::optional<EpochReport> train_epoch(
      const std::function<bool(const TrainingProgress&)>& progress);
  const Status& failure() const;
  int epochs_done() const;

  struct Accuracies {
    double clean = 0.0, robust = 0.0;  ///< on the test images
  };
  /// Accuracy with the current weights on clean test images and under PGD with 10 steps. May be
  /// called from train_epoch's callback.
  Accuracies measure() const;

  /// The network as a model file, batch norm folded into its convolutions.
  std::vector<std::uint8_t> model(const std::string& name) const;

  /// All that a run with the same options and images needs to continue from here.
  std::vector<float> checkpoint();
  /// Error if `checkpoint` comes from a run with other options, or holds what is no finite number.
  Status resume(std::span<const float> checkpoint);

 private:
  // On the heap and never moved: the trainer points at the data and the pool.
  struct State;
  explicit TrainingSession(std::unique_ptr<State> state);

 public:
  ~TrainingSession();
  TrainingSession(TrainingSession&&) noexcept;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace signflip
