// Optimisers against the formulas of their papers, step by step in double precision.
#include "train/optimiser.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

namespace signflip {
namespace {

constexpr std::size_t kParameters = 3;
constexpr std::array<float, kParameters> kStart = {0.5F, -1.25F, 2.0F};

/// The gradient at step t: something that changes sign and size.
float gradient(std::size_t i, std::size_t t) {
  return std::sin(static_cast<float>(3 * i + 7 * t)) * (i == 2 ? 1e-4F : 1.0F);
}

std::vector<float> run(const OptimiserOptions& options, float rate, std::size_t steps) {
  std::vector<float> parameters(kStart.begin(), kStart.end());
  OptimiserState state(options.kind, kParameters);
  for (std::size_t t = 1; t <= steps; ++t) {
    std::vector<float> g(kParameters);
    for (std::size_t i = 0; i < kParameters; ++i) g[i] = gradient(i, t);
    // In two ranges, as threads would.
    const std::span<const float> all(g);
    update(options, state, t, rate, all.first(2), parameters, 0);
    update(options, state, t, rate, all.subspan(2), parameters, 2);
  }
  return parameters;
}

TEST(Optimiser, SgdWithMomentumAndDecay) {
  const OptimiserOptions options{
      .kind = OptimiserKind::sgd, .momentum = 0.9F, .weight_decay = 0.01F};
  const auto found = run(options, 0.1F, 5);
  for (std::size_t i = 0; i < kParameters; ++i) {
    double w = kStart[i], v = 0.0;
    for (std::size_t t = 1; t <= 5; ++t) {
      v = 0.9 * v + static_cast<double>(gradient(i, t)) + 0.01 * w;
      w -= 0.1 * v;
    }
    EXPECT_NEAR(static_cast<double>(found[i]), w, 1e-5);
  }
}

TEST(Optimiser, AdamFollowsThePaper) {
  for (const bool decoupled : {false, true}) {
    const OptimiserOptions options{.kind = decoupled ? OptimiserKind::adamw : OptimiserKind::adam,
                                   .weight_decay = 0.1F};
    const auto found = run(options, 0.05F, 6);
    for (std::size_t i = 0; i < kParameters; ++i) {
      double w = kStart[i], m = 0.0, v = 0.0;
      for (std::size_t t = 1; t <= 6; ++t) {
        double g = static_cast<double>(gradient(i, t));
        if (!decoupled) g += 0.1 * w;
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        const double step = m / (1.0 - std::pow(0.9, static_cast<double>(t))) /
                            (std::sqrt(v / (1.0 - std::pow(0.999, static_cast<double>(t)))) + 1e-8);
        w -= 0.05 * step + (decoupled ? 0.05 * 0.1 * w : 0.0);
      }
      EXPECT_NEAR(static_cast<double>(found[i]), w, 2e-5) << "decoupled " << decoupled;
    }
  }
}

TEST(Optimiser, ClippingKeepsTheDirection) {
  std::vector<float> gradients = {3.0F, -4.0F, 12.0F};
  EXPECT_DOUBLE_EQ(clip_gradient_norm(gradients, 20.0), 13.0);
  EXPECT_EQ(gradients, (std::vector<float>{3.0F, -4.0F, 12.0F}));
  EXPECT_DOUBLE_EQ(clip_gradient_norm(gradients, 6.5), 13.0);
  EXPECT_EQ(gradients, (std::vector<float>{1.5F, -2.0F, 6.0F}));
  // Squares that float32 cannot hold.
  gradients = {3e30F, 4e30F};
  EXPECT_NEAR(clip_gradient_norm(gradients, 1.0), 5e30, 1e24);
  EXPECT_NEAR(gradients[0], 0.6F, 1e-6F);
  gradients = {1.0F, std::numeric_limits<float>::infinity()};
  EXPECT_TRUE(std::isinf(clip_gradient_norm(gradients, 1.0)));
  EXPECT_EQ(gradients[0], 1.0F);
}

TEST(Optimiser, NamesAreKnownOrRefused) {
  EXPECT_TRUE(optimiser_from_name("adamw"));
  const auto unknown = optimiser_from_name("adagrad");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("adagrad"), std::string::npos);
}

}  // namespace
}  // namespace signflip
