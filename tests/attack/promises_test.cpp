// What every attack of the catalogue promises, over thousands of random models, images and
// parameters: budget (strictly), box, finiteness, and success recomputed on the final image.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "attack/common_parameters.h"
#include "support/attacks.h"
#include "support/random_net.h"

namespace signflip::test {
namespace {

/// A random allowed value, small where large ones would only take long.
std::string random_value(const ParameterSpec& spec, bool l2, Rng& rng) {
  if (spec.kind == ParameterKind::choice) {
    return std::string(spec.choices[rng.below(static_cast<std::uint32_t>(spec.choices.size()))]);
  }
  if (spec.kind == ParameterKind::boolean) return rng.below(2) == 0 ? "false" : "true";
  if (spec.kind == ParameterKind::integer) {
    const int lowest = static_cast<int>(spec.minimum);
    const int highest = std::min(static_cast<int>(spec.maximum), lowest + 11);
    return std::to_string(
        lowest + static_cast<int>(rng.below(static_cast<std::uint32_t>(highest - lowest + 1))));
  }
  if (spec.automatic && rng.below(2) == 0) return "0";
  if (rng.below(4) == 0) return std::to_string(spec.fallback);
  if (spec.name == "epsilon") {
    // The edges, float-unfriendly decimals, and everything between.
    constexpr const char* kEdges[] = {"0", "1", "0.1", "0.3", "8/255", "1/3", "1e-7", "1e-30"};
    if (rng.below(2) == 0) return kEdges[rng.below(8)];
    return std::to_string(rng.uniform(0, l2 ? 3.0F : 1.0F));
  }
  const double highest = spec.slider > 0 ? spec.slider : spec.maximum;
  return std::to_string(spec.minimum +
                        (highest - spec.minimum) * static_cast<double>(rng.uniform()));
}

Settings random_settings(const AttackEntry& entry, Rng& rng) {
  Settings settings;
  bool l2 = entry.norm == "l2";
  for (const ParameterSpec& spec : entry.parameters) {
    if (spec.name != "norm") continue;
    settings.emplace_back("norm", random_value(spec, false, rng));
    l2 = settings.back().second == "l2";
  }
  for (const ParameterSpec& spec : entry.parameters) {
    if (spec.name != "norm") settings.emplace_back(spec.name, random_value(spec, l2, rng));
  }
  return settings;
}

class Promises : public ::testing::TestWithParam<std::string> {};

TEST_P(Promises, HoldForRandomModelsImagesAndParameters) {
  const AttackEntry& entry = *find_attack(GetParam());
  for (std::uint64_t round = 0; round < 400; ++round) {
    Rng rng(2024, round);
    const ImageShape shape{static_cast<int>(2 + rng.below(6)), static_cast<int>(2 + rng.below(6)),
                           rng.below(2) == 0 ? 1 : 3};
    const int classes = static_cast<int>(2 + rng.below(10));
    const float gain = std::pow(10.0F, rng.uniform(-2, 2.5F));
    std::unique_ptr<DifferentiableModel> model;
    if (round % 2 == 0) {
      model = std::make_unique<LinearModel>(LinearModel::random(shape, classes, gain, rng));
    } else {
      model = std::make_unique<Sequential>(random_net(shape, classes, gain, rng));
    }
    const std::size_t count = 1 + rng.below(3);
    const Tensor images =
        rng.below(2) == 0 ? random_images(count, shape, rng) : inked_images(count, shape, rng);
    std::vector<int> labels = predictions(*model, images);
    if (rng.below(4) == 0)
      labels[0] = static_cast<int>(rng.below(static_cast<std::uint32_t>(classes)));
    std::vector<int> targets;
    if (!entry.untargeted() || (entry.targeted() && rng.below(2) == 0)) {
      for (std::size_t i = 0; i < count; ++i) {
        targets.push_back(static_cast<int>(rng.below(static_cast<std::uint32_t>(classes))));
      }
    }
    const Settings settings = random_settings(entry, rng);
    const auto request = request_for(entry.name, settings, round);
    const auto outcome = attack(*model, request, images, labels, targets);
    if (!promises_hold(*model, request, images, labels, targets, outcome)) {
      for (const auto& [name, text] : settings) ADD_FAILURE() << name << " = " << text;
      FAIL() << "in round " << round;
    }
  }
}

TEST_P(Promises, ASeedHasAnEffectWhereTheCatalogueSaysSoAndNowhereElse) {
  const AttackEntry& entry = *find_attack(GetParam());
  const ImageShape shape{4, 4, 1};
  std::size_t drawn = 0, different = 0;
  for (std::uint64_t round = 0; round < 60; ++round) {
    Rng rng(11, round);
    const Sequential model = random_net(shape, 5, 3, rng);
    const Tensor images = random_images(2, shape, rng);
    const std::vector<int> labels = predictions(model, images);
    std::vector<int> targets;
    if (!entry.untargeted()) {
      for (const int label : labels) targets.push_back((label + 1) % 5);
    }
    const Settings settings = random_settings(entry, rng);
    const auto request = request_for(entry.name, settings, 1);
    const auto one = attack(model, request, images, labels, targets);
    const auto other = attack(model, request_for(entry.name, settings, 2), images, labels, targets);
    const auto pixels = one.adversarial.values(), others = other.adversarial.values();
    const bool same = std::equal(pixels.begin(), pixels.end(), others.begin(), others.end());
    if (is_random(entry, request.parameters)) {
      ++drawn;
      different += !same;
    } else {
      ASSERT_TRUE(same) << "round " << round;
    }
  }
  EXPECT_EQ(drawn > 0, entry.random != never_random);
  if (drawn > 0) {
    EXPECT_GT(different, 0U) << "of " << drawn;
  }
}

std::vector<std::string> all_attacks() {
  std::vector<std::string> names;
  for (const AttackEntry& entry : catalog()) names.emplace_back(entry.name);
  return names;
}

std::string test_name(const ::testing::TestParamInfo<std::string>& attack) {
  std::string name = attack.param;
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Catalog, Promises, ::testing::ValuesIn(all_attacks()), test_name);

TEST(Ball, KeepsItsBoundHoweverTheDifferenceIsComputed) {
  Rng rng(6);
  for (int round = 0; round < 3000; ++round) {
    const auto images = inked_images(1, {1, 8, 1}, rng);
    const double epsilon = round % 3 == 0 ? 0.3
                           : round % 3 == 1
                               ? static_cast<double>(rng.uniform())
                               : std::pow(10.0, -8.0 * static_cast<double>(rng.uniform()));
    std::vector<float> far(8);
    for (float& v : far) v = rng.uniform(-2, 3);
    for (const Norm norm : {Norm::linf, Norm::l2}) {
      const Ball ball(images.values(), 8, norm, epsilon, {});
      auto projected = far;
      ball.project(0, projected);
      const double distance = norm == Norm::linf ? linf_distance(projected, images.values())
                                                 : l2_distance(projected, images.values());
      ASSERT_LE(distance, epsilon);
      auto again = projected;
      ball.project(0, again);
      ASSERT_EQ(again, projected);  // so judging does not move what an attack found
      for (std::size_t j = 0; j < 8; ++j) {
        ASSERT_TRUE(projected[j] >= 0 && projected[j] <= 1);
        if (norm == Norm::linf) {
          ASSERT_LE(static_cast<double>(std::fabs(projected[j] - images.values()[j])), epsilon);
        }
      }
    }
  }
}

TEST(Ball, ReachesItsSurface) {
  Rng rng(7);
  for (int round = 0; round < 200; ++round) {
    const auto images = random_images(1, {3, 3, 1}, rng, 0.4F, 0.6F);
    const double epsilon = 0.01 + 0.3 * static_cast<double>(rng.uniform());
    const Ball cube(images.values(), 9, Norm::linf, epsilon, {});
    const Ball ball(images.values(), 9, Norm::l2, epsilon, {});
    std::vector<float> point(9, 1.0F);
    cube.project(0, point);
    for (std::size_t j = 0; j < 9; ++j) EXPECT_NEAR(point[j] - images.values()[j], epsilon, 1e-6);
    cube.random_surface_point(0, rng, point);
    EXPECT_NEAR(linf_distance(point, images.values()), epsilon, 1e-6);
    ball.random_surface_point(0, rng, point);
    EXPECT_NEAR(l2_distance(point, images.values()), epsilon, 1e-6);
    ball.random_point(0, rng, point);
    EXPECT_LE(l2_distance(point, images.values()), epsilon);
    cube.random_point(0, rng, point);
    EXPECT_LE(linf_distance(point, images.values()), epsilon);
  }
}

}  // namespace
}  // namespace signflip::test
