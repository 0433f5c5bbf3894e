// Loss and hits of the images that a training run learned from, on the CPU and on devices.
#pragma once

#include <cstdint>

namespace signflip {

/// Sums over images.
struct LossSums {
  double loss = 0;
  std::uint64_t correct = 0, images = 0;

  LossSums& operator+=(const LossSums& other) {
    loss += other.loss;
    correct += other.correct;
    images += other.images;
    return *this;
  }
};

}  // namespace signflip
