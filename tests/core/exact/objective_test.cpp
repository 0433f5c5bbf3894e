// Objectives against double precision, where float32 alone would lose the gradient, and against
// finite differences.
#include "core/exact/objective.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/exact/logit_ratio.h"
#include "support/attacks.h"

namespace signflip::test {
namespace {

/// Logits in which class `label` leads all others by at least `margin`.
std::vector<float> confident(Rng& rng, std::size_t classes, std::size_t label, float margin) {
  std::vector<float> z(classes);
  for (float& v : z) v = rng.uniform(-3, 3);
  z[label] = 3 + margin;
  return z;
}

std::vector<double> widened(std::span<const float> z) { return {z.begin(), z.end()}; }

TEST(Objective, DirectionIsThatOfTheCrossEntropyGradientInDoubleAtAnyMargin) {
  Rng rng(1);
  for (const float margin : {-10.0F, 0.0F, 5.0F, 20.0F, 100.0F, 200.0F}) {
    for (int round = 0; round < 50; ++round) {
      const std::size_t classes = 2 + rng.below(20);
      const auto label = rng.below(static_cast<std::uint32_t>(classes));
      const auto z = confident(rng, classes, label, margin);
      const auto exact = widened(z);
      std::vector<double> expected(classes);
      cross_entropy_gradient<double>(exact, static_cast<int>(label), expected);
      const double scale = -expected[label];
      ASSERT_GT(scale, 0);
      std::vector<float> found(classes);
      cross_entropy_direction({static_cast<int>(label)}, z, found);
      for (std::size_t k = 0; k < classes; ++k) {
        EXPECT_NEAR(found[k], expected[k] / scale, 1e-6 + 1e-5 * std::fabs(found[k])) << margin;
      }
      cross_entropy_direction({0, static_cast<int>(label)}, z, found);
      for (std::size_t k = 0; k < classes; ++k) {
        EXPECT_NEAR(found[k], -expected[k] / scale, 1e-6 + 1e-5 * std::fabs(found[k]));
      }
    }
  }
}

TEST(Objective, InputGradientKeepsItsSignsBelowALossOf1e7) {
  Rng rng(2);
  const ImageShape shape{5, 5, 1};
  for (const float margin : {20.0F, 100.0F, 200.0F}) {
    const LinearModel random = LinearModel::random(shape, 6, 1, rng);
    std::vector<float> weight, bias(6);
    for (std::size_t k = 0; k < 6; ++k) {
      weight.insert(weight.end(), random.weight(k).begin(), random.weight(k).end());
      bias[k] = random.bias(k) + (k == 2 ? margin + 30 : 0);
    }
    const LinearModel model(shape, weight, bias);
    const Tensor images = random_images(8, shape, rng);
    const double epsilon = 1e-3;
    const auto outcome =
        attack(model, request_for("fgsm", {{"epsilon", "0.001"}}), images, std::vector<int>(8, 2));
    for (std::size_t i = 0; i < images.count(); ++i) {
      std::vector<double> z(6), dz(6);
      for (std::size_t k = 0; k < 6; ++k) z[k] = model.logit(k, images.image(i));
      ASSERT_LT(cross_entropy<double>(z, 2), 1e-7);
      cross_entropy_gradient<double>(z, 2, dz);
      for (std::size_t j = 0; j < shape.size(); ++j) {
        double g = 0;
        for (std::size_t k = 0; k < 6; ++k) g += static_cast<double>(model.weight(k)[j]) * dz[k];
        const double wanted = std::clamp(
            static_cast<double>(images.image(i)[j]) + (g > 0 ? epsilon : -epsilon), 0.0, 1.0);
        if (std::fabs(g) > 1e-6 * -dz[2]) {
          EXPECT_NEAR(outcome.adversarial.image(i)[j], wanted, 1e-6) << margin;
        }
      }
    }
  }
}

TEST(Objective, LogOddsOrderAsCrossEntropyAndDoNotSaturate) {
  Rng rng(3);
  for (int round = 0; round < 200; ++round) {
    const auto z = confident(rng, 7, 3, rng.uniform(-20, 20));
    const double s = log_odds_against(z, 3);
    EXPECT_NEAR(std::log1p(std::exp(s)), cross_entropy<double>(widened(z), 3), 1e-9);
  }
  EXPECT_LT(log_odds_against(confident(rng, 7, 3, 2000), 3),
            log_odds_against(confident(rng, 7, 3, 1900), 3));
}

TEST(Objective, MarginIsPositiveWhereTheGoalIsReached) {
  Rng rng(4);
  for (int round = 0; round < 500; ++round) {
    std::vector<float> z(2 + rng.below(8));
    for (float& v : z) v = rng.uniform(-5, 5);
    const auto classes = static_cast<std::uint32_t>(z.size());
    const Goal goal{static_cast<int>(rng.below(classes)),
                    rng.below(2) == 0 ? -1 : static_cast<int>(rng.below(classes))};
    EXPECT_EQ(margin_objective(goal, z) > 0, reached(goal, z));
  }
  const std::vector<float> tie{1, 1};
  EXPECT_FALSE(reached({0}, tie));  // the first of equals is the prediction
  EXPECT_TRUE(reached({1}, tie));
}

double sorted_ratio(std::vector<float> z, double numerator, bool targeted) {
  std::sort(z.rbegin(), z.rend());
  const auto at = [&](std::size_t r) { return static_cast<double>(z[r]); };
  return numerator / (targeted ? at(0) - (at(2) + at(3)) / 2 : at(0) - at(2));
}

TEST(Dlr, FollowsThePaper) {
  Rng rng(5);
  for (int round = 0; round < 300; ++round) {
    std::vector<float> z(4 + rng.below(8));
    for (float& v : z) v = rng.uniform(-5, 5);
    const auto classes = static_cast<std::uint32_t>(z.size());
    const std::size_t y = rng.below(classes), t = (y + 1 + rng.below(classes - 1)) % classes;
    double other = -1e9;
    for (std::size_t k = 0; k < z.size(); ++k) {
      if (k != y) other = std::max(other, static_cast<double>(z[k]));
    }
    const double label = static_cast<double>(z[y]);
    EXPECT_NEAR(LogitRatio::untargeted(z, static_cast<int>(y)).value(),
                sorted_ratio(z, other - label, false), 1e-9);
    EXPECT_NEAR(LogitRatio::targeted(z, t, y).value(),
                sorted_ratio(z, static_cast<double>(z[t]) - label, true), 1e-9);
  }
}

TEST(Dlr, DirectionMatchesFiniteDifferences) {
  Rng rng(6);
  for (int round = 0; round < 300; ++round) {
    std::vector<float> z(2 + rng.below(9));
    for (std::size_t k = 0; k < z.size(); ++k) z[k] = static_cast<float>(k);  // far from the kinks
    rng.shuffle(std::span<float>(z));
    for (float& v : z) v += rng.uniform(-0.3F, 0.3F);
    const auto classes = static_cast<std::uint32_t>(z.size());
    const std::size_t y = rng.below(classes), t = (y + 1 + rng.below(classes - 1)) % classes;
    const bool targeted = round % 2 == 1;
    const auto make = [&](const std::vector<float>& at) {
      return targeted ? LogitRatio::targeted(at, t, y)
                      : LogitRatio::untargeted(at, static_cast<int>(y));
    };
    std::vector<float> direction(z.size());
    make(z).direction(direction);
    std::vector<double> slope(z.size());
    double largest = 0, found_largest = 0;
    for (std::size_t k = 0; k < z.size(); ++k) {
      auto up = z, down = z;
      up[k] += 0x1p-10F;
      down[k] -= 0x1p-10F;
      slope[k] = (make(up).value() - make(down).value()) * 0x1p9;
      largest = std::max(largest, std::fabs(slope[k]));
      found_largest = std::max(found_largest, static_cast<double>(std::fabs(direction[k])));
    }
    for (std::size_t k = 0; k < z.size(); ++k) {
      EXPECT_NEAR(static_cast<double>(direction[k]) * largest, slope[k] * found_largest,
                  3e-3 * largest * found_largest);
    }
  }
}

TEST(Dlr, SurvivesEqualLogits) {
  const std::vector<float> z(5, 2.0F);
  std::vector<float> direction(5);
  LogitRatio::untargeted(z, 1).direction(direction);
  EXPECT_EQ(direction, (std::vector<float>{1, -1, 0, 0, 0}));
  EXPECT_EQ(LogitRatio::untargeted(z, 1).value(), 0);
}

}  // namespace
}  // namespace signflip::test
