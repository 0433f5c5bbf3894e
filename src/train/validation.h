// How training watches itself: clean and robust accuracy on the held-out images. A quick look for
// the log, not an evaluation (src/evaluate).
#pragma once

#include <cstdint>
#include <span>

#include "core/thread_pool.h"
#include "data/dataset.h"
#include "nn/sequential.h"
#include "train/adversary.h"

namespace signflip {

struct ValidationFigures {
  double accuracy = 0.0;
  double robust_accuracy = 0.0;
};

/// Robust accuracy is measured on at most so many of the images, evenly spread.
constexpr std::size_t kRobustValidationImages = 1000;

ValidationFigures validate(const Sequential& network, const Dataset& data,
                           std::span<const std::uint32_t> images, const Adversary& adversary,
                           ThreadPool& pool);

}  // namespace signflip
