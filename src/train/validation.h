// How training validates: clean and robust accuracy on some images. A quick measure for the log,
// not an evaluation (src/evaluate).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "train/adversary.h"
#include "train/training_method.h"

namespace signflip {

/// Robust accuracy is measured on at most so many images, evenly spread.
constexpr std::size_t kRobustValidationImages = 1000;

/// At most kRobustValidationImages of `images`.
std::vector<std::uint32_t> robust_validation_images(std::span<const std::uint32_t> images);

/// The attack that robust accuracy is measured with: PGD with 10 steps, strong enough to notice a
/// defence that only fools FGSM.
TrainingAttack validation_attack();

/// The fraction of `images` that `judge` classifies correctly, after `attack` on `seen` within
/// `epsilon`; both models take the data's images. epsilon 0: clean.
double validation_accuracy(const DifferentiableModel& seen, const DifferentiableModel& judge,
                           const Dataset& data, std::span<const std::uint32_t> images,
                           const TrainingAttack& attack, double epsilon, ThreadPool& pool);

}  // namespace signflip
