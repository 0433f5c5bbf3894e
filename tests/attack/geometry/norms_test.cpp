// The ball: its bounds hold in float and in double, and finding them is quick next to 0 too.
#include "attack/geometry/norms.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace signflip {
namespace {

TEST(Ball, BoundsHoldAndReachAsFarAsTheyMay) {
  // Pixels as files have them, and radii that equal some of them: there low is next to 0.
  std::vector<float> clean;
  for (int i = 0; i < 256; ++i) clean.push_back(static_cast<float>(i) / 255.0F);
  for (const double radius : {0.2, 0.1, 0.4, 0.6, 0.8, 0.25, 0.3, 8.0 / 255, 1.0, 1e-6, 0.0}) {
    for (int repeat = 0; repeat < 100; ++repeat) {  // hours, if it went float by float
      const Ball ball(clean, clean.size(), Norm::linf, radius, {});
      if (repeat > 0) continue;
      for (std::size_t i = 0; i < clean.size(); ++i) {
        const double x = static_cast<double>(clean[i]);
        for (const float end : {ball.low(0)[i], ball.high(0)[i]}) {
          EXPECT_GE(end, 0.0F);
          EXPECT_LE(end, 1.0F);
          EXPECT_LE(std::fabs(static_cast<double>(end) - x), radius);
          EXPECT_LE(static_cast<double>(std::fabs(end - clean[i])), radius);
        }
        const double slack = 1e-7;
        EXPECT_LE(static_cast<double>(ball.low(0)[i]), std::max(0.0, x - radius) + slack);
        EXPECT_GE(static_cast<double>(ball.high(0)[i]), std::min(1.0, x + radius) - slack);
      }
    }
  }
}

TEST(Ball, ProjectsAlikeOnceAndOften) {
  std::vector<float> clean, moved;
  for (int i = 0; i < 1003; ++i) {  // not a multiple of a vector
    clean.push_back(static_cast<float>(i) / 1002.0F);
    moved.push_back(static_cast<float>((i * 37) % 1003) / 700.0F - 0.2F);
  }
  moved[5] = std::nanf("");
  for (const double radius : {0.1, 0.3, 1e-3, 0.0}) {
    std::vector<float> once = moved, often = moved;
    Ball(clean, clean.size(), Norm::linf, radius, {}, Ball::Use::once).project(0, once);
    Ball(clean, clean.size(), Norm::linf, radius, {}, Ball::Use::often).project(0, often);
    EXPECT_EQ(once, often);
    EXPECT_EQ(once[5], clean[5]);
  }
}

TEST(Ball, BoundsHoldOnBothSidesOfZero) {
  std::vector<float> clean;
  for (int i = -500; i <= 500; ++i) clean.push_back(static_cast<float>(i) / 501.0F);
  const Bounds box = {-1.0F, 1.0F};
  for (const double radius : {0.1, 1.0 / 3, 0.7, 1e-3}) {
    const Ball ball(clean, clean.size(), Norm::linf, radius, box);
    for (std::size_t i = 0; i < clean.size(); ++i) {
      const double x = static_cast<double>(clean[i]);
      const double low = static_cast<double>(ball.low(0)[i]);
      const double high = static_cast<double>(ball.high(0)[i]);
      EXPECT_LE(x - low, radius);
      EXPECT_LE(high - x, radius);
      EXPECT_NEAR(low, std::max(-1.0, x - radius), 1e-7);
      EXPECT_NEAR(high, std::min(1.0, x + radius), 1e-7);
    }
  }
}

}  // namespace
}  // namespace signflip
