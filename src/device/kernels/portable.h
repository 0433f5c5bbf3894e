// What lets one piece of code run on the host and on a device: the two forms of device work,
// and helpers. Rules that the CPU's attacks and training share are in core/exact/.
//
// A *functor* is a struct of plain values and pointers with `void operator()(int i) const`:
// one call makes one element, and calls may come in any order. There are always fewer than 2³¹.
//
// A *program* is what a block of kThreads threads does together, in phases:
//
//   static constexpr int kThreads = 128;
//   std::size_t shared() const;                       // floats of shared memory
//   template <class Team>
//   void operator()(Team& team, float* shared, int block) const;
//
// team.phase(work) calls work(t) for each thread t and ends with a barrier; what a thread keeps
// from phase to phase is a `typename Team::template Own<T>`, indexed by t. On a device a phase is
// one call and __syncthreads(), and Own<T> is a register; on the host it is a loop and an array, so
// that tests run the very same index arithmetic, shared memory included.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "core/exact/portable.h"

#if defined(__CUDACC__)
#define SIGNFLIP_UNROLL _Pragma("unroll")
#else
#define SIGNFLIP_UNROLL
#endif

namespace signflip::device {

template <class T>
SIGNFLIP_HOST_DEVICE constexpr T smaller(T a, T b) {
  return b < a ? b : a;
}
template <class T>
SIGNFLIP_HOST_DEVICE constexpr T larger(T a, T b) {
  return a < b ? b : a;
}
template <class T>
SIGNFLIP_HOST_DEVICE constexpr T clamped(T x, T low, T high) {
  return x < low ? low : high < x ? high : x;
}
template <class T>
SIGNFLIP_HOST_DEVICE constexpr T divide_up(T a, T b) {
  return (a + b - 1) / b;
}
SIGNFLIP_HOST_DEVICE inline bool finite(double x) { return x - x == 0; }

/// Four floats that are loaded together.
struct alignas(16) Quad {
  float v[4];
};

/// Height, width, channels.
struct Dims {
  int height = 0, width = 0, channels = 0;
  SIGNFLIP_HOST_DEVICE int size() const { return height * width * channels; }
};

/// Division by a number that is not known at compile time but stays the same, without dividing
/// (Granlund and Montgomery 1994): exact for 0 ≤ n < 2³¹.
class Divider {
 public:
  Divider() = default;
  SIGNFLIP_HOST_DEVICE explicit Divider(int divisor) : divisor_(divisor) {
    while ((std::uint64_t{1} << shift_) < static_cast<std::uint64_t>(divisor)) ++shift_;
    const std::uint64_t excess = (std::uint64_t{1} << shift_) - static_cast<std::uint64_t>(divisor);
    factor_ = static_cast<std::uint32_t>((excess << 32) / static_cast<std::uint64_t>(divisor) + 1);
  }

  SIGNFLIP_HOST_DEVICE int quotient(int n) const {
    const auto m = static_cast<std::uint32_t>(n);
    const auto high = static_cast<std::uint32_t>((static_cast<std::uint64_t>(m) * factor_) >> 32);
    return static_cast<int>((high + m) >> shift_);
  }
  SIGNFLIP_HOST_DEVICE int remainder(int n) const { return n - quotient(n) * divisor_; }
  SIGNFLIP_HOST_DEVICE int divisor() const { return divisor_; }

 private:
  int divisor_ = 1;
  std::uint32_t factor_ = 1;
  int shift_ = 0;
};

}  // namespace signflip::device
