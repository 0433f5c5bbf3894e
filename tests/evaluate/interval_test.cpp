// Wilson's interval against values of statsmodels' proportion_confint(method="wilson").
#include "evaluate/interval.h"

#include <gtest/gtest.h>

namespace signflip::test {
namespace {

TEST(ConfidenceInterval, AgreesWithKnownValues) {
  const auto [low, high] = confidence_interval(0.9, 100);
  EXPECT_NEAR(low, 0.825634, 1e-6);
  EXPECT_NEAR(high, 0.944771, 1e-6);
  const auto [none_low, none_high] = confidence_interval(0.0, 10);
  EXPECT_EQ(none_low, 0.0);
  EXPECT_NEAR(none_high, 0.277533, 1e-6);
  const auto [all_low, all_high] = confidence_interval(1.0, 10);
  EXPECT_NEAR(all_low, 0.722467, 1e-6);
  EXPECT_EQ(all_high, 1.0);
}

TEST(ConfidenceInterval, NarrowsWithTheSample) {
  const auto width = [](std::size_t n) {
    const auto [low, high] = confidence_interval(0.7, n);
    EXPECT_LT(low, 0.7);
    EXPECT_GT(high, 0.7);
    return high - low;
  };
  EXPECT_LT(width(10000), width(1000));
  EXPECT_NEAR(width(10000), width(100) / 10.0, 0.002);
  EXPECT_EQ(confidence_interval(0.5, 0), (std::pair{0.0, 1.0}));
}

}  // namespace
}  // namespace signflip::test
