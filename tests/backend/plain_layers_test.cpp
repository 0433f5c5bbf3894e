// The operations of plain_ops.h without a matrix product: pooling, activations, dropout,
// upsampling, flattening, batch normalisation. Gradients by central differences in double
// precision, off the kinks; what happens on the kinks is stated apart.
#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "backend/plain_ops.h"
#include "support/numeric.h"
#include "support/shapes.h"

namespace signflip {
namespace {

using Doubles = std::vector<double>;
using test::close;
using test::dot;
using test::numeric_gradient;

/// Distinct values at least 0.02 from each other and from zero, in random order.
Doubles values_off_kinks(std::size_t size, Rng& rng) {
  Doubles values(size);
  for (std::size_t i = 0; i < size; ++i) {
    values[i] = (static_cast<double>(i) - static_cast<double>(size) / 2 + 0.25) * 0.04;
  }
  rng.shuffle(std::span<double>(values));
  return values;
}

class ReferenceMaxPool : public testing::TestWithParam<PoolShape> {};
INSTANTIATE_TEST_SUITE_P(Shapes, ReferenceMaxPool,
                         testing::Values(test::pool_shape({4, 4, 2}, {2, 2}, {2, 2}),
                                         test::pool_shape({5, 7, 3}, {3, 2}, {1, 2}),
                                         test::pool_shape({6, 5, 1}, {2, 2}, {3, 3}),
                                         test::pool_shape({3, 3, 2}, {1, 1}, {1, 1}),
                                         test::pool_shape({2, 3, 4}, {2, 3}, {1, 1})));

TEST_P(ReferenceMaxPool, GradientMatchesDifferences) {
  const PoolShape s = GetParam();
  constexpr std::size_t kCount = 2;
  Rng rng(41);
  const Doubles x = values_off_kinks(kCount * s.in.size(), rng);
  const Doubles dy = test::random_values<double>(kCount * s.out.size(), rng);
  std::vector<std::int32_t> winner(dy.size());
  const auto loss = [&](const Doubles& v) {
    Doubles y(dy.size(), NAN);
    plain::maxpool_forward(s, kCount, v.data(), y.data(), winner.data());
    return dot(y, dy);
  };
  const Doubles expected = numeric_gradient(x, 1e-3, loss);
  loss(x);
  Doubles dx(x.size(), NAN);
  plain::maxpool_input_gradient(s, kCount, dy.data(), winner.data(), dx.data());
  EXPECT_TRUE(close(dx, expected, 1e-9, 1.0));
}

TEST(ReferenceMaxPool, TheFirstOfEqualValuesWins) {
  const auto s = test::pool_shape({2, 2, 1}, {2, 2}, {2, 2});
  const Doubles cases[] = {{3, 3, 3, 3}, {1, 3, 3, 3}, {1, 2, 3, 3}};
  for (std::size_t first = 0; first < 3; ++first) {
    double y = 0;
    std::int32_t winner = -1;
    plain::maxpool_forward(s, 1, cases[first].data(), &y, &winner);
    EXPECT_EQ(y, 3);
    EXPECT_EQ(winner, static_cast<std::int32_t>(first));
  }
}

TEST(ReferenceMaxPool, OverlappingWindowsAddTheirGradients) {
  const auto s = test::pool_shape({1, 3, 1}, {1, 2}, {1, 1});
  const Doubles x = {1, 5, 2}, dy = {10, 100};
  Doubles y(2), dx(3);
  std::vector<std::int32_t> winner(2);
  plain::maxpool_forward(s, 1, x.data(), y.data(), winner.data());
  plain::maxpool_input_gradient(s, 1, dy.data(), winner.data(), dx.data());
  EXPECT_EQ(dx, (Doubles{0, 110, 0}));
}

TEST(ReferenceRelu, GradientMatchesDifferences) {
  Rng rng(42);
  const Doubles x = values_off_kinks(50, rng);
  const Doubles dy = test::random_values<double>(50, rng);
  const auto loss = [&](const Doubles& v) {
    Doubles y(50, NAN);
    plain::relu_forward(50, v.data(), y.data());
    return dot(y, dy);
  };
  Doubles y(50), dx(50);
  plain::relu_forward(50, x.data(), y.data());
  plain::relu_input_gradient(50, y.data(), dy.data(), dx.data());
  EXPECT_TRUE(close(dx, numeric_gradient(x, 1e-3, loss), 1e-9, 1.0));
}

TEST(ReferenceRelu, TheGradientAtZeroIsZeroAndItWorksInPlace) {
  Doubles x = {0.0, -0.0, -1.0, 2.0};
  plain::relu_forward(4, x.data(), x.data());
  EXPECT_EQ(x, (Doubles{0, 0, 0, 2}));
  Doubles d = {1, 2, 3, 4};
  plain::relu_input_gradient(4, x.data(), d.data(), d.data());
  EXPECT_EQ(d, (Doubles{0, 0, 0, 4}));
}

TEST(ReferenceSigmoid, GradientMatchesDifferences) {
  Rng rng(43);
  const Doubles x = test::random_values<double>(40, rng, -6.0F, 6.0F);
  const Doubles dy = test::random_values<double>(40, rng);
  const auto loss = [&](const Doubles& v) {
    Doubles y(40, NAN);
    plain::sigmoid_forward(40, v.data(), y.data());
    return dot(y, dy);
  };
  Doubles y(40), dx(40);
  plain::sigmoid_forward(40, x.data(), y.data());
  plain::sigmoid_input_gradient(40, y.data(), dy.data(), dx.data());
  EXPECT_TRUE(close(dx, numeric_gradient(x, 1e-5, loss), 1e-9, 1.0));
}

TEST(ReferenceSigmoid, SaturatesWithoutNan) {
  const std::vector<float> x = {-1e30F, -100.0F, 0.0F, 100.0F, 1e30F};
  std::vector<float> y(5);
  plain::sigmoid_forward(5, x.data(), y.data());
  EXPECT_EQ(y[0], 0.0F);
  EXPECT_NEAR(y[1], 0.0F, 1e-30F);
  EXPECT_EQ(y[2], 0.5F);
  EXPECT_EQ(y[3], 1.0F);
  EXPECT_EQ(y[4], 1.0F);
}

TEST(ReferenceDropout, IsItsOwnGradient) {
  Rng rng(44);
  const Doubles x = test::random_values<double>(30, rng);
  const Doubles dy = test::random_values<double>(30, rng);
  Doubles mask(30);
  for (double& m : mask) m = rng.uniform() < 0.3F ? 0.0 : 1 / 0.7;
  const auto loss = [&](const Doubles& v) {
    Doubles y(30, NAN);
    plain::dropout(30, v.data(), mask.data(), y.data());
    return dot(y, dy);
  };
  Doubles dx(30);
  plain::dropout(30, dy.data(), mask.data(), dx.data());
  EXPECT_TRUE(close(dx, numeric_gradient(x, 1e-3, loss), 1e-9, 1.0));
}

TEST(ReferenceUpsample, GradientMatchesDifferences) {
  constexpr std::size_t kCount = 2;
  for (const Size2 scale : {Size2{1, 1}, Size2{2, 2}, Size2{3, 1}, Size2{1, 4}}) {
    const ImageShape in = {2, 3, 2};
    Rng rng(45);
    const Doubles x = test::random_values<double>(kCount * in.size(), rng);
    const auto area = static_cast<std::size_t>(scale.height * scale.width);
    const Doubles dy = test::random_values<double>(x.size() * area, rng);
    const auto loss = [&](const Doubles& v) {
      Doubles y(dy.size(), NAN);
      plain::upsample2d_forward(in, scale, kCount, v.data(), y.data());
      return dot(y, dy);
    };
    Doubles dx(x.size(), NAN);
    plain::upsample2d_input_gradient(in, scale, kCount, dy.data(), dx.data());
    EXPECT_TRUE(close(dx, numeric_gradient(x, 1e-3, loss), 1e-9, 1.0));
  }
}

TEST(ReferenceUpsample, RepeatsPixels) {
  const Doubles x = {1, 2, 3, 4};  // 1×2, two channels
  Doubles y(16);
  plain::upsample2d_forward({1, 2, 2}, {2, 2}, 1, x.data(), y.data());
  EXPECT_EQ(y, (Doubles{1, 2, 1, 2, 3, 4, 3, 4, 1, 2, 1, 2, 3, 4, 3, 4}));
}

TEST(ReferenceFlatten, IsPyTorchsOrderAndItsGradientTheWayBack) {
  const ImageShape in = {2, 2, 3};
  Doubles x(2 * in.size()), y(x.size()), back(x.size(), NAN);
  std::iota(x.begin(), x.end(), 0.0);
  plain::flatten_forward(in, 2, x.data(), y.data());
  EXPECT_EQ(Doubles(y.begin(), y.begin() + 12), (Doubles{0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11}));
  plain::flatten_input_gradient(in, 2, y.data(), back.data());
  EXPECT_EQ(back, x);

  Rng rng(46);
  const Doubles dy = test::random_values<double>(x.size(), rng);
  const auto loss = [&](const Doubles& v) {
    plain::flatten_forward(in, 2, v.data(), y.data());
    return dot(y, dy);
  };
  plain::flatten_input_gradient(in, 2, dy.data(), back.data());
  EXPECT_TRUE(close(back, numeric_gradient(x, 1e-3, loss), 1e-9, 1.0));
}

TEST(ReferenceChannelAffine, GradientMatchesDifferences) {
  constexpr std::size_t kPixels = 6, kChannels = 3;
  Rng rng(47);
  const Doubles x = test::random_values<double>(kPixels * kChannels, rng);
  const Doubles dy = test::random_values<double>(x.size(), rng);
  const Doubles scale = test::random_values<double>(kChannels, rng);
  const Doubles shift = test::random_values<double>(kChannels, rng);
  const auto loss = [&](const Doubles& v) {
    Doubles y(v);  // in place
    plain::channel_affine(kPixels, kChannels, y.data(), scale.data(), shift.data(), y.data());
    return dot(y, dy);
  };
  Doubles dx(x.size(), NAN);
  plain::channel_scale(kPixels, kChannels, dy.data(), scale.data(), dx.data());
  EXPECT_TRUE(close(dx, numeric_gradient(x, 1e-3, loss), 1e-9, 1.0));
  Doubles y(x.size());
  plain::channel_affine(kPixels, kChannels, x.data(), scale.data(), shift.data(), y.data());
  EXPECT_DOUBLE_EQ(y[4], x[4] * scale[1] + shift[1]);
}

struct BatchNormCase {
  std::size_t pixels, channels;
};
class ReferenceBatchNorm : public testing::TestWithParam<BatchNormCase> {};
INSTANTIATE_TEST_SUITE_P(Shapes, ReferenceBatchNorm,
                         testing::Values(BatchNormCase{2, 1}, BatchNormCase{5, 3},
                                         BatchNormCase{24, 2}));

TEST_P(ReferenceBatchNorm, GradientsMatchDifferences) {
  const std::size_t pixels = GetParam().pixels, channels = GetParam().channels;
  constexpr double kEpsilon = 1e-5;
  Rng rng(48);
  const Doubles x = test::random_values<double>(pixels * channels, rng, -2.0F, 5.0F);
  const Doubles weight = test::random_values<double>(channels, rng);
  const Doubles bias = test::random_values<double>(channels, rng);
  const Doubles dy = test::random_values<double>(x.size(), rng);
  Doubles y(x.size(), NAN), mean(channels), variance(channels), inverse(channels);
  const auto loss = [&](const Doubles& x_, const Doubles& weight_, const Doubles& bias_) {
    plain::batchnorm_train_forward(pixels, channels, x_.data(), weight_.data(), bias_.data(),
                                   kEpsilon, y.data(), mean.data(), variance.data(),
                                   inverse.data());
    return dot(y, dy);
  };
  const auto by_x = [&](const Doubles& v) { return loss(v, weight, bias); };
  const auto by_weight = [&](const Doubles& v) { return loss(x, v, bias); };
  const auto by_bias = [&](const Doubles& v) { return loss(x, weight, v); };
  const Doubles expected_dx = numeric_gradient(x, 1e-5, by_x);
  const Doubles expected_dweight = numeric_gradient(weight, 1e-3, by_weight);
  const Doubles expected_dbias = numeric_gradient(bias, 1e-3, by_bias);

  loss(x, weight, bias);
  Doubles dweight(channels, 0.25), dbias(channels, 0.5), sums(2 * channels, NAN), dx = dy;
  plain::batchnorm_train_weight_gradient(pixels, channels, x.data(), dy.data(), mean.data(),
                                         inverse.data(), dweight.data(), dbias.data());
  plain::batchnorm_train_input_gradient(pixels, channels, x.data(), dx.data(), weight.data(),
                                        mean.data(), inverse.data(), dx.data(), sums.data());
  for (double& d : dweight) d -= 0.25;
  for (double& d : dbias) d -= 0.5;
  EXPECT_TRUE(close(dx, expected_dx, 1e-7, 1.0));
  EXPECT_TRUE(close(dweight, expected_dweight, 1e-9, 1.0));
  EXPECT_TRUE(close(dbias, expected_dbias, 1e-9, 1.0));
}

TEST(ReferenceBatchNorm, NormalisesEachChannel) {
  const Doubles x = {1, 10, 3, 10, 5, 40}, weight = {2, 1}, bias = {7, 0};
  Doubles y(6), mean(2), variance(2), inverse(2);
  plain::batchnorm_train_forward<double>(3, 2, x.data(), weight.data(), bias.data(), 0.0, y.data(),
                                         mean.data(), variance.data(), inverse.data());
  EXPECT_TRUE(close(mean, Doubles{3, 20}, 1e-12));
  EXPECT_TRUE(close(variance, Doubles{8.0 / 3, 200}, 1e-12));
  EXPECT_NEAR(y[2], 7.0, 1e-12);
  EXPECT_NEAR(y[4], 7.0 + 2 * 2 / std::sqrt(8.0 / 3), 1e-12);
}

}  // namespace
}  // namespace signflip
