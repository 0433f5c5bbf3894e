// Softmax and cross-entropy: against long double, by finite differences, and where float32 used to
// lose everything (losses below 1e-7, huge logits).
#include "core/exact/softmax.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <vector>

#include "support/numeric.h"

namespace signflip {
namespace {

using Long = long double;

Long plain_cross_entropy(const std::vector<double>& logits, std::size_t label, Long smoothing) {
  Long sum = 0;
  for (const double z : logits) sum += std::exp(static_cast<Long>(z));
  Long loss = 0;
  const Long classes = static_cast<Long>(logits.size());
  for (std::size_t k = 0; k < logits.size(); ++k) {
    const Long target = (k == label ? 1 - smoothing : 0) + smoothing / classes;
    loss += target * (std::log(sum) - static_cast<Long>(logits[k]));
  }
  return loss;
}

TEST(Softmax, SumsToOneAndKeepsTheOrder) {
  const std::array logits = {1.0F, -2.0F, 3.0F, 3.0F};
  std::array<float, 4> p{};
  softmax(std::span<const float>(logits), std::span<float>(p));
  EXPECT_NEAR(p[0] + p[1] + p[2] + p[3], 1.0F, 1e-6F);
  EXPECT_NEAR(p[0] / p[2], std::exp(-2.0F), 1e-6F);
  EXPECT_EQ(p[2], p[3]);
  EXPECT_EQ(argmax(std::span<const float>(logits)), 2) << "the first wins a tie";
}

TEST(Argmax, OfLogitsThatAreNotNumbersIsNoClass) {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto of = [](std::array<float, 3> logits) {
    return argmax(std::span<const float>(logits));
  };
  for (std::size_t place = 0; place < 3; ++place) {
    std::array<float, 3> logits = {1, 2, 3};
    logits[place] = kNaN;
    EXPECT_EQ(of(logits), kNoClass) << place;
    EXPECT_TRUE(std::isnan(cross_entropy(std::span<const float>(logits), 0))) << place;
  }
  EXPECT_EQ(of({kNaN, kNaN, kNaN}), kNoClass);
  EXPECT_EQ(of({kInfinity, kInfinity, kInfinity}), kNoClass) << "an overflow, not class 0";
  EXPECT_EQ(of({0, kInfinity, 0}), kNoClass);
  EXPECT_EQ(of({-kInfinity, -kInfinity, -kInfinity}), kNoClass);
  const std::array impossible = {-kInfinity, 2.0F, 1.0F};
  EXPECT_EQ(of(impossible), 1) << "a class may be impossible";
  EXPECT_NEAR(cross_entropy(std::span<const float>(impossible), 1), std::log1p(std::exp(-1.0F)),
              1e-6F);
}

TEST(Softmax, WorksInPlaceAndOnHugeLogits) {
  std::array values = {3e38F, -3e38F, 2.9e38F};
  softmax(std::span<const float>(values), std::span<float>(values));
  EXPECT_EQ(values, (std::array{1.0F, 0.0F, 0.0F}));
  std::array<float, 1> single = {-1e30F};
  softmax(std::span<const float>(single), std::span<float>(single));
  EXPECT_EQ(single[0], 1.0F);
}

struct LossCase {
  std::size_t classes;
  double smoothing;
};
class CrossEntropy : public testing::TestWithParam<LossCase> {};
INSTANTIATE_TEST_SUITE_P(Cases, CrossEntropy,
                         testing::Values(LossCase{2, 0.0}, LossCase{10, 0.0}, LossCase{10, 0.1},
                                         LossCase{43, 0.3}, LossCase{3, 1.0}, LossCase{1, 0.2}));

TEST_P(CrossEntropy, MatchesTheFormulaAndItsGradient) {
  const std::size_t classes = GetParam().classes;
  const double smoothing = GetParam().smoothing;
  for (std::uint64_t stream = 0; stream < 20; ++stream) {
    Rng rng(21, stream);
    const auto logits = test::random_values<double>(classes, rng, -8.0F, 8.0F);
    const std::size_t y = rng.below(static_cast<std::uint32_t>(classes));
    const int label = static_cast<int>(y);
    const double loss = cross_entropy<double>(logits, label, smoothing);
    const double expected = static_cast<double>(plain_cross_entropy(logits, y, smoothing));
    EXPECT_NEAR(loss, expected, 1e-12 * (1 + expected));

    std::vector<double> gradient(classes);
    cross_entropy_gradient<double>(logits, label, gradient, smoothing);
    const auto numeric = test::numeric_gradient(logits, 1e-5, [&](const std::vector<double>& z) {
      return cross_entropy<double>(z, label, smoothing);
    });
    EXPECT_TRUE(test::close(gradient, numeric, 1e-8, 1.0));

    const auto single = test::converted<float>(logits);
    EXPECT_NEAR(cross_entropy<float>(single, label, static_cast<float>(smoothing)), loss,
                2e-6 * (1 + loss));
  }
}

// One logit leads by `margin`: the loss is about 9·exp(−margin), the gradient at the label too.
class TinyLoss : public testing::TestWithParam<float> {};
INSTANTIATE_TEST_SUITE_P(Margins, TinyLoss, testing::Values(10.0F, 20.0F, 40.0F, 70.0F, 85.0F));

TEST_P(TinyLoss, KeepsItsSizeAndSignInFloat) {
  std::vector<float> logits(10, -1.5F);
  logits[4] = GetParam() - 1.5F;
  const auto exact = test::converted<double>(logits);
  const double loss = cross_entropy<double>(exact, 4);
  EXPECT_NEAR(loss, 9 * std::exp(-static_cast<double>(GetParam())), 1e-3 * loss);
  EXPECT_NEAR(cross_entropy<float>(logits, 4) / loss, 1.0, 1e-4);

  std::vector<float> gradient(10);
  std::vector<double> expected(10);
  cross_entropy_gradient<float>(logits, 4, gradient);
  cross_entropy_gradient<double>(exact, 4, expected);
  for (std::size_t k = 0; k < 10; ++k) {
    EXPECT_NE(gradient[k], 0.0F);
    EXPECT_NEAR(gradient[k] / expected[k], 1.0, 1e-4) << "class " << k;
  }
  EXPECT_LT(gradient[4], 0.0F);
}

TEST(CrossEntropy, IsFiniteOnHugeLogits) {
  const std::vector<float> logits = {1e30F, -1e30F, 0.0F};
  EXPECT_EQ(cross_entropy<float>(logits, 0), 0.0F);
  EXPECT_FLOAT_EQ(cross_entropy<float>(logits, 1), 2e30F);
  EXPECT_FLOAT_EQ(cross_entropy<float>(logits, 2), 1e30F);
  std::vector<float> gradient(3);
  cross_entropy_gradient<float>(logits, 1, gradient);
  EXPECT_EQ(gradient, (std::vector<float>{1.0F, -1.0F, 0.0F}));
}

TEST(CrossEntropy, EqualLogitsGiveLogK) {
  const std::vector<double> logits(10, 3.0);
  for (const double smoothing : {0.0, 0.1, 1.0}) {
    EXPECT_NEAR(cross_entropy<double>(logits, 9, smoothing), std::log(10.0), 1e-14);
  }
}

TEST(CrossEntropy, GradientMayOverwriteItsLogits) {
  std::vector<float> logits = {0.3F, -0.7F, 1.1F}, apart(3);
  cross_entropy_gradient<float>(logits, 1, apart, 0.1F);
  cross_entropy_gradient<float>(logits, 1, logits, 0.1F);
  EXPECT_EQ(logits, apart);
}

}  // namespace
}  // namespace signflip
