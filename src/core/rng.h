// A seeded random number generator with streams: the same (seed, stream) gives the same numbers on
// every platform and whatever the number of threads, because each image, epoch or layer draws from
// a stream of its own. SplitMix64 (Steele, Lea, Flood 2014). Not for cryptography.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "core/maths.h"

namespace signflip {

class Rng {
 public:
  explicit Rng(std::uint64_t seed, std::uint64_t stream = 0)
      : state_(mix(seed + kGolden) ^ mix(stream * 0xd1342543de82ef95ULL + 0x2545f4914f6cdd1dULL)) {}

  /// 64 uniformly random bits.
  std::uint64_t next() { return mix(state_ += kGolden); }

  /// Uniform in [0,1), 24 bits, so that it is exact in float.
  float uniform() { return static_cast<float>(next() >> 40) * 0x1.0p-24F; }

  /// Uniform in [low, high).
  float uniform(float low, float high) { return low + (high - low) * uniform(); }

  /// Uniform in 0 … bound−1, without bias that matters below 2^32 (Lemire's multiplication).
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }

  /// Standard normal (Box and Muller 1958, one of the pair).
  float normal() {
    const double radius = std::sqrt(-2.0 * std::log1p(-static_cast<double>(uniform())));
    return static_cast<float>(radius * cosine_of_turn(static_cast<double>(uniform())));
  }

  /// Fisher–Yates shuffle.
  template <class T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) {
      std::swap(items[i - 1], items[below(static_cast<std::uint32_t>(i))]);
    }
  }

 private:
  static constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ULL;

  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}  // namespace signflip
