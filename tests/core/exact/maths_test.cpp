// Our elementary functions against libm's.
#include "core/exact/maths.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace signflip {
namespace {

TEST(Maths, ExponentialAgreesWithLibm) {
  for (double x = -700; x < 700; x += 0.0137) {
    EXPECT_NEAR(exponential(x) / std::exp(x), 1, 1e-15) << x;
  }
  EXPECT_EQ(exponential(0), 1);
  EXPECT_EQ(exponential(-std::numeric_limits<double>::infinity()), 0);
  EXPECT_EQ(exponential(-1e9), 0);
  EXPECT_TRUE(std::isinf(exponential(1e9)));
  EXPECT_TRUE(std::isnan(exponential(std::nan(""))));
}

TEST(Maths, CosineOfATurnAgreesWithLibm) {
  for (int i = 0; i <= 1 << 16; ++i) {
    const double turn = i * 0x1p-16;
    EXPECT_NEAR(cosine_of_turn(turn), std::cos(6.283185307179586 * turn), 1e-15) << turn;
  }
  EXPECT_EQ(cosine_of_turn(0), 1);
  EXPECT_EQ(cosine_of_turn(0.25), 0);
  EXPECT_EQ(cosine_of_turn(0.5), -1);
  EXPECT_EQ(cosine_of_turn(0.75), 0);
  EXPECT_EQ(cosine_of_turn(1), 1);
}

}  // namespace
}  // namespace signflip
