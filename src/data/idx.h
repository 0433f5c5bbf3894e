// The IDX format of MNIST: two zero bytes, a type byte, the number of dimensions, each dimension as
// a big-endian 32-bit number, then the values in row-major order. Unsigned bytes (0x08) only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace signflip {

/// One to four dimensions; values has their product of bytes.
struct IdxArray {
  std::vector<std::size_t> shape;
  std::vector<std::uint8_t> values;
};

/// Whether the bytes begin as an IDX file of any type does.
bool looks_like_idx(std::span<const std::uint8_t> bytes);

/// How many bytes the file has that begins so; for read_file().
Result<std::size_t> idx_size(std::span<const std::uint8_t> beginning, std::string_view name);

/// `name` is what errors call the file. Missing and surplus bytes are errors.
Result<IdxArray> parse_idx(std::span<const std::uint8_t> bytes, std::string_view name);

/// Reads a file, gzip or not.
Result<IdxArray> read_idx(const std::filesystem::path& path);

/// The file's bytes. Each dimension must be below 2^32 and match the values.
std::vector<std::uint8_t> format_idx(const IdxArray& array);

/// Writes the file atomically, gzip where the name ends in .gz; same array, same bytes.
Status write_idx(const std::filesystem::path& path, const IdxArray& array);

}  // namespace signflip
