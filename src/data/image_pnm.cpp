// Binary PGM and PPM, 8 and 16 bits. See image_pnm.h for why this is not left to stb_image.
#include "data/image_pnm.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "core/concat.h"

namespace signflip {
namespace {

bool is_space(std::uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

bool is_digit(std::uint8_t byte) { return byte >= '0' && byte <= '9'; }

/// Reads the next number after white space and # comments; −1 where there is none. Saturates.
long long read_number(std::span<const std::uint8_t> bytes, std::size_t& position) {
  while (position < bytes.size() && (is_space(bytes[position]) || bytes[position] == '#')) {
    if (bytes[position] == '#') {
      while (position < bytes.size() && bytes[position] != '\n' && bytes[position] != '\r') {
        ++position;
      }
    } else {
      ++position;
    }
  }
  if (position == bytes.size() || !is_digit(bytes[position])) return -1;
  long long value = 0;
  while (position < bytes.size() && is_digit(bytes[position])) {
    value = std::min(value * 10 + (bytes[position++] - '0'), 1LL << 40);
  }
  return value;
}

/// Every \r\n back to \n: what undoes a copy in text mode.
std::vector<std::uint8_t> undo_text_mode(std::span<const std::uint8_t> values) {
  std::vector<std::uint8_t> restored;
  restored.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool pair = values[i] == '\r' && i + 1 < values.size() && values[i + 1] == '\n';
    if (!pair) restored.push_back(values[i]);
  }
  return restored;
}

}  // namespace

bool looks_like_pnm(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' &&
         (is_space(bytes[2]) || bytes[2] == '#');
}

Status check_picture_size(long long width, long long height, std::string_view name,
                          int max_pixels) {
  const auto text = [](long long side) { return std::to_string(side); };
  const std::string found =
      std::string(name) + " is a picture of " + text(width) + "×" + text(height);
  if (width < 1 || height < 1)
    return Error{concat(found, " pixels: there is nothing to see in it")};
  if (width > kMaxPictureSide || height > kMaxPictureSide || width * height > max_pixels) {
    return Error{concat(found, " pixels, which is too large: at most ", text(kMaxPictureSide),
                        " per side and ", text(max_pixels), " in all")};
  }
  return {};
}

Result<Picture> decode_pnm(std::span<const std::uint8_t> bytes, std::string_view name,
                           int max_pixels) {
  const std::string who(name);
  if (!looks_like_pnm(bytes) || (bytes[1] != '5' && bytes[1] != '6')) {
    return Error{concat(who, " is not a binary PGM or PPM picture (P5 or P6)")};
  }
  std::size_t position = 2;
  const long long width = read_number(bytes, position);
  const long long height = read_number(bytes, position);
  const long long top = read_number(bytes, position);
  if (width < 0 || height < 0 || top < 1 || top > 65535 || position >= bytes.size() ||
      !is_space(bytes[position])) {
    return Error{
        concat(who, " is damaged: its PNM header does not give width, height and maximum value")};
  }
  if (Status size = check_picture_size(width, height, name, max_pixels); !size) return size.error();

  Picture picture{static_cast<int>(width), static_cast<int>(height), bytes[1] == '6' ? 3 : 1, {}};
  const std::size_t samples = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) *
                              static_cast<std::size_t>(picture.channels);
  const std::size_t needed = samples * (top > 255 ? 2 : 1);
  // One white-space byte ends the header; where the file was copied in text mode, as a sixth of
  // GTSRB's were, \n became \r\n, there and in the pixels. The length tells a \n of the header from
  // a first pixel of value 10, and whether pixels were damaged.
  bool text_mode = false;
  if (bytes[position] == '\r' && position + 1 < bytes.size() && bytes[position + 1] == '\n' &&
      bytes.size() - (position + 2) >= needed) {
    ++position;
    text_mode = true;
  }
  std::span<const std::uint8_t> values = bytes.subspan(position + 1);
  std::vector<std::uint8_t> restored;
  if (text_mode && values.size() > needed) {
    restored = undo_text_mode(values);
    if (restored.size() == needed) values = restored;
  }
  if (values.size() < needed) {
    return Error{concat(who, " is truncated: it has ", values.size(), " bytes of pixels where ",
                        needed, " are expected")};
  }

  picture.pixels.resize(samples);
  for (std::size_t i = 0; i < samples; ++i) {
    const int value = top > 255 ? values[2 * i] * 256 + values[2 * i + 1] : values[i];
    const int scaled = top == 255 ? value : static_cast<int>((value * 255LL + top / 2) / top);
    picture.pixels[i] = static_cast<std::uint8_t>(std::min(scaled, 255));
  }
  return picture;
}

}  // namespace signflip
