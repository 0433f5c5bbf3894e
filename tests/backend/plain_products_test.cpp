// The operations of plain_products.h (convolution, dense): their values on cases that can be
// worked out by hand, their gradients by central differences in double precision. All are linear in
// each argument, so differences are exact up to rounding.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "backend/plain_products.h"
#include "support/numeric.h"
#include "support/shapes.h"

namespace signflip {
namespace {

using Doubles = std::vector<double>;
using test::close;
using test::dot;
using test::numeric_gradient;

constexpr double kStep = 1e-3;
constexpr double kProductTolerance = 1e-9;

class PlainConv2d : public testing::TestWithParam<Conv2dShape> {};
INSTANTIATE_TEST_SUITE_P(Shapes, PlainConv2d,
                         testing::Values(test::conv_shape({1, 1, 1}, 1, {1, 1}, {1, 1}, {0, 0}),
                                         test::conv_shape({5, 5, 2}, 3, {3, 3}, {1, 1}, {1, 1}),
                                         test::conv_shape({6, 5, 1}, 2, {4, 4}, {2, 2}, {1, 1}),
                                         test::conv_shape({7, 4, 3}, 2, {1, 3}, {2, 1}, {0, 1}),
                                         test::conv_shape({4, 7, 2}, 4, {3, 2}, {1, 3}, {2, 0}),
                                         test::conv_shape({2, 2, 2}, 2, {5, 5}, {2, 2}, {4, 4}),
                                         test::conv_shape({5, 6, 1}, 2, {2, 2}, {3, 3}, {0, 0})));

TEST_P(PlainConv2d, GradientsMatchDifferences) {
  const Conv2dShape s = GetParam();
  constexpr std::size_t kCount = 2;
  Rng rng(31);
  const auto filters = static_cast<std::size_t>(s.out.channels);
  const Doubles x = test::random_values<double>(kCount * s.in.size(), rng);
  const Doubles weight = test::random_values<double>(s.patch() * filters, rng);
  const Doubles bias = test::random_values<double>(filters, rng);
  const Doubles dy = test::random_values<double>(kCount * s.out.size(), rng);
  const auto loss = [&](const Doubles& x_, const Doubles& weight_, const Doubles& bias_) {
    Doubles y(dy.size(), NAN);
    plain::conv2d_forward(s, kCount, x_.data(), weight_.data(), bias_.data(), y.data());
    return dot(y, dy);
  };

  Doubles dx(x.size(), NAN), dweight(weight.size(), 0.25), dbias(filters, 0.5);
  plain::conv2d_input_gradient(s, kCount, dy.data(), weight.data(), dx.data());
  plain::conv2d_weight_gradient(s, kCount, x.data(), dy.data(), dweight.data(), dbias.data());
  for (double& d : dweight) d -= 0.25;  // gradients are added to what was there
  for (double& d : dbias) d -= 0.5;

  const auto by_x = [&](const Doubles& v) { return loss(v, weight, bias); };
  const auto by_weight = [&](const Doubles& v) { return loss(x, v, bias); };
  const auto by_bias = [&](const Doubles& v) { return loss(x, weight, v); };
  EXPECT_TRUE(close(dx, numeric_gradient(x, kStep, by_x), kProductTolerance, 1.0));
  EXPECT_TRUE(close(dweight, numeric_gradient(weight, kStep, by_weight), kProductTolerance, 1.0));
  EXPECT_TRUE(close(dbias, numeric_gradient(bias, kStep, by_bias), kProductTolerance, 1.0));
}

TEST(PlainConv2d, IsACrossCorrelationWithZeroPadding) {
  // One channel, one filter, 2×2 kernel, padding 1 above and left only matters for the corner.
  const auto s = test::conv_shape({2, 2, 1}, 1, {2, 2}, {1, 1}, {1, 1});
  const Doubles x = {1, 2, 3, 4}, weight = {10, 20, 30, 40}, bias = {0.5};
  Doubles y(9);
  plain::conv2d_forward(s, 1, x.data(), weight.data(), bias.data(), y.data());
  EXPECT_EQ(y, (Doubles{40.5, 110.5, 60.5, 140.5, 300.5, 140.5, 60.5, 110.5, 40.5}));
}

TEST(PlainConv2d, ChannelsAreTheFastestIndex) {
  const auto s = test::conv_shape({1, 1, 2}, 3, {1, 1}, {1, 1}, {0, 0});
  const Doubles x = {2, 3}, weight = {1, 10, 100, 1000, 10000, 100000}, bias = {1, 2, 3};
  Doubles y(3);
  plain::conv2d_forward(s, 1, x.data(), weight.data(), bias.data(), y.data());
  EXPECT_EQ(y, (Doubles{3003, 30022, 300203}));
}

class PlainDense : public testing::TestWithParam<DenseShape> {};
INSTANTIATE_TEST_SUITE_P(Shapes, PlainDense,
                         testing::Values(DenseShape{1, 1}, DenseShape{7, 3}, DenseShape{2, 11}));

TEST_P(PlainDense, GradientsMatchDifferences) {
  const DenseShape s = GetParam();
  constexpr std::size_t kCount = 3;
  Rng rng(32);
  const auto inputs = static_cast<std::size_t>(s.inputs);
  const auto outputs = static_cast<std::size_t>(s.outputs);
  const Doubles x = test::random_values<double>(kCount * inputs, rng);
  const Doubles weight = test::random_values<double>(inputs * outputs, rng);
  const Doubles bias = test::random_values<double>(outputs, rng);
  const Doubles dy = test::random_values<double>(kCount * outputs, rng);
  const auto loss = [&](const Doubles& x_, const Doubles& weight_, const Doubles& bias_) {
    Doubles y(dy.size(), NAN);
    plain::dense_forward(s, kCount, x_.data(), weight_.data(), bias_.data(), y.data());
    return dot(y, dy);
  };

  Doubles dx(x.size(), NAN), dweight(weight.size(), 0.25), dbias(outputs, 0.5);
  plain::dense_input_gradient(s, kCount, dy.data(), weight.data(), dx.data());
  plain::dense_weight_gradient(s, kCount, x.data(), dy.data(), dweight.data(), dbias.data());
  for (double& d : dweight) d -= 0.25;
  for (double& d : dbias) d -= 0.5;

  const auto by_x = [&](const Doubles& v) { return loss(v, weight, bias); };
  const auto by_weight = [&](const Doubles& v) { return loss(x, v, bias); };
  const auto by_bias = [&](const Doubles& v) { return loss(x, weight, v); };
  EXPECT_TRUE(close(dx, numeric_gradient(x, kStep, by_x), kProductTolerance, 1.0));
  EXPECT_TRUE(close(dweight, numeric_gradient(weight, kStep, by_weight), kProductTolerance, 1.0));
  EXPECT_TRUE(close(dbias, numeric_gradient(bias, kStep, by_bias), kProductTolerance, 1.0));
}

TEST(PlainDense, IsRowTimesMatrixPlusBias) {
  const Doubles x = {1, 2}, weight = {1, 2, 3, 10, 20, 30}, bias = {100, 200, 300};
  Doubles y(3);
  plain::dense_forward(DenseShape{2, 3}, 1, x.data(), weight.data(), bias.data(), y.data());
  EXPECT_EQ(y, (Doubles{121, 242, 363}));
}

}  // namespace
}  // namespace signflip
