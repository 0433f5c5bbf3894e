// The random numbers of core/rng.h by their place: draw(k) is what the k-th call of next() on
// Rng(seed, stream) returns. SplitMix64 counts, so every draw is found without those before it, and
// a device gives the numbers of the CPU whatever the launch looks like.
#pragma once

#include "device/kernels/portable.h"

namespace signflip::device {

class Draws {
 public:
  SIGNFLIP_HOST_DEVICE Draws(std::uint64_t seed, std::uint64_t stream)
      : state_(mix(seed + kGolden) ^ mix(stream * 0xd1342543de82ef95ULL + 0x2545f4914f6cdd1dULL)) {}

  SIGNFLIP_HOST_DEVICE std::uint64_t bits(std::uint64_t k) const {
    return mix(state_ + (k + 1) * kGolden);
  }
  /// Uniform in [0,1).
  SIGNFLIP_HOST_DEVICE float uniform(std::uint64_t k) const {
    return static_cast<float>(bits(k) >> 40) * 0x1.0p-24F;
  }
  SIGNFLIP_HOST_DEVICE float uniform(std::uint64_t k, float low, float high) const {
    return low + (high - low) * uniform(k);
  }
  /// Standard normal; takes draws k and k + 1.
  SIGNFLIP_HOST_DEVICE float normal(std::uint64_t k) const {
    const double radius = sqrt(-2.0 * log1p(-static_cast<double>(uniform(k))));
    return static_cast<float>(radius *
                              cos(6.283185307179586 * static_cast<double>(uniform(k + 1))));
  }

 private:
  static constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ULL;

  SIGNFLIP_HOST_DEVICE static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}  // namespace signflip::device
