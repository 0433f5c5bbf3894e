// The functions that run on a device, called on the host, against those of the CPU that they
// repeat: random numbers, losses, projection, division by multiplication.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "attack/geometry/dlr.h"
#include "attack/geometry/norms.h"
#include "attack/objective.h"
#include "core/rng.h"
#include "core/softmax.h"
#include "device/kernels/attack_steps.h"
#include "device/kernels/losses.h"
#include "device/kernels/product.h"
#include "device/kernels/random.h"
#include "device/programs/training.h"
#include "support/numeric.h"
#include "train/adversary.h"

namespace signflip::test {
namespace {

TEST(DeviceFunctions, DrawsAreThoseOfRng) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const device::Draws draws(seed, seed * 977);
    Rng rng(seed, seed * 977), normals(seed, seed * 977);
    for (std::uint64_t k = 0; k < 50; ++k) {
      EXPECT_EQ(draws.bits(k), Rng(rng).next());
      EXPECT_EQ(draws.uniform(k), rng.uniform());
      EXPECT_EQ(draws.normal(2 * k), normals.normal());
    }
  }
}

TEST(DeviceFunctions, DividerDividesExactly) {
  Rng rng(1);
  for (int divisor : {1, 2, 3, 7, 10, 16, 25, 49, 64, 100, 641, 784, 4096, 65535, 1 << 30}) {
    const device::Divider divider(divisor);
    for (int i = 0; i < 2000; ++i) {
      const auto n = static_cast<int>(rng.below(1U << (1 + i % 31)) & 0x7fffffff);
      ASSERT_EQ(divider.quotient(n), n / divisor) << n << " / " << divisor;
      ASSERT_EQ(divider.remainder(n), n % divisor);
    }
    for (const int n : {0, divisor - 1, divisor, 0x7fffffff}) {
      ASSERT_EQ(divider.quotient(n), n / divisor) << n << " / " << divisor;
    }
  }
}

TEST(DeviceFunctions, LossesAreThoseOfTheCpu) {
  Rng rng(2);
  for (int round = 0; round < 400; ++round) {
    const std::size_t classes = 2 + rng.below(9);
    const auto width = static_cast<int>(classes);
    auto z = random_values<float>(classes, rng, -8, 8);
    if (round % 5 == 0) z[1] = z[0];  // ties
    const Goal goal = {
        static_cast<int>(rng.below(static_cast<std::uint32_t>(classes))),
        round % 2 ? static_cast<int>(rng.below(static_cast<std::uint32_t>(classes))) : -1};
    const device::Goal same = {goal.label, goal.target};
    const std::span<const float> logits = z;
    EXPECT_EQ(device::argmax(z.data(), width), argmax(logits));
    EXPECT_EQ(device::reached(same, z.data(), width), reached(goal, logits));
    EXPECT_NEAR(device::cross_entropy_objective(same, z.data(), width),
                cross_entropy_objective(goal, logits), 1e-9);
    EXPECT_EQ(device::margin_objective(same, z.data(), width), margin_objective(goal, logits));
    std::vector<float> actual(classes), expected(classes);
    device::cross_entropy_direction(same, z.data(), width, actual.data());
    cross_entropy_direction(goal, logits, expected);
    EXPECT_TRUE(close(actual, expected, 1e-6));

    const LogitRatio ratio =
        goal.targeted()
            ? LogitRatio::targeted(logits, static_cast<std::size_t>(goal.target),
                                   runner_up(logits, static_cast<std::size_t>(goal.target)))
            : LogitRatio::untargeted(logits, goal.label);
    const device::LogitRatio same_ratio(same, z.data(), width);
    EXPECT_EQ(same_ratio.value(), ratio.value());
    ratio.direction(expected);
    same_ratio.direction(width, actual.data());
    EXPECT_TRUE(close(actual, expected, 1e-6));

    const float smoothing = round % 3 == 0 ? 0.1F : 0.0F;
    EXPECT_NEAR(device::cross_entropy(z.data(), width, goal.label, smoothing),
                cross_entropy(logits, goal.label, smoothing), 1e-5F);
    device::cross_entropy_gradient(z.data(), width, goal.label, smoothing, 0.25F, actual.data());
    cross_entropy_gradient(logits, goal.label, std::span<float>(expected), smoothing);
    for (float& d : expected) d *= 0.25F;
    EXPECT_TRUE(close(actual, expected, 1e-5));

    const auto attacked = random_values<float>(classes, rng, -8, 8);
    std::vector<float> dclean(classes, 0.5F), dattacked(classes), dclean2 = dclean,
                                                                  dattacked2(classes);
    const double kl = divergence(z, attacked, 0.3F, dclean, dattacked);
    EXPECT_NEAR(device::divergence(z.data(), attacked.data(), width, 0.3F, dclean2.data(),
                                   dattacked2.data()),
                kl, 1e-4 * (1 + kl));
    EXPECT_TRUE(close(dclean2, dclean, 1e-4));
    EXPECT_TRUE(close(dattacked2, dattacked, 1e-4));
  }
}

TEST(DeviceFunctions, BallIsThatOfTheCpu) {
  Rng rng(3);
  for (const double epsilon : {0.0, 1e-9, 1.0 / 255, 0.1, 0.3, 1.0}) {
    std::vector<float> clean = random_values<float>(300, rng, 0, 1);
    clean[0] = 0;
    clean[1] = 1;
    clean[2] = 1e-20F;
    const Ball ball(clean, clean.size(), Norm::linf, epsilon, Bounds{});
    for (std::size_t i = 0; i < clean.size(); ++i) {
      const auto interval = device::pixel_interval(clean[i], epsilon);
      EXPECT_EQ(interval.low, ball.low(0)[i]);
      EXPECT_EQ(interval.high, ball.high(0)[i]);
    }
    EXPECT_EQ(device::pixel_interval(0.5F, epsilon).nearest(NAN, 0.5F), 0.5F);
  }
}

TEST(DeviceFunctions, SplittingsCoverTheDepthInWholeTiles) {
  for (const int depth : {1, 127, 128, 300, 3136, 200704}) {
    for (const std::int64_t blocks : {1, 7, 100, 300}) {
      for (const std::size_t workspace :
           {std::size_t{0}, std::size_t{5000}, std::size_t{1} << 22}) {
        const auto split = device::choose_splitting(blocks, 1000, depth, 264, workspace);
        if (split.splits == 1) continue;
        EXPECT_EQ(split.depth % 16, 0);
        EXPECT_GE(split.splits * split.depth, depth);
        EXPECT_LT((split.splits - 1) * split.depth, depth);
        EXPECT_LE(static_cast<std::size_t>(split.splits) * 1000, workspace);
      }
    }
  }
  EXPECT_GT(device::choose_splitting(2, 16384, 3136, 264, std::size_t{1} << 22).splits, 20);
}

TEST(DeviceFunctions, LayoutsKeepAShardTogether) {
  const device::BatchLayout layout(70, 24, true, false);
  ASSERT_EQ(layout.rows.size(), 140U);
  EXPECT_EQ(layout.shard_sources, (std::vector<int>{0, 23, 46, 70}));
  EXPECT_EQ(layout.shard_rows, (std::vector<int>{0, 46, 92, 140}));
  EXPECT_EQ(layout.most_rows(), 48);
  for (int i = 0; i < 70; ++i) {
    const auto clean = static_cast<std::size_t>(layout.pairs[static_cast<std::size_t>(2 * i)]);
    const auto attacked =
        static_cast<std::size_t>(layout.pairs[static_cast<std::size_t>(2 * i + 1)]);
    EXPECT_EQ(layout.rows[clean].source, i);
    EXPECT_EQ(layout.rows[clean].attacked, 0);
    EXPECT_EQ(layout.rows[attacked].source, i);
    EXPECT_EQ(layout.rows[attacked].attacked, 1);
    EXPECT_EQ(layout.shard_of_row[clean], layout.shard_of_row[attacked]);
  }
  EXPECT_EQ(device::BatchLayout(5, 24, false, true).rows[4].attacked, 1);
}

}  // namespace
}  // namespace signflip::test
