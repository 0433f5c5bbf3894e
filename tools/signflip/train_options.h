// The options of train: what they are called, what they mean, and which go together.
#pragma once

#include "command.h"
#include "train/config.h"

namespace signflip::cli {

struct TrainOptions {
  std::string dataset, data, architecture = "s", method = "standard", optimiser = "adam";
  std::string schedule = "cosine", out, log, checkpoint, device = "cpu", weights = "f32", name;
  std::string init, classifier, size;
  bool range_test = false, resume = false, restart = false, no_normalise = false,
       keep_batchnorm = false;
  std::string keep = "last";  ///< which epoch's weights: last or best
  int patience = 0;           ///< epochs without a better validation that end the run; 0: any
  std::size_t limit = 0;
  int threads = 0;
  TrainingConfig config;
  Command command;  ///< says which options were given
};

/// Adds the command to `app`; `options` must live as long.
Command add_train_command(const Command& app, TrainOptions& options);

/// Reads method, optimiser and schedule from their names and checks all values. An error where an
/// option was given that the method or optimiser does not use.
Status check(TrainOptions& options);

/// What pictures of a dataset become: --size 32, 32x48 or 28x28x1. Empty where it was not given.
Result<std::optional<PictureSize>> picture_size_from(const std::string& text);

/// An error where --steps was given for an attack of a single step. `config`: with the attack that
/// the method chose.
Status check_steps(const TrainOptions& options, const TrainingConfig& config);

}  // namespace signflip::cli
