// From a configuration to its training method.
#pragma once

#include "train/config.h"
#include "train/training_method.h"

namespace signflip {

/// `classifier` is what a denoiser is trained for, and must outlive the method; ignored elsewhere.
Result<std::unique_ptr<TrainingMethod>> make_method(const TrainingConfig& config,
                                                    const Sequential& network,
                                                    const Sequential* classifier);

/// Draws the weights that training by this method begins with.
void initialise(Sequential& network, Method method, std::uint64_t seed);

}  // namespace signflip
