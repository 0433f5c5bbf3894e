// Who runs the batches of an epoch: threads of the CPU (cpu_batches.h) or a device
// (device_batches.h). The epoch loop does not know which.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "core/loss_sums.h"
#include "core/result.h"
#include "train/trainer_state.h"

namespace signflip {

/// Where the current epoch is.
struct TrainingProgress {
  int epoch = 0;
  std::size_t images_done = 0, images = 0;
  double loss = 0.0;
};

/// Called after each batch (devices: after some); false abandons the epoch.
using TrainingCallback = std::function<bool(const TrainingProgress&)>;

/// Changes the network, the optimiser's state and the average of the TrainerState it was made for.
class BatchRunner {
 public:
  virtual ~BatchRunner() = default;

  /// Trains on the images of `order`, batch after batch, as the coming epoch. Empty where
  /// `progress` abandoned it; error where a device failed or the training diverged.
  virtual Result<std::optional<LossSums>> run_epoch(std::span<const std::uint32_t> order,
                                                    const TrainingCallback& progress) = 0;

  /// Called when network, optimiser's state and average have been replaced.
  virtual Status state_replaced() { return {}; }

  /// Clean and robust accuracy of the state's result() on these images.
  virtual Result<ValidationFigures> validate(std::span<const std::uint32_t> images) = 0;
};

/// Makes one for the state, which outlives it; `classifier` is what a denoiser is trained for, else
/// null. Error where it cannot run the method or the network.
using MakeBatchRunner = std::function<Result<std::unique_ptr<BatchRunner>>(
    TrainerState& state, const Sequential* classifier)>;

}  // namespace signflip
