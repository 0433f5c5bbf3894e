// Whole files in and out, and their checksums. Not streams: everything this project reads fits in
// memory. Writing is atomic, so that an interrupted run leaves the old file or the new one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"

namespace signflip {

/// The file's bytes; at most kMaxFileBytes (gzip.h).
Result<std::vector<std::uint8_t>> read_file(const std::filesystem::path& path);

/// The same, unpacked where the content (not the name) is gzip.
Result<std::vector<std::uint8_t>> read_maybe_gzip(const std::filesystem::path& path);

/// An error where there is a folder at `path`, or a file that is not to be written to: one without
/// write permission is left alone, whoever asks.
Status check_replaceable(const std::filesystem::path& path);

/// Writes a temporary file (temporary.h) beside `path`, syncs it to disk and renames it. Symbolic
/// links are followed, to files that are not there yet as well; a file that is replaced hands its
/// mode on, and its owner where the process may do that; what is not a regular file (/dev/stdout, a
/// pipe) is written to directly.
Status write_file_atomically(const std::filesystem::path& path,
                             std::span<const std::uint8_t> bytes);

/// Checksums in lower-case hexadecimal.
std::string md5_hex(std::span<const std::uint8_t> bytes);
std::string sha256_hex(std::span<const std::uint8_t> bytes);

}  // namespace signflip
