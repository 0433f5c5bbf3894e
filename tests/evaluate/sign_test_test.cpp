// The exact paired test, against values of SciPy's binomtest.
#include "evaluate/sign_test.h"

#include <gtest/gtest.h>

namespace signflip {
namespace {

TEST(SignTest, IsTheBinomialTail) {
  EXPECT_NEAR(sign_test({7, 0}), 1.0 / 128.0, 1e-12);
  EXPECT_NEAR(sign_test({5, 0}), 1.0 / 32.0, 1e-12);
  EXPECT_NEAR(sign_test({8, 2}), 56.0 / 1024.0, 1e-12);
  EXPECT_NEAR(sign_test({60, 40}), 0.02844396682049039, 1e-10);
  EXPECT_NEAR(sign_test({0, 3}), 1.0, 1e-12);
  EXPECT_EQ(sign_test({0, 0}), 1.0);
  EXPECT_NEAR(sign_test({500500, 499500}), sign_test({500501, 499500}), 1e-3)
      << "where the approximation begins";
}

TEST(SignTest, SaysWhetherOneBeatsTheOther) {
  EXPECT_TRUE(beats({7, 0})) << "Square alone breaks 7 of a model's images, PGD alone none";
  EXPECT_TRUE(beats({6, 0}));
  EXPECT_FALSE(beats({5, 0}));
  EXPECT_FALSE(beats({0, 7}));
  EXPECT_FALSE(beats({0, 0}));
}

TEST(SignTest, CountsPairs) {
  const Discordant counts = count_discordant("0011010", "1010011");
  EXPECT_EQ(counts.first, 2U);
  EXPECT_EQ(counts.second, 1U);
}

TEST(SignTest, WithoutPairsTheOverlapThatTellsLeast) {
  EXPECT_EQ(least_telling(5, 3, 100).first, 5U);
  EXPECT_EQ(least_telling(5, 3, 100).second, 3U);
  EXPECT_EQ(least_telling(90, 80, 100).first, 20U) << "at least 70 are broken by both";
  EXPECT_EQ(least_telling(90, 80, 100).second, 10U);
}

}  // namespace
}  // namespace signflip
