// Everything that decides how a training run goes. The same configuration and data give the same
// weights on the same machine type, whatever the number of threads.
#pragma once

#include <cstdint>
#include <string>

#include "data/augment.h"
#include "nn/json.h"
#include "train/optimiser.h"
#include "train/schedule.h"

namespace signflip {

enum class Method {
  standard,  ///< clean images only
  mixed,     ///< each batch half clean images, half the same images attacked by the current model
};

Result<Method> method_from_name(const std::string& name);
std::string_view method_name(Method method);

/// "standard, mixed", for help texts.
std::string_view method_names();

struct TrainingConfig {
  Method method = Method::standard;
  std::string attack = "fgsm";  ///< what `mixed` crafts with: fgsm, bim, mim …
  double epsilon = 0.25;        ///< L∞, pixels in [0,1]
  int steps = 10;               ///< of an iterative attack
  int epochs = 15;
  int batch_size = 128;
  double learning_rate = 2e-3;
  OptimiserOptions optimiser;
  Schedule schedule = Schedule::cosine;
  double label_smoothing = 0.0;
  double average = 0.0;     ///< decay of the weights' exponential moving average a step; 0: off
  double validation = 0.1;  ///< fraction of the training images held out
  std::uint64_t seed = 1;
  Augmentation augmentation;
};

/// A sentence if a value is out of its range.
Status check(const TrainingConfig& config);

/// For logs, checkpoints and the metadata of the model.
OrderedJson to_json(const TrainingConfig& config);

}  // namespace signflip
