// JSMA: the chosen pair against brute force, the closed form on affine models, and its budgets.
#include "attack/methods/jsma.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/exact/objective.h"
#include "support/attacks.h"
#include "support/random_net.h"

namespace signflip::test {
namespace {

double product(std::span<const float> rise, std::span<const float> fall, std::size_t p,
               std::size_t q) {
  const double up = static_cast<double>(rise[p]) + static_cast<double>(rise[q]);
  const double down = static_cast<double>(fall[p]) + static_cast<double>(fall[q]);
  return up > 0 && down > 0 ? up * down : 0;
}

double brute_force(std::span<const float> rise, std::span<const float> fall) {
  double best = 0;
  for (std::size_t p = 0; p < rise.size(); ++p) {
    for (std::size_t q = p + 1; q < rise.size(); ++q) {
      best = std::max(best, product(rise, fall, p, q));
    }
  }
  return best;
}

TEST(Saliency, FindsThePairThatBruteForceFinds) {
  std::size_t without = 0;
  for (std::uint64_t round = 0; round < 4000; ++round) {
    Rng rng(round, 3);
    std::vector<float> rise(rng.below(40)), fall(rise.size());
    const bool coarse = rng.below(2) == 0;  // many ties
    const float lift = rng.uniform(-2, 0.5F);
    for (auto* values : {&rise, &fall}) {
      for (float& v : *values) {
        v = coarse ? static_cast<float>(rng.below(5)) - 3 : rng.normal() + lift;
      }
    }
    const auto pair = best_pair(rise, fall);
    const double best = brute_force(rise, fall);
    ASSERT_EQ(pair.has_value(), best > 0) << round;
    without += !pair.has_value();
    if (!pair) continue;
    ASSERT_LT(pair->first, pair->second);
    ASSERT_EQ(product(rise, fall, pair->first, pair->second), best) << round;
  }
  EXPECT_GT(without, 200U);
  EXPECT_LT(without, 3000U);
}

TEST(Saliency, LeavesOutWhatIsNotFinite) {
  const std::vector<float> rise{INFINITY, 1, NAN, 2, 1}, fall{1, 1, 1, NAN, 2};
  EXPECT_EQ(best_pair(rise, fall), (SaliencyPair{1, 4}));
}

/// JSMA as Algorithm 3 has it, by brute force and in double, on an affine model. On one, α and β
/// of logits never change.
std::vector<float> by_hand(const LinearModel& model, std::span<const float> clean, int target,
                           double theta, int steps, bool of_logits) {
  std::vector<float> image(clean.begin(), clean.end());
  const auto t = static_cast<std::size_t>(target);
  std::vector<float> rise(image.size()), fall(image.size());
  for (int step = 0; step < steps && model.predict(image) != target; ++step) {
    for (std::size_t j = 0; j < image.size(); ++j) {
      double own = static_cast<double>(model.weight(t)[j]), others = 0, all = 0;
      for (std::size_t k = 0; k < static_cast<std::size_t>(model.classes()); ++k) {
        if (k == t) continue;
        const double share = of_logits ? 1 : std::exp(model.logit(k, image));
        others += share * static_cast<double>(model.weight(k)[j]);
        all += share;
      }
      if (!of_logits) others = others / all - own, own = -others;
      const bool stuck = theta > 0 ? image[j] >= 1 : image[j] <= 0;
      const float sign = theta > 0 ? 1.0F : -1.0F;
      rise[j] = stuck ? -INFINITY : sign * static_cast<float>(own);
      fall[j] = stuck ? -INFINITY : -sign * static_cast<float>(others);
    }
    double best = 0;
    std::size_t p = 0, q = 0;
    for (std::size_t a = 0; a < image.size(); ++a) {
      for (std::size_t b = a + 1; b < image.size(); ++b) {
        if (product(rise, fall, a, b) > best) {
          best = product(rise, fall, a, b);
          p = a;
          q = b;
        }
      }
    }
    if (!(best > 0)) break;
    for (const std::size_t j : {p, q}) {
      image[j] = std::clamp(image[j] + static_cast<float>(theta), 0.0F, 1.0F);
    }
  }
  return image;
}

TEST(Jsma, TakesTheStepsOfItsPaperOnAffineModels) {
  std::size_t reached_by_hand = 0;
  for (const char* theta : {"1", "-1", "0.3"}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const bool of_logits = seed % 2 == 0;
      Rng rng(seed, 8);
      const ImageShape shape{6, 6, (seed / 2) % 2 == 0 ? 1 : 3};
      const auto model = LinearModel::random(shape, 4, 1, rng);
      const auto images = inked_images(5, shape, rng);
      const auto labels = predictions(model, images);
      std::vector<int> targets;
      for (const int label : labels) targets.push_back((label + 1) % 4);
      const CountingModel counting(model);
      const auto outcome =
          attack(counting,
                 request_for("jsma", {{"theta", theta},
                                      {"gamma", "0.5"},
                                      {"saliency", of_logits ? "logits" : "probabilities"}}),
                 images, labels, targets);
      const int steps = static_cast<int>(0.5 * static_cast<double>(shape.size()) / 2);
      for (std::size_t i = 0; i < images.count(); ++i) {
        const auto expected = by_hand(model, images.image(i), targets[i],
                                      std::strtod(theta, nullptr), steps, of_logits);
        const bool success = model.predict(expected) == targets[i];
        reached_by_hand += success;
        EXPECT_EQ(outcome.success[i] != 0, success);
        if (success) {
          EXPECT_TRUE(same_values(outcome.adversarial.image(i), expected));
        }
      }
      EXPECT_LE(outcome.gradients, 5U * (of_logits ? 2U : 1U) * static_cast<std::size_t>(steps));
      EXPECT_LE(outcome.queries, 5U * (1U + static_cast<std::size_t>(steps)));
      EXPECT_EQ(counting.backwards(), outcome.gradients);
    }
  }
  EXPECT_GT(reached_by_hand, 150U);  // of 300
}

TEST(Jsma, ChangesNoMoreValuesThanGammaAllows) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Rng rng(seed, 9);
    const ImageShape shape{5, 7, rng.below(2) == 0 ? 1 : 3};
    const auto model = random_net(shape, 6, 2, rng);
    const auto images = inked_images(6, shape, rng);
    const auto labels = predictions(model, images);
    std::vector<int> targets;
    for (const int label : labels) targets.push_back((label + 3) % 6);
    const double gamma = static_cast<double>(rng.uniform(0, 0.4F));
    const Settings settings{{"gamma", std::to_string(gamma)},
                            {"theta", seed % 2 == 0 ? "1" : "-0.4"}};
    const auto request = request_for("jsma", settings);
    const auto outcome = attack(model, request, images, labels, targets);
    ASSERT_TRUE(promises_hold(model, request, images, labels, targets, outcome));
    for (std::size_t i = 0; i < images.count(); ++i) {
      std::size_t changed = 0;
      for (std::size_t j = 0; j < shape.size(); ++j) {
        const float was = images.image(i)[j], is = std::as_const(outcome.adversarial).image(i)[j];
        changed += was != is;
        EXPECT_TRUE(seed % 2 == 0 ? is >= was : is <= was);
      }
      EXPECT_LE(static_cast<double>(changed),
                request.parameters.real("gamma") * static_cast<double>(shape.size()));
    }
  }
}

TEST(Jsma, LeavesAloneWhatIsAlreadyThereAndHasAnUntargetedForm) {
  const ImageShape shape{5, 5, 1};
  Rng rng(10);
  const auto model = LinearModel::random(shape, 5, 1, rng);
  const auto images = random_images(30, shape, rng);
  auto labels = predictions(model, images);
  const auto there = attack(model, request_for("jsma"), images, labels, labels);
  EXPECT_EQ(there.gradients, 0U);
  EXPECT_EQ(there.queries, 30U);
  EXPECT_TRUE(same_values(there.adversarial.values(), images.values()));
  std::vector<int> second;
  const auto pass = model.new_pass(1);
  for (std::size_t i = 0; i < images.count(); ++i) {
    second.push_back(static_cast<int>(
        runner_up(pass->forward(images.image(i), 1), static_cast<std::size_t>(labels[i]))));
  }
  const auto request = request_for("jsma", {{"gamma", "1"}});
  const auto targeted = attack(model, request, images, labels, second);
  const auto untargeted = attack(model, request, images, labels);
  EXPECT_GT(successes(targeted), 10U);                // brightening cannot reach the others
  for (std::size_t i = 0; i < images.count(); ++i) {  // the same path, left no later
    if (targeted.success[i] == 0) continue;
    EXPECT_TRUE(untargeted.success[i]);
    EXPECT_LE(untargeted.l0[i], targeted.l0[i]);
  }
  labels[2] = (labels[2] + 1) % 5;
  EXPECT_EQ(attack(model, request, images, labels).l0[2], 0);
}

}  // namespace
}  // namespace signflip::test
