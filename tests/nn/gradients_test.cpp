// The gradients of whole networks against central differences of an independent forward pass in
// double precision, over layers in orders that nobody would choose: activations share buffers
// (works_in_place in nn/sequential.cpp), and a wrong choice shows here.
#include <gtest/gtest.h>

#include <vector>

#include "nn/training_pass.h"
#include "support/double_network.h"
#include "support/gradients.h"
#include "support/networks.h"

namespace signflip {
namespace {

using Doubles = std::vector<double>;
using Floats = std::vector<float>;
using test::close;
using test::converted;
using test::Mode;

constexpr double kGradientTolerance = 1e-3;
constexpr double kFloor =
    0.02;  // where a gradient vanishes, float32 leaves noise of this times 1e-3

/// A derivative by two step sizes; they disagree where a kink lies between.
struct Difference {
  double value;
  bool smooth;
};
template <class F>
Difference difference(Doubles& at, std::size_t i, F value) {
  const double wide = test::central_difference(at, i, 2e-5, value);
  const double narrow = test::central_difference(at, i, 5e-6, value);
  return {narrow, std::abs(wide - narrow) <= 1e-4 * std::max(std::abs(narrow), kFloor)};
}

/// Checks up to 40 coordinates of `gradient` against differences of `value` around `at`.
template <class F>
void expect_gradient(std::span<const float> gradient, Doubles at, F value) {
  Doubles expected, found;
  const std::size_t stride = at.size() / 40 + 1;
  std::size_t tried = 0;
  for (std::size_t i = 0; i < at.size(); i += stride, ++tried) {
    const Difference d = difference(at, i, value);
    if (!d.smooth) continue;
    expected.push_back(d.value);
    found.push_back(static_cast<double>(gradient[i]));
  }
  EXPECT_TRUE(close(found, expected, kGradientTolerance, kFloor));
  EXPECT_GE(expected.size() + 3, tried) << "too many kinks for the test to mean anything";
}

void check_input_gradient(const Sequential& network) {
  SCOPED_TRACE(test::describe(network));
  constexpr std::size_t kCount = 2;
  Rng rng(61);
  const auto images = test::random_values<float>(kCount * network.input_shape().size(), rng, 0.0F);
  const auto dy = test::random_values<float>(kCount * network.output_shape().size(), rng);
  const auto parameters = converted<double>(network.parameters());
  const auto forward = [&](const Doubles& x) {
    return test::double_forward(network, parameters, x, kCount, Mode::inference);
  };

  const auto pass = network.new_pass(kCount + 1);
  const auto y = pass->forward(images, kCount);
  EXPECT_TRUE(close(y, forward(converted<double>(images)), 1e-5, 0.1));

  Floats dx(images.size(), NAN);
  pass->input_gradient(dy, dx);
  const auto exact_dy = converted<double>(dy);
  expect_gradient(dx, converted<double>(images),
                  [&](const Doubles& x) { return test::dot(forward(x), exact_dy); });

  Floats again(images.size(), NAN);
  pass->input_gradient(dy, again);
  EXPECT_EQ(again, dx) << "a second gradient at the same point differs";
}

void check_weight_gradients(const Sequential& network) {
  SCOPED_TRACE(test::describe(network));
  constexpr std::size_t kCount = 5;
  Rng rng(62);
  const auto images = test::random_values<float>(kCount * network.input_shape().size(), rng, 0.0F);
  const auto dy = test::random_values<float>(kCount * network.output_shape().size(), rng);
  const auto exact_images = converted<double>(images), exact_dy = converted<double>(dy);
  const auto exact_parameters = converted<double>(network.parameters());

  const Rng masks(1);
  const auto forward = [&](const Doubles& parameters, const Doubles& x) {
    return test::double_forward(network, parameters, x, kCount, Mode::training, masks);
  };

  TrainingPass pass(network, kCount);
  const auto y = pass.forward(images, kCount, masks);
  EXPECT_TRUE(close(y, forward(exact_parameters, exact_images), 2e-4, 0.1));
  Floats dx(images.size(), NAN);
  pass.backward(dy, dx);
  expect_gradient(test::gradients(network, pass), exact_parameters, [&](const Doubles& parameters) {
    return test::dot(forward(parameters, exact_images), exact_dy);
  });
  expect_gradient(dx, exact_images, [&](const Doubles& x) {
    return test::dot(forward(exact_parameters, x), exact_dy);
  });

  // Without the gradient at the pixels, which stops early, the weights' must be the same.
  const Floats first = test::gradients(network, pass);
  pass.forward(images, kCount, masks);
  pass.backward(dy);
  EXPECT_EQ(test::gradients(network, pass), first);
}

Layer conv(int filters, int kernel, int stride, int padding) {
  return Conv2d{filters, {kernel, kernel}, {stride, stride}, {padding, padding}};
}

struct OddNetwork {
  const char* name;
  ImageShape input;
  std::vector<Layer> layers;
};

class OddNetworks : public testing::TestWithParam<OddNetwork> {};
const Layer kPool = MaxPool2d{{2, 2}, {2, 2}};
INSTANTIATE_TEST_SUITE_P(
    Layers, OddNetworks,
    testing::Values(
        OddNetwork{"usual",
                   {8, 8, 1},
                   {conv(3, 3, 1, 1), BatchNorm2d{}, Relu{}, kPool, Flatten{}, Dropout{0.3F},
                    Dense{7}, Relu{}, Dense{4}}},
        OddNetwork{"relu_first", {4, 4, 2}, {Relu{}, conv(3, 3, 1, 1), Relu{}}},
        OddNetwork{"dropout_first", {3, 3, 2}, {Dropout{0.3F}, Flatten{}, Dense{3}}},
        OddNetwork{"only_relu", {2, 3, 1}, {Relu{}}},
        OddNetwork{"only_flatten", {2, 3, 2}, {Flatten{}}},
        OddNetwork{"sigmoid_then_relu", {3, 3, 2}, {conv(2, 3, 1, 1), Sigmoid{}, Relu{}}},
        OddNetwork{"sigmoid_then_dropout",
                   {3, 3, 2},
                   {conv(2, 3, 1, 1), Sigmoid{}, Dropout{0.3F}, Flatten{}, Dense{3}}},
        OddNetwork{"sigmoid_then_dropout_relu_dropout",
                   {3, 3, 1},
                   {Sigmoid{}, Dropout{0.3F}, Relu{}, Dropout{0.3F}, Sigmoid{}, Relu{}}},
        OddNetwork{"sigmoid_then_trivial_flatten", {1, 1, 5}, {Sigmoid{}, Flatten{}, Relu{}}},
        OddNetwork{"relu_before_sigmoid",
                   {4, 4, 1},
                   {conv(3, 3, 1, 0), Relu{}, Sigmoid{}, Flatten{}, Dense{3}, Relu{}, Sigmoid{}}},
        OddNetwork{"flatten_of_one_pixel",
                   {3, 3, 2},
                   {conv(6, 3, 1, 0), Relu{}, Flatten{}, Relu{}, Dense{4}}},
        OddNetwork{"flatten_of_one_channel",
                   {3, 3, 2},
                   {conv(1, 2, 1, 0), Relu{}, Flatten{}, Dropout{0.3F}, Dense{4}, Flatten{}}},
        OddNetwork{"batchnorm_after_relu",
                   {5, 5, 1},
                   {conv(3, 3, 1, 1), Relu{}, BatchNorm2d{}, conv(2, 3, 2, 1), Relu{},
                    BatchNorm2d{}, Relu{}, Flatten{}, Dense{3}}},
        OddNetwork{"batchnorm_first_and_last",
                   {4, 4, 3},
                   {BatchNorm2d{}, Relu{}, BatchNorm2d{}, BatchNorm2d{}}},
        OddNetwork{"batchnorm_on_dense",
                   {3, 3, 1},
                   {Flatten{}, Dense{5}, BatchNorm1d{}, Relu{}, Dense{3}, BatchNorm2d{}}},
        OddNetwork{"relu_chain",
                   {4, 4, 1},
                   {conv(2, 3, 1, 1), Relu{}, Relu{}, Dropout{0.3F}, Relu{}, kPool, Relu{}, kPool}},
        OddNetwork{"pool_first", {5, 5, 2}, {MaxPool2d{{3, 2}, {1, 2}}, Relu{}, Flatten{}}},
        OddNetwork{"autoencoder",
                   {6, 6, 1},
                   {conv(4, 3, 1, 1), Relu{}, kPool, conv(3, 3, 1, 1), Relu{}, Upsample2d{{2, 2}},
                    Relu{}, conv(1, 3, 1, 1), Sigmoid{}}},
        OddNetwork{"upsample_then_in_place",
                   {2, 2, 2},
                   {Upsample2d{{2, 3}}, Dropout{0.3F}, Relu{}, Sigmoid{}, Upsample2d{{1, 2}}}},
        OddNetwork{
            "grouped_convolutions",
            {6, 5, 4},
            {Conv2d{.filters = 6, .kernel = {3, 2}, .groups = 2}, Relu{},
             Conv2d{
                 .filters = 12, .kernel = {2, 3}, .stride = {2, 1}, .padding = {1, 2}, .groups = 6},
             Relu{}, Flatten{}, Dense{3}}},
        OddNetwork{"depthwise_separable",
                   {8, 8, 3},
                   {Conv2d{.filters = 3,
                           .kernel = {3, 3},
                           .stride = {2, 2},
                           .padding = {1, 1},
                           .groups = 3,
                           .bias = false},
                    BatchNorm2d{}, Relu{}, Conv2d{.filters = 5, .kernel = {1, 1}, .bias = false},
                    BatchNorm2d{}, Relu{}, kPool, Flatten{}, Dense{4}}},
        OddNetwork{"dilated_convolutions",
                   {9, 9, 2},
                   {Conv2d{.filters = 3, .kernel = {3, 3}, .dilation = {2, 3}}, Relu{},
                    Conv2d{.filters = 2, .kernel = {2, 2}, .padding = {2, 1}, .dilation = {3, 1}}}},
        OddNetwork{
            "same_padding",
            {5, 6, 2},
            {Conv2d{.filters = 3, .kernel = {3, 3}, .same = true}, Relu{},
             Conv2d{.filters = 4, .kernel = {2, 4}, .same = true}, kPool,
             Conv2d{
                 .filters = 3, .kernel = {2, 3}, .same = true, .dilation = {3, 2}, .bias = false}}},
        OddNetwork{"without_bias",
                   {8, 8, 1},
                   {Conv2d{.filters = 4, .kernel = {5, 5}, .bias = false}, Relu{}, kPool, Flatten{},
                    Dense{3}}},
        OddNetwork{"activations",
                   {4, 4, 2},
                   {conv(3, 3, 1, 1), LeakyRelu{0.2F}, conv(3, 3, 1, 1), Tanh{}, conv(3, 3, 1, 1),
                    Gelu{}, conv(3, 3, 1, 1), Silu{}, Flatten{}, Dense{6}, Hardtanh{-0.7F, 0.4F}}},
        OddNetwork{"activations_then_in_place",
                   {3, 3, 2},
                   {Gelu{}, Relu{}, Silu{}, Dropout{0.3F}, LeakyRelu{-0.3F}, Relu{}, Hardtanh{},
                    Dropout{0.3F}, Flatten{}, Tanh{}, Relu{}, LeakyRelu{}}},
        OddNetwork{"in_place_then_activations",
                   {3, 3, 1},
                   {conv(2, 2, 1, 0), Relu{}, Dropout{0.3F}, Gelu{}, Relu{}, Relu{}, Silu{}}},
        OddNetwork{"batchnorm_with_its_own_epsilon",
                   {5, 5, 2},
                   {BatchNorm2d{{0.3F, true}}, conv(3, 3, 1, 1), BatchNorm2d{{0.01F, false}},
                    Relu{}, Flatten{}, Dense{4}, BatchNorm1d{{1.5F, false}}, Dense{3}}},
        OddNetwork{"batchnorm_without_weights_alone", {3, 3, 2}, {BatchNorm2d{{0.1F, false}}}},
        OddNetwork{
            "average_pools",
            {9, 8, 2},
            {conv(3, 3, 1, 1), AvgPool2d{{2, 3}, {2, 1}}, Relu{}, AvgPool2d{{3, 3}, {1, 2}, {1, 1}},
             AvgPool2d{{3, 2}, {2, 2}, {1, 1}, false}, Flatten{}, Dense{3}}},
        OddNetwork{"global_average", {5, 4, 3}, {AdaptiveAvgPool2d{{1, 1}}, Flatten{}, Dense{3}}},
        OddNetwork{"adaptive_averages",
                   {7, 5, 2},
                   {AdaptiveAvgPool2d{{3, 4}}, Relu{}, AdaptiveAvgPool2d{{5, 2}}, kPool}},
        OddNetwork{"ceilings",
                   {5, 5, 2},
                   {conv(3, 3, 1, 1), ClippedRelu{}, conv(3, 2, 1, 0), ClippedRelu{Ceilings::layer},
                    conv(2, 2, 1, 0), ClippedRelu{Ceilings::neuron}, Flatten{}, Dense{6},
                    ClippedRelu{Ceilings::neuron}, Dense{3}}},
        OddNetwork{"ceilings_then_in_place",
                   {3, 3, 2},
                   {ClippedRelu{Ceilings::channel}, Relu{}, ClippedRelu{Ceilings::neuron},
                    Dropout{0.3F}, ClippedRelu{Ceilings::layer}}},
        OddNetwork{"contrast",
                   {4, 4, 2},
                   {ContrastNormalise{}, conv(3, 3, 1, 1), Relu{}, ContrastNormalise{0.05F}, Relu{},
                    Flatten{}, Dense{4}, ContrastNormalise{}}},
        OddNetwork{"contrast_of_images_that_hardly_vary",
                   {3, 3, 1},
                   {ContrastNormalise{5.0F}, Relu{}, Flatten{}, Dense{2}}},
        OddNetwork{"residual_identity",
                   {5, 5, 2},
                   {Relu{}, kResidualBegin, Dropout{0.3F}, Relu{}, conv(2, 3, 1, 1), BatchNorm2d{},
                    Relu{}, kResidualTurn, kResidualEnd, Relu{}, Flatten{}, Dense{3}}},
        OddNetwork{"residual_projection",
                   {6, 6, 2},
                   {conv(3, 3, 1, 1), BatchNorm2d{}, Relu{}, kResidualBegin, conv(4, 3, 2, 1),
                    BatchNorm2d{}, Relu{}, conv(4, 3, 1, 1), BatchNorm2d{}, kResidualTurn,
                    conv(4, 1, 2, 0), BatchNorm2d{}, kResidualEnd, Relu{}, Flatten{}, Dense{4}}},
        OddNetwork{"residual_in_both_lists",
                   {4, 4, 2},
                   {kResidualBegin, kResidualBegin, conv(2, 3, 1, 1), kResidualTurn, kResidualEnd,
                    Relu{}, kResidualTurn, kResidualBegin, Sigmoid{}, kResidualTurn, Relu{},
                    kResidualEnd, kResidualEnd}},
        OddNetwork{
            "residual_pools_and_denses",
            {6, 6, 1},
            {kResidualBegin, conv(2, 3, 1, 1), Relu{}, kPool, Flatten{}, Dense{5}, kResidualTurn,
             kPool, Flatten{}, Dropout{0.3F}, Dense{5}, Relu{}, kResidualEnd, Relu{}, Dense{3}}},
        OddNetwork{"dense_chain", {1, 1, 6}, {Dense{5}, Dense{4}, Sigmoid{}, Dense{3}, Dense{2}}}),
    [](const auto& each) { return std::string(each.param.name); });

TEST_P(OddNetworks, InputGradientMatchesDifferences) {
  check_input_gradient(test::random_network(GetParam().input, GetParam().layers, 5));
  check_input_gradient(test::random_network(GetParam().input, GetParam().layers, 6, false));
}

TEST_P(OddNetworks, WeightGradientsMatchDifferences) {
  check_weight_gradients(test::random_network(GetParam().input, GetParam().layers, 7));
}

TEST(RandomNetworks, InputGradientMatchesDifferences) {
  for (std::uint64_t seed = 0; seed < 300 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    check_input_gradient(test::random_architecture(seed));
  }
}

TEST(RandomNetworks, WeightGradientsMatchDifferences) {
  for (std::uint64_t seed = 0; seed < 300 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    check_weight_gradients(test::random_architecture(seed));
  }
}

}  // namespace
}  // namespace signflip
