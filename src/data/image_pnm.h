// Binary PGM (P5) and PPM (P6), for image.cpp alone. Not stb_image's reader: that one shifts all
// pixels of a file whose header has \r\n, as many of GTSRB's have, and lets truncated files pass.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/result.h"
#include "data/image.h"

namespace signflip {

bool looks_like_pnm(std::span<const std::uint8_t> bytes);

Result<Picture> decode_pnm(std::span<const std::uint8_t> bytes, std::string_view name,
                           int max_pixels);

/// An error unless 1 ≤ width, height ≤ kMaxPictureSide and width·height ≤ max_pixels.
Status check_picture_size(long long width, long long height, std::string_view name, int max_pixels);

}  // namespace signflip
