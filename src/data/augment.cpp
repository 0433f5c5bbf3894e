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
    const Lighting lighting(options, mean, draw<2>(rng).data());
    for (float& pixel : image) pixel = lighting.of(pixel);
  } else {
    for (float& pixel : image) pixel = std::clamp(pixel, 0.0F, 1.0F);
  }
}

}  // namespace signflip
