// Networks on a device against the CPU backend: logits and input gradients of every kind of layer,
// in odd orders and sizes, and of the architectures that ship.
#include <algorithm>

#include "device/test_device.h"
#include "nn/architecture_json.h"
#include "support/networks.h"
#include "support/numeric.h"

namespace signflip::test {
namespace {

constexpr double kDeviceTolerance = 1e-4;

/// The largest value, or 1e-3 of the logits' size where gradients have died.
constexpr double kFloor = 1e-5;

class DeviceModelTest : public DeviceTest {
 protected:
  void compare(const Sequential& network, std::size_t count, std::uint64_t seed) {
    SCOPED_TRACE(describe(network));
    const auto classes = static_cast<std::size_t>(network.classes());
    if (classes < 2) return;
    Rng rng(seed, 77);
    const auto images = random_values<float>(count * network.input_shape().size(), rng, 0, 1);
    const auto dlogits = random_values<float>(count * classes, rng);
    const auto pass = network.new_pass(count);
    const auto expected = pass->forward(images, count);
    std::vector<float> dx(images.size());
    pass->input_gradient(dlogits, dx);

    const auto model = model_of(network, count + 1);
    ASSERT_NE(model, nullptr);
    std::vector<float> logits(expected.size()), gradient(images.size());
    ASSERT_TRUE(model->logits(images, logits));
    EXPECT_TRUE(close(logits, expected, kDeviceTolerance, kFloor));
    std::ranges::fill(logits, 0.0F);
    ASSERT_TRUE(model->gradient(images, dlogits, logits, gradient));
    EXPECT_TRUE(close(logits, expected, kDeviceTolerance, kFloor));
    EXPECT_TRUE(close(gradient, dx, kDeviceTolerance, kFloor));
  }
};

TEST_F(DeviceModelTest, RandomArchitecturesAgreeWithTheCpu) {
  for (std::uint64_t seed = 0; seed < 300 && !HasFailure(); ++seed) {
    compare(random_architecture(seed, Kinds::on_devices), 1 + seed % 5, seed);
  }
}

TEST_F(DeviceModelTest, ConvolutionsOfAllStridesAndWidths) {
  for (const int filters : {3, 16, 20, 40, 70}) {
    for (const int channels : {1, 3, 6, 17}) {
      for (const int stride : {1, 2, 3, 5}) {
        for (const Size2 kernel : {Size2{1, 1}, Size2{3, 2}, Size2{5, 5}}) {
          const Size2 padding = {(kernel.height - 1) / 2, kernel.width - 1};
          compare(random_network({9, 11, channels},
                                 {Conv2d{filters, kernel, {stride, stride}, padding}, Relu{},
                                  Flatten{}, Dense{3}},
                                 static_cast<std::uint64_t>(filters + stride)),
                  2, 5);
          if (HasFailure()) return;
        }
      }
    }
  }
}

TEST_F(DeviceModelTest, ShippedArchitecturesAgreeWithTheCpu) {
  for (const char* name : {"s", "s-bn", "compact", "m243", "smallcnn", "lenet", "r143"}) {
    const auto architecture = named_architecture(name, {28, 28, 1}, 10);
    ASSERT_TRUE(architecture);
    auto network = Sequential::create(*architecture);
    ASSERT_TRUE(network);
    randomise(*network, 3);
    compare(*network, 3, 3);
  }
  for (const char* name : {"g240s", "g281"}) {
    const auto architecture = named_architecture(name, {32, 32, 3}, 43);
    auto network = Sequential::create(*architecture);
    ASSERT_TRUE(network);
    randomise(*network, 4);
    compare(*network, 2, 4);
  }
}

TEST_F(DeviceModelTest, EachBatchNormHasItsOwnEpsilon) {
  compare(random_network({6, 6, 2},
                         {BatchNorm2d{{0.5F, true}}, Conv2d{4, {3, 3}, {1, 1}, {1, 1}},
                          BatchNorm2d{{0.01F, true}}, Relu{}, Flatten{}, Dense{5},
                          BatchNorm1d{{1.5F, true}}, Dense{3}},
                         2),
          3, 2);
}

TEST(DevicePlan, NamesTheLayerThatDoesNotRunOnADevice) {
  const auto refusal = [](Layer layer) {
    const auto plan = device::make_plan(random_network({3, 3, 2}, {Relu{}, layer}, 1));
    return plan ? "it runs" : plan.error().message;
  };
  EXPECT_EQ(refusal(Gelu{}), "layer 1 is gelu, which does not run on a device: use the device cpu");
  EXPECT_EQ(refusal(LeakyRelu{}).substr(0, 21), "layer 1 is leaky_relu");
  EXPECT_EQ(refusal(AvgPool2d{}).substr(0, 20), "layer 1 is avgpool2d");
  EXPECT_EQ(refusal(AdaptiveAvgPool2d{}).substr(0, 29), "layer 1 is adaptive_avgpool2d");
  EXPECT_EQ(refusal(ClippedRelu{}).substr(0, 23), "layer 1 is clipped_relu");
  EXPECT_EQ(refusal(ContrastNormalise{}).substr(0, 29), "layer 1 is contrast_normalise");
  EXPECT_EQ(refusal(BatchNorm2d{{0.1F, false}}),
            "layer 1 is batch norm without affine parameters, which does not run on a device: use "
            "the device cpu");
  EXPECT_EQ(refusal(Sigmoid{}), "it runs");
}

TEST_F(DeviceModelTest, LargeDenseLayersAreSplitAndAddedUp) {
  compare(random_network({24, 24, 3}, {Flatten{}, Dense{40}, Relu{}, Dense{5}}, 1), 3, 1);
}

TEST_F(DeviceModelTest, SamePaddingOfOddKernelsIsPadding) {
  compare(
      random_network(
          {6, 5, 2},
          {Conv2d{.filters = 3, .kernel = {5, 3}, .same = true}, Relu{}, Flatten{}, Dense{4}}, 1),
      3, 1);
}

TEST(DevicePlan, NamesTheConvolutionThatDoesNotRunOnADevice) {
  const auto refusal = [](Conv2d conv) {
    const auto plan = device::make_plan(random_network({5, 5, 2}, {Relu{}, conv}, 1));
    return plan ? "it runs" : plan.error().message;
  };
  const std::string where = "layer 1 is ",
                    why = ", which does not run on a device: use the device cpu";
  EXPECT_EQ(refusal({.filters = 2, .kernel = {3, 3}, .groups = 2}),
            where + "conv2d with groups" + why);
  EXPECT_EQ(refusal({.filters = 2, .kernel = {2, 2}, .dilation = {1, 2}}),
            where + "conv2d with dilation" + why);
  EXPECT_EQ(refusal({.filters = 2, .kernel = {3, 2}, .same = true}),
            where + "conv2d with padding \"same\" of an even kernel" + why);
  EXPECT_EQ(refusal({.filters = 2, .kernel = {3, 3}, .bias = false}),
            where + "conv2d without bias" + why);
  EXPECT_EQ(refusal({.filters = 2, .kernel = {3, 3}, .same = true}), "it runs");
}

TEST_F(DeviceModelTest, SaysWhenABatchIsTooLarge) {
  const Sequential network =
      random_network({64, 64, 3}, {Conv2d{512, {3, 3}, {1, 1}, {1, 1}}, Flatten{}, Dense{2}}, 1);
  const auto model = device_->new_model(*device::make_plan(network), 65536);
  ASSERT_FALSE(model);
  EXPECT_NE(model.error().message.find("batch size"), std::string::npos);
}

}  // namespace
}  // namespace signflip::test
