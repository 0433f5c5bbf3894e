// Training a small classifier in the page: a dataset that the browser handed over, a training run
// that can be set down and taken up again, and looks at how well it does. Plain C++;
// bindings_train.cpp translates it to JavaScript. The loop and its methods are src/train; nothing
// here is linked into the other modules.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "train/trainer.h"

namespace signflip {

class Classroom {
 public:
  struct Options {
    std::string method = "standard";    ///< as `signflip train --method`; no denoiser
    std::string architecture = "s-bn";  ///< a built-in one
    double epsilon = 0.2;               ///< L∞, of training's attack and of the looks
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

  /// A run that has not begun. Learns from `train`; `test` is only looked at.
  static Result<Classroom> create(const Options& options, Images train, Images test,
                                  std::vector<std::string> classes);

  /// Trains one epoch. The callback is called after each batch; false abandons the epoch.
  std::optional<EpochReport> train_epoch(
      const std::function<bool(const TrainingProgress&)>& progress);
  int epochs_done() const;

  struct Look {
    double clean = 0.0, robust = 0.0;  ///< accuracies on the test images
  };
  /// Reads the test images with the weights as they are, clean and under PGD with 10 steps. May be
  /// called from train_epoch's callback.
  Look look() const;

  /// The net as a model file, batch norm folded into its convolutions.
  std::vector<std::uint8_t> model(const std::string& name) const;

  /// Everything that a run made with the same options and images needs to go on from here.
  std::vector<float> memory();
  Status resume(std::span<const float> memory);

 private:
  // On the heap and never moved: the trainer points at the data and the pool.
  struct State;
  explicit Classroom(std::unique_ptr<State> state);

 public:
  ~Classroom();
  Classroom(Classroom&&) noexcept;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace signflip
