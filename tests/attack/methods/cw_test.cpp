// C&W's own: the change of variable, confidence, cost, early abort.
#include "attack/methods/cw.h"

#include <gtest/gtest.h>

#include "attack/geometry/logistic.h"
#include "support/attacks.h"
#include "support/random_net.h"

namespace signflip::test {
namespace {

TEST(Logistic, IsAccurateWhereverItIsAsked) {
  for (int step = -43000; step <= 43000; ++step) {
    const float w = static_cast<float>(step) / 1000;
    const double exact = 1 / (1 + std::exp(-2 * static_cast<double>(w)));
    const double other = 1 / (1 + std::exp(2 * static_cast<double>(w)));
    const Logistic u = logistic(w);
    ASSERT_NEAR(u.value, exact, 6e-7 * exact) << w;
    const double slope = 2 * exact * other;
    if (std::fabs(w) < 40) {
      ASSERT_NEAR(u.slope, slope, 1e-6 * slope) << w;
    }
  }
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isfinite(logistic(nan).value));
  EXPECT_EQ(logistic(1000).value, 1);
  EXPECT_GE(logistic(-1000).value, 0);
}

TEST(Logistic, ItsInverseBringsPixelsBack) {
  for (int level = 0; level <= 255; ++level) {
    const float u = static_cast<float>(level) / 255;
    EXPECT_NEAR(logistic(inverse_logistic(u, 0.999999)).value, u, 6e-7);
  }
  EXPECT_NEAR(inverse_logistic(1, 0.999999), std::atanh(0.999999), 1e-5);
}

TEST(CarliniWagner, LeadsByTheConfidence) {
  const ImageShape shape{6, 6, 1};
  Rng rng(3);
  const auto model = LinearModel::random(shape, 4, 1, rng);
  const auto images = random_images(8, shape, rng);
  const auto labels = predictions(model, images);
  std::vector<int> targets;
  for (const int label : labels) targets.push_back((label + 1) % 4);
  const Settings plain{{"steps", "300"}};
  const Settings sure{{"steps", "300"}, {"confidence", "1.5"}};
  for (const auto& aims : {std::vector<int>(), targets}) {
    const auto near = attack(model, request_for("cw", plain), images, labels, aims);
    const auto far = attack(model, request_for("cw", sure), images, labels, aims);
    for (std::size_t i = 0; i < images.count(); ++i) {
      if (!far.success[i]) continue;
      const Goal goal{labels[i], aims.empty() ? -1 : aims[i]};
      const auto logits = std::span<const float>(far.logits).subspan(4 * i, 4);
      EXPECT_GE(margin_objective(goal, logits), 1.5 - 1e-5);
      EXPECT_LT(near.l2[i], far.l2[i]);
    }
    EXPECT_GE(successes(far), 6U);
  }
}

TEST(CarliniWagner, TheLastOfManyRoundsTriesTheLargestConstant) {
  // Logits so faint that only a constant of millions outweighs the distance: nine rounds of ten
  // times as much do not get there, the authors' last one does.
  const ImageShape shape{2, 2, 1};
  const LinearModel faint(shape, {0, 0, 0, 0, 1e-8F, 1e-8F, 1e-8F, 1e-8F}, {0, -3e-8F});
  const Tensor black(1, shape);
  for (const auto& [rounds, expected] : {std::pair{"9", 0U}, std::pair{"10", 1U}}) {
    const Settings settings{{"steps", "300"},
                            {"learning-rate", "0.1"},
                            {"initial-const", "0.001"},
                            {"abort-early", "false"},
                            {"binary-search-steps", rounds}};
    const auto found = attack(faint, request_for("cw", settings), black, std::vector<int>{0});
    EXPECT_EQ(successes(found), expected) << rounds;
  }
}

TEST(CarliniWagner, MovesPixelsThatStartAtTheEdge) {
  // Only black pixels matter, and they must grow.
  const ImageShape shape{4, 4, 1};
  const LinearModel model(shape,
                          [] {
                            std::vector<float> w(32, 0.0F);
                            std::fill(w.begin() + 16, w.end(), 1.0F);
                            return w;
                          }(),
                          {2, 0});
  const Tensor images(1, shape);
  const auto outcome = attack(model, request_for("cw"), images, {0});
  EXPECT_TRUE(outcome.success[0]);
  EXPECT_NEAR(outcome.l2[0], 0.5, 0.01);  // 16 pixels by 1/8
}

TEST(CarliniWagner, StaysWithinItsCostAndSavesByAborting) {
  const ImageShape shape{6, 6, 1};
  Rng rng(4);
  const auto net = random_net(shape, 5, 3, rng);
  const CountingModel model(net);
  const auto images = random_images(12, shape, rng);
  auto labels = predictions(net, images);
  labels[5] = (labels[5] + 1) % 5;
  const Settings all{{"steps", "400"}, {"binary-search-steps", "5"}, {"abort-early", "false"}};
  const Settings abort{{"steps", "400"}, {"binary-search-steps", "5"}};
  const auto full = attack(model, request_for("cw", all), images, labels);
  EXPECT_EQ(model.backwards(), full.gradients);
  EXPECT_EQ(full.queries, 12U + 11U * 5U * 400U);
  EXPECT_LE(full.gradients, 11U * 5U * 399U);
  const auto shorter = attack(model, request_for("cw", abort), images, labels);
  EXPECT_LT(shorter.queries, full.queries * 9 / 10);
  EXPECT_LT(shorter.gradients, full.gradients);
  EXPECT_EQ(shorter.success, full.success);
}

}  // namespace
}  // namespace signflip::test
