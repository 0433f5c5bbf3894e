// A check that JPEG files need before stb_image may see them, for image.cpp alone. Not a decoder.
#pragma once

#include <cstdint>
#include <span>

namespace signflip {

/// Whether each Huffman table of the file has at most 256 codes. stb_image before 2.28 takes up to
/// 4080 and writes them past the end of its arrays. Follows segments as stb_image does and stops
/// where that would fail.
bool huffman_tables_fit(std::span<const std::uint8_t> jpeg);

/// How a camera was held (EXIF 2.32, tag 0x0112): 1 to 8, 1 where nothing is said.
int exif_orientation(std::span<const std::uint8_t> jpeg);

}  // namespace signflip
