// IEEE 754 half precision to and from float32, rounding to nearest even. Bit arithmetic, because
// the compilers of the toolchain floor have no portable half type.
#pragma once

#include <cstdint>

#include "core/bits.h"

namespace signflip {

inline float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1FU;
  const std::uint32_t fraction = half & 0x3FFU;
  if (exponent == 0) {  // zero and subnormals: fraction·2⁻²⁴
    const float value = static_cast<float>(fraction) * 0x1.0p-24F;
    return sign != 0 ? -value : value;
  }
  const std::uint32_t wide = exponent == 31 ? 255U : exponent + 112U;
  return float_from_bits(sign | (wide << 23) | (fraction << 13));
}

/// Values beyond ±65504 become infinite.
inline std::uint16_t float_to_half(float value) {
  const std::uint32_t bits = float_bits(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  if (magnitude >= 0x7F800000U) {  // infinity, NaN
    return static_cast<std::uint16_t>(sign | 0x7C00U | (magnitude > 0x7F800000U ? 0x200U : 0U));
  }
  if (magnitude < 0x38800000U) {  // below 2⁻¹⁴: subnormal; adding 0.5 lets the FPU do the rounding
    const float shifted = float_from_bits(magnitude) + 0.5F;
    return static_cast<std::uint16_t>(sign | (float_bits(shifted) - 0x3F000000U));
  }
  const std::uint32_t odd = (magnitude >> 13) & 1U;
  const std::uint32_t rounded = (magnitude - 0x38000000U + 0xFFFU + odd) >> 13;
  return static_cast<std::uint16_t>(sign | (rounded > 0x7C00U ? 0x7C00U : rounded));
}

}  // namespace signflip
