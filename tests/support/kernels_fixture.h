// What tests of kernels share: each runs on every table that this processor has, into memory with a
// guard behind it, on random shapes.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/rng.h"
#include "support/kernel_tables.h"
#include "support/numeric.h"
#include "support/shapes.h"

namespace signflip::test {

using Doubles = std::vector<double>;
using Floats = std::vector<float>;

constexpr float kPoison = std::numeric_limits<float>::quiet_NaN();
constexpr double kTolerance = 1e-5;
constexpr std::size_t kGuard = 64;

/// Room for results, and behind it room that no kernel may touch.
inline Floats guarded(std::size_t size) { return Floats(size + kGuard, kPoison); }

inline Floats unguarded(Floats values) {
  const std::size_t size = values.size() - kGuard;
  for (std::size_t i = size; i < values.size(); ++i) EXPECT_TRUE(std::isnan(values[i])) << i - size;
  values.resize(size);
  return values;
}

class Kernels : public testing::TestWithParam<KernelTable> {
 protected:
  const Ops& ops() const { return *GetParam().ops; }
  const TrainingOps& training_ops() const { return *GetParam().training_ops; }

  // In two parts, as threads would share the work.
  Floats packed(const Floats& weight, std::size_t rows, std::size_t columns) const {
    const DenseShape shape = {static_cast<int>(rows), static_cast<int>(columns)};
    const DensePlan plan = ops().plan_dense(shape);
    Floats to(plan.packed, kPoison);
    ops().dense_pack(plan, {0, rows / 3}, weight.data(), to.data());
    ops().dense_pack(plan, {rows / 3, rows}, weight.data(), to.data());
    return to;
  }
  Floats packed_transposed(const Floats& weight, std::size_t rows, std::size_t columns) const {
    const DenseShape shape = {static_cast<int>(rows), static_cast<int>(columns)};
    const DensePlan plan = ops().plan_dense(shape);
    Floats to(plan.packed_transposed, kPoison);
    ops().dense_pack_transposed(plan, {rows / 3, rows}, weight.data(), to.data());
    ops().dense_pack_transposed(plan, {0, rows / 3}, weight.data(), to.data());
    return to;
  }
  /// Adds to dweight and dbias.
  void dense_weight_gradient(DenseShape s, const Floats& x, const Floats& dy, Floats& dweight,
                             Floats& dbias) const {
    const std::size_t outputs = dbias.size(), rows = dweight.size() / outputs;
    const std::size_t count = dy.size() / outputs;
    Floats packed_dy(training_ops().packed_gradient_size(count, outputs), kPoison);
    training_ops().dense_gradient_pack(s, count, dy.data(), dbias.data(), packed_dy.data());
    for (const RowRange part : {RowRange{rows / 3, rows}, {0, rows / 3}}) {
      training_ops().dense_weight_gradient(s, count, part, x.data(), packed_dy.data(),
                                           dweight.data() + part.begin * outputs);
    }
  }

  ConvPlan plan(const Conv2dShape& s, Fusion fusion = Fusion::none) const {
    return ops().plan_conv2d(s, fusion, Sums::fastest);
  }

  Floats conv_forward(const Conv2dShape& s, const Floats& x, const Floats& weight,
                      const Floats& bias, Sums sums = Sums::fastest) const {
    const std::size_t count = x.size() / s.in.size();
    const ConvPlan packs = plan(s);  // the same packed weights whatever the sums are
    Floats packed(packs.packed, kPoison);
    ops().conv2d_pack(packs, weight.data(), packed.data());
    const ConvPlan runs = ops().plan_conv2d(s, Fusion::none, sums);
    Floats y = guarded(count * s.out.size()), scratch(runs.scratch, kPoison);
    ops().conv2d_forward({runs, weight.data(), packed.data()}, count, x.data(), bias.data(),
                         y.data(), scratch.data());
    return unguarded(std::move(y));
  }
  Floats conv_input_gradient(const Conv2dShape& s, const Floats& dy, const Floats& weight,
                             Fusion fusion = Fusion::none) const {
    const std::size_t count = dy.size() / s.out.size();
    const ConvPlan made = plan(s, fusion);
    Floats packed(made.packed_transposed, kPoison);
    ops().conv2d_pack_transposed(made, weight.data(), packed.data());
    Floats dx = guarded(count * s.in.size()), scratch(made.scratch, kPoison);
    ops().conv2d_input_gradient({made, weight.data(), nullptr, packed.data()}, count, dy.data(),
                                dx.data(), scratch.data());
    return unguarded(std::move(dx));
  }
  Floats dense_forward(DenseShape s, const Floats& x, const Floats& weight,
                       const Floats& bias) const {
    const std::size_t inputs = weight.size() / bias.size();
    const Floats matrix = packed(weight, inputs, bias.size());
    const DensePlan made = ops().plan_dense(s);
    Floats y = guarded(x.size() / inputs * bias.size());
    ops().dense_forward({made, weight.data(), matrix.data()}, x.size() / inputs, x.data(),
                        bias.data(), y.data());
    return unguarded(std::move(y));
  }
  Floats dense_input_gradient(DenseShape s, const Floats& dy, const Floats& weight) const {
    const auto outputs = static_cast<std::size_t>(s.outputs);
    const std::size_t inputs = weight.size() / outputs;
    const Floats matrix = packed_transposed(weight, inputs, outputs);
    const DensePlan made = ops().plan_dense(s);
    Floats dx = guarded(dy.size() / outputs * inputs);
    ops().dense_input_gradient({made, weight.data(), nullptr, matrix.data()}, dy.size() / outputs,
                               dy.data(), dx.data());
    return unguarded(std::move(dx));
  }
};

inline int between(Rng& rng, int low, int high) {
  return low + static_cast<int>(rng.below(static_cast<std::uint32_t>(high - low + 1)));
}

inline Conv2dShape random_conv_shape(Rng& rng) {
  // Small numbers are as likely as large ones, which the tile edges need and the clock likes.
  // Few channels and filters of wide images are for planar.h.
  const bool few = rng.below(4) == 0;
  const auto width = [&] { return between(rng, 1, few || rng.below(2) == 0 ? 9 : 70); };
  // Half of them square and of stride 1: of these the 5×5 ones are for winograd.h, where channels
  // and filters are many.
  const bool square = rng.below(2) == 0;
  const int side = rng.below(2) == 0 ? 3 : 5;
  const Size2 kernel = square ? Size2{side, side} : Size2{between(rng, 1, 7), between(rng, 1, 7)};
  const Size2 padding = {between(rng, 0, kernel.height - 1), between(rng, 0, kernel.width - 1)};
  const ImageShape in = {between(rng, std::max(1, kernel.height - 2 * padding.height), 9),
                         between(rng, std::max(1, kernel.width - 2 * padding.width), few ? 40 : 9),
                         width()};
  const Size2 stride = square ? Size2{1, 1} : Size2{between(rng, 1, 3), between(rng, 1, 3)};
  return conv_shape(in, width(), kernel, stride, padding);
}

inline std::string describe(const Conv2dShape& s, std::size_t count) {
  const auto text = [](int a, int b) { return std::to_string(a) + "x" + std::to_string(b); };
  return std::to_string(count) + " images " + text(s.in.height, s.in.width) + "x" +
         std::to_string(s.in.channels) + ", " + std::to_string(s.out.channels) +
         " filters, kernel " + text(s.kernel.height, s.kernel.width) + ", stride " +
         text(s.stride.height, s.stride.width) + ", padding " +
         text(s.padding.height, s.padding.width);
}

/// Values of which a pool or ReLU has blocked many, all or none.
inline Floats thinned(std::size_t size, Rng& rng) {
  auto values = random_values<float>(size, rng);
  constexpr float kShares[] = {0.0F, 0.5F, 0.8F, 0.97F, 1.0F};
  const float blocked = kShares[rng.below(std::size(kShares))];
  for (float& value : values) value = rng.uniform() < blocked ? 0.0F : value;
  return values;
}

}  // namespace signflip::test
