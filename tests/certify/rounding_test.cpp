// What makes a certificate hold for the float32 network that runs: each interval rule against exact
// arithmetic, where values are chosen so that rounding shows. Without its allowance a rule fails
// here, though its bounds look right to six digits.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "certify/interval_layers.h"
#include "certify/interval_pass.h"
#include "support/networks.h"

namespace signflip {
namespace {

using Floats = std::vector<float>;
/// At least 64 bits of mantissa: products of two floats are exact, sums as good as exact beside the
/// errors of float32 that matter here.
using Exact = long double;

Exact exact(float value) { return static_cast<Exact>(value); }

/// A value and, around it, nothing, next to nothing, or a usual radius.
struct Centred {
  float centre, radius;
  Exact lower() const { return exact(centre) - exact(radius); }
  Exact upper() const { return exact(centre) + exact(radius); }
};
Centred some_interval(Rng& rng) {
  const float centre = rng.uniform(-4.0F, 4.0F);
  const auto kind = rng.below(3);
  const float radius = kind == 0   ? 0.0F
                       : kind == 1 ? std::fabs(centre) * rng.uniform(0.1F, 4.0F) * 0x1p-25F
                                   : rng.uniform(0.0F, 2.0F);
  return {centre, radius};
}

constexpr int kTrials = 20000;

TEST(Rounding, APixelsBoxHoldsAllThatIsWithinEpsilon) {
  Rng rng(1);
  for (int trial = 0; trial < kTrials; ++trial) {
    const float x = trial % 5 == 0 ? 1.0F : trial % 7 == 0 ? 0.0F : rng.uniform();
    const double epsilon = trial % 3 == 0 ? 0.0 : static_cast<double>(rng.uniform()) / 3.0;
    Centred y{};
    pixel_box(1, &x, epsilon, {&y.centre, &y.radius}, kElementwiseAllowance);
    const Exact e = static_cast<Exact>(epsilon);
    ASSERT_LE(y.lower(), std::max(exact(x) - e, Exact(0))) << x << " by " << epsilon;
    ASSERT_GE(y.upper(), std::min(exact(x) + e, Exact(1))) << x << " by " << epsilon;
  }
}

TEST(Rounding, EndsAreNotRoundedInwards) {
  Rng rng(2);
  for (int trial = 0; trial < kTrials; ++trial) {
    Centred x = some_interval(rng);
    float lower = 0, upper = 0;
    to_bounds(1, {&x.centre, &x.radius}, &lower, &upper, kElementwiseAllowance);
    ASSERT_LE(exact(lower), x.lower());
    ASSERT_GE(exact(upper), x.upper());
    Centred back{};
    from_bounds(1, &lower, &upper, {&back.centre, &back.radius}, kElementwiseAllowance);
    ASSERT_LE(back.lower(), exact(lower));
    ASSERT_GE(back.upper(), exact(upper));
  }
}

TEST(Rounding, ARectifiersIntervalHoldsItsImage) {
  Rng rng(3);
  for (int trial = 0; trial < kTrials; ++trial) {
    Centred x = some_interval(rng), y{};
    interval_relu(1, {&x.centre, &x.radius}, {&y.centre, &y.radius}, kElementwiseAllowance);
    ASSERT_LE(y.lower(), std::max(x.lower(), Exact(0)));
    ASSERT_GE(y.upper(), std::max(x.upper(), Exact(0)));
  }
}

TEST(Rounding, ASigmoidsIntervalHoldsItsImage) {
  Rng rng(4);
  const auto sigmoid = [](Exact x) { return 1 / (1 + std::exp(-x)); };
  for (int trial = 0; trial < kTrials; ++trial) {
    Centred x = some_interval(rng), y{};
    interval_sigmoid(1, {&x.centre, &x.radius}, {&y.centre, &y.radius}, kElementwiseAllowance);
    ASSERT_LE(y.lower(), sigmoid(x.lower()));
    ASSERT_GE(y.upper(), sigmoid(x.upper()));
  }
}

TEST(Rounding, AChannelsScaleAndShiftHoldTheirImage) {
  Rng rng(5);
  for (int trial = 0; trial < kTrials; ++trial) {
    Centred x = some_interval(rng), y{};
    const float scale = rng.uniform(-3.0F, 3.0F), shift = rng.uniform(-3.0F, 3.0F);
    interval_channel_affine(1, 1, {&x.centre, &x.radius}, &scale, &shift, {&y.centre, &y.radius},
                            kElementwiseAllowance);
    const Exact a = x.lower() * exact(scale) + exact(shift);
    const Exact b = x.upper() * exact(scale) + exact(shift);
    ASSERT_LE(y.lower(), std::min(a, b));
    ASSERT_GE(y.upper(), std::max(a, b));
    const float computed = x.centre * scale + shift;  // as the network has it, fused or not
    ASSERT_LE(y.lower(), exact(computed));
    ASSERT_GE(y.upper(), exact(computed));
  }
}

constexpr std::size_t kTerms = 12000;
constexpr int kSide = 100;

/// One large term and thousands that float32 loses one by one when they are added to it: together
/// they are hundreds of its last places.
Floats losing_weights(float sign) {
  Floats weights(kTerms, sign * 0x1.8p-26F);
  weights[0] = 1.0F;
  return weights;
}

/// {flatten, dense 2}: the first logit has these weights, the second is 0.
Sequential summing(const Floats& weights) {
  Architecture architecture;
  architecture.input = {kSide, static_cast<int>(kTerms) / kSide, 1};
  architecture.classes = {"a", "b"};
  architecture.layers = {Flatten{}, Dense{2}};
  Sequential network = *Sequential::create(architecture);
  const PlacedLayer& dense = network.layers().back();
  std::fill(network.parameters().begin(), network.parameters().end(), 0.0F);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    network.parameters()[dense.weight + 2 * i] = weights[i];
  }
  network.prepare();
  return network;
}

TEST(Rounding, ASumsBoundsHoldInWhateverOrderItIsAddedUp) {
  for (const float sign : {1.0F, -1.0F}) {
    const Floats weights = losing_weights(sign);
    const Sequential network = summing(weights);
    const IntervalNetwork intervals(network);
    IntervalPass pass(intervals, 1);
    const Floats image(kTerms, 1.0F);
    const OutputBounds bounds = pass.bounds(image, 1, 0.0);
    Exact sum = 0;
    for (const float w : weights) sum += exact(w);
    float forwards = 0, backwards = 0;
    for (std::size_t i = 0; i < kTerms; ++i) {
      forwards += weights[i];
      backwards += weights[kTerms - 1 - i];
    }
    ASSERT_GT(std::fabs(exact(forwards) - sum), Exact(0x1p-14)) << "the sum loses what it should";
    for (const Exact value : {sum, exact(forwards), exact(backwards)}) {
      EXPECT_LE(exact(bounds.lower[0]), value);
      EXPECT_GE(exact(bounds.upper[0]), value);
    }
    // The certificate's margin, too, which merges the last layer with the comparison.
    const int label = 0;
    const float margin = pass.margins(image, {&label, 1}, 1, 0.0)[1];
    EXPECT_LE(exact(margin), std::min(sum, exact(forwards)));
    EXPECT_LE(exact(margin), exact(backwards));
  }
}

TEST(Rounding, MarginsHoldOverTheWholeBox) {
  Rng rng(6);
  for (int trial = 0; trial < 3000; ++trial) {
    constexpr std::size_t kInputs = 5, kClasses = 3;
    Floats weight, bias, centre, radius;
    for (std::size_t i = 0; i < kInputs * kClasses; ++i) weight.push_back(rng.uniform(-2.0F, 2.0F));
    for (std::size_t k = 0; k < kClasses; ++k) bias.push_back(rng.uniform(-2.0F, 2.0F));
    for (std::size_t i = 0; i < kInputs; ++i) {
      const Centred x = some_interval(rng);
      centre.push_back(x.centre);
      radius.push_back(x.radius);
    }
    Floats margins(kClasses), scratch(kClasses);
    const int label = static_cast<int>(rng.below(kClasses));
    const auto y = static_cast<std::size_t>(label);
    elided_margins(kInputs, kClasses, weight.data(), bias.data(), label,
                   {centre.data(), radius.data()}, margins.data(), scratch.data(),
                   affine_allowance(kInputs));
    for (std::size_t k = 0; k < kClasses; ++k) {
      if (k == y) continue;
      Exact least = exact(bias[y]) - exact(bias[k]);
      for (std::size_t i = 0; i < kInputs; ++i) {
        const Exact slope = exact(weight[i * kClasses + y]) - exact(weight[i * kClasses + k]);
        least += slope * exact(centre[i]) - std::fabs(slope) * exact(radius[i]);
      }
      ASSERT_LE(exact(margins[k]), least);
      ASSERT_NEAR(static_cast<double>(margins[k]), static_cast<double>(least), 1e-3) << "nor lax";
    }
  }
}

TEST(Rounding, BoundsOfSmallNetworksHoldInExactArithmetic) {
  // dense, rectifier, dense over a box: exact bounds by intervals of long doubles.
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng(seed, 8);
    const Sequential network =
        test::random_network({1, 6, 1}, {Flatten{}, Dense{5}, Relu{}, Dense{3}}, seed, false);
    Floats image(6);
    for (float& pixel : image) pixel = rng.uniform();
    const double epsilon = seed % 2 == 0 ? 0.0 : 1e-7 * static_cast<double>(1 + seed);
    std::vector<Exact> lower, upper;
    for (const float pixel : image) {
      lower.push_back(std::max(exact(pixel) - static_cast<Exact>(epsilon), Exact(0)));
      upper.push_back(std::min(exact(pixel) + static_cast<Exact>(epsilon), Exact(1)));
    }
    for (const PlacedLayer& placed : network.layers()) {
      if (std::holds_alternative<Relu>(placed.layer)) {
        for (std::size_t i = 0; i < lower.size(); ++i) {
          lower[i] = std::max(lower[i], Exact(0));
          upper[i] = std::max(upper[i], Exact(0));
        }
      }
      if (!std::holds_alternative<Dense>(placed.layer)) continue;
      const std::size_t rows = placed.shape.rows, columns = placed.shape.columns;
      std::vector<Exact> low, high;
      for (std::size_t k = 0; k < columns; ++k) {
        low.push_back(exact(network.parameters()[placed.bias + k]));
        high.push_back(low.back());
        for (std::size_t i = 0; i < rows; ++i) {
          const Exact w = exact(network.parameters()[placed.weight + i * columns + k]);
          low[k] += w * (w > 0 ? lower[i] : upper[i]);
          high[k] += w * (w > 0 ? upper[i] : lower[i]);
        }
      }
      lower = low;
      upper = high;
    }
    const IntervalNetwork intervals(network);
    IntervalPass pass(intervals, 1);
    const OutputBounds bounds = pass.bounds(image, 1, epsilon);
    for (std::size_t k = 0; k < 3; ++k) {
      EXPECT_LE(exact(bounds.lower[k]), lower[k]) << "seed " << seed;
      EXPECT_GE(exact(bounds.upper[k]), upper[k]) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace signflip
