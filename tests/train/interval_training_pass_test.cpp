// Gradients of interval bounds against central differences of an independent forward pass in double
// precision, which works on lower and upper bounds with the positive and negative weights apart.
#include "train/interval_training_pass.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "backend/plain_ops.h"
#include "backend/plain_products.h"
#include "certify/interval_pass.h"
#include "support/double_network.h"
#include "support/networks.h"

namespace signflip {
namespace {

using Doubles = std::vector<double>;
using Floats = std::vector<float>;

constexpr std::size_t kCount = 3;

struct Case {
  Sequential network;
  Floats images, statistics;
  std::vector<int> labels;
  double epsilon;
};

/// Bounds of all values after a layer.
struct Ends {
  Doubles lower, upper;
};

/// y = W⁺·a + W⁻·b + bias, by `product`(x, weight, bias, y).
template <class Product>
Doubles split_product(const Doubles& a, const Doubles& b, const double* weight, std::size_t size,
                      const double* bias, std::size_t channels, std::size_t out, Product product) {
  Doubles positive(size), negative(size), y(out), rest(out);
  for (std::size_t i = 0; i < size; ++i) {
    (weight[i] > 0 ? positive[i] : negative[i]) = weight[i];
  }
  const Doubles zeros(channels);
  product(a.data(), positive.data(), bias, y.data());
  product(b.data(), negative.data(), zeros.data(), rest.data());
  for (std::size_t i = 0; i < out; ++i) y[i] += rest[i];
  return y;
}

Doubles double_margins(const Case& of, const Doubles& parameters, const Doubles& statistics) {
  const Architecture& architecture = of.network.architecture();
  Ends x;
  for (std::size_t i = 0; i < of.images.size(); ++i) {
    const double pixel = static_cast<double>(of.images[i]);
    double lower = std::max(pixel - of.epsilon, 0.0), upper = std::min(pixel + of.epsilon, 1.0);
    if (!architecture.mean.empty()) {
      const std::size_t c = i % architecture.mean.size();
      const double mean = static_cast<double>(architecture.mean[c]);
      lower = (lower - mean) / static_cast<double>(architecture.deviation[c]);
      upper = (upper - mean) / static_cast<double>(architecture.deviation[c]);
    }
    x.lower.push_back(lower);
    x.upper.push_back(upper);
  }
  std::vector<Ends> kept;  // what residual blocks still need
  const auto& layers = of.network.layers();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const PlacedLayer& placed = layers[i];
    const double* const weight = parameters.data() + placed.weight;
    const double* const bias = parameters.data() + placed.bias;
    const std::size_t out = kCount * placed.out.size(), classes = placed.shape.columns;
    const bool last = i + 1 == layers.size();
    Ends y{Doubles(out), Doubles(out)};
    const auto each = [&](auto f) {
      f(x.lower, y.lower);
      f(x.upper, y.upper);
    };
    const auto product = [&](auto multiply) {
      y.lower = split_product(x.lower, x.upper, weight, placed.shape.weight(), bias, classes, out,
                              multiply);
      y.upper = split_product(x.upper, x.lower, weight, placed.shape.weight(), bias, classes, out,
                              multiply);
    };
    if (const auto* conv = std::get_if<Conv2d>(&placed.layer)) {
      product([&](const double* from, const double* w, const double* b, double* to) {
        test::double_convolution(*conv, placed, kCount, from, w, b, to);
      });
    } else if (std::holds_alternative<Dense>(placed.layer) && last) {
      Doubles margins(out);
      for (std::size_t n = 0; n < kCount; ++n) {
        const auto own = static_cast<std::size_t>(of.labels[n]);
        for (std::size_t k = 0; k < classes; ++k) {
          double& margin = margins[n * classes + k];
          margin = bias[own] - bias[k];
          for (std::size_t j = 0; j < placed.shape.rows; ++j) {
            const double w = weight[j * classes + own] - weight[j * classes + k];
            const std::size_t at = n * placed.shape.rows + j;
            margin += w > 0 ? w * x.lower[at] : w * x.upper[at];
          }
        }
      }
      return margins;
    } else if (std::holds_alternative<Dense>(placed.layer)) {
      product([&](const double* from, const double* w, const double* b, double* to) {
        plain::dense_forward(dense_shape(placed), kCount, from, w, b, to);
      });
    } else if (traits(placed.layer).statistics) {
      const double samples = static_cast<double>(kCount * placed.in.pixels());
      for (std::size_t j = 0; j < out; ++j) {
        const std::size_t c = j % classes;
        const double mean = statistics[placed.statistics + c];
        const double unbiased = statistics[placed.statistics + classes + c];
        const double biased = samples > 1 ? unbiased * (samples - 1) / samples : unbiased;
        const BatchNorm& norm = *test::layer_as<BatchNorm>(placed.layer);
        const double scale =
            (norm.affine ? weight[c] : 1.0) / std::sqrt(biased + static_cast<double>(norm.epsilon));
        const double shift = norm.affine ? bias[c] : 0.0;
        const double a = scale * (x.lower[j] - mean) + shift;
        const double b = scale * (x.upper[j] - mean) + shift;
        y.lower[j] = std::min(a, b);
        y.upper[j] = std::max(a, b);
      }
    } else if (const auto* pool = std::get_if<MaxPool2d>(&placed.layer)) {
      std::vector<std::int32_t> winner(out);
      const PoolShape shape = {placed.in, placed.out, pool->kernel, pool->stride};
      each([&](const Doubles& a, Doubles& b) {
        plain::maxpool_forward(shape, kCount, a.data(), b.data(), winner.data());
      });
    } else if (const auto* upsample = std::get_if<Upsample2d>(&placed.layer)) {
      each([&](const Doubles& a, Doubles& b) {
        plain::upsample2d_forward(placed.in, upsample->scale, kCount, a.data(), b.data());
      });
    } else if (std::holds_alternative<Flatten>(placed.layer)) {
      each([&](const Doubles& a, Doubles& b) {
        plain::flatten_forward(placed.in, kCount, a.data(), b.data());
      });
    } else if (std::holds_alternative<Relu>(placed.layer)) {
      each([&](const Doubles& a, Doubles& b) { plain::relu_forward(out, a.data(), b.data()); });
    } else if (std::holds_alternative<Sigmoid>(placed.layer)) {
      each([&](const Doubles& a, Doubles& b) { plain::sigmoid_forward(out, a.data(), b.data()); });
    } else if (std::holds_alternative<ClippedRelu>(placed.layer)) {
      each([&](const Doubles& a, Doubles& b) {
        plain::clipped_relu_forward(out, placed.shape.weight(), a.data(), weight, b.data());
      });
    } else if (const auto* contrast = std::get_if<ContrastNormalise>(&placed.layer)) {
      const std::size_t size = placed.in.size();
      const auto values = static_cast<double>(size);
      for (std::size_t first = 0; first < out; first += size) {
        double all_lower = 0, all_upper = 0, mean = 0, square = 0, reach = 0;
        for (std::size_t j = first; j < first + size; ++j) {
          all_lower += x.lower[j];
          all_upper += x.upper[j];
          mean += (x.lower[j] + x.upper[j]) / 2 / values;
        }
        for (std::size_t j = first; j < first + size; ++j) {
          square += std::pow((x.lower[j] + x.upper[j]) / 2 - mean, 2) / values;
          reach += std::pow((x.upper[j] - x.lower[j]) / 2, 2) / values;
        }
        const double epsilon = static_cast<double>(contrast->epsilon);
        const double least = std::max(std::sqrt(square) - std::sqrt(reach), epsilon);
        const double most = std::max(std::sqrt(square) + std::sqrt(reach), epsilon);
        for (std::size_t j = first; j < first + size; ++j) {
          const double a = x.lower[j] - (all_upper - x.upper[j] + x.lower[j]) / values;
          const double b = x.upper[j] - (all_lower - x.lower[j] + x.upper[j]) / values;
          y.lower[j] = a / (a < 0 ? least : most);
          y.upper[j] = b / (b > 0 ? least : most);
        }
      }
    } else if (const auto* average = test::layer_as<Average>(placed.layer)) {
      each([&](const Doubles& a, Doubles& b) {
        plain::average_pool(average->pool_shape(placed), kCount, a.data(), b.data(), false);
      });
    } else if (const auto* activation = test::layer_as<Elementwise>(placed.layer)) {
      for (std::size_t j = 0; j < out; ++j) {
        const double a = x.lower[j], b = x.upper[j];
        const double at_a = plain::activation(*activation, a).value;
        const double at_b = plain::activation(*activation, b).value;
        // Where each turns, to the digits that a double has.
        const double turn =
            activation->kind == Activation::Kind::gelu   ? -0.7517915246935645
            : activation->kind == Activation::Kind::silu ? -1.2784645427610738
            : activation->kind == Activation::Kind::leaky_relu && activation->first < 0.0F
                ? 0.0
                : INFINITY;
        y.upper[j] = std::max(at_a, at_b);
        y.lower[j] = a <= turn && turn <= b ? plain::activation(*activation, turn).value
                                            : std::min(at_a, at_b);
      }
    } else if (placed.layer == Layer(kResidualBegin)) {
      kept.push_back(x);
      y = x;
    } else if (placed.layer == Layer(kResidualTurn)) {
      y = kept.back();
      kept.back() = x;
    } else if (placed.layer == Layer(kResidualEnd)) {
      for (std::size_t j = 0; j < out; ++j) {
        y.lower[j] = x.lower[j] + kept.back().lower[j];
        y.upper[j] = x.upper[j] + kept.back().upper[j];
      }
      kept.pop_back();
    } else {
      y = x;
    }
    x = std::move(y);
  }
  const std::size_t classes = x.lower.size() / kCount;
  Doubles margins(x.lower.size());
  for (std::size_t n = 0; n < kCount; ++n) {
    const std::size_t own = n * classes + static_cast<std::size_t>(of.labels[n]);
    for (std::size_t k = n * classes; k < (n + 1) * classes; ++k) {
      margins[k] = k == own ? 0.0 : x.lower[own] - x.upper[k];
    }
  }
  return margins;
}

Case make_case(Sequential network, double epsilon, std::uint64_t seed) {
  Rng rng(seed, 70);
  const std::size_t outputs = network.output_shape().size();
  Case made{std::move(network), {}, {}, {}, epsilon};
  made.images =
      test::random_values<float>(kCount * made.network.input_shape().size(), rng, 0.02F, 0.98F);
  for (std::size_t n = 0; n < kCount; ++n) {
    made.labels.push_back(static_cast<int>(rng.below(static_cast<std::uint32_t>(outputs))));
  }
  const auto running = made.network.statistics();
  made.statistics.assign(running.begin(), running.end());
  for (float& value : made.statistics) value *= rng.uniform(0.8F, 1.2F);
  return made;
}

/// Differences of `value` at some of the entries of `at` against `found` there.
template <class Value>
void check_gradient(Doubles at, const Doubles& found, Value value) {
  Doubles numeric, matching;
  const std::size_t stride = at.size() / 60 + 1;
  std::size_t tried = 0;
  for (std::size_t i = 0; i < at.size(); i += stride, ++tried) {
    const double wide = test::central_difference(at, i, 2e-5, value);
    const double narrow = test::central_difference(at, i, 5e-6, value);
    if (std::abs(wide - narrow) > 1e-4 * std::max(std::abs(narrow), 0.02)) continue;  // a kink
    numeric.push_back(narrow);
    matching.push_back(found[i]);
  }
  EXPECT_TRUE(test::close(matching, numeric, 1e-3, 0.05));
  EXPECT_GE(numeric.size() + 3, tried) << "too many kinks for the test to mean anything";
}

void check(const Case& of) {
  SCOPED_TRACE(test::describe(of.network));
  const IntervalNetwork intervals(of.network, IntervalNetwork::Purpose::training);
  IntervalTrainingPass pass(intervals, kCount + 1);
  Rng rng(71);
  const auto parameters = test::converted<double>(of.network.parameters());
  const auto margins = pass.forward(of.images, of.labels, kCount, of.epsilon, of.statistics);
  const auto statistics = test::converted<double>(std::span<const float>(of.statistics));
  const Doubles expected = double_margins(of, parameters, statistics);
  EXPECT_TRUE(test::close(margins, expected, 1e-4, 0.1));

  auto dmargins = test::random_values<float>(margins.size(), rng);
  Floats gradients(parameters.size(), 0.25F);
  const auto dstatistics = test::converted<double>(pass.backward(dmargins, gradients));
  auto found = test::converted<double>(std::span<const float>(gradients));
  for (double& value : found) value -= 0.25;  // gradients are added
  const auto direction = test::converted<double>(dmargins);
  const auto value = [&](const Doubles& weights, const Doubles& of_batch) {
    const Doubles m = double_margins(of, weights, of_batch);
    double sum = 0.0;  // the label's own margin is 0 in m
    for (std::size_t k = 0; k < m.size(); ++k) sum += direction[k] * m[k];
    return sum;
  };
  check_gradient(parameters, found, [&](const Doubles& at) { return value(at, statistics); });
  check_gradient(statistics, dstatistics, [&](const Doubles& at) { return value(parameters, at); });
}

Layer conv(int filters, int kernel, int stride, int padding) {
  return Conv2d{filters, {kernel, kernel}, {stride, stride}, {padding, padding}};
}

struct Named {
  const char* name;
  std::vector<Layer> layers;
};

class EachNetwork : public testing::TestWithParam<Named> {};
const Layer kPool = MaxPool2d{{2, 2}, {2, 2}};
INSTANTIATE_TEST_SUITE_P(
    Layers, EachNetwork,
    testing::Values(
        Named{"elided_alone", {Flatten{}, Dense{4}}},
        Named{"dense", {Flatten{}, Dense{6}, Relu{}, Dense{4}}},
        Named{"convolutions",
              {conv(4, 3, 1, 1), Relu{}, conv(3, 4, 2, 1), Relu{}, Flatten{}, Dense{4}}},
        Named{"batchnorm",
              {conv(4, 3, 1, 1), BatchNorm2d{}, Relu{}, Flatten{}, Dense{5}, BatchNorm1d{}, Relu{},
               Dense{4}}},
        Named{"batchnorm_first_and_last", {BatchNorm2d{}, Flatten{}, Dense{4}, BatchNorm2d{}}},
        Named{"maxpool", {kPool, conv(4, 3, 1, 1), Relu{}, kPool, Flatten{}, Dense{4}}},
        Named{"pool_twice_after_dropout",
              {conv(3, 3, 1, 1), Dropout{0.5F}, MaxPool2d{{2, 1}, {1, 1}}, kPool, Dropout{0.5F},
               Flatten{}, Dense{4}}},
        Named{"sigmoid_before_pool",
              {conv(3, 3, 1, 1), Sigmoid{}, kPool, Flatten{}, Dense{4}, Sigmoid{}, Dense{3}}},
        Named{"upsample",
              {conv(2, 3, 2, 1), Relu{}, Upsample2d{{2, 2}}, conv(3, 3, 1, 0), Relu{}, Flatten{},
               Dense{4}}},
        Named{"last_is_a_convolution", {conv(4, 3, 2, 0), Relu{}, conv(5, 2, 1, 0), Flatten{}}},
        Named{
            "activations",
            {conv(3, 3, 1, 1), Gelu{}, conv(3, 3, 1, 1), Silu{}, conv(3, 3, 1, 1), LeakyRelu{-0.2F},
             Flatten{}, Dense{6}, Tanh{}, Dense{5}, Hardtanh{-0.6F, 0.8F}, Dense{4}}},
        Named{
            "leaky_relu",
            {conv(3, 3, 1, 1), LeakyRelu{}, kPool, Flatten{}, Dense{6}, LeakyRelu{0.3F}, Dense{4}}},
        Named{"batchnorm_with_its_own_epsilon",
              {conv(4, 3, 1, 1), BatchNorm2d{{0.2F, false}}, Relu{}, Flatten{}, Dense{5},
               BatchNorm1d{{0.7F, true}}, Relu{}, Dense{4}}},
        Named{"average_pools",
              {conv(3, 3, 1, 1), AvgPool2d{{2, 2}, {2, 2}}, conv(3, 3, 1, 1), Relu{},
               AdaptiveAvgPool2d{{2, 1}}, Flatten{}, Dense{4}}},
        Named{"ceilings",
              {conv(3, 3, 1, 1), ClippedRelu{}, conv(3, 3, 1, 0), ClippedRelu{Ceilings::neuron},
               Flatten{}, Dense{6}, ClippedRelu{Ceilings::layer}, Dense{4}}},
        Named{"contrast",
              {conv(3, 3, 1, 1), ContrastNormalise{}, conv(3, 3, 1, 0), Relu{}, Flatten{}, Dense{6},
               ContrastNormalise{0.3F}, Dense{4}}},
        Named{"last_is_a_relu", {Flatten{}, Dense{5}, Relu{}}}),
    [](const auto& each) { return std::string(each.param.name); });

TEST_P(EachNetwork, MarginsAndGradientsMatchDifferences) {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const auto network = [&] {
      return test::random_network({6, 6, 2}, GetParam().layers, seed, seed != 1);
    };
    check(make_case(network(), 0.0, seed));
    check(make_case(network(), 0.05, seed));
    check(make_case(network(), 0.4, seed));
  }
}

TEST(IntervalTrainingPass, RandomArchitecturesMatchDifferences) {
  for (std::uint64_t seed = 0; seed < 200 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    check(make_case(test::random_architecture(seed), 0.1, seed));
  }
}

TEST(IntervalTrainingPass, MarginsAreThoseOfACertificateWithTheRunningStatistics) {
  const Case of = make_case(
      test::random_network(
          {6, 6, 1}, {conv(4, 3, 1, 1), BatchNorm2d{}, Relu{}, kPool, Flatten{}, Dense{4}}, 9),
      0.1, 9);
  Sequential network = of.network;
  const IntervalNetwork certain(network);
  IntervalPass expected(certain, kCount);
  const IntervalNetwork intervals(network, IntervalNetwork::Purpose::training);
  IntervalTrainingPass pass(intervals, kCount);
  // Unbiased, so that the biased variance is the running one.
  Floats statistics(network.statistics().begin(), network.statistics().end());
  constexpr float kSamples = kCount * 36;
  for (std::size_t c = 4; c < 8; ++c) statistics[c] *= kSamples / (kSamples - 1.0F);
  EXPECT_TRUE(test::close(pass.forward(of.images, of.labels, kCount, 0.1, statistics),
                          expected.margins(of.images, of.labels, kCount, 0.1), 1e-3));
}

TEST(IntervalTrainingPass, SmallerShardsAfterLargerOnesAreRight) {
  const Case of = make_case(
      test::random_network({6, 6, 1}, {conv(4, 3, 1, 1), Relu{}, kPool, Flatten{}, Dense{4}}, 10),
      0.1, 10);
  const IntervalNetwork intervals(of.network, IntervalNetwork::Purpose::training);
  IntervalTrainingPass used(intervals, kCount), fresh(intervals, 1);
  const Floats dmargins(kCount * 4, 0.5F);
  Floats ignored(of.network.parameters().size()), a(ignored.size()), b(ignored.size());
  used.forward(of.images, of.labels, kCount, 0.1, {});
  used.backward(dmargins, ignored);
  for (auto* const run : {&used, &fresh}) {
    run->forward(std::span(of.images).first(36), std::span(of.labels).first(1), 1, 0.1, {});
    run->backward(std::span(dmargins).first(4), run == &used ? a : b);
  }
  EXPECT_EQ(a, b);
}

}  // namespace
}  // namespace signflip
