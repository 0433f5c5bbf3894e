// Loops over pixels, four at a time.
#include "attack/geometry/pixels.h"

#include <cmath>

#include "core/lanes.h"

namespace signflip {

bool all_within(std::span<const float> values, Bounds bounds) {
  Int4 inside = ~Int4{};
  by_fours(values.size(), [&](std::size_t j, std::size_t count) {
    const Float4 value = load4(&values[j], count, bounds.low);
    inside &= (value >= bounds.low) & (value <= bounds.high);
  });
  return (inside[0] & inside[1] & inside[2] & inside[3]) != 0;
}

void round_to_8_bits(std::span<const float> pixels, std::span<float> rounded) {
  constexpr float kWhole = 0x1.8p23F;  // so large that adding it leaves no room for a fraction
  by_fours(pixels.size(), [&](std::size_t j, std::size_t count) {
    const Float4 level = load4(&pixels[j], count) * 255.0F;
    store4(((level + kWhole) - kWhole) / 255.0F, &rounded[j], count);
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
