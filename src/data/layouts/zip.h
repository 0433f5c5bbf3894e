// The files in a ZIP archive that is in memory, stored or deflated, each below 4 GiB: what NumPy's
// .npz is. Not encrypted, not in parts, not other compressions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace signflip {

struct ZipEntry {
  std::string name;
  std::uint16_t method = 0;  ///< 0 stored, 8 deflated
  std::uint32_t crc = 0;
  std::size_t packed = 0, size = 0, header = 0;  ///< bytes; where the local header stands
};

bool looks_like_zip(std::span<const std::uint8_t> bytes);

/// The directory at the archive's end. `name` is what errors call the archive.
Result<std::vector<ZipEntry>> zip_entries(std::span<const std::uint8_t> bytes,
                                          std::string_view name);

/// One file's content, its checksum verified. No memory is taken that its packed bytes cannot fill.
Result<std::vector<std::uint8_t>> unzip(std::span<const std::uint8_t> bytes, const ZipEntry& entry,
                                        std::string_view name);

}  // namespace signflip
