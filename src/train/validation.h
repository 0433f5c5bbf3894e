// How training watches itself: clean and robust accuracy on some images. A quick look for the log,
// not an evaluation (src/evaluate).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "train/adversary.h"
#include "train/lesson.h"

namespace signflip {

/// Robust accuracy is measured on at most so many images, evenly spread.
constexpr std::size_t kRobustValidationImages = 1000;

/// At most kRobustValidationImages of `images`.
std::vector<std::uint32_t> watched_images(std::span<const std::uint32_t> images);

/// The attack that robust accuracy is watched with: PGD with 10 steps, strong enough to notice a
/// defence that only fools FGSM.
Craft watching_attack();
constexpr const char* kWatchingAttack = "pgd";
constexpr int kWatchingSteps = 10;

/// The fraction of `images` that `judge` classifies correctly, after `craft` on `seen` within
/// `epsilon`; both models take the data's images. epsilon 0: clean.
double watched_accuracy(const DifferentiableModel& seen, const DifferentiableModel& judge,
                        const Dataset& data, std::span<const std::uint32_t> images,
                        const Craft& craft, double epsilon, ThreadPool& pool);

}  // namespace signflip
