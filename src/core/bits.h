// The bits of a float32 and back: std::bit_cast is missing from the libc++ of Emscripten 3.1.6.
#pragma once

#include <cstdint>
#include <cstring>

namespace signflip {

inline std::uint32_t float_bits(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

inline float float_from_bits(std::uint32_t bits) {
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace signflip
