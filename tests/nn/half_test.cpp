// Half precision: every half there is, and rounding against the nearest of all halves, found by
// search in double precision.
#include "nn/half.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/rng.h"

namespace signflip {
namespace {

/// The value of a finite half, from the definition.
double value_of(std::uint16_t half) {
  const int exponent = (half >> 10) & 31, fraction = half & 1023;
  const double magnitude =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

/// Values of the halves 0 … 0x7BFF, ascending, and the 65536 that infinity stands for in rounding.
const std::vector<double>& positive_halves() {
  static const std::vector<double> values = [] {
    std::vector<double> all;
    for (std::uint16_t half = 0; half < 0x7C00; ++half) all.push_back(value_of(half));
    all.push_back(65536.0);
    return all;
  }();
  return values;
}

std::uint16_t nearest_half(float value) {
  const double magnitude = std::abs(static_cast<double>(value));
  const auto& halves = positive_halves();
  const auto above = std::lower_bound(halves.begin(), halves.end(), magnitude);
  std::size_t index = static_cast<std::size_t>(above - halves.begin());
  if (index == halves.size()) {
    index = 0x7C00;
  } else if (*above != magnitude) {
    const double gap_above = *above - magnitude, gap_below = magnitude - *(above - 1);
    const bool down = gap_below < gap_above || (gap_below == gap_above && index % 2 == 1);
    if (down) --index;
  }
  return static_cast<std::uint16_t>(index | (std::signbit(value) ? 0x8000U : 0U));
}

TEST(Half, EveryHalfRoundTrips) {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = half_to_float(half);
    const bool special = (half & 0x7C00) == 0x7C00, nan = special && (half & 0x3FF) != 0;
    if (nan) {
      ASSERT_TRUE(std::isnan(value)) << bits;
      ASSERT_TRUE(std::isnan(half_to_float(float_to_half(value)))) << bits;
      continue;
    }
    if (special) {
      ASSERT_TRUE(std::isinf(value)) << bits;
    } else {
      ASSERT_EQ(static_cast<double>(value), value_of(half)) << bits;
    }
    ASSERT_EQ(std::signbit(value), (half & 0x8000) != 0) << bits;
    ASSERT_EQ(float_to_half(value), half) << bits;
  }
}

TEST(Half, MidpointsRoundToEvenAndTheirNeighboursAway) {
  const auto& halves = positive_halves();
  for (std::size_t i = 0; i + 1 < halves.size(); ++i) {
    const float middle = static_cast<float>((halves[i] + halves[i + 1]) / 2);  // exact in float
    for (const float value : {middle, std::nextafter(middle, 0.0F), std::nextafter(middle, 1e9F)}) {
      ASSERT_EQ(float_to_half(value), nearest_half(value)) << value;
      ASSERT_EQ(float_to_half(-value), nearest_half(-value)) << -value;
    }
  }
}

TEST(Half, RandomFloatsRoundToTheNearest) {
  Rng rng(71);
  for (int i = 0; i < 200000; ++i) {
    const float value = float_from_bits(static_cast<std::uint32_t>(rng.next()));
    if (std::isnan(value)) continue;
    ASSERT_EQ(float_to_half(value), nearest_half(value)) << value;
  }
}

TEST(Half, Extremes) {
  EXPECT_EQ(float_to_half(0.0F), 0x0000);
  EXPECT_EQ(float_to_half(-0.0F), 0x8000);
  EXPECT_EQ(float_to_half(1.0F), 0x3C00);
  EXPECT_EQ(float_to_half(65504.0F), 0x7BFF);
  EXPECT_EQ(float_to_half(65519.996F), 0x7BFF);
  EXPECT_EQ(float_to_half(65520.0F), 0x7C00);
  EXPECT_EQ(float_to_half(-1e30F), 0xFC00);
  EXPECT_EQ(float_to_half(std::numeric_limits<float>::infinity()), 0x7C00);
  EXPECT_EQ(float_to_half(std::numeric_limits<float>::denorm_min()), 0x0000);
  EXPECT_EQ(float_to_half(-1e-40F), 0x8000);
  EXPECT_TRUE(std::isnan(half_to_float(float_to_half(std::numeric_limits<float>::quiet_NaN()))));
}

}  // namespace
}  // namespace signflip
