// Bounds against the network itself: random and extreme images of the box must stay inside, to the
// last bit, and where a closed form exists the bounds must be it.
#include "certify/interval_pass.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "backend/ops.h"
#include "support/networks.h"

namespace signflip {
namespace {

using Floats = std::vector<float>;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// An image of the box around `x`: inside, at a random corner, or `x` itself. As attacks do, it
/// keeps the distance in float32.
Floats image_near(std::span<const float> x, float epsilon, Rng& rng) {
  Floats image(x.begin(), x.end());
  const auto kind = rng.below(4);
  for (float& value : image) {
    const float direction = kind == 0 ? rng.uniform(-1.0F, 1.0F) : rng.below(2) == 0 ? -1.0F : 1.0F;
    const float moved = value + (kind == 3 ? 0.0F : direction * epsilon);
    value = std::min(std::max(moved, 0.0F), 1.0F);
  }
  return image;
}

/// A third of the pixels are exactly 0 or 1, where the box is cut.
Floats some_images(const Sequential& network, std::size_t count, Rng& rng) {
  auto images = test::random_values<float>(count * network.input_shape().size(), rng, -0.2F, 1.2F);
  for (float& value : images) value = std::min(std::max(value, 0.0F), 1.0F);
  return images;
}

void expect_contained(const Sequential& network, std::uint64_t seed) {
  SCOPED_TRACE(test::describe(network));
  constexpr std::size_t kCount = 3;
  Rng rng(seed, 7);
  const std::size_t size = network.input_shape().size(), outputs = network.output_shape().size();
  const Floats images = some_images(network, kCount, rng);
  std::vector<int> labels;
  for (std::size_t n = 0; n < kCount; ++n) {
    labels.push_back(static_cast<int>(rng.below(static_cast<std::uint32_t>(outputs))));
  }
  const IntervalNetwork intervals(network);
  IntervalPass pass(intervals, kCount + 1);
  const auto plain = network.new_pass(1);
  for (const float epsilon : {0.0F, 0.003F, 0.1F, 1.0F}) {
    const OutputBounds bounds = pass.bounds(images, kCount, static_cast<double>(epsilon));
    const Floats lower(bounds.lower.begin(), bounds.lower.end());
    const Floats upper(bounds.upper.begin(), bounds.upper.end());
    const auto margins = pass.margins(images, labels, kCount, static_cast<double>(epsilon));
    for (std::size_t n = 0; n < kCount; ++n) {
      const auto label = static_cast<std::size_t>(labels[n]);
      for (int trial = 0; trial < 40; ++trial) {
        const Floats image = image_near(std::span(images).subspan(n * size, size), epsilon, rng);
        const auto z = plain->forward(image, 1);
        for (std::size_t k = 0; k < outputs; ++k) {
          const std::size_t at = n * outputs + k;
          ASSERT_LE(lower[at], z[k]) << "epsilon " << epsilon;
          ASSERT_GE(upper[at], z[k]) << "epsilon " << epsilon;
          const double gap = static_cast<double>(z[label]) - static_cast<double>(z[k]);
          ASSERT_LE(static_cast<double>(margins[at]), gap) << "epsilon " << epsilon;
        }
      }
    }
  }
}

Layer conv(int filters, int kernel, int stride, int padding) {
  return Conv2d{filters, {kernel, kernel}, {stride, stride}, {padding, padding}};
}

struct Case {
  const char* name;
  std::vector<Layer> layers;
};

class EachLayer : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(
    Layers, EachLayer,
    testing::Values(Case{"conv2d", {conv(3, 3, 2, 1)}}, Case{"batchnorm2d", {BatchNorm2d{}}},
                    Case{"batchnorm1d", {Flatten{}, BatchNorm1d{}}},
                    Case{"relu", {conv(3, 3, 1, 0), Relu{}}},
                    Case{"maxpool2d", {conv(3, 3, 1, 0), MaxPool2d{{2, 2}, {1, 2}}}},
                    Case{"dropout", {Dropout{0.5F}, Relu{}}}, Case{"flatten", {Flatten{}}},
                    Case{"dense", {Flatten{}, Dense{5}}},
                    Case{"upsample2d", {Upsample2d{{2, 3}}, conv(2, 2, 1, 0)}},
                    Case{"sigmoid", {conv(3, 3, 1, 0), Sigmoid{}}},
                    Case{"leaky_relu", {conv(3, 3, 1, 0), LeakyRelu{0.1F}}},
                    Case{"leaky_relu_that_turns", {conv(3, 3, 1, 0), LeakyRelu{-0.4F}}},
                    Case{"tanh", {conv(3, 3, 1, 0), Tanh{}}},
                    Case{"gelu", {conv(3, 3, 1, 0), Gelu{}}},
                    Case{"silu", {conv(3, 3, 1, 0), Silu{}}},
                    Case{"avgpool2d", {conv(3, 3, 1, 0), AvgPool2d{{2, 2}, {1, 2}, {1, 0}, false}}},
                    Case{"adaptive_avgpool2d", {conv(3, 3, 1, 0), AdaptiveAvgPool2d{{3, 1}}}},
                    Case{"clipped_relu",
                         {conv(3, 3, 1, 0), ClippedRelu{}, conv(3, 2, 1, 0),
                          ClippedRelu{Ceilings::neuron}, ClippedRelu{Ceilings::layer}}},
                    Case{"contrast_normalise", {ContrastNormalise{}, conv(3, 3, 1, 0)}},
                    Case{"contrast_normalise_behind",
                         {conv(3, 3, 1, 0), Relu{}, ContrastNormalise{0.02F}, Flatten{}, Dense{3}}},
                    Case{"hardtanh", {conv(3, 3, 1, 0), Hardtanh{-0.5F, 0.7F}}},
                    Case{"batchnorm2d_without_weights", {BatchNorm2d{{0.2F, false}}}},
                    Case{"all_together",
                         {conv(4, 3, 1, 1), BatchNorm2d{}, Relu{}, MaxPool2d{{2, 2}, {2, 2}},
                          Upsample2d{{2, 2}}, conv(3, 3, 2, 1), Sigmoid{}, Flatten{}, Dropout{0.3F},
                          Dense{20}, Relu{}, Dense{4}}}),
    [](const auto& each) { return std::string(each.param.name); });

TEST_P(EachLayer, ContainsWhatTheNetworkComputes) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    expect_contained(test::random_network({6, 6, 2}, GetParam().layers, seed, seed % 2 == 0), seed);
  }
}

TEST(IntervalPass, RandomArchitecturesStayInside) {
  for (std::uint64_t seed = 0; seed < 300 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    expect_contained(test::random_architecture(seed), seed);
  }
}

/// Sums of many terms of mixed magnitude, where float32 errs most.
TEST(IntervalPass, RoundingOfLongSumsIsCovered) {
  Sequential network = test::random_network({30, 30, 3}, {Flatten{}, Dense{40}, Dense{3}}, 3);
  Rng rng(3);
  for (float& w : network.parameters()) w *= std::exp(rng.uniform(-6.0F, 6.0F));
  network.prepare();
  expect_contained(network, 1);
}

/// Kernels that transform tiles of an image mix pixels with weights that they never meet: here a
/// bright half with the one weight that sees the dark half, where plain sums are exactly the bias,
/// 0.
TEST(IntervalPass, RoundingOfTransformsIsCovered) {
  Sequential network = test::random_network({12, 12, 16}, {conv(16, 5, 1, 2)}, 4);
  const PlacedLayer& placed = network.layers()[0];
  ASSERT_GT(placed.conv.rounding, 0.0F);
  const auto parameters = network.parameters();  // the kernel's first corner comes first
  for (float& value : parameters.subspan(placed.weight + 16U * 16U)) value = 0.0F;
  network.prepare();
  Rng rng(4);
  Floats image(network.input_shape().size());
  for (std::size_t j = 0; j < image.size(); ++j) {
    if (j / 16 % 12 >= 5) image[j] = rng.uniform();
  }
  const IntervalNetwork intervals(network);
  IntervalPass pass(intervals, 1);
  const OutputBounds bounds = pass.bounds(image, 1, 0.0);
  const auto plain = network.new_pass(1);
  const auto outputs = plain->forward(image, 1);
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    ASSERT_LE(bounds.lower[k], outputs[k]) << k;
    ASSERT_GE(bounds.upper[k], outputs[k]) << k;
  }
}

TEST(IntervalPass, OneAffineLayerIsExact) {
  // Bounds of W·x + b over a box are Σ min/max of each term; margins those of the differences.
  const Sequential network = test::random_network({4, 4, 2}, {Flatten{}, Dense{3}}, 8);
  const auto& last = network.layers().back();
  Rng rng(8);
  const Floats image = some_images(network, 1, rng);
  const double epsilon = 0.15;
  const auto weight = [&](std::size_t i, std::size_t k) {
    return static_cast<double>(network.parameters()[last.weight + i * 3 + k]);
  };
  const auto bias = [&](std::size_t k) {
    return static_cast<double>(network.parameters()[last.bias + k]);
  };
  const auto& architecture = network.architecture();
  // Value i of the flattened, normalised image lies in [low, high].
  const auto range = [&](std::size_t i) {
    const std::size_t channel = i / 16, pixel = i % 16;
    const double x = static_cast<double>(image[pixel * 2 + channel]);
    const double mean = static_cast<double>(architecture.mean[channel]);
    const double deviation = static_cast<double>(architecture.deviation[channel]);
    return std::pair((std::max(x - epsilon, 0.0) - mean) / deviation,
                     (std::min(x + epsilon, 1.0) - mean) / deviation);
  };
  const IntervalNetwork intervals(network);
  IntervalPass pass(intervals, 1);
  std::vector<double> lower(3), upper(3), margins(3);
  const int label = 1;
  for (std::size_t k = 0; k < 3; ++k) {
    lower[k] = upper[k] = bias(k);
    margins[k] = bias(1) - bias(k);
    for (std::size_t i = 0; i < 32; ++i) {
      const auto [low, high] = range(i);
      const double w = weight(i, k), d = weight(i, 1) - weight(i, k);
      lower[k] += std::min(w * low, w * high);
      upper[k] += std::max(w * low, w * high);
      margins[k] += std::min(d * low, d * high);
    }
  }
  const OutputBounds bounds = pass.bounds(image, 1, epsilon);
  EXPECT_TRUE(test::close(bounds.lower, lower, 1e-4));
  EXPECT_TRUE(test::close(bounds.upper, upper, 1e-4));
  EXPECT_TRUE(test::close(pass.margins(image, {&label, 1}, 1, epsilon), margins, 1e-4));
}

TEST(IntervalPass, ElisionIsNeverLooserAndMostlyTighter) {
  std::size_t tighter = 0, compared = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Sequential network = test::random_network(
        {5, 5, 1}, {conv(3, 3, 1, 0), Relu{}, Flatten{}, Dense{8}, Relu{}, Dense{4}}, seed);
    Rng rng(seed);
    const Floats image = some_images(network, 1, rng);
    const IntervalNetwork intervals(network);
    IntervalPass pass(intervals, 1);
    for (const double epsilon : {0.0, 0.01, 0.2}) {
      const OutputBounds bounds = pass.bounds(image, 1, epsilon);
      const Floats lower(bounds.lower.begin(), bounds.lower.end());
      const Floats upper(bounds.upper.begin(), bounds.upper.end());
      for (int label = 0; label < 4; ++label) {
        const auto margins = pass.margins(image, {&label, 1}, 1, epsilon);
        for (std::size_t k = 0; k < 4; ++k) {
          if (k == static_cast<std::size_t>(label)) {
            EXPECT_EQ(margins[k], 0.0F);
            continue;
          }
          const float plain = lower[static_cast<std::size_t>(label)] - upper[k];
          EXPECT_GE(margins[k], plain - 1e-6F * std::abs(plain));
          ++compared;
          tighter += margins[k] > plain + 0.01F * std::abs(plain) ? 1 : 0;
        }
      }
    }
  }
  EXPECT_GT(tighter, compared / 2);
}

TEST(IntervalPass, BoundsWidenWithEpsilon) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Sequential network = test::random_architecture(seed);
    SCOPED_TRACE(test::describe(network));
    Rng rng(seed);
    const Floats image = some_images(network, 1, rng);
    const IntervalNetwork intervals(network);
    IntervalPass pass(intervals, 1);
    Floats lower, upper;
    for (const double epsilon : {0.0, 0.001, 0.02, 0.3, 1.0}) {
      const OutputBounds bounds = pass.bounds(image, 1, epsilon);
      for (std::size_t k = 0; k < lower.size(); ++k) {
        // Where the box is cut or a sigmoid saturated, only rounding is left to differ.
        const float rounding = 1e-5F * (std::abs(lower[k]) + std::abs(upper[k]));
        EXPECT_LE(bounds.lower[k], lower[k] + rounding);
        EXPECT_GE(bounds.upper[k], upper[k] - rounding);
      }
      lower.assign(bounds.lower.begin(), bounds.lower.end());
      upper.assign(bounds.upper.begin(), bounds.upper.end());
    }
  }
}

TEST(IntervalPass, ImagesDoNotTouchEachOther) {
  const Sequential network = test::random_network(
      {6, 6, 1}, {conv(3, 3, 1, 1), Relu{}, MaxPool2d{{2, 2}, {2, 2}}, Flatten{}, Dense{3}}, 12);
  Rng rng(12);
  const Floats images = some_images(network, 4, rng);
  const std::vector<int> labels = {0, 2, 1, 1};
  const std::vector<double> epsilons = {0.1, 0.0, 0.3, 0.02};
  const IntervalNetwork intervals(network);
  IntervalPass together(intervals, 5), alone(intervals, 1);
  const auto margins = together.margins(images, labels, 4, epsilons);
  for (std::size_t n = 0; n < 4; ++n) {
    const auto own = alone.margins(std::span(images).subspan(n * 36, 36),
                                   std::span(labels).subspan(n, 1), 1, epsilons[n]);
    EXPECT_TRUE(std::equal(own.begin(), own.end(), margins.begin() + n * 3));
  }
}

TEST(IntervalPass, NothingIsVerifiedWhereValuesAreNotFinite) {
  const std::vector<Layer> layers = {
      conv(3, 3, 1, 1), BatchNorm2d{}, Relu{}, MaxPool2d{{2, 2}, {2, 2}},
      Flatten{},        Dense{4},      Relu{}, Dense{3}};
  const Sequential good = test::random_network({4, 4, 1}, layers, 13);
  const auto check = [](const Sequential& network, const Floats& image, double epsilon) {
    const IntervalNetwork intervals(network);
    IntervalPass pass(intervals, 1);
    const OutputBounds bounds = pass.bounds(image, 1, epsilon);
    for (const float value : bounds.lower) EXPECT_EQ(value, -kInfinity);
    for (const float value : bounds.upper) EXPECT_EQ(value, kInfinity);
    for (const int label : {0, 1, 2}) {
      const auto margins = pass.margins(image, {&label, 1}, 1, epsilon);
      for (const float value : margins) EXPECT_FALSE(std::isnan(value));
      EXPECT_FALSE(verified(margins, label));
    }
  };
  for (const float bad : {kNaN, kInfinity, -kInfinity}) {
    Floats image(16, 0.5F);
    image[5] = bad;
    // Its neighbours reach every logit: each pooled value, or none, sees the bad pixel.
    Sequential network = test::random_network({4, 4, 1}, {Flatten{}, Dense{3}}, 14);
    check(network, image, 0.01);
  }
  // Weights so large that sums overflow, which plain ReLU would turn into a tidy 0.
  Sequential network = good;
  for (float& w : network.parameters()) w *= 1e38F;
  network.prepare();
  check(network, Floats(16, 0.5F), 0.1);
  // An epsilon that is no number proves at most what all of [0,1] proves.
  const IntervalNetwork intervals(good);
  IntervalPass pass(intervals, 1);
  const Floats image(16, 0.5F);
  const auto whole = pass.bounds(image, 1, 1.0);
  const Floats lower(whole.lower.begin(), whole.lower.end());
  const auto none = pass.bounds(image, 1, std::nan(""));
  EXPECT_TRUE(std::equal(lower.begin(), lower.end(), none.lower.begin()));
}

TEST(IntervalPass, VerifiedNeedsEveryOtherClassBehind) {
  EXPECT_TRUE(verified(Floats{0.0F, 0.1F, 2.0F}, 0));
  EXPECT_FALSE(verified(Floats{0.0F, 0.1F, 0.0F}, 0));
  EXPECT_FALSE(verified(Floats{0.1F, 0.0F, -1.0F}, 1));
  EXPECT_FALSE(verified(Floats{0.1F, kNaN, 0.0F}, 2));
}

TEST(IntervalNetwork, UpdateReadsTheWeightsAgain) {
  Sequential network = test::random_network({4, 4, 1}, {conv(2, 3, 1, 0), Flatten{}, Dense{3}}, 15);
  IntervalNetwork intervals(network);
  for (float& w : network.parameters()) w *= -2.0F;
  network.prepare();
  intervals.update();
  const IntervalNetwork fresh(network);
  IntervalPass pass(intervals, 1), expected(fresh, 1);
  const Floats image(16, 0.4F);
  const auto bounds = pass.bounds(image, 1, 0.1), other = expected.bounds(image, 1, 0.1);
  EXPECT_TRUE(std::equal(bounds.lower.begin(), bounds.lower.end(), other.lower.begin()));
}

}  // namespace
}  // namespace signflip
