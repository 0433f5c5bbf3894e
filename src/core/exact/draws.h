// Random numbers by their index: SplitMix64 (Steele, Lea, Flood 2014) counts, so that draw k of a
// stream is found without those before it. core/rng.h is the same generator drawn in order; a
// device gets the CPU's numbers whatever its launch looks like.
#pragma once

#include <cmath>
#include <cstdint>

#include "core/exact/maths.h"
#include "core/exact/portable.h"

namespace signflip {

/// The generator's counter advances by this at each draw.
inline constexpr std::uint64_t kDrawStep = 0x9e3779b97f4a7c15ULL;

SIGNFLIP_HOST_DEVICE inline std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// Where the counter of a stream starts.
SIGNFLIP_HOST_DEVICE inline std::uint64_t stream_start(std::uint64_t seed, std::uint64_t stream) {
  return mixed(seed + kDrawStep) ^ mixed(stream * 0xd1342543de82ef95ULL + 0x2545f4914f6cdd1dULL);
}

/// 64 random bits as a number in [0,1), 24 bits of them, so that it is exact in float.
SIGNFLIP_HOST_DEVICE inline float unit_from(std::uint64_t bits) {
  return static_cast<float>(bits >> 40) * 0x1.0p-24F;
}

/// A number in [0,1) as one in [low, high).
SIGNFLIP_HOST_DEVICE inline float between(float low, float high, float unit) {
  return low + rounded_product(high - low, unit);
}

/// 64 random bits as a number in 0 … bound−1, without bias that matters below 2³² (Lemire's
/// multiplication).
SIGNFLIP_HOST_DEVICE inline std::uint32_t below_from(std::uint64_t bits, std::uint32_t bound) {
  return static_cast<std::uint32_t>(((bits >> 32) * bound) >> 32);
}

/// Two numbers in [0,1) as a standard normal one (Box and Muller 1958, one of the pair).
SIGNFLIP_HOST_DEVICE inline float normal_from(float first, float second) {
  const double radius = std::sqrt(-2.0 * std::log1p(-static_cast<double>(first)));
  return static_cast<float>(radius * cosine_of_turn(static_cast<double>(second)));
}

/// A stream by index: bits(k) is what the k-th call of next() on Rng(seed, stream) returns.
class Draws {
 public:
  SIGNFLIP_HOST_DEVICE Draws(std::uint64_t seed, std::uint64_t stream)
      : start_(stream_start(seed, stream)) {}

  SIGNFLIP_HOST_DEVICE std::uint64_t bits(std::uint64_t k) const {
    return mixed(start_ + (k + 1) * kDrawStep);
  }
  SIGNFLIP_HOST_DEVICE float uniform(std::uint64_t k) const { return unit_from(bits(k)); }
  SIGNFLIP_HOST_DEVICE float uniform(std::uint64_t k, float low, float high) const {
    return between(low, high, uniform(k));
  }
  SIGNFLIP_HOST_DEVICE std::uint32_t below(std::uint64_t k, std::uint32_t bound) const {
    return below_from(bits(k), bound);
  }
  /// Takes draws k and k + 1.
  SIGNFLIP_HOST_DEVICE float normal(std::uint64_t k) const {
    return normal_from(uniform(k), uniform(k + 1));
  }

 private:
  std::uint64_t start_;
};

}  // namespace signflip
