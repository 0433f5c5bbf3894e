// Reads the segments of a JPEG file and checks its Huffman tables (ITU T.81, annex B).
#include "data/image_jpeg.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace signflip {
namespace {

constexpr int kDefineHuffman = 0xc4;
constexpr int kRestart0 = 0xd0;
constexpr int kRestart7 = 0xd7;
constexpr int kEnd = 0xd9;
constexpr int kStartOfScan = 0xda;

/// Reads bytes in order; zeros after the end, as stb_image's reader has them.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool at_end() const { return position_ >= bytes_.size(); }
  std::size_t position() const { return position_; }
  int byte() { return at_end() ? 0 : bytes_[position_++]; }
  void move_to(std::size_t position) { position_ = position; }

  /// The code of the next marker, which may be 0 (a stuffed 0xff); −1 at the end.
  int marker() {
    while (!at_end()) {
      if (byte() != 0xff) continue;
      int code = 0xff;
      while (code == 0xff && !at_end()) code = byte();
      return code;
    }
    return -1;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t position_ = 0;
};

/// The tables of one segment, up to `end`. False where one has too many codes.
bool tables_fit(Reader& reader, std::size_t end) {
  while (reader.position() < end && !reader.at_end()) {
    reader.byte();  // which table
    int codes = 0;
    for (int length = 1; length <= 16; ++length) codes += reader.byte();
    if (codes > 256) return false;
    reader.move_to(reader.position() + static_cast<std::size_t>(codes));
  }
  return true;
}

bool has_no_length(int marker) {
  return marker <= 1 || (marker >= kRestart0 && marker <= kRestart7);
}

}  // namespace

int exif_orientation(std::span<const std::uint8_t> jpeg) {
  constexpr int kApplication1 = 0xe1, kUpright = 1;
  constexpr std::size_t kOrientationTag = 0x0112, kEntry = 12;
  Reader reader(jpeg);
  reader.move_to(2);  // past the start of image
  std::span<const std::uint8_t> tiff;
  for (int marker = reader.marker(); tiff.empty(); marker = reader.marker()) {
    if (marker < 0 || marker == kEnd || marker == kStartOfScan) return kUpright;
    if (has_no_length(marker)) continue;
    const std::size_t start = reader.position();
    const int high = reader.byte();
    const std::size_t end = start + static_cast<std::size_t>(high * 256 + reader.byte());
    constexpr std::uint8_t kExif[] = {'E', 'x', 'i', 'f', 0, 0};
    if (marker == kApplication1 && end <= jpeg.size() && end >= start + 8 + 8 &&
        std::equal(std::begin(kExif), std::end(kExif),
                   jpeg.begin() + static_cast<std::ptrdiff_t>(start) + 2)) {
      tiff = jpeg.subspan(start + 8, end - start - 8);
    }
    reader.move_to(end);
  }
  const bool big_endian = tiff[0] == 'M';
  const auto number = [&](std::size_t at, std::size_t width) {
    std::size_t value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      const std::size_t place = at + (big_endian ? i : width - 1 - i);
      value = value << 8 | (place < tiff.size() ? tiff[place] : 0U);
    }
    return value;
  };
  const std::size_t directory = number(4, 4);
  if (directory >= tiff.size()) return kUpright;
  const std::size_t count = number(directory, 2);
  for (std::size_t i = 0; i < count && directory + 2 + kEntry * (i + 1) <= tiff.size(); ++i) {
    const std::size_t at = directory + 2 + kEntry * i;
    if (number(at, 2) != kOrientationTag) continue;
    const auto value = static_cast<int>(number(at + 8, 2));
    return value >= 1 && value <= 8 ? value : kUpright;
  }
  return kUpright;
}

bool huffman_tables_fit(std::span<const std::uint8_t> jpeg) {
  Reader reader(jpeg);
  reader.move_to(2);  // past the start of image
  int marker = reader.marker();
  while (!has_no_length(marker) && marker != kEnd) {
    const std::size_t start = reader.position();
    const int high = reader.byte();
    const std::size_t end = start + static_cast<std::size_t>(high * 256 + reader.byte());
    if (marker == kDefineHuffman && !tables_fit(reader, end)) return false;
    reader.move_to(end);
    const bool scan = marker == kStartOfScan;
    do {
      marker = reader.marker();
    } while (scan && marker >= 0 && has_no_length(marker));  // stuffed bytes and restarts
  }
  return true;
}

}  // namespace signflip
