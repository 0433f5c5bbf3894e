// Whole files in and out, and their checksums. Not streams: everything this project reads fits in
// memory. Writing is atomic, so that an interrupted run leaves the old file or the new one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "data/gzip.h"

namespace signflip {

/// The file's bytes; more than `most` of them are an error, before they are read.
Result<std::vector<std::uint8_t>> read_file(const std::filesystem::path& path,
                                            std::size_t most = kMaxFileBytes);

/// The same, at most as many as the file's own beginning calls for (gzip.h): a device that never
/// ends, or a file that lies, costs no memory.
Result<std::vector<std::uint8_t>> read_file(const std::filesystem::path& path,
                                            const SizeOf& size_of);

/// The same, unpacked where the content (not the name) is gzip; `size_of` sees what is unpacked.
Result<std::vector<std::uint8_t>> read_maybe_gzip(const std::filesystem::path& path,
                                                  const SizeOf& size_of);

/// The most bytes of a text file that is read here: JSON, TOML.
inline constexpr std::size_t kMaxTextBytes = std::size_t{1} << 20;
/// Of a table, or of many results.
inline constexpr std::size_t kMaxTableBytes = std::size_t{1} << 28;

/// An error where there is a folder at `path`, or a file that is not to be written to: one without
/// write permission is left alone, whoever asks.
Status check_replaceable(const std::filesystem::path& path);

/// Writes a temporary file (temporary.h) beside `path`, syncs it to disk and renames it. Symbolic
/// links are followed, to files that are not there yet as well; a file that is replaced hands its
/// mode on, and its owner where the process may do that; what is not a regular file (/dev/stdout, a
/// pipe) is written to directly.
Status write_file_atomically(const std::filesystem::path& path,
                             std::span<const std::uint8_t> bytes);

/// A text's bytes, for what is above and below; valid as long as the text.
inline std::span<const std::uint8_t> text_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Checksums in lower-case hexadecimal.
std::string md5_hex(std::span<const std::uint8_t> bytes);
std::string sha256_hex(std::span<const std::uint8_t> bytes);

}  // namespace signflip
