// Random affine maps and brightness changes of one image.
#include "data/augment.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace signflip {
namespace {

struct Affine {
  float a, b, c, d, x, y;  // source = (a·u + b·v + x, c·u + d·v + y), from the image's centre
};

Affine draw_affine(const Augmentation& options, ImageShape shape, Rng& rng) {
  const auto draw = [&](float range) { return range * rng.uniform(-1.0F, 1.0F); };
  float dx = draw(options.shift) * static_cast<float>(shape.width);
  float dy = draw(options.shift) * static_cast<float>(shape.height);
  if (options.whole_pixels) {
    dx = std::round(dx);
    dy = std::round(dy);
  }
  const float angle = draw(options.rotation) * std::numbers::pi_v<float> / 180.0F;
  const float size = 1.0F / (1.0F + draw(options.scale));
  const float cosine = std::cos(angle) * size, sine = std::sin(angle) * size;
  return {cosine, -sine, sine, cosine, dx, dy};
}

void warp(const Affine& map, ImageShape shape, std::span<const float> from, std::span<float> to) {
  const int channels = shape.channels;
  const float middle_x = 0.5F * static_cast<float>(shape.width - 1);
  const float middle_y = 0.5F * static_cast<float>(shape.height - 1);
  std::size_t at = 0;
  for (int h = 0; h < shape.height; ++h) {
    for (int w = 0; w < shape.width; ++w) {
      const float u = static_cast<float>(w) - middle_x, v = static_cast<float>(h) - middle_y;
      const float x = std::clamp(map.a * u + map.b * v + map.x + middle_x, 0.0F,
                                 static_cast<float>(shape.width - 1));
      const float y = std::clamp(map.c * u + map.d * v + map.y + middle_y, 0.0F,
                                 static_cast<float>(shape.height - 1));
      const int x0 = static_cast<int>(x), y0 = static_cast<int>(y);
      const int x1 = std::min(x0 + 1, shape.width - 1), y1 = std::min(y0 + 1, shape.height - 1);
      const float fx = x - static_cast<float>(x0), fy = y - static_cast<float>(y0);
      for (int c = 0; c < channels; ++c, ++at) {
        const auto pixel = [&](int row, int column) {
          return from[static_cast<std::size_t>((row * shape.width + column) * channels + c)];
        };
        const float top = pixel(y0, x0) + fx * (pixel(y0, x1) - pixel(y0, x0));
        const float bottom = pixel(y1, x0) + fx * (pixel(y1, x1) - pixel(y1, x0));
        to[at] = top + fy * (bottom - top);
      }
    }
  }
}

}  // namespace

void augment(const Augmentation& options, ImageShape shape, Rng& rng, std::span<float> image,
             std::span<float> buffer) {
  if (options.none()) return;
  if (options.shift != 0.0F || options.scale != 0.0F || options.rotation != 0.0F) {
    const Affine map = draw_affine(options, shape, rng);
    std::copy(image.begin(), image.end(), buffer.begin());
    warp(map, shape, buffer, image);
  }
  if (options.brightness != 0.0F || options.contrast != 0.0F) {
    float mean = 0.0F;
    for (const float pixel : image) mean += pixel;
    mean /= static_cast<float>(image.size());
    const float contrast = 1.0F + options.contrast * rng.uniform(-1.0F, 1.0F);
    const float light = std::pow(1.0F + options.brightness, rng.uniform(-1.0F, 1.0F));
    const float gain = light * contrast, offset = light * mean * (1.0F - contrast);
    for (float& pixel : image) pixel = gain * pixel + offset;
  }
  for (float& pixel : image) pixel = std::clamp(pixel, 0.0F, 1.0F);
}

}  // namespace signflip
