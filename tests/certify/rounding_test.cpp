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
#include "certify/layers/elementwise.h"
#include "support/exact.h"
#include "support/networks.h"

namespace signflip {
namespace {

using Floats = std::vector<float>;
using test::Exact;
using test::exact;

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

TEST(Rounding, WhatIsNotFiniteIsWidenedToAnything) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kAnything = std::numeric_limits<float>::infinity();
  for (const auto& [c, r] : {std::pair{kNan, 1.0F},
                             {kAnything, 1.0F},
                             {2.0F, kNan},
                             {2.0F, kAnything},
                             {-kAnything, kAnything}}) {
    float centre = c, radius = r;
    widen(1, {&centre, &radius}, 1e-6F);
    EXPECT_EQ(centre, 0.0F);
    EXPECT_EQ(radius, kAnything);
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

/// The functions in exact arithmetic, of themselves and not of backend/activation.h.
Exact exact_activation(const Activation& f, Exact x) {
  switch (f.kind) {
    case Activation::Kind::leaky_relu:
      return x > 0 ? x : exact(f.first) * x;
    case Activation::Kind::tanh:
      return std::tanh(x);
    case Activation::Kind::gelu:
      return x * std::erfc(-x / std::sqrt(Exact(2))) / 2;
    case Activation::Kind::silu:
      return x / (1 + std::exp(-x));
    case Activation::Kind::hardtanh:
      break;
  }
  return std::min(std::max(x, exact(f.first)), exact(f.second));
}

TEST(Rounding, AnActivationsIntervalHoldsItsImage) {
  using Kind = Activation::Kind;
  for (const Activation f :
       {Activation{Kind::leaky_relu, 0.01F}, Activation{Kind::leaky_relu, -3},
        Activation{Kind::leaky_relu, 5}, Activation{Kind::tanh}, Activation{Kind::gelu},
        Activation{Kind::silu}, Activation{Kind::hardtanh, -1.3F, 0.4F}}) {
    SCOPED_TRACE(static_cast<int>(f.kind));
    Rng rng(7);
    for (int trial = 0; trial < kTrials; ++trial) {
      Centred x = some_interval(rng), y{};
      if (trial % 4 == 0) x.centre *= 30.0F;
      interval_activation(f, 1, {&x.centre, &x.radius}, {&y.centre, &y.radius},
                          kElementwiseAllowance);
      for (int step = 0; step <= 8; ++step) {
        const Exact at = x.lower() + (x.upper() - x.lower()) * static_cast<Exact>(step) / 8;
        const Exact value = exact_activation(f, at);
        ASSERT_LE(y.lower(), value) << x.centre << " ± " << x.radius;
        ASSERT_GE(y.upper(), value) << x.centre << " ± " << x.radius;
        // As the network has it, at the nearest float that lies within.
        const auto near = static_cast<float>(at);
        if (exact(near) < x.lower() || exact(near) > x.upper()) continue;
        const Exact computed = exact(plain::activation(f, near).value);
        ASSERT_LE(y.lower(), computed) << near;
        ASSERT_GE(y.upper(), computed) << near;
      }
    }
  }
}

TEST(Rounding, AnActivationsIntervalIsNoWiderThanItsImage) {
  using Kind = Activation::Kind;
  // Around the minima of GELU and SiLU, where the ends alone would not do.
  for (const Activation f : {Activation{Kind::gelu}, Activation{Kind::silu}}) {
    float centre = -1.0F, radius = 0.9F;
    Exact least = 1, most = -1;
    for (int step = 0; step <= 10000; ++step) {
      const Exact value = exact_activation(f, Exact(-1.9) + Exact(1.8) * Exact(step) / 10000);
      least = std::min(least, value);
      most = std::max(most, value);
    }
    Centred y{};
    interval_activation(f, 1, {&centre, &radius}, {&y.centre, &y.radius}, kElementwiseAllowance);
    EXPECT_NEAR(static_cast<double>(y.lower()), static_cast<double>(least), 1e-5);
    EXPECT_NEAR(static_cast<double>(y.upper()), static_cast<double>(most), 1e-5);
  }
}

TEST(Rounding, AnActivationOfAnythingIsNoBound) {
  using Kind = Activation::Kind;
  constexpr float kAnything = std::numeric_limits<float>::infinity();
  for (const Activation f : {Activation{Kind::leaky_relu, 0.0F}, Activation{Kind::gelu},
                             Activation{Kind::silu}, Activation{Kind::leaky_relu, 0.3F}}) {
    float centre = 0.0F, radius = kAnything;
    Centred y{};
    interval_activation(f, 1, {&centre, &radius}, {&y.centre, &y.radius}, kElementwiseAllowance);
    EXPECT_EQ(y.radius, kAnything);
  }
}

TEST(Rounding, TheBoundsOfNormalisedContrastHoldAtTheCorners) {
  // Images of tiny, usual and no contrast, on a pedestal that rounding would lose them on.
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Rng rng(seed, 12);
    constexpr std::size_t kSize = 6;
    const float pedestal = seed % 3 == 0 ? 1000.0F : 0.3F;
    const float spread = seed % 2 == 0 ? 1e-3F : 0.5F;
    const float radius = seed % 5 == 0 ? 0.0F : rng.uniform(0.0F, 2.0F) * spread;
    Sequential network = test::random_network(
        {1, kSize, 1}, {ContrastNormalise{seed % 7 == 0 ? 0.4F : 1e-3F}}, 1, false);
    Floats centre(kSize), radii(kSize, radius);
    for (float& c : centre) c = pedestal + rng.uniform(-spread, spread);
    const IntervalNetwork intervals(network);
    Floats x = centre, r = radii, lower(kSize), upper(kSize);
    IntervalScratch scratch(network, 1);
    interval_layer(intervals, 0, 1, {x.data(), r.data()}, {x.data(), r.data()}, scratch);
    to_bounds(kSize, {x.data(), r.data()}, lower.data(), upper.data(), kElementwiseAllowance);
    for (unsigned corner = 0; corner < 1U << kSize; ++corner) {
      std::vector<Exact> image(kSize);
      Floats near(kSize);
      Exact mean = 0, square = 0;
      for (std::size_t i = 0; i < kSize; ++i) {
        const Exact reach = exact(radius) * ((corner >> i & 1U) != 0 ? 1 : -1);
        image[i] = exact(centre[i]) + reach;
        mean += image[i] / kSize;
        // The float within the interval that is nearest to the corner.
        near[i] = static_cast<float>(image[i]);
        if (std::fabs(exact(near[i]) - exact(centre[i])) > exact(radius)) near[i] = centre[i];
      }
      for (const Exact value : image) square += (value - mean) * (value - mean) / kSize;
      const auto& layer = std::get<ContrastNormalise>(network.layers()[0].layer);
      const Exact by = std::max(std::sqrt(square), exact(layer.epsilon));
      Floats computed(kSize);
      layer.forward(network.call(0, 1), near.data(), computed.data());
      for (std::size_t i = 0; i < kSize; ++i) {
        const Exact value = (image[i] - mean) / by;
        ASSERT_LE(exact(lower[i]), value) << "seed " << seed;
        ASSERT_GE(exact(upper[i]), value) << "seed " << seed;
        ASSERT_LE(lower[i], computed[i]) << "seed " << seed;
        ASSERT_GE(upper[i], computed[i]) << "seed " << seed;
      }
    }
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
