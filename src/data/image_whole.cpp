#include "data/image_whole.h"

#include <array>
#include <cstddef>

namespace signflip {
namespace {

/// CRC-32 as PNG has it (ISO 3309). zlib's is native alone; pictures are read in the page, too.
std::uint32_t crc32_of(std::span<const std::uint8_t> bytes) {
  static const std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      std::uint32_t value = byte;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) * 0xEDB88320U);
      made[byte] = value;
    }
    return made;
  }();
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const std::uint8_t byte : bytes) crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

/// Four bytes at `at`, which must be there, the highest first.
std::uint32_t big_endian(std::span<const std::uint8_t> bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes[at + i];
  return value;
}

/// `count` bytes at `at`, the lowest first; 0 beyond the end.
std::uint64_t little_endian(std::span<const std::uint8_t> bytes, std::size_t at,
                            std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) {
    value = value << 8 | (at + i < bytes.size() ? bytes[at + i] : 0U);
  }
  return value;
}

}  // namespace

bool png_is_whole(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t kSignature = 8, kLength = 4, kType = 4, kChecksum = 4;
  constexpr std::uint32_t kEnd = 0x49454E44;  // "IEND"
  for (std::size_t at = kSignature; bytes.size() - at >= kLength + kType + kChecksum;) {
    const std::size_t length = big_endian(bytes, at);
    if (length > bytes.size() - at - kLength - kType - kChecksum) return false;
    const auto checked = bytes.subspan(at + kLength, kType + length);
    if (crc32_of(checked) != big_endian(bytes, at + kLength + kType + length)) return false;
    if (big_endian(bytes, at + kLength) == kEnd) return true;
    at += kLength + kType + length + kChecksum;
  }
  return false;
}

bool bmp_is_whole(std::span<const std::uint8_t> bytes) {
  constexpr std::uint64_t kSmallHeader = 12;  // of OS/2, with sides of two bytes
  const std::uint64_t pixels = little_endian(bytes, 10, 4);
  const bool small = little_endian(bytes, 14, 4) == kSmallHeader;
  const std::uint64_t width = small ? little_endian(bytes, 18, 2) : little_endian(bytes, 18, 4);
  std::uint64_t height = small ? little_endian(bytes, 20, 2) : little_endian(bytes, 22, 4);
  if (!small && height > 0x7FFFFFFFU) height = 0x100000000U - height;  // the top row first
  const std::uint64_t bits = little_endian(bytes, small ? 24 : 28, 2);
  const std::uint64_t row = (width * bits + 31) / 32 * 4;
  return pixels <= bytes.size() && height * row <= bytes.size() - pixels;
}

}  // namespace signflip
