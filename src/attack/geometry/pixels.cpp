// Loops over pixels, four at a time.
#include "attack/geometry/pixels.h"

#include <cmath>

#include "core/lanes.h"

namespace signflip {

namespace {

/// 255 times the values, to the nearest whole number.
Float4 nearest_level(Float4 pixels) {
  constexpr float kWhole = 0x1.8p23F;  // so large that adding it leaves no room for a fraction
  return (pixels * 255.0F + kWhole) - kWhole;
}

}  // namespace

bool all_within(std::span<const float> values, Bounds bounds) {
  Int4 inside = ~Int4{};
  by_fours(values.size(), [&](std::size_t j, std::size_t count) {
    const Float4 value = load4(&values[j], count, bounds.low);
    inside &= (value >= bounds.low) & (value <= bounds.high);
  });
  return (inside[0] & inside[1] & inside[2] & inside[3]) != 0;
}

void round_to_8_bits(std::span<const float> pixels, std::span<float> rounded) {
  by_fours(pixels.size(), [&](std::size_t j, std::size_t count) {
    store4(nearest_level(load4(&pixels[j], count)) / 255.0F, &rounded[j], count);
  });
}

void draw_levels_back(std::span<const float> clean, float reach, std::span<float> rounded) {
  const float enough = reach > 0.5F ? reach : 0.5F;  // within half a level no other is nearer
  by_fours(rounded.size(), [&](std::size_t j, std::size_t count) {
    const Float4 level = nearest_level(load4(&rounded[j], count));
    const Float4 change = level - load4(&clean[j], count) * 255.0F;
    const Float4 lower = choose(change > enough, level - 1.0F, level);
    store4(choose(change < -enough, lower + 1.0F, lower) / 255.0F, &rounded[j], count);
  });
}

void add_normalised(std::span<const float> gradient, float decay, std::span<float> velocity) {
  Double4 sums = {};
  by_fours(gradient.size(), [&](std::size_t j, std::size_t count) {
    add_to(sums, widened(from_bits(bits(load4(&gradient[j], count)) & 0x7FFFFFFF)));
  });
  const double mean = total(sums) / static_cast<double>(gradient.size());
  const double scale = mean > 0 && std::isfinite(mean) ? 1 / mean : 0;
  by_fours(gradient.size(), [&](std::size_t j, std::size_t count) {
    const Float4 share =
        scale > 0 ? narrowed(widened(load4(&gradient[j], count)) * scale) : Float4{};
    store4(decay * load4(&velocity[j], count) + share, &velocity[j], count);
  });
}

}  // namespace signflip
