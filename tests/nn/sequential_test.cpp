// Sequential: what it refuses to build, how it starts, and that folding batch norm changes nothing.
#include "nn/sequential.h"

#include <gtest/gtest.h>

#include <cstring>

#include "nn/fold_batchnorm.h"
#include "nn/inference.h"
#include "nn/model_file.h"
#include "support/networks.h"

namespace signflip {
namespace {

using Floats = std::vector<float>;

std::string refusal(Architecture architecture) {
  const auto network = Sequential::create(std::move(architecture));
  return network ? "it is a network" : network.error().message;
}

Architecture with_layers(ImageShape input, std::vector<Layer> layers) {
  Architecture architecture;
  architecture.input = input;
  architecture.layers = std::move(layers);
  return architecture;
}

Floats outputs(const Sequential& network, const Floats& images) {
  const std::size_t count = images.size() / network.input_shape().size();
  Activations activations(network, count);
  const auto y = forward(network, images, count, activations);
  return Floats(y.begin(), y.end());
}

TEST(SequentialCreate, RefusesWhatDoesNotFit) {
  EXPECT_EQ(refusal(with_layers({4, 4, 1}, {})), "a network needs at least one layer, found none");
  EXPECT_EQ(refusal(with_layers({0, 4, 1}, {Relu{}})),
            "the input must be at least 1×1×1 and of a sensible size, not 0×4×1");
  EXPECT_EQ(refusal(with_layers({4, 4, -1}, {Relu{}})),
            "the input must be at least 1×1×1 and of a sensible size, not 4×4×-1");
  EXPECT_EQ(refusal(with_layers({4096, 4096, 65536}, {Relu{}})),
            "the input must be at least 1×1×1 and of a sensible size, not 4096×4096×65536");
  EXPECT_EQ(refusal(with_layers({4, 4, 1}, {Relu{}, Dense{3}})),
            "layer 1: dense needs a flat input, not 4×4×1: put a flatten before it");
  Architecture ends = with_layers({4, 4, 1}, {Relu{}});
  ends.removed = "softmax";
  EXPECT_EQ(refusal(ends), "softmax needs a flat input, not 4×4×1");
  EXPECT_EQ(refusal(with_layers({1, 1, 1}, std::vector<Layer>(100000, Relu{}))),
            "a network has at most 1000 layers, not 100000");
}

TEST(SequentialCreate, RefusesMoreMemoryThanSensible) {
  const Layer wide = Dense{65536};
  EXPECT_EQ(refusal(with_layers({1, 1, 4096}, {wide, Dense{4096}})),
            "layer 0: the network has more than 268435456 parameters");
  std::vector<Layer> layers(500, Sigmoid{});
  layers.insert(layers.begin(), Upsample2d{{1024, 1024}});
  EXPECT_EQ(refusal(with_layers({1, 1, 1}, layers)),
            "layer 63: the network has more than 67108864 activations per image");
}

TEST(SequentialCreate, ChecksClassesAndNormalisation) {
  Architecture architecture = with_layers({2, 2, 2}, {Flatten{}, Dense{3}});
  architecture.classes = {"a", "b"};
  EXPECT_EQ(refusal(architecture), "the last layer makes 1×1×3, but there are 2 classes");
  architecture.classes = {"a", "b", "c"};
  EXPECT_EQ(refusal(architecture), "it is a network");
  architecture.mean = {0.5F};
  EXPECT_EQ(refusal(architecture),
            "normalise needs one mean and one std for each of the 2 channels, found 1 and 0");
  architecture.mean = {0.5F, 0.5F};
  architecture.deviation = {0.5F, 0.0F};
  EXPECT_EQ(refusal(architecture),
            "normalise needs finite means and a std above 0, found 0.5 and 0");
  architecture.deviation = {0.5F, NAN};
  EXPECT_NE(refusal(architecture), "it is a network");
  architecture.mean = {0.5F, 3e38F};
  architecture.deviation = {0.5F, 0.1F};
  EXPECT_EQ(refusal(architecture), "normalise has a mean that is too large for its std");
}

TEST(Sequential, ItsNamesMayBeChangedForAsMany) {
  Architecture architecture;
  architecture.input = {1, 1, 4};
  architecture.classes = {"a", "b"};
  architecture.layers = {Flatten{}, Dense{2}};
  auto network = Sequential::create(architecture);
  ASSERT_TRUE(network) << network.error().message;
  network->rename("other");
  EXPECT_TRUE(network->rename_classes({"cat", "dog"}));
  EXPECT_EQ(network->architecture().name, "other");
  EXPECT_EQ(network->architecture().classes[1], "dog");
  const Status wrong = network->rename_classes({"cat"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message, "the last layer makes 1×1×2, but there are 1 classes");
  EXPECT_EQ(network->architecture().classes.size(), 2U);
}

TEST(Sequential, StartsAsZeroWeightsAndIdentityBatchNorm) {
  const auto network = Sequential::create(with_layers({2, 2, 3}, {BatchNorm2d{}}));
  ASSERT_TRUE(network);
  Rng rng(1);
  const auto images = test::random_values<float>(12, rng, 0.0F);
  EXPECT_TRUE(test::close(outputs(*network, images), images, 1e-5));
}

TEST(Sequential, StartsWithCeilingsOf6) {
  const auto network =
      Sequential::create(with_layers({2, 2, 3}, {ClippedRelu{}, ClippedRelu{Ceilings::neuron}}));
  ASSERT_TRUE(network);
  EXPECT_EQ(Floats(network->parameters().begin(), network->parameters().end()), Floats(15, 6.0F));
}

TEST(Sequential, InitialisesAfterHe) {
  auto network = test::random_network({8, 8, 4}, {Conv2d{200, {3, 3}, {1, 1}, {0, 0}}}, 1);
  network.initialise(3);
  const auto weight = network.parameters().first(36 * 200);
  double square = 0;
  for (const float w : weight) square += static_cast<double>(w) * static_cast<double>(w);
  EXPECT_NEAR(square / 7200, 2.0 / 36, 0.05 * 2 / 36);
  for (const float b : network.parameters().last(200)) EXPECT_EQ(b, 0.0F);
  const Floats first(network.parameters().begin(), network.parameters().end());
  network.initialise(4);
  EXPECT_FALSE(std::equal(first.begin(), first.end(), network.parameters().begin()));
  network.initialise(3);
  EXPECT_TRUE(std::equal(first.begin(), first.end(), network.parameters().begin()));
}

TEST(Sequential, HoldsPackedWeightsAtCacheLines) {
  const Sequential network = test::usual_network();
  const Sequential copy = network;
  for (const Sequential* each : {&network, &copy}) {
    for (std::size_t i = 0; i < each->layers().size(); ++i) {
      for (const float* weights : {each->packed_forward(i), each->packed_transposed(i)}) {
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(weights) % kCacheLine, 0U) << "layer " << i;
      }
    }
  }
}

TEST(FoldBatchNorm, KeepsOutputs) {
  const Layer conv = Conv2d{5, {3, 3}, {1, 1}, {1, 1}};
  const Layer norm = BatchNorm2d{};
  const Layer bare = Conv2d{.filters = 5, .kernel = {3, 3}, .same = true, .bias = false};
  const Layer depthwise =
      Conv2d{.filters = 5, .kernel = {3, 3}, .padding = {1, 1}, .groups = 5, .bias = false};
  const std::vector<std::vector<Layer>> foldable = {
      {conv, norm, Relu{}, Flatten{}, Dense{4}},
      {conv, norm, Relu{}, conv, norm, Relu{}, MaxPool2d{{2, 2}, {2, 2}}, conv, norm},
      {norm, conv, norm, norm, conv, Relu{}, norm, conv, norm, Flatten{}, norm, Dense{3}, norm},
      {conv, BatchNorm2d{{0.4F, true}}, Relu{}, conv, BatchNorm2d{{0.1F, false}}, Relu{}},
      {bare, norm, Relu{}, depthwise, norm},
      {bare, norm, Relu{}, kResidualBegin, bare, norm, Relu{}, bare, norm, kResidualTurn, norm,
       bare, norm, kResidualEnd, norm, Relu{}}};
  const std::size_t expected_layers[] = {4, 6, 11, 4, 3, 12};
  for (std::size_t i = 0; i < foldable.size(); ++i) {
    const auto network = test::random_network({6, 6, 2}, foldable[i], 10 + i);
    const Sequential folded = fold_batchnorm(network);
    SCOPED_TRACE(test::describe(network) + " became " + test::describe(folded));
    EXPECT_EQ(folded.layers().size(), expected_layers[i]);
    Rng rng(5);
    const auto images = test::random_values<float>(3 * 72, rng, 0.0F);
    EXPECT_TRUE(test::close(outputs(folded, images), outputs(network, images), 1e-5));
  }
}

TEST(FoldBatchNorm, LeavesOtherNetworksAlone) {
  const auto network =
      test::random_network({5, 5, 2},
                           {BatchNorm2d{}, Conv2d{3, {2, 2}, {1, 1}, {0, 0}}, Relu{}, BatchNorm2d{},
                            Flatten{}, Dense{4}, BatchNorm2d{}},
                           12);
  const Sequential folded = fold_batchnorm(network);
  EXPECT_EQ(folded.architecture().layers, network.architecture().layers);
  EXPECT_TRUE(std::equal(network.parameters().begin(), network.parameters().end(),
                         folded.parameters().begin(), folded.parameters().end()));
  EXPECT_TRUE(std::equal(network.statistics().begin(), network.statistics().end(),
                         folded.statistics().begin(), folded.statistics().end()));
}

}  // namespace
}  // namespace signflip
