// Auto-PGD's bookkeeping: checkpoints by the paper's table, and what an image remembers.
#include "core/exact/apgd.h"

#include <gtest/gtest.h>

#include <vector>

namespace signflip::test {
namespace {

std::vector<int> checkpoints(int steps) {
  ApgdSchedule schedule(steps);
  std::vector<int> at;
  int last = 0;
  for (int step = 1; step <= steps; ++step) {
    const int interval = schedule.step();
    if (interval == 0) continue;
    EXPECT_EQ(interval, step - last);
    at.push_back(last = step);
  }
  return at;
}

TEST(ApgdSchedule, IntervalsShrinkFrom22To6Percent) {
  // p = 0, 0.22, then + max(the last interval − 0.03, 0.06): the paper's section 3.
  EXPECT_EQ(checkpoints(100), (std::vector<int>{22, 41, 57, 70, 80, 87, 93, 99}));
  EXPECT_EQ(checkpoints(1), (std::vector<int>{1}));
}

TEST(ApgdProgress, KeepsTheAdversarialPointOfTheLargestLoss) {
  ApgdProgress progress(0.25);
  EXPECT_EQ(progress.step_size, 0.5);
  progress.record(1, {false, -1}, true, false);
  EXPECT_TRUE(progress.improved && progress.better);
  progress.record(3, {false, -0.5}, false, false);
  progress.record(2, {true, 0.5}, false, false);  // less loss, but adversarial
  EXPECT_FALSE(progress.improved);
  EXPECT_TRUE(progress.better && progress.verdict.success);
  progress.record(9, {false, -2}, false, false);  // more loss, but no longer
  EXPECT_TRUE(progress.improved);
  EXPECT_FALSE(progress.better);
  EXPECT_EQ(progress.verdict.score, 0.5);
  EXPECT_EQ(progress.rises, 2);
  EXPECT_FALSE(progress.finished);
  progress.record(10, {true, 1}, false, true);
  EXPECT_TRUE(progress.finished);
}

TEST(ApgdProgress, HalvesTheStepWhereTheLossSeldomRises) {
  ApgdProgress rising(1), stuck(1);
  for (int step = 0; step < 8; ++step) {
    rising.record(step, {}, step == 0, false);
    stuck.record(0, {}, step == 0, false);
  }
  EXPECT_FALSE(rising.check(7));
  EXPECT_EQ(rising.step_size, 2);
  EXPECT_TRUE(stuck.check(7));
  EXPECT_EQ(stuck.step_size, 1);
}

TEST(ApgdProgress, HalvesTheStepWhereTheBestStaysButNotTwiceInARow) {
  // Condition 2 of the paper's section 3: the loss rises step by step, so condition 1 does not
  // hold, but from so deep that the best of the last checkpoint is never reached again.
  constexpr int kInterval = 8;
  ApgdProgress progress(1);
  const auto climb = [&](double from) {
    for (int step = 0; step < kInterval; ++step) progress.record(from + step, {}, false, false);
    return progress.check(kInterval);
  };
  progress.record(-1, {}, true, false);
  EXPECT_FALSE(climb(0)) << "the best is new";
  EXPECT_TRUE(climb(-100)) << "the best is that of the last checkpoint, whose step was kept";
  EXPECT_EQ(progress.step_size, 1);
  EXPECT_FALSE(climb(-90)) << "the step was halved at the last checkpoint";
  EXPECT_TRUE(climb(-80));
  EXPECT_EQ(progress.step_size, 0.5);
  EXPECT_FALSE(climb(-70));
  EXPECT_FALSE(climb(50)) << "a new best";
  EXPECT_EQ(progress.step_size, 0.5);
}

}  // namespace
}  // namespace signflip::test
