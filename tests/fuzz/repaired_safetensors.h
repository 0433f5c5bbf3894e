// A mutation of a safetensors file nearly always breaks its two lengths, and the parser looks no
// further: repaired, the rest of it is looked at.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "nn/safetensors.h"

/// The same header, as far as its braces reach, with its own length before it, and as many bytes of
/// data as it calls for (up to 64 KiB).
inline std::vector<std::uint8_t> repaired_safetensors(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t kPrefix = 8, kMostData = std::size_t{1} << 16;
  std::vector<std::uint8_t> repaired(bytes.begin(), bytes.end());
  std::size_t depth = 0, end = kPrefix;
  bool text = false;
  for (std::size_t i = kPrefix; i < bytes.size() && end == kPrefix; ++i) {
    if (bytes[i] == '\\' && text) {
      ++i;
    } else if (bytes[i] == '"') {
      text = !text;
    } else if (!text && bytes[i] == '{') {
      ++depth;
    } else if (!text && bytes[i] == '}' && (depth == 0 || --depth == 0)) {
      end = i + 1;
    }
  }
  if (end == kPrefix) return repaired;
  const std::uint64_t length = end - kPrefix;
  std::memcpy(repaired.data(), &length, sizeof length);
  const auto size = signflip::safetensors_size(repaired, "input");
  if (size && *size <= end + kMostData) repaired.resize(*size);
  return repaired;
}
