// The L-BFGS attack's minimiser, and what the attack costs.
#include "attack/methods/lbfgs.h"

#include <gtest/gtest.h>

#include "attack/geometry/box_minimiser.h"
#include "support/attacks.h"
#include "support/random_net.h"

namespace signflip::test {
namespace {

/// Σ a_j (x_j − m_j)² + Σ b (x_j − x_{j+1})²: convex, and its pixels are coupled.
struct Quadratic {
  std::vector<float> scale, middle;
  float coupling;

  double value(std::span<const float> x, std::span<float> gradient) const {
    double sum = 0;
    for (float& g : gradient) g = 0;
    for (std::size_t j = 0; j < x.size(); ++j) {
      sum += static_cast<double>(scale[j] * (x[j] - middle[j]) * (x[j] - middle[j]));
      gradient[j] += 2 * scale[j] * (x[j] - middle[j]);
      if (j + 1 == x.size()) continue;
      const float d = x[j] - x[j + 1];
      sum += static_cast<double>(coupling * d * d);
      gradient[j] += 2 * coupling * d;
      gradient[j + 1] -= 2 * coupling * d;
    }
    return sum;
  }
};

TEST(BoxMinimiser, MeetsTheOptimalityConditionsInFewSteps) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng(seed, 1);
    constexpr std::size_t kSize = 40;
    Quadratic f{std::vector<float>(kSize), std::vector<float>(kSize), 0.5F};
    for (float& a : f.scale) a = std::pow(10.0F, rng.uniform(-1, 1));
    for (float& m : f.middle) m = rng.uniform(-1, 2);  // many minima lie outside the box
    std::vector<float> x(kSize), gradient(kSize);
    for (float& v : x) v = rng.uniform();
    BoxMinimiser minimiser(kSize, {}, 1e-7);
    EXPECT_TRUE(minimiser.finished());
    minimiser.start(x, f.value(x, gradient), gradient, 0.05);
    int asked = 0;
    double last = std::numeric_limits<double>::infinity();
    for (; !minimiser.finished() && asked < 200; ++asked) {
      const auto p = minimiser.proposal();
      const double value = f.value(p, gradient);
      for (const float v : p) ASSERT_TRUE(v >= 0 && v <= 1);
      if (!minimiser.accept(value)) continue;
      x.assign(p.begin(), p.end());
      EXPECT_LE(value, last);
      last = value;
      minimiser.take(gradient);
    }
    EXPECT_LT(asked, 80);
    f.value(x, gradient);
    for (std::size_t j = 0; j < kSize; ++j) {
      if (x[j] <= 0) {
        EXPECT_GE(gradient[j], -0.05F);
      } else if (x[j] >= 1) {
        EXPECT_LE(gradient[j], 0.05F);
      } else {
        EXPECT_NEAR(gradient[j], 0, 0.05F);
      }
    }
  }
}

TEST(Lbfgs, StaysWithinItsCost) {
  const ImageShape shape{6, 6, 1};
  Rng rng(4);
  const auto net = random_net(shape, 5, 3, rng);
  const CountingModel model(net);
  const auto images = random_images(20, shape, rng);
  const auto labels = predictions(net, images);
  std::vector<int> targets;
  for (const int label : labels) targets.push_back((label + 2) % 5);
  const Settings few{{"steps", "4"}, {"binary-search-steps", "3"}};
  const auto brief = attack(model, request_for("lbfgs", few), images, labels, targets);
  EXPECT_EQ(model.backwards(), brief.gradients);
  EXPECT_LE(brief.gradients, 20U * (1U + 4U * 3U));
  EXPECT_LE(brief.queries, 20U * (1U + 4U * 3U));
  const auto full = attack(model, request_for("lbfgs"), images, labels);
  EXPECT_LE(full.gradients, 20U * (4U + 50U * 12U) / 2U);  // usually far from the limit
  // Szegedy's attack is no worse than one step along the gradient.
  const auto fgsm = attack(model, request_for("fgsm", {{"epsilon", "0.1"}}), images, labels);
  for (std::size_t i = 0; i < images.count(); ++i) {
    if (fgsm.success[i]) {
      EXPECT_TRUE(full.success[i] && full.l2[i] < fgsm.l2[i]) << i;
    }
  }
}

}  // namespace
}  // namespace signflip::test
