// Training a denoiser: an image-to-image network that takes attacked or noisy images and is to give
// back the clean ones, for a fixed classifier behind it. The pairs are gray-box: crafted on the
// classifier alone, which is also what the robust validation measures. Evaluation
// measures attacks through the denoiser.
#pragma once

#include <memory>

#include "train/config.h"
#include "train/training_method.h"

namespace signflip {

/// `classifier` must outlive the method. The loss is the mean squared error of the pixels plus
/// `config.guidance` times the classifier's cross-entropy on the denoised image (in the spirit of
/// Liao et al. 2018). Of each batch 2/3 of the images are attacked (half of them with less than the
/// full ε), 1/6 carry uniform noise within ε, 1/6 are left clean.
Result<std::unique_ptr<TrainingMethod>> make_denoiser_method(const TrainingConfig& config,
                                                             const Sequential& classifier);

}  // namespace signflip
