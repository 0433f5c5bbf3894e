// Square and AutoAttack: budgets of queries, never worse than what they start from or consist of,
// and exact answers on affine models.
#include "attack/methods/square.h"

#include <gtest/gtest.h>

#include <array>

#include "core/exact/objective.h"
#include "support/affine_answers.h"
#include "support/attacks.h"
#include "support/random_net.h"
#include "support/scripted_model.h"

namespace signflip::test {
namespace {

double closeness(const DifferentiableModel& model, std::span<const float> image, int label) {
  const auto pass = model.new_pass(1);
  return margin_objective({label}, pass->forward(image, 1));
}

TEST(Square, IsNeverWorseThanTheCleanImageAndKeepsItsBudget) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng(seed, 1);
    const ImageShape shape{static_cast<int>(1 + rng.below(9)), static_cast<int>(1 + rng.below(9)),
                           rng.below(2) == 0 ? 1 : 3};
    const auto linear = LinearModel::random(shape, 5, 2, rng);
    const auto images = random_images(10, shape, rng);
    auto labels = predictions(linear, images);
    labels[0] = (labels[0] + 1) % 5;  // misclassified from the start
    for (const char* norm : {"linf", "l2"}) {
      const CountingModel model(linear);
      const auto queries = 1 + rng.below(60);
      const auto outcome =
          attack(model,
                 request_for("square", {{"norm", norm},
                                        {"epsilon", std::to_string(rng.uniform(0, 0.4F))},
                                        {"queries", std::to_string(queries)}}),
                 images, labels);
      EXPECT_EQ(outcome.gradients, 0U);
      EXPECT_EQ(model.backwards(), 0U);
      EXPECT_LE(outcome.queries, 10U * queries);
      EXPECT_GE(outcome.queries, 1 + (10U - successes(outcome)) * queries);
      EXPECT_EQ(model.forwards(), outcome.queries + 20);
      for (std::size_t i = 0; i < images.count(); ++i) {
        EXPECT_GE(closeness(linear, outcome.adversarial.image(i), labels[i]),
                  closeness(linear, images.image(i), labels[i]));
      }
      EXPECT_TRUE(outcome.success[0]);
      EXPECT_TRUE(same_values(outcome.adversarial.image(0), images.image(0)));
    }
  }
}

TEST(Square, ReachesTheWorstMarginOfAnAffineModel) {
  const ImageShape shape{5, 5, 1};
  Rng rng(3);
  const LinearModel random = LinearModel::random(shape, 2, 1, rng);
  // A bias that keeps the label out of reach, so that the search goes on to the end.
  const LinearModel model(shape,
                          [&] {
                            std::vector<float> w(random.weight(0).begin(), random.weight(0).end());
                            w.insert(w.end(), random.weight(1).begin(), random.weight(1).end());
                            return w;
                          }(),
                          {100, 0});
  const auto images = random_images(10, shape, rng, 0.3F, 0.7F);
  const auto labels = predictions(model, images);
  const auto linf = attack(model, request_for("square", {{"epsilon", "0.2"}, {"queries", "3000"}}),
                           images, labels);
  const auto l2 = attack(
      model, request_for("square", {{"epsilon", "0.5"}, {"queries", "3000"}, {"norm", "l2"}}),
      images, labels);
  for (std::size_t i = 0; i < images.count(); ++i) {
    EXPECT_NEAR(margin_of(model, linf.adversarial.image(i), labels[i]),
                worst_margin(model, images.image(i), labels[i], 0.2), 1e-4);
    const double clean = margin_of(model, images.image(i), labels[i]);
    const double best = clean - worst_margin_l2(model, images.image(i), labels[i], 0.5);
    EXPECT_GE(clean - margin_of(model, l2.adversarial.image(i), labels[i]),
              0.65 * best);  // L2 windows are no smaller than 3×3
  }
}

TEST(Square, TargetedReachesItsTargets) {
  const ImageShape shape{6, 6, 1};
  Rng rng(4);
  const auto model = LinearModel::random(shape, 4, 1, rng);
  const auto images = random_images(20, shape, rng);
  const auto labels = predictions(model, images);
  std::vector<int> targets;
  for (const int label : labels) targets.push_back((label + 1) % 4);
  const auto outcome =
      attack(model, request_for("square", {{"epsilon", "0.5"}, {"queries", "2000"}}), images,
             labels, targets);
  const auto pgd = attack(model, request_for("pgd", {{"epsilon", "0.5"}}), images, labels, targets);
  EXPECT_GE(successes(outcome) + 1, successes(pgd));
  EXPECT_GT(successes(outcome), 10U);
}

TEST(AutoAttack, IsNeverWeakerThanAnyOfItsParts) {
  std::size_t fallen = 0;
  for (const char* norm : {"linf", "l2"}) {
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      Rng rng(seed, 5);
      const ImageShape shape{8, 8, 1};
      const auto model = random_net(shape, 6, 3, rng);
      const auto images = random_images(40, shape, rng);
      auto labels = predictions(model, images);
      labels[3] = (labels[3] + 1) % 6;
      const std::string epsilon = std::string_view(norm) == "l2" ? "0.4" : "0.07";
      const Settings settings{{"epsilon", epsilon}, {"norm", norm}};
      Settings all = settings;
      all.insert(all.end(), {{"steps", "20"}, {"queries", "300"}});
      const auto ensemble = attack(model, request_for("autoattack", all, seed), images, labels);
      fallen += successes(ensemble);
      EXPECT_TRUE(same_values(ensemble.adversarial.image(3), images.image(3)));
      for (const char* part : {"apgd-ce", "apgd-t", "square"}) {
        Settings own = settings;
        if (std::string_view(part) == "square") {
          own.emplace_back("queries", "300");
        } else {
          own.emplace_back("steps", "20");
        }
        const auto alone = attack(model, request_for(part, own, seed), images, labels);
        for (std::size_t i = 0; i < images.count(); ++i) {
          EXPECT_LE(alone.success[i], ensemble.success[i]) << part << ", image " << i;
        }
      }
    }
  }
  EXPECT_GT(fallen, 100U);  // of 480: neither all nor none
  EXPECT_LT(fallen, 400U);
}

TEST(AutoAttack, DecidesAffineModelsExactlyAndSparesTheFallen) {
  const ImageShape shape{4, 4, 1};
  Rng rng(6);
  const auto model = LinearModel::random(shape, 5, 1, rng);
  const auto images = random_images(60, shape, rng);
  const auto labels = predictions(model, images);
  const auto outcome = attack(
      model, request_for("autoattack", {{"epsilon", "0.1"}, {"queries", "100"}}), images, labels);
  for (std::size_t i = 0; i < images.count(); ++i) {
    const double worst = worst_margin(model, images.image(i), labels[i], 0.1);
    if (std::fabs(worst) < 1e-4) continue;
    EXPECT_EQ(outcome.success[i] != 0, worst < 0);
  }
  // Survivors pay for everything; an image that falls costs at most what comes before its fall.
  const std::size_t survivors = 60 - successes(outcome);
  EXPECT_GE(outcome.gradients, survivors * 900);
  EXPECT_LE(outcome.gradients, survivors * 900 + successes(outcome) * 800);
}

/// In a transfer an image that its source misreads is attacked, too: another model judges it.
TEST(Transfer, AttacksWhatTheSourceMisreads) {
  const ImageShape shape{4, 4, 1};
  Rng rng(7);
  const auto source = LinearModel::random(shape, 5, 1, rng);
  const auto other = LinearModel::random(shape, 5, 1, rng);
  const auto images = random_images(12, shape, rng);
  auto labels = predictions(source, images);
  for (int& label : labels) label = (label + 1) % 5;
  ThreadPool pool(1);
  for (const char* name : {"autoattack", "square"}) {
    const auto request = request_for(name, {{"epsilon", "0.1"}, {"queries", "50"}});
    const auto outcome = run_attack(source, other, request, images, labels, {}, pool);
    ASSERT_TRUE(outcome);
    const auto own = attack(source, request, images, labels);
    for (std::size_t i = 0; i < images.count(); ++i) {
      EXPECT_TRUE(same_values(own.adversarial.image(i), images.image(i))) << name;
      EXPECT_GT(closeness(source, outcome->adversarial.image(i), labels[i]),
                closeness(source, images.image(i), labels[i]))
          << name << ", image " << i;
      EXPECT_GT(outcome->linf[i], 0.05F) << name << ", image " << i;
    }
  }
}

TEST(Square, EachChannelTakesItsShareOfWhatTheBudgetLeaves) {
  // Algorithm 3: of ε² − ‖δ‖², which the box took from dark red, each of the C channels gets one
  // C-th, beside the length of the windows that it empties.
  const ImageShape shape{9, 9, 3};
  const ScriptedModel model(shape, 2, [](std::span<const float>, std::size_t number) {
    return std::vector<float>{1000.0F - static_cast<float>(number), 0.0F};  // better each time
  });
  Tensor image(1, shape);
  for (std::size_t j = 0; j < image.values().size(); ++j) {
    image.values()[j] = j % 3 == 0 ? 0.01F : 0.5F;
  }
  constexpr double kEpsilon = 0.8;
  attack(model, request_for("square", {{"norm", "l2"}, {"epsilon", "0.8"}, {"queries", "60"}}),
         image, {0});
  using Lengths = std::array<double, 3>;  // squared, of each channel
  const auto lengths = [&](const std::vector<float>& x) {
    Lengths squares = {};
    for (std::size_t j = 0; j < x.size(); ++j) {
      const double d = static_cast<double>(x[j]) - static_cast<double>(image.values()[j]);
      squares[j % 3] += d * d;
    }
    return squares;
  };
  std::size_t compared = 0;
  for (std::size_t query = 2; query < 60; ++query) {
    const Lengths before = lengths(model.seen.at(query - 1)), after = lengths(model.seen[query]);
    const double spare = kEpsilon * kEpsilon - before[0] - before[1] - before[2];
    ASSERT_GT(spare, -1e-6);
    for (const std::size_t c : {1U, 2U}) {  // the box is far from them
      EXPECT_NEAR(after[c], before[c] + spare / 3, 2e-5) << "query " << query;
      compared += spare > 1e-3;
    }
  }
  EXPECT_GT(compared, 10U);
}

}  // namespace
}  // namespace signflip::test
