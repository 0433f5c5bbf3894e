// Every table of kernels that this processor runs, against plain_ops.h in double precision and
// against Eigen, on random shapes; and that an image's result does not depend on its neighbours in
// the batch, without which results would depend on the number of threads.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <eigen3/Eigen/Core>
#include <string>
#include <vector>

#include "backend/plain_ops.h"
#include "backend/plain_products.h"
#include "support/kernels_fixture.h"

namespace signflip {
namespace {

using test::between;
using test::close;
using test::converted;
using test::describe;
using test::Doubles;
using test::Floats;
using test::Kernels;
using test::kPoison;
using test::kTolerance;
using test::random_conv_shape;
using test::thinned;

INSTANTIATE_TEST_SUITE_P(Tables, Kernels, testing::ValuesIn(test::kernel_tables()),
                         [](const auto& each) { return std::string(each.param.ops->name); });

TEST_P(Kernels, ReluWorksInPlaceAndOnAnySize) {
  Rng rng(31);
  for (std::size_t size = 0; size <= 70; ++size) {
    Floats x(size), dy(size);
    for (float& value : x) value = rng.below(5) == 0 ? 0.0F : rng.uniform(-1.0F, 1.0F);
    for (float& value : dy) value = rng.uniform(-1.0F, 1.0F);
    Floats expected(size), dexpected(size), y(size, kPoison), dx(size, kPoison);
    plain::relu_forward(size, x.data(), expected.data());
    plain::relu_input_gradient(size, expected.data(), dy.data(), dexpected.data());
    ops().relu_forward(size, x.data(), y.data());
    ops().relu_input_gradient(size, y.data(), dy.data(), dx.data());
    EXPECT_EQ(y, expected) << size;
    EXPECT_EQ(dx, dexpected) << size;
    ops().relu_forward(size, x.data(), x.data());
    ops().relu_input_gradient(size, x.data(), dy.data(), dy.data());
    EXPECT_EQ(x, expected) << size;
    EXPECT_EQ(dy, dexpected) << size;
  }
}

TEST_P(Kernels, MaxPoolFindsTheSameWinners) {
  Rng rng(32);
  for (int round = 0; round < 150; ++round) {
    const auto side = [&](std::uint32_t bound) { return static_cast<int>(1 + rng.below(bound)); };
    PoolShape s;
    s.kernel = {side(3), side(3)};
    s.stride = {side(3), side(3)};
    s.in = {s.kernel.height + side(8) - 1, s.kernel.width + side(8) - 1, side(40)};
    s.out = {(s.in.height - s.kernel.height) / s.stride.height + 1,
             (s.in.width - s.kernel.width) / s.stride.width + 1, s.in.channels};
    const std::size_t count = 1 + rng.below(3);
    Floats x(count * s.in.size());
    // Few distinct values, so that there are ties.
    for (float& value : x) value = static_cast<float>(rng.below(4)) - 1.5F;
    Floats y(count * s.out.size(), kPoison), expected = y;
    std::vector<std::int32_t> winner(y.size(), -1), expected_winner(y.size(), -1);
    plain::maxpool_forward(s, count, x.data(), expected.data(), expected_winner.data());
    ops().maxpool_forward(s, count, x.data(), y.data(), winner.data());
    EXPECT_EQ(y, expected);
    EXPECT_EQ(winner, expected_winner);
  }
}

Floats image_of(const Floats& batch, std::size_t n, std::size_t size) {
  const float* const first = batch.data() + n * size;
  return Floats(first, first + size);
}

/// The bytes of image n of a batch, and of the same image alone.
testing::AssertionResult same_bytes(const Floats& batch, std::size_t n, const Floats& alone) {
  const float* const found = batch.data() + n * alone.size();
  if (std::memcmp(found, alone.data(), alone.size() * sizeof(float)) == 0) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << "image " << n << " differs from the same image alone";
}

TEST_P(Kernels, DenseMatchesTheReference) {
  for (std::uint64_t stream = 0; stream < 100; ++stream) {
    Rng rng(52, stream);
    // Few images and a large matrix, of more than a megabyte, take ways of their own.
    const bool large = stream % 10 == 0;
    const DenseShape s = {between(rng, large ? 800 : 1, large ? 1500 : 300),
                          between(rng, large ? 330 : 1, large ? 400 : 70)};
    const bool few = large && rng.below(2) == 0;
    const auto count = static_cast<std::size_t>(between(rng, 1, few ? 3 : 20));
    SCOPED_TRACE(std::to_string(count) + " images, " + std::to_string(s.inputs) + " to " +
                 std::to_string(s.outputs));
    const auto inputs = static_cast<std::size_t>(s.inputs);
    const auto outputs = static_cast<std::size_t>(s.outputs);
    const auto x = thinned(count * inputs, rng);
    const auto dy = thinned(count * outputs, rng);
    const auto weight = test::random_values<float>(inputs * outputs, rng);
    const auto bias = test::random_values<float>(outputs, rng);
    const Doubles x_ = converted<double>(x), dy_ = converted<double>(dy),
                  weight_ = converted<double>(weight), bias_ = converted<double>(bias);

    Doubles y(dy.size()), dx(x.size());
    plain::dense_forward(s, count, x_.data(), weight_.data(), bias_.data(), y.data());
    const Floats all_y = dense_forward(s, x, weight, bias);
    ASSERT_TRUE(close(all_y, y, kTolerance));
    plain::dense_input_gradient(s, count, dy_.data(), weight_.data(), dx.data());
    const Floats all_dx = dense_input_gradient(s, dy, weight);
    ASSERT_TRUE(close(all_dx, dx, kTolerance));
    for (std::size_t n = 0; large && n < count; ++n) {  // alone as among others
      const Floats one_x = image_of(x, n, inputs), one_dy = image_of(dy, n, outputs);
      ASSERT_TRUE(same_bytes(all_y, n, dense_forward(s, one_x, weight, bias)));
      ASSERT_TRUE(same_bytes(all_dx, n, dense_input_gradient(s, one_dy, weight)));
    }

    auto dweight = test::random_values<float>(weight.size(), rng);
    auto dbias = test::random_values<float>(outputs, rng);
    Doubles dweight_ = converted<double>(dweight), dbias_ = converted<double>(dbias);
    plain::dense_weight_gradient(s, count, x_.data(), dy_.data(), dweight_.data(), dbias_.data());
    dense_weight_gradient(s, x, dy, dweight, dbias);
    ASSERT_TRUE(close(dweight, dweight_, kTolerance, 1.0));
    ASSERT_TRUE(close(dbias, dbias_, kTolerance, 1.0));
  }
}

TEST_P(Kernels, MatrixProductsMatchEigen) {
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using SingleMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto view = [](const Floats& values, std::size_t rows, std::size_t columns) {
    return Eigen::Map<const SingleMatrix>(values.data(), static_cast<Eigen::Index>(rows),
                                          static_cast<Eigen::Index>(columns));
  };
  for (std::size_t columns = 1; columns <= 70; ++columns) {
    Rng rng(53, columns);
    const std::size_t rows = 1 + rng.below(40), depth = 1 + rng.below(200);
    const auto x = test::random_values<float>(rows * depth, rng);
    const auto weight = test::random_values<float>(depth * columns, rng);
    const auto dy = test::random_values<float>(rows * columns, rng);
    const DenseShape shape = {static_cast<int>(depth), static_cast<int>(columns)};
    const Matrix a = view(x, rows, depth).cast<double>();
    const Matrix b = view(weight, depth, columns).cast<double>();
    const Matrix d = view(dy, rows, columns).cast<double>();
    const auto flat = [](const Matrix& m) { return Doubles(m.data(), m.data() + m.size()); };
    ASSERT_TRUE(close(dense_forward(shape, x, weight, Floats(columns)), flat(a * b), kTolerance));
    ASSERT_TRUE(
        close(dense_input_gradient(shape, dy, weight), flat(d * b.transpose()), kTolerance));
    Floats dweight(weight.size()), dbias(columns);
    dense_weight_gradient(shape, x, dy, dweight, dbias);
    ASSERT_TRUE(close(dweight, flat(a.transpose() * d), kTolerance));
  }
}

TEST_P(Kernels, AdamMatchesItsFormulas) {
  const AdamStep step = {0.9F, 0.99F, 1e-3F, 0.1F, 0.95F, 0.3F, 1.5F};
  for (std::size_t size = 0; size <= 70; ++size) {
    Rng rng(55, size);
    const auto gradient = test::random_values<float>(size, rng);
    auto weight = test::random_values<float>(size, rng);
    auto first = test::random_values<float>(size, rng);
    auto second = test::random_values<float>(size, rng, 0.0F);
    Doubles w = converted<double>(weight), m = converted<double>(first),
            v = converted<double>(second);
    for (std::size_t i = 0; i < size; ++i) {
      const double g = static_cast<double>(gradient[i]) + 0.1 * w[i];
      m[i] = 0.9 * m[i] + 0.1 * g;
      v[i] = 0.99 * v[i] + 0.01 * g * g;
      w[i] = 0.95 * w[i] - 0.3 * m[i] / (std::sqrt(1.5 * v[i]) + 1e-3);
    }
    training_ops().adam(step, size, gradient.data(), weight.data(), first.data(), second.data());
    ASSERT_TRUE(close(weight, w, kTolerance, 1.0));
    ASSERT_TRUE(close(first, m, kTolerance, 1.0));
    ASSERT_TRUE(close(second, v, kTolerance, 1.0));
  }
}

TEST_P(Kernels, AnImageDoesNotDependOnItsBatch) {
  constexpr std::size_t kCount = 7;
  for (std::uint64_t stream = 0; stream < 30; ++stream) {
    Rng rng(54, stream);
    const Conv2dShape s = random_conv_shape(rng);
    SCOPED_TRACE(describe(s, kCount));
    const auto filters = static_cast<std::size_t>(s.out.channels);
    const auto x = thinned(kCount * s.in.size(), rng);
    const auto dy = thinned(kCount * s.out.size(), rng);
    const auto weight = test::random_values<float>(s.patch() * filters, rng);
    const auto bias = test::random_values<float>(filters, rng);
    const Floats y = conv_forward(s, x, weight, bias), dx = conv_input_gradient(s, dy, weight);

    const DenseShape dense = {static_cast<int>(s.in.size()), s.out.channels};
    const auto matrix = test::random_values<float>(s.in.size() * filters, rng);
    const auto dense_dy = test::random_values<float>(kCount * filters, rng);
    const Floats dense_y = dense_forward(dense, x, matrix, bias);
    const Floats dense_dx = dense_input_gradient(dense, dense_dy, matrix);
    for (std::size_t n = 0; n < kCount; ++n) {
      const Floats one_x = image_of(x, n, s.in.size());
      ASSERT_TRUE(same_bytes(y, n, conv_forward(s, one_x, weight, bias)));
      ASSERT_TRUE(same_bytes(dx, n, conv_input_gradient(s, image_of(dy, n, s.out.size()), weight)));
      ASSERT_TRUE(same_bytes(dense_y, n, dense_forward(dense, one_x, matrix, bias)));
      ASSERT_TRUE(same_bytes(dense_dx, n,
                             dense_input_gradient(dense, image_of(dense_dy, n, filters), matrix)));
    }
  }
}

TEST(KernelTables, TheChosenOneIsAmongThem) {
  bool found = false;
  for (const auto& table : test::kernel_tables()) {
    found = found || (table.ops == &cpu_ops() && table.training_ops == &cpu_training_ops());
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace signflip
