// Decoding pictures: PNG, JPEG and BMP through stb_image, PNM through image_pnm.cpp. Not resizing
// (image_resize.cpp) and not writing (image_write.cpp).
#include "data/image.h"

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "core/concat.h"
#include "data/image_jpeg.h"
#include "data/image_pnm.h"
#include "data/image_whole.h"

namespace {

// Compressed data can ask for any amount of memory, whatever the header says: no block may be
// larger than what the header calls for. Memory is cleared, because a JPEG that uses tables which
// it never defines has stb_image look into what was there.
#ifdef __EMSCRIPTEN__  // which has one thread, and links no thread_local
std::size_t max_allocation = 0;
#else
thread_local std::size_t max_allocation = 0;
#endif

void* allocate(std::size_t size) { return size <= max_allocation ? std::calloc(1, size) : nullptr; }

void* reallocate(void* block, std::size_t size) {
  return size <= max_allocation ? std::realloc(block, size) : nullptr;
}

}  // namespace

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_NO_STDIO
#define STBI_NO_FAILURE_STRINGS
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_ONLY_BMP
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_MAX_DIMENSIONS (1 << 15)
#define STBI_MALLOC(size) allocate(size)
#define STBI_REALLOC(block, size) reallocate(block, size)
#define STBI_FREE(block) std::free(block)
#include <stb/stb_image.h>

namespace signflip {
namespace {

static_assert(STBI_MAX_DIMENSIONS == kMaxPictureSide);

constexpr const char *kPng = "PNG", *kJpeg = "JPEG", *kBmp = "BMP";

bool begins_with(std::span<const std::uint8_t> bytes, std::string_view magic) {
  if (bytes.size() < magic.size()) return false;
  for (std::size_t i = 0; i < magic.size(); ++i) {
    if (bytes[i] != static_cast<std::uint8_t>(magic[i])) return false;
  }
  return true;
}

/// The format's name where the first bytes are those of a format that stb_image reads here.
const char* format_name(std::span<const std::uint8_t> bytes) {
  if (begins_with(bytes, "\x89PNG\r\n\x1a\n")) return kPng;
  if (begins_with(bytes, "\xff\xd8\xff")) return kJpeg;
  if (begins_with(bytes, "BM")) return kBmp;
  return nullptr;
}

struct FreePixels {
  void operator()(stbi_uc* pixels) const { stbi_image_free(pixels); }
};

/// Composites `samples` (grey, grey-alpha, RGB or RGBA, by `channels`) on white.
std::vector<std::uint8_t> composite_on_white(const stbi_uc* samples, std::size_t count,
                                             int channels) {
  const int colours = channels < 3 ? 1 : 3;
  if (colours == channels) return {samples, samples + count * static_cast<std::size_t>(channels)};
  std::vector<std::uint8_t> pixels(count * static_cast<std::size_t>(colours));
  std::uint8_t* out = pixels.data();
  for (std::size_t i = 0; i < count; ++i, samples += channels) {
    const int alpha = samples[colours];
    for (int c = 0; c < colours; ++c) {
      *out++ = static_cast<std::uint8_t>((samples[c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  }
  return pixels;
}

/// As the camera was held, upright: `orientation` is EXIF's, 1 to 8. From 5 on the sides change
/// places; 2, 4, 5 and 7 are mirrored.
Picture upright(Picture picture, int orientation) {
  if (orientation == 1) return picture;
  const bool turned = orientation >= 5;
  Picture result{turned ? picture.height : picture.width,
                 turned ? picture.width : picture.height,
                 picture.channels,
                 {}};
  result.pixels.resize(picture.pixels.size());
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_below =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const auto channels = static_cast<std::size_t>(picture.channels);
  std::uint8_t* to = result.pixels.data();
  for (int row = 0; row < result.height; ++row) {
    for (int column = 0; column < result.width; ++column, to += channels) {
      const int across = turned ? row : column, down = turned ? column : row;
      const int x = from_right ? picture.width - 1 - across : across;
      const int y = from_below ? picture.height - 1 - down : down;
      const std::size_t at = static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width) +
                             static_cast<std::size_t>(x);
      std::copy_n(picture.pixels.data() + at * channels, channels, to);
    }
  }
  return result;
}

}  // namespace

bool looks_like_picture(std::span<const std::uint8_t> bytes) {
  return looks_like_pnm(bytes) || format_name(bytes) != nullptr;
}

Result<Picture> decode_picture(std::span<const std::uint8_t> bytes, std::string_view name,
                               int max_pixels) {
  if (looks_like_pnm(bytes)) return decode_pnm(bytes, name, max_pixels);

  const std::string who(name);
  const char* format = format_name(bytes);
  if (bytes.empty()) return Error{concat(who, " is empty")};
  if (format == nullptr) return Error{concat(who, " is not a PNG, JPEG, BMP, PGM or PPM picture")};
  if (bytes.size() > INT_MAX) return Error{concat(who, " is too large for a picture: over 2 GiB")};

  const int length = static_cast<int>(bytes.size());
  int width = 0;
  int height = 0;
  int channels = 0;
  const Error damaged{who + " is damaged: its " + format + " data cannot be decoded"};
  if (format == kJpeg && !huffman_tables_fit(bytes)) return damaged;
  constexpr std::size_t kTables = std::size_t{1} << 20;  // what a decoder needs beside the samples
  max_allocation = kTables;
  if (!stbi_info_from_memory(bytes.data(), length, &width, &height, &channels)) return damaged;
  if (Status size = check_picture_size(width, height, name, max_pixels); !size) return size.error();
  const auto area = [&](int across, int down) {
    return static_cast<std::size_t>(across) * static_cast<std::size_t>(down) *
           static_cast<std::size_t>(channels);
  };
  const std::size_t decoded = area(width, height);
  if (decoded > std::max(kFreePictureBytes, kMaxExpansion * bytes.size())) {
    return Error{concat(who, " is a picture of ", width, "×", height, " pixels in ", bytes.size(),
                        " bytes, which is too few: at most ", kMaxExpansion,
                        " bytes of pixels are unpacked from one")};
  }
  // Four bytes a sample (two, and zlib's buffer may double; palettes become RGBA), in whole blocks.
  max_allocation =
      kTables + 2 * bytes.size() + 4 * area((width + 31) / 32 * 32, (height + 31) / 32 * 32);
  const std::unique_ptr<stbi_uc, FreePixels> samples(
      stbi_load_from_memory(bytes.data(), length, &width, &height, &channels, 0));
  if (!samples) return damaged;
  if ((format == kPng && !png_is_whole(bytes)) || (format == kBmp && !bmp_is_whole(bytes))) {
    return Error{concat(who, " is damaged: its ", format,
                        format == kPng ? " data do not have the checksum that was written with them"
                                       : " data are cut off")};
  }
  // Again: stb_image parses the header anew, and the result is what is indexed below.
  if (Status size = check_picture_size(width, height, name, max_pixels); !size) return size.error();

  const std::size_t count = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  Picture picture{width, height, channels < 3 ? 1 : 3,
                  composite_on_white(samples.get(), count, channels)};
  return upright(std::move(picture), format == kJpeg ? exif_orientation(bytes) : 1);
}

}  // namespace signflip
