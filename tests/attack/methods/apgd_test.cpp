// Auto-PGD against exact answers on affine models, and what it costs.
#include "attack/methods/apgd.h"

#include <gtest/gtest.h>

#include "support/affine_answers.h"
#include "support/attacks.h"
#include "support/random_net.h"

namespace signflip::test {
namespace {

constexpr ImageShape kShape{4, 4, 1};

TEST(Apgd, DecidesAffineModelsExactly) {
  // z_y − z_k is affine in the image, so whether any class k can win within the ball is known.
  for (const char* name : {"apgd-t", "apgd-ce", "apgd-dlr"}) {
    std::size_t decided = 0, found = 0, fragile = 0;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      Rng rng(seed, 9);
      const auto model = LinearModel::random(kShape, 6, 1, rng);
      const auto images = random_images(30, kShape, rng);
      const auto labels = predictions(model, images);
      const auto outcome =
          attack(model, request_for(name, {{"epsilon", "0.12"}}, seed), images, labels);
      for (std::size_t i = 0; i < images.count(); ++i) {
        const double worst = worst_margin(model, images.image(i), labels[i], 0.12);
        if (std::fabs(worst) < 1e-4) continue;
        ++decided;
        fragile += worst < 0;
        found += outcome.success[i];
        EXPECT_FALSE(worst > 0 && outcome.success[i]);
      }
    }
    EXPECT_GT(decided, 290U);
    EXPECT_GT(fragile, 30U);
    EXPECT_LT(fragile, 270U);
    // The targeted form aims at each class in turn and misses none.
    EXPECT_TRUE(std::string_view(name) != "apgd-t" || found == fragile);
    EXPECT_GE(found, fragile * 95 / 100) << name;
  }
}

TEST(Apgd, ReachesTheExactWorstMarginOfTwoClasses) {
  Rng rng(1);
  const auto model = LinearModel::random(kShape, 2, 1, rng);
  const auto images = random_images(20, kShape, rng, 0.3F, 0.7F);
  const auto labels = predictions(model, images);
  std::vector<int> targets;
  for (const int label : labels) targets.push_back(1 - label);
  for (const char* name : {"apgd-ce", "apgd-dlr"}) {
    for (const bool targeted : {false, true}) {
      const auto given = targeted ? targets : std::vector<int>();
      const auto linf =
          attack(model, request_for(name, {{"epsilon", "0.2"}}), images, labels, given);
      const auto l2 = attack(model, request_for(name, {{"epsilon", "0.3"}, {"norm", "l2"}}), images,
                             labels, given);
      for (std::size_t i = 0; i < images.count(); ++i) {
        EXPECT_NEAR(margin_of(model, linf.adversarial.image(i), labels[i]),
                    worst_margin(model, images.image(i), labels[i], 0.2), 1e-5)
            << name;
        EXPECT_NEAR(margin_of(model, l2.adversarial.image(i), labels[i]),
                    worst_margin_l2(model, images.image(i), labels[i], 0.3), 1e-4)
            << name;
      }
    }
  }
}

TEST(Apgd, ComputesNoGradientTwice) {
  Rng rng(2);
  const auto linear = LinearModel::random(kShape, 5, 1, rng);
  const auto images = random_images(20, kShape, rng);
  const auto labels = predictions(linear, images);
  for (const char* name : {"apgd-ce", "apgd-dlr"}) {
    const CountingModel model(linear);
    const auto outcome =
        attack(model, request_for(name, {{"epsilon", "0.01"}, {"steps", "30"}}), images, labels);
    EXPECT_EQ(outcome.gradients, 20U * 30);
    EXPECT_EQ(outcome.queries, 20U * 31);
    EXPECT_EQ(model.backwards(), 20U * 30);
    EXPECT_EQ(model.forwards(), 20U * 33);
  }
  // No image is fooled at this epsilon, so all four other classes are tried.
  const auto outcome = attack(
      linear, request_for("apgd-t", {{"epsilon", "0.001"}, {"steps", "30"}}), images, labels);
  EXPECT_EQ(outcome.gradients, (20U - successes(outcome)) * 30 * 4 + successes(outcome) * 30);
  EXPECT_EQ(outcome.queries, 20U + (20U - successes(outcome)) * 31 * 4 + successes(outcome) * 31);
}

TEST(Apgd, EarlyStopFoolsTheSameImagesForLess) {
  std::size_t less = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    Rng rng(seed, 3);
    const auto model = random_net({8, 8, 1}, 6, 3, rng);
    const auto images = random_images(25, {8, 8, 1}, rng);
    const auto labels = predictions(model, images);
    for (const char* name : {"apgd-ce", "apgd-dlr", "apgd-t"}) {
      const Settings settings{{"epsilon", "0.08"}, {"steps", "25"}};
      Settings early = settings;
      early.emplace_back("early-stop", "true");
      const auto full = attack(model, request_for(name, settings, seed), images, labels);
      const auto brief = attack(model, request_for(name, early, seed), images, labels);
      EXPECT_EQ(brief.success, full.success) << name;
      EXPECT_LE(brief.gradients, full.gradients);
      less += full.gradients - brief.gradients;
    }
  }
  EXPECT_GT(less, 1000U);
}

TEST(Apgd, FoolsNoFewerThanPgdOnSmallNets) {
  std::size_t pgd = 0, apgd = 0;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    Rng rng(seed, 4);
    const auto model = random_net({8, 8, 1}, 6, 3, rng);
    const auto images = random_images(40, {8, 8, 1}, rng);
    const auto labels = predictions(model, images);
    const Settings settings{{"epsilon", "0.06"}, {"steps", "100"}};
    pgd += successes(attack(model, request_for("pgd", settings, seed), images, labels));
    apgd += successes(attack(model, request_for("apgd-ce", settings, seed), images, labels));
  }
  EXPECT_GE(apgd, pgd);
}

TEST(Apgd, EpsilonZeroReturnsTheCleanImage) {
  Rng rng(5);
  const auto model = LinearModel::random(kShape, 5, 1, rng);
  const auto images = random_images(20, kShape, rng);
  for (const char* name : {"apgd-ce", "apgd-dlr", "apgd-t", "square", "autoattack"}) {
    for (const char* norm : {"linf", "l2"}) {
      Settings settings{{"epsilon", "0"}, {"norm", norm}};
      if (find_attack(name)->parameters.size() == 4) settings.emplace_back("queries", "30");
      const auto outcome =
          attack(model, request_for(name, settings), images, predictions(model, images));
      EXPECT_TRUE(same_values(outcome.adversarial.values(), images.values())) << name;
    }
  }
}

}  // namespace
}  // namespace signflip::test
