// Learning-rate schedules at the points that define them.
#include "train/schedule.h"

#include <gtest/gtest.h>

namespace signflip {
namespace {

TEST(Schedule, KnownPoints) {
  EXPECT_EQ(learning_rate_factor(Schedule::constant, 0.7), 1.0);
  EXPECT_EQ(learning_rate_factor(Schedule::step, 0.49), 1.0);
  EXPECT_EQ(learning_rate_factor(Schedule::step, 0.5), 0.1);
  EXPECT_EQ(learning_rate_factor(Schedule::step, 0.75), 0.01);
  EXPECT_EQ(learning_rate_factor(Schedule::cyclic, 0.0), 0.0);
  EXPECT_DOUBLE_EQ(learning_rate_factor(Schedule::cyclic, 0.2), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate_factor(Schedule::cyclic, 0.4), 1.0);
  EXPECT_NEAR(learning_rate_factor(Schedule::cyclic, 0.7), 0.5, 1e-12);
  EXPECT_EQ(learning_rate_factor(Schedule::cosine, 0.0), 1.0);
  EXPECT_NEAR(learning_rate_factor(Schedule::cosine, 0.5), 0.5, 1e-12);
  EXPECT_NEAR(learning_rate_factor(Schedule::cosine, 1.0), 0.0, 1e-12);
  // A range test: five powers of ten up to the rate that is given.
  EXPECT_NEAR(learning_rate_factor(Schedule::rising, 0.0), 1e-5, 1e-17);
  EXPECT_NEAR(learning_rate_factor(Schedule::rising, 0.6), 1e-2, 1e-14);
  EXPECT_EQ(learning_rate_factor(Schedule::rising, 1.0), 1.0);
}

TEST(Schedule, StaysBetweenZeroAndOne) {
  for (const auto* name : {"constant", "step", "cyclic", "cosine"}) {
    const auto schedule = schedule_from_name(name);
    ASSERT_TRUE(schedule);
    for (int i = 0; i <= 1000; ++i) {
      const double factor = learning_rate_factor(*schedule, i / 1000.0);
      EXPECT_GE(factor, 0.0);
      EXPECT_LE(factor, 1.0);
    }
  }
  EXPECT_FALSE(schedule_from_name("linear"));
}

}  // namespace
}  // namespace signflip
