// Ranges and steps of one pixel against their definition, and against four pixels at a time.
#include "core/exact/ball.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/rng.h"

namespace signflip::test {
namespace {

TEST(Ball, RoundedDownIsTheLargestFloatBelow) {
  for (const double value : {0.0, 1e-9, 0.1, 8.0 / 255, 0.3, 1.0}) {
    const float rounded = rounded_down(value);
    EXPECT_LE(static_cast<double>(rounded), value);
    EXPECT_GT(static_cast<double>(std::nextafter(rounded, 2.0F)), value);
  }
}

TEST(Ball, ReachIsTheFarthestFloatWithinTheRadius) {
  Rng rng(1);
  for (int i = 0; i < 20000; ++i) {
    const float x = i % 7 == 0 ? 0.0F : rng.uniform(), radius = rounded_down(std::pow(10, -i % 9));
    for (const float way : {radius, -radius}) {
      const float end = reach(x, way);
      const double wide = static_cast<double>(x);
      EXPECT_LE(std::abs(static_cast<double>(end) - wide), static_cast<double>(radius));
      const float beyond = std::nextafter(end, way > 0 ? 9.0F : -9.0F);
      EXPECT_GT(std::abs(static_cast<double>(beyond) - wide), static_cast<double>(radius));
    }
  }
}

TEST(Ball, FourPixelsAreFourTimesOne) {
  Rng rng(2);
  for (int i = 0; i < 5000; ++i) {
    Float4 x, v;
    for (int lane = 0; lane < 4; ++lane) {
      x[lane] = rng.uniform();
      v[lane] = rng.below(9) == 0 ? NAN : rng.below(9) == 0 ? 0.0F : rng.uniform(-1, 2);
    }
    const float radius = rounded_down(static_cast<double>(rng.uniform()));
    const auto all = range_around(x, Float4{} + radius, {Float4{}, Float4{} + 1.0F});
    const Float4 nearest = all.nearest(v, x), step = signed_step(v, Float4{} + radius);
    for (int lane = 0; lane < 4; ++lane) {
      const auto one = range_around<float>(x[lane], radius, {0.0F, 1.0F});
      EXPECT_EQ(all.low[lane], one.low);
      EXPECT_EQ(all.high[lane], one.high);
      EXPECT_EQ(nearest[lane], one.nearest(v[lane], x[lane]));
      EXPECT_EQ(step[lane], signed_step<float>(v[lane], radius));
      EXPECT_EQ(step[lane], v[lane] > 0 ? radius : v[lane] < 0 ? -radius : 0.0F);
    }
  }
}

}  // namespace
}  // namespace signflip::test
