// Linear bounds against the network itself, against closed forms, and against interval bounds,
// which they must never fall behind.
#include "certify/linear_pass.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "certify/certify.h"
#include "support/exact.h"
#include "support/networks.h"

namespace signflip {
namespace {

using Floats = std::vector<float>;
using test::Exact;
using test::exact;

Layer conv(int filters, int kernel, int stride, int padding) {
  return Conv2d{filters, {kernel, kernel}, {stride, stride}, {padding, padding}};
}

/// Within the box around `x`: anywhere, at a corner, or `x` itself.
Floats image_near(std::span<const float> x, float epsilon, Rng& rng) {
  Floats image(x.begin(), x.end());
  const auto kind = rng.below(3);
  for (float& value : image) {
    const float direction = kind == 0 ? rng.uniform(-1.0F, 1.0F) : rng.below(2) == 0 ? -1.0F : 1.0F;
    value = std::clamp(value + (kind == 2 ? 0.0F : direction * epsilon), 0.0F, 1.0F);
  }
  return image;
}

/// Margins by both bounds, of one image.
struct Both {
  Floats linear, interval;
};
Both margins_of(const Sequential& network, const Floats& image, int label, double epsilon) {
  const IntervalNetwork intervals(network);
  LinearPass linear(intervals, 1);
  IntervalPass plain(intervals, 1);
  const auto tight = linear.margins(image, {&label, 1}, 1, {&epsilon, 1});
  const auto loose = plain.margins(image, {&label, 1}, 1, epsilon);
  return {{tight.begin(), tight.end()}, {loose.begin(), loose.end()}};
}

/// No image of the box has a smaller margin. Returns how many bounds are tighter than intervals'.
int expect_below(const Sequential& network, std::uint64_t seed) {
  SCOPED_TRACE(test::describe(network));
  Rng rng(seed, 3);
  Floats image = test::random_values<float>(network.input_shape().size(), rng, -0.2F, 1.2F);
  for (float& value : image) value = std::clamp(value, 0.0F, 1.0F);
  const std::size_t classes = network.output_shape().size();
  const auto label = static_cast<int>(rng.below(static_cast<std::uint32_t>(classes)));
  const auto plain = network.new_pass(1);
  int tighter = 0;
  for (const float epsilon : {0.0F, 0.003F, 0.05F, 0.3F}) {
    const Both bounds = margins_of(network, image, label, static_cast<double>(epsilon));
    EXPECT_EQ(bounds.linear[static_cast<std::size_t>(label)], 0.0F);
    for (std::size_t k = 0; k < classes; ++k) {
      EXPECT_GE(bounds.linear[k], bounds.interval[k]);
      tighter += bounds.linear[k] > bounds.interval[k] + 1e-4F;
    }
    for (int trial = 0; trial < 60; ++trial) {
      const Floats near = image_near(image, epsilon, rng);
      const auto z = plain->forward(near, 1);
      for (std::size_t k = 0; k < classes; ++k) {
        const double margin =
            static_cast<double>(z[static_cast<std::size_t>(label)]) - static_cast<double>(z[k]);
        EXPECT_LE(static_cast<double>(bounds.linear[k]), margin)
            << "class " << k << ", epsilon " << epsilon;
      }
    }
  }
  return tighter;
}

struct Case {
  const char* name;
  std::vector<Layer> layers;
  bool tightens;  ///< linear bounds go back through more than the last layer
};

class LinearBackward : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(
    Layers, LinearBackward,
    testing::Values(
        Case{"dense", {Flatten{}, Dense{9}, Dense{5}}, true},
        Case{"conv2d", {conv(3, 3, 2, 1), conv(4, 2, 1, 0), Flatten{}, Dense{5}}, true},
        Case{"conv2d_in_groups",
             {conv(4, 3, 1, 1),
              Conv2d{.filters = 6, .kernel = {3, 2}, .same = true, .dilation = {1, 2}, .groups = 2},
              Relu{}, Flatten{}, Dense{5}},
             true},
        Case{"batchnorm2d", {conv(3, 3, 1, 1), BatchNorm2d{}, Relu{}, Flatten{}, Dense{4}}, true},
        Case{"batchnorm1d", {Flatten{}, Dense{9}, BatchNorm1d{}, Relu{}, Dense{4}}, true},
        Case{"relu",
             {conv(4, 3, 1, 1), Relu{}, Flatten{}, Dropout{0.5F}, Dense{9}, Relu{}, Dense{4}},
             true},
        Case{"clipped_relu",
             {conv(3, 3, 1, 1), ClippedRelu{Ceilings::channel}, Flatten{}, Dense{9},
              ClippedRelu{Ceilings::neuron}, Dense{4}},
             true},
        Case{"maxpool2d",
             {conv(3, 3, 1, 1), MaxPool2d{{2, 2}, {2, 2}}, conv(3, 2, 1, 0),
              MaxPool2d{{2, 1}, {1, 1}}, Flatten{}, Dense{4}},
             true},
        Case{"the_way_ends",
             {conv(3, 3, 1, 1), Sigmoid{}, conv(3, 3, 1, 0), Relu{}, Flatten{}, Dense{4}},
             true},
        Case{"no_way", {Flatten{}, Dense{5}, Tanh{}}, false}),
    [](const auto& each) { return std::string(each.param.name); });

TEST_P(LinearBackward, NoImageOfTheBoxIsBelow) {
  int tighter = 0;
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    tighter +=
        expect_below(test::random_network({6, 6, 2}, GetParam().layers, seed, seed % 2 == 0), seed);
  }
  EXPECT_EQ(tighter > 0, GetParam().tightens);
}

TEST(LinearPass, RandomArchitecturesStayAbove) {
  for (std::uint64_t seed = 0; seed < 60; ++seed)
    expect_below(test::random_architecture(seed), seed);
}

/// Two affine layers are one, whose worst case over the box is a closed form; intervals lose it.
TEST(LinearPass, AffineLayersAreExact) {
  const auto network = test::random_network({1, 1, 7}, {Dense{11}, Dense{3}}, 5, false);
  Rng rng(6);
  const Floats image = test::random_values<float>(7, rng, 0.2F, 0.8F);
  constexpr double kEpsilon = 0.1;
  const PlacedLayer &first = network.layers()[0], &second = network.layers()[1];
  const auto parameter = [&](std::size_t at) { return exact(network.parameters()[at]); };
  const auto logit_weight = [&](std::size_t i, std::size_t k) {
    Exact sum = 0;
    for (std::size_t h = 0; h < 11; ++h) {
      sum += parameter(first.weight + i * 11 + h) * parameter(second.weight + h * 3 + k);
    }
    return sum;
  };
  const auto logit_bias = [&](std::size_t k) {
    Exact sum = parameter(second.bias + k);
    for (std::size_t h = 0; h < 11; ++h) {
      sum += parameter(first.bias + h) * parameter(second.weight + h * 3 + k);
    }
    return sum;
  };
  const Both bounds = margins_of(network, image, 1, kEpsilon);
  for (const std::size_t k : {std::size_t{0}, std::size_t{2}}) {
    Exact worst = logit_bias(1) - logit_bias(k);
    for (std::size_t i = 0; i < 7; ++i) {
      const Exact w = logit_weight(i, 1) - logit_weight(i, k);
      worst += w * exact(image[i]) - std::fabs(w) * static_cast<Exact>(kEpsilon);
    }
    EXPECT_LE(exact(bounds.linear[k]), worst);
    EXPECT_NEAR(static_cast<double>(bounds.linear[k]), static_cast<double>(worst), 1e-4);
    EXPECT_LT(bounds.interval[k], bounds.linear[k] - 0.01F);
  }
}

/// One value in, z[0] = w·f(a·x + b) + v·(a·x + b), z[1] = 0: what is known by hand of one kink.
Sequential one_kink(const Layer& kink, float ceiling, float w, float v, float a, float b) {
  auto network = test::random_network({1, 1, 1}, {Dense{2}, kink, Dense{2}}, 1, false);
  auto parameters = network.parameters();
  const PlacedLayer &first = network.layers()[0], &last = network.layers()[2];
  // The second value passes the kink untouched: it is shifted to where the kink is the identity.
  parameters[first.weight] = a;
  parameters[first.weight + 1] = a;
  parameters[first.bias] = b;
  parameters[first.bias + 1] = b + 8.0F;
  if (std::holds_alternative<ClippedRelu>(kink)) {
    parameters[network.layers()[1].weight] = ceiling;
    parameters[network.layers()[1].weight + 1] = 100.0F;
  }
  for (std::size_t i = 0; i < 4; ++i) parameters[last.weight + i] = 0.0F;
  parameters[last.weight] = w;      // input 0 to class 0
  parameters[last.weight + 2] = v;  // input 1 to class 0
  parameters[last.bias] = -8.0F * v;
  parameters[last.bias + 1] = 0.0F;
  network.prepare();
  return network;
}

/// The bound of z[0] − z[1] where a·x + b covers [l, u].
float bound_of(const Layer& kink, float ceiling, float w, float v, float l, float u) {
  const auto network = one_kink(kink, ceiling, w, v, u - l, l);
  return margins_of(network, {0.5F}, 0, 0.5).linear[1];
}

TEST(LinearPass, ARectifierIsBoundedByZeroOrItselfAndByItsChord) {
  const auto at = [](float w, float v, float l, float u) {
    return bound_of(Relu{}, 0, w, v, l, u);
  };
  EXPECT_NEAR(at(1, -0.5F, -1, 3), -0.5, 1e-4);  // x − x/2 at −1; intervals: 0 − 3/2
  EXPECT_NEAR(at(1, -0.5F, -3, 1), -0.5, 1e-4);  // 0 − x/2 at 1
  EXPECT_NEAR(at(-1, 0.5F, -1, 3), -1.5, 1e-4);  // −3/4·(x + 1) + x/2 at 3
  EXPECT_NEAR(at(-1, 1, -1, 3), -1, 1e-4);       // … + x at −1; intervals: −3 − 1
  EXPECT_NEAR(at(1, -1, 0.5F, 3), 0, 1e-4);      // on one side the rectifier is x …
  EXPECT_NEAR(at(1, -1, -3, -0.5F), 0.5, 1e-4);  // … or 0
}

TEST(LinearPass, ACeilingIsBoundedByLinesThroughItsKinks) {
  const auto at = [](float w, float v, float l, float u) {
    return bound_of(ClippedRelu{Ceilings::neuron}, 1.0F, w, v, l, u);
  };
  EXPECT_NEAR(at(1, -0.25F, -1, 4), 0, 1e-4);     // x/4 − x/4: the line to (4, 1)
  EXPECT_NEAR(at(1, -0.25F, -4, 2), -0.5, 1e-4);  // 0 − x/4 at 2
  EXPECT_NEAR(at(-1, 0.5F, -1, 2), -0.5, 1e-4);   // −(x + 1)/2 + x/2: the line from (−1, 0)
  EXPECT_NEAR(at(1, -1, 0.25F, 0.75F), 0, 1e-4);  // below the ceiling it is x
  EXPECT_NEAR(at(1, -1, 2, 3), -2, 1e-4);         // above it 1
  EXPECT_NEAR(at(1, 0, 0.5F, 2), 0.5, 1e-4);      // the chord from (1/2, 1/2) to (2, 1)
}

/// 2^24 + 1 is 2^24 in float32: the network's sum loses its ones, a sum in doubles does not.
TEST(LinearPass, WhatTheNetworkRoundsIsAllowedFor) {
  constexpr std::size_t kInputs = 130;
  auto network = test::random_network({1, 1, kInputs}, {Dense{2}}, 1, false);
  auto parameters = network.parameters();
  for (std::size_t i = 0; i < kInputs; ++i) {
    parameters[2 * i] = i == 0 ? 0x1p24F : i + 1 == kInputs ? -0x1p24F : 1.0F;
    parameters[2 * i + 1] = 0.0F;
  }
  parameters[network.layers()[0].bias] = 0.0F;
  parameters[network.layers()[0].bias + 1] = 64.0F;
  network.prepare();
  const Floats image(kInputs, 1.0F);
  const auto plain = network.new_pass(1);
  const auto z = plain->forward(image, 1);
  ASSERT_LT(z[0], 60.0F);  // 128 in exact arithmetic
  EXPECT_LE(margins_of(network, image, 0, 0.0).linear[1], z[0] - z[1]);
}

TEST(LinearPass, WhatIsNotFiniteIsNoBound) {
  auto network = test::random_network({1, 1, 3}, {Dense{4}, Relu{}, Dense{2}}, 8, false);
  network.parameters()[network.layers()[0].weight] = 3e38F;
  network.parameters()[network.layers()[0].weight + 4] = 3e38F;
  network.prepare();
  const Both bounds = margins_of(network, {0.5F, 0.5F, 0.5F}, 0, 0.5);
  EXPECT_EQ(bounds.linear[1], -std::numeric_limits<float>::infinity());
}

TEST(LinearPass, CertificatesTakeTheBoundsThatTheyAreAskedFor) {
  const auto network =
      test::random_network({4, 4, 1}, {Flatten{}, Dense{30}, Relu{}, Dense{3}}, 21, false);
  Rng rng(3);
  Tensor images(40, {4, 4, 1});
  for (float& value : images.values()) value = rng.uniform();
  const auto plain = network.new_pass(40);
  std::vector<int> labels;
  const auto logits = plain->forward(images.values(), 40);
  for (std::size_t n = 0; n < 40; ++n) {
    const auto row = logits.subspan(3 * n, 3);
    labels.push_back(static_cast<int>(std::max_element(row.begin(), row.end()) - row.begin()));
  }
  ThreadPool pool(2);
  const auto intervals = certify(network, {0.01}, images, labels, pool);
  const auto linear = certify(network, {0.01, 1.0, linear_margins}, images, labels, pool);
  ASSERT_TRUE(intervals && linear);
  double gained = 0.0;
  for (std::size_t n = 0; n < 40; ++n) {
    EXPECT_GE(linear->verified[n], intervals->verified[n]) << n;
    EXPECT_GE(linear->radius[n], intervals->radius[n] * 0.998) << n;
    gained += linear->radius[n] - intervals->radius[n];
  }
  EXPECT_GT(gained, 0.0);
}

}  // namespace
}  // namespace signflip
