// gzip in memory, through zlib. Not files (file.h) and not other compressions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace signflip {

/// The most bytes that a file may have, packed or unpacked.
inline constexpr std::size_t kMaxFileBytes = static_cast<std::size_t>(
    std::min<std::uint64_t>(std::uint64_t{1} << 32, std::numeric_limits<std::size_t>::max()));

/// How many bytes a file has that begins so, as its header says, or why it cannot be read. Gets the
/// first kBeginning bytes, or all where there are fewer.
using SizeOf = std::function<Result<std::size_t>(std::span<const std::uint8_t> beginning)>;
inline constexpr std::size_t kBeginning = (std::size_t{1} << 20) + 8;

bool looks_like_gzip(std::span<const std::uint8_t> bytes);

/// Unpacks one gzip member or several in a row, checksums verified; zero bytes after the last one
/// (tape padding) are ignored. Truncated or corrupt data, or more than max_bytes: an error about
/// `name`.
Result<std::vector<std::uint8_t>> gunzip(std::span<const std::uint8_t> bytes, std::string_view name,
                                         std::size_t max_bytes = kMaxFileBytes);

/// The same, at most as many bytes as what is unpacked first calls for.
Result<std::vector<std::uint8_t>> gunzip(std::span<const std::uint8_t> bytes, std::string_view name,
                                         const SizeOf& size_of);

/// Packs into one member without time stamp or file name: same bytes in, same bytes out.
std::vector<std::uint8_t> gzip(std::span<const std::uint8_t> bytes);

}  // namespace signflip
