// Whether a picture's file is as it was written, where stb_image does not ask: it decodes a PNG
// whose checksums are wrong, and a BMP that was cut off.
#pragma once

#include <cstdint>
#include <span>

namespace signflip {

/// Every chunk of a PNG, up to its end, has the CRC-32 that was written with it.
bool png_is_whole(std::span<const std::uint8_t> bytes);

/// An uncompressed BMP has all the rows that its header calls for.
bool bmp_is_whole(std::span<const std::uint8_t> bytes);

}  // namespace signflip
