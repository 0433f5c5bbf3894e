// The L∞ ball around a pixel, cut with the box of pixel values: which values lie in it, and the
// steps within it. T is a float or, on the CPU, four of them (core/lanes.h); both round alike.
#pragma once

#include <cstdint>
#include <cstring>

#include "core/exact/portable.h"
#if !defined(__CUDACC__)
#include "core/lanes.h"
#endif

namespace signflip {

// What core/lanes.h has for four floats.
SIGNFLIP_HOST_DEVICE inline std::int32_t bits(float value) {
  std::int32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
SIGNFLIP_HOST_DEVICE inline float from_bits(std::int32_t bits) {
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
SIGNFLIP_HOST_DEVICE inline float choose(bool where, float a, float b) { return where ? a : b; }
SIGNFLIP_HOST_DEVICE inline float smaller(float a, float b) { return b < a ? b : a; }
SIGNFLIP_HOST_DEVICE inline float larger(float a, float b) { return b > a ? b : a; }
/// All bits where the comparison holds, which it is for four floats already.
SIGNFLIP_HOST_DEVICE inline std::int32_t mask(bool holds) { return holds ? -1 : 0; }
#if !defined(__CUDACC__)
inline Int4 mask(Int4 holds) { return holds; }
#endif

/// The largest float that is at most `value` ≥ 0.
SIGNFLIP_HOST_DEVICE inline float rounded_down(double value) {
  const auto nearest = static_cast<float>(value);
  return static_cast<double>(nearest) > value ? from_bits(bits(nearest) - 1) : nearest;
}

/// x + way, or the next float towards x where that was rounded away from x: its distance from x is
/// at most |way|, however it is computed. The error of a sum is itself a float (Knuth 1969, "The
/// Art of Computer Programming", volume 2, section 4.2.2).
template <class T>
SIGNFLIP_HOST_DEVICE inline T reach(T x, T way) {
  const T end = x + way;
  const T taken = end - x;
  const T error = (x - (end - taken)) + (way - taken);  // x + way = end + error
  const auto too_far = mask(error != 0.0F) & ((bits(error) ^ bits(way)) >> 31);
  const auto grows = (bits(end) ^ bits(way)) >> 31;  // −1 where the step back leads away from 0
  return from_bits(bits(end) + (too_far & (-1 - 2 * grows)));
}

/// The values that a pixel may take.
template <class T>
struct PixelRange {
  T low, high;

  /// The nearest value in the range; `otherwise` where v is not a number.
  SIGNFLIP_HOST_DEVICE T nearest(T v, T otherwise) const {
    return choose(v == v, smaller(larger(v, low), high), otherwise);
  }
};

/// The range of the pixel x: at most `radius` (rounded_down) away from it and within the box.
template <class T>
SIGNFLIP_HOST_DEVICE inline PixelRange<T> range_around(T x, T radius, PixelRange<T> box) {
  return {larger(reach(x, -radius), box.low), smaller(reach(x, radius), box.high)};
}

/// A step of `length` ≥ 0 along the sign of the direction; sign(0) = 0.
template <class T>
SIGNFLIP_HOST_DEVICE inline T signed_step(T direction, T length) {
  const T back = -length;
  return from_bits((bits(length) & mask(direction > 0.0F)) | (bits(back) & mask(direction < 0.0F)));
}

}  // namespace signflip
