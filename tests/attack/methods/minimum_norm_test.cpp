// What all minimum-norm attacks must do alike: the exact distance on affine models, clean images
// where they fail, the same answer however images are batched.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/attacks.h"
#include "support/nearest_boundary.h"
#include "support/random_net.h"

namespace signflip::test {
namespace {

struct Case {
  const char* attack;
  const char* norm;
  Settings settings;
  double tolerance;  ///< relative, on affine models
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"deepfool", "l2", {{"norm", "l2"}, {"overshoot", "0"}}, 1e-4},
      {"deepfool", "linf", {{"norm", "linf"}, {"overshoot", "0"}}, 1e-4},
      {"cw", "l2", {{"binary-search-steps", "12"}}, 0.02},
      {"lbfgs", "l2", {}, 0.02},
      {"fab", "l2", {{"norm", "l2"}}, 0.005},
      {"fab", "linf", {{"norm", "linf"}}, 0.005},
      {"fab-t", "l2", {{"norm", "l2"}}, 0.005},
      {"fab-t", "linf", {{"norm", "linf"}}, 0.005}};
  return all;
}

std::vector<float> distances(const AttackOutcome& outcome, const Case& c) {
  return std::string_view(c.norm) == "l2" ? outcome.l2 : outcome.linf;
}

class MinimumNorm : public ::testing::TestWithParam<std::size_t> {
 protected:
  const Case& which() const { return cases()[GetParam()]; }
};

TEST_P(MinimumNorm, FindsTheExactDistanceOfAffineModels) {
  const ImageShape shape{5, 5, 1};
  for (const int classes : {2, 6}) {
    Rng rng(11, static_cast<std::uint64_t>(classes));
    const auto model = LinearModel::random(shape, classes, 1, rng);
    const auto images = random_images(24, shape, rng, 0.3F, 0.7F);
    const auto labels = predictions(model, images);
    const auto outcome =
        attack(model, request_for(which().attack, which().settings), images, labels);
    EXPECT_EQ(successes(outcome), images.count());
    const auto found = distances(outcome, which());
    const Norm norm = norm_from(which().norm);
    std::size_t compared = 0;
    for (std::size_t i = 0; i < images.count(); ++i) {
      auto [exact, in_box] = nearest_boundary(model, images.image(i), labels[i], norm);
      if (!in_box || exact < 0.005) continue;
      ++compared;
      EXPECT_GE(found[i], exact * (1 - 1e-5));
      if (std::string_view(which().attack) == "cw") {
        // It descends towards the class that leads where it is, not to the nearest one.
        const auto own =
            nearest_boundary(model, images.image(i), labels[i], norm, outcome.predicted[i]);
        if (!own.in_box) continue;
        exact = own.distance;
      }
      EXPECT_LE(found[i], exact * (1 + which().tolerance)) << "image " << i;
    }
    EXPECT_GT(compared, 12U);
  }
}

TEST_P(MinimumNorm, LeavesAloneWhatIsDoneOrCannotBeDone) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Rng rng(seed, 4);
    const ImageShape shape{5, 6, seed % 2 == 0 ? 1 : 3};
    const auto model = random_net(shape, 4, seed % 3 == 0 ? 20.0F : 1.0F, rng);
    const auto images = inked_images(9, shape, rng);
    auto labels = predictions(model, images);
    labels[2] = (labels[2] + 1) % 4;
    Settings settings = which().settings;
    if (seed % 2 == 0) settings.emplace_back("steps", "3");
    if (std::string_view(which().attack) == "cw" && seed % 2 != 0) {
      settings.emplace_back("steps", "100");
    }
    const auto request = request_for(which().attack, settings, seed);
    const auto outcome = attack(model, request, images, labels);
    promises_hold(model, request, images, labels, {}, outcome);
    EXPECT_EQ(outcome.l2[2], 0);
    EXPECT_TRUE(outcome.success[2]);
    for (std::size_t i = 0; i < images.count(); ++i) {
      if (i == 2) continue;
      EXPECT_EQ(outcome.success[i] != 0, outcome.l2[i] > 0);
    }
  }
}

TEST_P(MinimumNorm, GivesTheSameBytesHoweverImagesAreBatched) {
  Rng rng(5);
  const ImageShape shape{6, 6, 1};
  const auto model = random_net(shape, 5, 3, rng);
  const auto images = inked_images(37, shape, rng);
  auto labels = predictions(model, images);
  labels[7] = (labels[7] + 1) % 5;
  Settings settings = which().settings;
  settings.emplace_back("steps", "30");
  if (std::string_view(which().attack).substr(0, 3) == "fab") {
    settings.emplace_back("restarts", "2");
  }
  auto request = request_for(which().attack, settings, 3);
  const auto one = attack(model, request, images, labels, {}, 1);
  const auto two = attack(model, request, images, labels, {}, 2);
  EXPECT_TRUE(same_values(one.adversarial.values(), two.adversarial.values()));
  EXPECT_EQ(one.gradients, two.gradients);
  EXPECT_EQ(one.queries, two.queries);
  for (std::size_t i = 0; i < images.count(); ++i) {
    Tensor alone(1, shape);
    std::copy_n(images.image(i).begin(), shape.size(), alone.values().begin());
    request.first_image = i;
    const auto outcome = attack(model, request, alone, {labels[i]});
    ASSERT_TRUE(same_values(outcome.adversarial.values(), one.adversarial.image(i))) << i;
  }
}

TEST_P(MinimumNorm, GivesUpOnAConstantModelAndOnOneThatIsNotANumber) {
  const ImageShape shape{3, 3, 1};
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const float weight : {0.0F, nan}) {
    const LinearModel model(shape, std::vector<float>(27, weight), {3, 1, 2});
    Rng rng(8);
    const auto images = random_images(3, shape, rng);
    Settings settings = which().settings;
    settings.emplace_back("steps", "20");
    const auto outcome = attack(model, request_for(which().attack, settings), images, {0, 0, 0});
    EXPECT_TRUE(same_values(outcome.adversarial.values(), images.values()));
  }
}

std::string case_name(const ::testing::TestParamInfo<std::size_t>& tested) {
  std::string name = std::string(cases()[tested.param].attack) + "_" + cases()[tested.param].norm;
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, MinimumNorm, ::testing::Range(std::size_t{0}, cases().size()),
                         case_name);

/// Targeted forms, three classes, where the nearest point is known.
TEST(MinimumNormTargeted, FindsTheNearestPointOfTheTargetsRegion) {
  const ImageShape shape{6, 6, 1};
  Rng rng(21);
  // Confident, so that the logarithm of a sum that L-BFGS descends is near the largest of its
  // terms.
  const auto model = LinearModel::random(shape, 3, 8, rng);
  const auto images = random_images(30, shape, rng, 0.35F, 0.65F);
  const auto labels = predictions(model, images);
  for (const int turn : {1, 2}) {
    std::vector<int> targets;
    for (const int label : labels) targets.push_back((label + turn) % 3);
    for (const char* name : {"cw", "lbfgs", "fab"}) {
      Settings settings;
      if (std::string_view(name) == "fab") settings = {{"norm", "l2"}};
      if (std::string_view(name) == "cw") {  // on an edge between two classes Adam wavers
        settings = {{"learning-rate", "0.002"}, {"steps", "4000"}, {"abort-early", "false"}};
      }
      const auto request = request_for(name, settings);
      const auto outcome = attack(model, request, images, labels, targets);
      promises_hold(model, request, images, labels, targets, outcome);
      std::size_t compared = 0, near = 0;
      for (std::size_t i = 0; i < images.count(); ++i) {
        const auto [exact, in_box] = nearest_target(model, images.image(i), targets[i]);
        if (!in_box) continue;
        ++compared;
        EXPECT_TRUE(outcome.success[i]) << name << " " << i;
        EXPECT_GE(outcome.l2[i], exact * (1 - 1e-5));
        near += outcome.l2[i] <= 1.02 * exact;
      }
      EXPECT_GT(compared, 12U);
      EXPECT_GE(10 * near, 9 * compared) << name << ", of " << compared;
    }
  }
}

}  // namespace
}  // namespace signflip::test
