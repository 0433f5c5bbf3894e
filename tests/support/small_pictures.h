// The smallest pictures of each format that fuzzing and tests start from, made by hand, because the
// project writes nothing but PNG.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace signflip::small {

using Bytes = std::vector<std::uint8_t>;

inline void append(Bytes& bytes, std::initializer_list<std::uint8_t> more) {
  for (const std::uint8_t byte : more) bytes.push_back(byte);
}

inline Bytes text(const std::string& text) { return {text.begin(), text.end()}; }

/// Start of image, a quantisation table of sixteens, and two Huffman tables: DC 0 → 0, 10 → 5 bits;
/// AC 0 → end of block, 10 → one bit.
inline Bytes jpeg_tables() {
  Bytes jpeg;
  append(jpeg, {0xff, 0xd8, 0xff, 0xdb, 0, 67, 0});
  jpeg.resize(jpeg.size() + 64, 16);
  append(jpeg, {0xff, 0xc4, 0, 21, 0x00, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5});
  append(jpeg, {0xff, 0xc4, 0, 21, 0x10, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  return jpeg;
}

/// 3×3, grey, baseline: 128 + 31·16/8 = 190, with a faint gradient.
inline Bytes grey_jpeg() {
  Bytes jpeg = jpeg_tables();
  append(jpeg, {0xff, 0xc0, 0, 11, 8, 0, 3, 0, 3, 1, 1, 0x11, 0});
  append(jpeg, {0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0xbf, 0x5f, 0xff, 0xd9});
  return jpeg;
}

/// The same, progressive: a DC scan and an AC scan.
inline Bytes progressive_jpeg() {
  Bytes jpeg = jpeg_tables();
  append(jpeg, {0xff, 0xc2, 0, 11, 8, 0, 3, 0, 3, 1, 1, 0x11, 0});
  append(jpeg, {0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0, 0xbf});
  append(jpeg, {0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0, 0xaf, 0xff, 0xd9});
  return jpeg;
}

/// 16×16, colour, chroma at half the resolution.
inline Bytes colour_jpeg() {
  Bytes jpeg = jpeg_tables();
  append(jpeg, {0xff, 0xc0, 0, 17, 8, 0, 16, 0, 16, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0});
  append(jpeg, {0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0, 0xbe, 0x02, 0xf8, 0xff, 0xd9});
  return jpeg;
}

/// 2×2, 24 bits a pixel, bottom row first: blue, green; red, white.
inline Bytes bmp() {
  Bytes bmp;
  append(bmp, {'B', 'M', 70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0});
  append(bmp, {2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24, 0});
  bmp.resize(54);
  append(bmp, {255, 0, 0, 0, 255, 0, 0, 0});
  append(bmp, {0, 0, 255, 255, 255, 255, 0, 0});
  return bmp;
}

}  // namespace signflip::small
