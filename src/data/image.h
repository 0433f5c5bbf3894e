// Pictures as bytes: decoding PNG, JPEG, BMP and PNM, resizing, grey and colour. Not tensors, not
// files: names appear here only in errors.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace signflip {

/// One picture, H×W×C unsigned bytes, C = 1 (grey) or 3 (red, green, blue).
struct Picture {
  int width = 0;
  int height = 0;
  int channels = 0;
  std::vector<std::uint8_t> pixels;
};

/// Where no pixel is above this a picture is all but black: bytes of 0 and 1, or 12 bits in a file
/// of 16.
inline constexpr int kAllButBlack = 15;

/// The limits that a picture's header is held to before anything is decoded.
inline constexpr int kMaxPictureSide = 1 << 15;
inline constexpr int kMaxPicturePixels = 1 << 26;
/// Of a file. And what is decoded may have kFreePictureBytes, or kMaxExpansion for each byte of the
/// file: a photograph has 2 to 30, an empty page in JPEG 170; more is made to fill the memory.
inline constexpr std::size_t kMaxPictureBytes = std::size_t{1} << 26;
inline constexpr std::size_t kFreePictureBytes = std::size_t{1} << 24;
inline constexpr std::size_t kMaxExpansion = 200;

/// A byte as a pixel value in [0,1]; everything that divides by 255 does it this way.
constexpr float unit_pixel(std::uint8_t byte) { return static_cast<float>(byte) / 255.0F; }

/// Whether the bytes begin as a picture that decode_picture() reads does.
bool looks_like_picture(std::span<const std::uint8_t> bytes);

/// Decodes PNG, JPEG, BMP, PGM or PPM, recognised by content. Grey files give one channel, all
/// others three; transparency is composited on white, 16-bit samples are reduced to 8. A
/// JPEG is turned upright as its EXIF orientation says. `name` is what errors call the picture; one
/// of more than `max_pixels` is refused before it is decoded.
Result<Picture> decode_picture(std::span<const std::uint8_t> bytes, std::string_view name,
                               int max_pixels = kMaxPicturePixels);

/// The picture as a PNG file. (image_write.cpp)
std::vector<std::uint8_t> encode_png(const Picture& picture);

/// Resizes with a triangle filter as wide as the reduction: every source pixel counts when the
/// picture shrinks, bilinear when it grows. width, height ≥ 1.
Picture resize(const Picture& picture, int width, int height);

/// Resizes as OpenCV's cv::resize does by default (INTER_LINEAR on bytes), bit for bit: between two
/// pixels per axis, even when shrinking. GTSRB training files are commonly made this way.
Picture resize_bilinear(const Picture& picture, int width, int height);

/// 3 → 1: luma (Rec. 601, rounded); 1 → 3: the grey value three times. channels is 1 or 3.
Picture convert_channels(const Picture& picture, int channels);

/// The part of the picture at columns x … x+width−1 and rows y … y+height−1, which must lie in it.
Picture crop(const Picture& picture, int x, int y, int width, int height);

}  // namespace signflip
