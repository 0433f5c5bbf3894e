#include "data/augment.h"

#include <algorithm>
#include <array>

namespace signflip {
namespace {

template <std::size_t kCount>
std::array<float, kCount> draw(Rng& rng) {
  std::array<float, kCount> numbers;
  for (float& number : numbers) number = rng.uniform(-1.0F, 1.0F);
  return numbers;
}

void move(const AffineMap& map, int channels, std::span<const float> from, std::span<float> to) {
  std::size_t at = 0;
  for (int row = 0; row < map.height; ++row) {
    for (int column = 0; column < map.width; ++column) {
      const Interpolation source = map.source(row, column);
      for (int c = 0; c < channels; ++c, ++at) {
        to[at] = source.of([&](int h, int w) {
          return from[static_cast<std::size_t>((h * map.width + w) * channels + c)];
        });
      }
    }
  }
}

void mirror(ImageShape shape, std::span<float> image) {
  const auto channels = static_cast<std::size_t>(shape.channels);
  const auto width = static_cast<std::size_t>(shape.width);
  for (std::size_t row = 0; row < static_cast<std::size_t>(shape.height); ++row) {
    float* const line = image.data() + row * width * channels;
    for (std::size_t x = 0; x < width / 2; ++x) {
      std::swap_ranges(line + x * channels, line + (x + 1) * channels,
                       line + (width - 1 - x) * channels);
    }
  }
}

void cut_out(const Hole& hole, ImageShape shape, std::span<float> image) {
  float mean = 0.0F;
  for (const float pixel : image) mean += pixel;
  mean /= static_cast<float>(image.size());
  for (int row = std::max(hole.top, 0); row < std::min(hole.bottom, shape.height); ++row) {
    for (int column = std::max(hole.left, 0); column < std::min(hole.right, shape.width);
         ++column) {
      const auto at = static_cast<std::size_t>((row * shape.width + column) * shape.channels);
      std::fill_n(image.data() + at, shape.channels, mean);
    }
  }
}

}  // namespace

void augment(const Augmentation& options, ImageShape shape, Rng& rng, std::span<float> image,
             std::span<float> buffer) {
  if (options.none()) return;
  if (options.moves()) {
    const auto numbers = draw<kMoveDraws>(rng);
    std::copy(image.begin(), image.end(), buffer.begin());
    move(AffineMap(options, shape.width, shape.height, numbers.data()), shape.channels, buffer,
         image);
  }
  if (options.lights()) {
    float mean = 0.0F;
    for (const float pixel : image) mean += pixel;
    mean /= static_cast<float>(image.size());
    const Lighting lighting(options, mean, draw<kLightDraws>(rng).data());
    for (float& pixel : image) pixel = lighting.of(pixel);
  } else {
    for (float& pixel : image) pixel = std::clamp(pixel, 0.0F, 1.0F);
  }
  if (options.flip && draw<kFlipDraws>(rng)[0] < 0.0F) mirror(shape, image);
  if (options.cutout > 0.0F) {
    cut_out(Hole(options, shape.width, shape.height, draw<kHoleDraws>(rng).data()), shape, image);
  }
}

}  // namespace signflip
