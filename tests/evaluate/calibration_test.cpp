// Calibration against values worked out by hand.
#include "evaluate/calibration.h"

#include <gtest/gtest.h>

namespace signflip {
namespace {

TEST(Calibration, IsTheMeanDistanceOfConfidenceAndAccuracy) {
  // Two bins: 0.9 and 0.92 with one right, 0.5 four times with all right.
  const Calibration calibration =
      calibration_of({0.9F, 0.92F, 0.5F, 0.5F, 0.5F, 0.5F}, {true, false, true, true, true, true});
  EXPECT_NEAR(calibration.expected_error, (2 * (0.91 - 0.5) + 4 * 0.5) / 6, 1e-6);
  EXPECT_NEAR(calibration.mean_confidence, (0.9 + 0.92 + 2.0) / 6, 1e-6);
  ASSERT_EQ(calibration.bins.size(), 15U);
  EXPECT_EQ(calibration.bins[13].count, 2U);
  EXPECT_NEAR(calibration.bins[13].confidence, 0.91, 1e-6);
  EXPECT_EQ(calibration.bins[13].accuracy, 0.5);
  EXPECT_EQ(calibration.bins[7].count, 4U);
}

TEST(Calibration, EndsBelongToTheBinsBelowThem) {
  const Calibration calibration = calibration_of({0.0F, 1.0F}, {false, true});
  EXPECT_EQ(calibration.bins.front().count, 1U);
  EXPECT_EQ(calibration.bins.back().count, 1U);
  EXPECT_EQ(calibration.expected_error, 0.0);
  EXPECT_EQ(calibration_of({}, {}).expected_error, 0.0);
}

}  // namespace
}  // namespace signflip
