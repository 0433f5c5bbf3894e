// gzip in memory, through zlib. Not files (file.h) and not other compressions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace signflip {

/// The most bytes that a file may have, packed or unpacked.
inline constexpr std::size_t kMaxFileBytes = std::size_t{1} << 32;

bool looks_like_gzip(std::span<const std::uint8_t> bytes);

/// Unpacks one gzip member or several in a row, checksums verified; zero bytes after the last one
/// (tape padding) are ignored. Truncated or corrupt data, or more than max_bytes: an error about
/// `name`.
Result<std::vector<std::uint8_t>> gunzip(std::span<const std::uint8_t> bytes, std::string_view name,
                                         std::size_t max_bytes = kMaxFileBytes);

/// Packs into one member without time stamp or file name: same bytes in, same bytes out.
std::vector<std::uint8_t> gzip(std::span<const std::uint8_t> bytes);

}  // namespace signflip
