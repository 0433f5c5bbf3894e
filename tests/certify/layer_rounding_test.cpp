// That each layer of a network is bounded with its allowance: what rounding_test.cpp shows of the
// rules, here of networks of one layer, against exact arithmetic. A call without its allowance
// leaves a radius of next to nothing around a value that float32 rounded.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "certify/interval_layers.h"
#include "certify/interval_pass.h"
#include "support/exact.h"
#include "support/networks.h"

namespace signflip {
namespace {

using Floats = std::vector<float>;
using test::Exact;
using test::exact;

struct Bounds {
  Floats centre, radius;
  Exact lower(std::size_t i) const { return exact(centre[i]) - exact(radius[i]); }
  Exact upper(std::size_t i) const { return exact(centre[i]) + exact(radius[i]); }
};

Bounds inputs_of(const Sequential& network, const Floats& image, double epsilon) {
  const IntervalNetwork intervals(network);
  Bounds y{Floats(image.size()), Floats(image.size())};
  input_intervals(intervals, image.data(), 1, &epsilon, {y.centre.data(), y.radius.data()});
  return y;
}

/// What the network's only layer makes of values of radius 0.
Bounds outputs_of(const Sequential& network, const Floats& values) {
  const IntervalNetwork intervals(network);
  IntervalScratch scratch(network, 1);
  Bounds y{values, Floats(values.size())};
  const Interval interval{y.centre.data(), y.radius.data()};
  interval_layer(intervals, 0, 1, interval, interval, scratch);
  return y;
}

constexpr ImageShape kShape8x8x2{8, 8, 2};

Floats uniform(std::uint64_t seed, float low, float high) {
  Rng rng(seed, 21);
  Floats values(kShape8x8x2.size());
  for (float& value : values) value = rng.uniform(low, high);
  return values;
}

TEST(LayerRounding, TheInputsOfANetworkAreAllThatIsWithinEpsilon) {
  const Sequential network = test::random_network(kShape8x8x2, {Flatten{}, Dense{2}}, 1, false);
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Floats image = uniform(seed, 0, 1);
    const double epsilon = seed % 2 == 0 ? 0.1 : 1.0 / 3.0 / static_cast<double>(seed);
    const Bounds box = inputs_of(network, image, epsilon);
    for (std::size_t i = 0; i < image.size(); ++i) {
      const Exact e = static_cast<Exact>(epsilon);
      ASSERT_LE(box.lower(i), std::max(exact(image[i]) - e, Exact(0))) << image[i];
      ASSERT_GE(box.upper(i), std::min(exact(image[i]) + e, Exact(1))) << image[i];
    }
  }
}

TEST(LayerRounding, NormalisedInputsHoldWhatNormalisingRounds) {
  // Far from 0 a normalised pixel's last place is much larger than the pixel's own.
  Architecture architecture;
  architecture.input = kShape8x8x2;
  architecture.mean = {50.0F, -70.0F};
  architecture.deviation = {0.9F, 1.1F};
  architecture.layers = {Flatten{}, Dense{2}};
  architecture.classes = {"a", "b"};
  const Sequential network = *Sequential::create(architecture);
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Floats image = uniform(seed, 0, 1);
    const Bounds normalised = inputs_of(network, image, 0.0);
    for (std::size_t i = 0; i < image.size(); ++i) {
      const float scale = network.input_scale()[i % 2], shift = network.input_shift()[i % 2];
      const Exact value = exact(image[i]) * exact(scale) + exact(shift);
      const Exact twice_rounded = exact(image[i] * scale + shift);
      for (const Exact held : {value, twice_rounded}) {
        ASSERT_LE(normalised.lower(i), held) << image[i];
        ASSERT_GE(normalised.upper(i), held) << image[i];
      }
    }
  }
}

TEST(LayerRounding, BatchNormHoldsExactScalesAndShifts) {
  const Sequential network = test::random_network(kShape8x8x2, {BatchNorm2d{}}, 5, false);
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Floats values = uniform(seed, -4, 4);
    const Bounds y = outputs_of(network, values);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const float scale = network.channel_scale(0)[i % 2], shift = network.channel_shift(0)[i % 2];
      const Exact value = exact(values[i]) * exact(scale) + exact(shift);
      ASSERT_LE(y.lower(i), value) << values[i];
      ASSERT_GE(y.upper(i), value) << values[i];
    }
  }
}

TEST(LayerRounding, FunctionsOfOneValueHoldTheirExactValues) {
  struct FunctionCase {
    const char* name;
    Layer layer;
    std::function<Exact(Exact)> function;
  };
  const FunctionCase cases[] = {
      {"sigmoid", Sigmoid{}, [](Exact x) { return 1 / (1 + std::exp(-x)); }},
      {"tanh", Tanh{}, [](Exact x) { return std::tanh(x); }},
      {"gelu", Gelu{}, [](Exact x) { return x * std::erfc(-x / std::sqrt(Exact(2))) / 2; }},
      {"silu", Silu{}, [](Exact x) { return x / (1 + std::exp(-x)); }},
      {"leaky_relu", LeakyRelu{0.3F},
       [](Exact x) { return x > 0 ? x : static_cast<Exact>(0.3F) * x; }},
  };
  for (const FunctionCase& each : cases) {
    SCOPED_TRACE(each.name);
    const Sequential network = test::random_network(kShape8x8x2, {each.layer}, 1, false);
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const Floats values = uniform(seed, -4, 4);
      const Bounds y = outputs_of(network, values);
      for (std::size_t i = 0; i < values.size(); ++i) {
        const Exact value = each.function(exact(values[i]));
        ASSERT_LE(y.lower(i), value) << values[i];
        ASSERT_GE(y.upper(i), value) << values[i];
      }
    }
  }
}

/// What a network of several layers makes of values of radius 0.
Bounds through_all(const Sequential& network, const Floats& values) {
  const IntervalNetwork intervals(network);
  IntervalScratch scratch(network, 1);
  Bounds x{values, Floats(values.size())};
  for (std::size_t i = 0; i < network.layers().size(); ++i) {
    const std::size_t size = network.layers()[i].out.size();
    Bounds y{Floats(size), Floats(size)};
    interval_layer(intervals, i, 1, {x.centre.data(), x.radius.data()},
                   {y.centre.data(), y.radius.data()}, scratch);
    x = std::move(y);
  }
  return x;
}

TEST(LayerRounding, ResidualBlocksHoldTheirExactSums) {
  // A block in a block, both without layers: (x + x) + x, of which only the second sum rounds.
  const Sequential network = test::random_network(
      kShape8x8x2,
      {kResidualBegin, kResidualBegin, kResidualTurn, kResidualEnd, kResidualTurn, kResidualEnd}, 1,
      false);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Floats values = uniform(seed, -4, 4);
    const Bounds y = through_all(network, values);
    for (std::size_t i = 0; i < values.size(); ++i) {
      ASSERT_LE(y.lower(i), 3 * exact(values[i]));
      ASSERT_GE(y.upper(i), 3 * exact(values[i]));
    }
  }
}

/// What float32 loses when it is added to 1, so that thousands of them, one by one, are hundreds of
/// its last places.
constexpr float kLost = 0x1.8p-26F;
constexpr ImageShape kWide{10, 10, 120};

class Sums : public testing::TestWithParam<std::pair<const char*, std::vector<Layer>>> {
 protected:
  /// The layer's outputs add up `terms` weights of `lost` behind a bias or a first weight of 1.
  static Sequential network(float lost, bool biased, std::size_t& terms) {
    Sequential made = test::random_network(kWide, GetParam().second, 1, false);
    const PlacedLayer& placed = made.layers().back();
    const std::size_t columns = placed.shape.columns;
    terms = placed.shape.rows;
    for (std::size_t k = 0; k < placed.shape.weight(); ++k) {
      made.parameters()[placed.weight + k] = !biased && k < columns ? 1.0F : lost;
    }
    for (std::size_t k = 0; k < columns; ++k) {
      made.parameters()[placed.bias + k] = biased ? 1.0F : 0.0F;
    }
    made.prepare();
    return made;
  }
};

TEST_P(Sums, HoldInWhateverOrderTheyAreAddedUp) {
  for (const bool biased : {false, true}) {
    for (const float lost : {kLost, -kLost}) {
      SCOPED_TRACE(biased ? "behind a bias" : "behind a weight");
      std::size_t terms = 0;
      const Sequential sums = network(lost, biased, terms);
      const IntervalNetwork intervals(sums);
      IntervalPass pass(intervals, 1);
      const OutputBounds bounds = pass.bounds(Floats(kWide.size(), 1.0F), 1, 0.0);
      const std::size_t small = biased ? terms : terms - 1;
      const Exact sum = 1 + exact(lost) * static_cast<Exact>(small);
      float forwards = 1, backwards = 0;
      for (std::size_t i = 0; i < small; ++i) {
        forwards += lost;
        backwards += lost;
      }
      backwards += 1;
      ASSERT_GT(std::fabs(exact(forwards) - sum), Exact(0x1p-14)) << "the sum loses what it should";
      for (std::size_t k = 0; k < bounds.lower.size(); ++k) {
        for (const Exact value : {sum, exact(forwards), exact(backwards)}) {
          EXPECT_LE(exact(bounds.lower[k]), value);
          EXPECT_GE(exact(bounds.upper[k]), value);
        }
        EXPECT_LT(bounds.upper[k] - bounds.lower[k], 0.05F) << "nor lax";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Layers, Sums,
    testing::Values(std::pair{"dense", std::vector<Layer>{Flatten{}, Dense{3}}},
                    std::pair{"conv2d", std::vector<Layer>{Conv2d{3, {10, 10}, {1, 1}, {0, 0}}}},
                    std::pair{"conv2d_dilated",
                              std::vector<Layer>{
                                  Conv2d{.filters = 3, .kernel = {5, 10}, .dilation = {2, 1}}}}),
    [](const auto& each) { return std::string(each.param.first); });

}  // namespace
}  // namespace signflip
