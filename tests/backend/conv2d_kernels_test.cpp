// Convolutions of every table of kernels against plain_ops.h in double precision, on random shapes.
#include <gtest/gtest.h>

#include <cstdint>
#include <utility>
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
using test::guarded;
using test::Kernels;
using test::kPoison;
using test::kTolerance;
using test::random_conv_shape;
using test::thinned;
using test::unguarded;

TEST_P(Kernels, Conv2dMatchesTheReference) {
  for (std::uint64_t stream = 0; stream < 300; ++stream) {
    Rng rng(51, stream);
    const Conv2dShape s = random_conv_shape(rng);
    const auto count = static_cast<std::size_t>(between(rng, 1, 3));
    SCOPED_TRACE(describe(s, count));
    const auto filters = static_cast<std::size_t>(s.out.channels);
    const auto x = thinned(count * s.in.size(), rng);
    const auto dy = thinned(count * s.out.size(), rng);
    const auto weight = test::random_values<float>(s.patch() * filters, rng);
    const auto bias = test::random_values<float>(filters, rng);
    const Doubles x_ = converted<double>(x), dy_ = converted<double>(dy),
                  weight_ = converted<double>(weight), bias_ = converted<double>(bias);

    Doubles y(dy.size());
    plain::conv2d_forward(s, count, x_.data(), weight_.data(), bias_.data(), y.data());
    ASSERT_TRUE(close(conv_forward(s, x, weight, bias), y, kTolerance));
    ASSERT_TRUE(close(conv_forward(s, x, weight, bias, Sums::plain), y, kTolerance));

    Doubles dx(x.size());
    plain::conv2d_input_gradient(s, count, dy_.data(), weight_.data(), dx.data());
    ASSERT_TRUE(close(conv_input_gradient(s, dy, weight), dx, kTolerance));

    auto dweight = test::random_values<float>(weight.size(), rng);
    auto dbias = test::random_values<float>(filters, rng);
    Doubles dweight_ = converted<double>(dweight), dbias_ = converted<double>(dbias);
    plain::conv2d_weight_gradient(s, count, x_.data(), dy_.data(), dweight_.data(), dbias_.data());
    const auto pixels = s.out.size() / filters;
    const ConvPlan made = plan(s);
    Floats scratch(made.scratch, kPoison);
    Floats packed_dy(training_ops().packed_gradient_size(pixels, filters), kPoison);
    training_ops().conv2d_weight_gradient(made, count, x.data(), dy.data(), dweight.data(),
                                          dbias.data(), scratch.data(), packed_dy.data());
    ASSERT_TRUE(close(dweight, dweight_, kTolerance, 1.0));
    ASSERT_TRUE(close(dbias, dbias_, kTolerance, 1.0));
  }
}

/// Strides that cut the padded image into whole cells of many channels take a way of their own.
TEST_P(Kernels, InputGradientOfWholeCellsMatchesTheReference) {
  for (std::uint64_t stream = 0; stream < 100; ++stream) {
    Rng rng(55, stream);
    const Size2 kernel = {between(rng, 1, 6), between(rng, 1, 6)};
    const Size2 stride = {between(rng, 1, 3), between(rng, 1, 3)};
    const Size2 padding = {between(rng, 0, kernel.height - 1), between(rng, 0, kernel.width - 1)};
    const auto whole = [&](int side, int step, int border) {
      int size = between(rng, 1, 9);
      while (size + 2 * border < side || (size + 2 * border) % step != 0) ++size;
      return size;
    };
    const ImageShape in = {whole(kernel.height, stride.height, padding.height),
                           whole(kernel.width, stride.width, padding.width),
                           16 * between(rng, 1, 5)};
    const Conv2dShape s = test::conv_shape(in, between(rng, 1, 40), kernel, stride, padding);
    const auto count = static_cast<std::size_t>(between(rng, 1, 3));
    SCOPED_TRACE(describe(s, count));
    const auto dy = thinned(count * s.out.size(), rng);
    const auto weight =
        test::random_values<float>(s.patch() * static_cast<std::size_t>(s.out.channels), rng);
    const Doubles dy_ = converted<double>(dy), weight_ = converted<double>(weight);
    Doubles dx(count * s.in.size());
    plain::conv2d_input_gradient(s, count, dy_.data(), weight_.data(), dx.data());
    ASSERT_TRUE(close(conv_input_gradient(s, dy, weight), dx, kTolerance));
  }
}

/// A convolution's gradient through ReLU and a 2×2 pool, or the pool alone, step by step.
TEST_P(Kernels, PooledInputGradientMatchesTheReference) {
  for (std::uint64_t stream = 0; stream < 200; ++stream) {
    Rng rng(54, stream);
    // More channels than 15, in whole vectors or not, take another way than few.
    const int channels = rng.below(3) == 0 ? 16 * between(rng, 1, 4) : between(rng, 1, 40);
    const Size2 kernel = {between(rng, 1, 5), between(rng, 1, 5)};
    const ImageShape in = {between(rng, kernel.height + 1, 12), between(rng, kernel.width + 1, 12),
                           channels};
    const Size2 padding = {between(rng, 0, kernel.height - 1), between(rng, 0, kernel.width - 1)};
    const Conv2dShape s = test::conv_shape(in, between(rng, 1, 40), kernel, {1, 1}, padding);
    const ImageShape pooled = {s.out.height / 2, s.out.width / 2, s.out.channels};
    const PoolShape pool = {s.out, pooled, {2, 2}, {2, 2}};
    const auto count = static_cast<std::size_t>(between(rng, 1, 3));
    const bool relu = rng.below(2) == 0;
    SCOPED_TRACE(describe(s, count) + (relu ? ", ReLU" : ""));

    auto before = thinned(count * s.out.size(), rng);
    if (relu) plain::relu_forward(before.size(), before.data(), before.data());
    Floats y(count * pooled.size());
    std::vector<std::int32_t> winner(y.size());
    plain::maxpool_forward(pool, count, before.data(), y.data(), winner.data());
    const auto dy = thinned(y.size(), rng);
    const auto weight =
        test::random_values<float>(s.patch() * static_cast<std::size_t>(s.out.channels), rng);

    const Doubles dy_ = converted<double>(dy), weight_ = converted<double>(weight),
                  before_ = converted<double>(before);
    Doubles through(before.size()), expected(count * s.in.size());
    plain::maxpool_input_gradient(pool, count, dy_.data(), winner.data(), through.data());
    if (relu) {
      plain::relu_input_gradient(through.size(), before_.data(), through.data(), through.data());
    }
    plain::conv2d_input_gradient(s, count, through.data(), weight_.data(), expected.data());

    const ConvPlan made = plan(s, Fusion::pool);
    ASSERT_EQ(made.fusion, Fusion::pool);
    Floats packed(made.packed_transposed, kPoison);
    ops().conv2d_pack_transposed(made, weight.data(), packed.data());
    Floats dx = guarded(expected.size()), scratch(made.scratch, kPoison);
    ops().conv2d_pooled_input_gradient({made, weight.data(), nullptr, packed.data()}, count,
                                       {dy.data(), winner.data(), relu ? y.data() : nullptr},
                                       dx.data(), scratch.data());
    ASSERT_TRUE(close(unguarded(std::move(dx)), expected, kTolerance));
    // Training goes step by step.
    ASSERT_TRUE(close(conv_input_gradient(s, converted<float>(through), weight, Fusion::pool),
                      expected, kTolerance));
  }
}

}  // namespace
}  // namespace signflip
