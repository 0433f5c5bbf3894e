// A seeded random number generator with streams: the same (seed, stream) gives the same numbers on
// every platform and whatever the number of threads, because each image, epoch or layer draws from
// a stream of its own. The generator is SplitMix64 (core/exact/draws.h). Not for cryptography.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "core/exact/draws.h"

namespace signflip {

class Rng {
 public:
  explicit Rng(std::uint64_t seed, std::uint64_t stream = 0) : state_(stream_start(seed, stream)) {}

  /// 64 uniformly random bits.
  std::uint64_t next() { return mixed(state_ += kDrawStep); }

  /// Uniform in [0,1), 24 bits, so that it is exact in float.
  float uniform() { return unit_from(next()); }

  /// Uniform in [low, high).
  float uniform(float low, float high) { return between(low, high, uniform()); }

  /// Uniform in 0 … bound−1, without bias that matters below 2^32.
  std::uint32_t below(std::uint32_t bound) { return below_from(next(), bound); }

  /// Standard normal; takes two draws.
  float normal() {
    const float first = uniform();
    return normal_from(first, uniform());
  }

  /// Fisher–Yates shuffle.
  template <class T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) {
      std::swap(items[i - 1], items[below(static_cast<std::uint32_t>(i))]);
    }
  }

 private:
  std::uint64_t state_;
};

}  // namespace signflip
