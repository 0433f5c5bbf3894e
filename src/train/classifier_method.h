// The methods that train a classifier on images, clean or attacked: standard, mixed, finetune,
// fast, pgd and trades. Certified training is interval_training.h, denoisers denoiser_method.h.
#pragma once

#include <memory>

#include "train/config.h"
#include "train/training_method.h"

namespace signflip {

/// For any of the methods above; `config` has passed check(). Error if its attack does
/// not fit the method.
Result<std::unique_ptr<TrainingMethod>> make_classifier_method(const TrainingConfig& config,
                                                               const Sequential& network);

/// How a classifier is validated: clean accuracy, and robust accuracy within `epsilon` on some of
/// the images.
ValidationFigures validate_classifier(const Sequential& network, const Dataset& data,
                                      std::span<const std::uint32_t> images, double epsilon,
                                      ThreadPool& pool);

}  // namespace signflip
