// Input gradients and Grad-CAM against PyTorch (tests/golden/make_pytorch_golden.py) and closed
// forms.
#include "nn/saliency.h"

#include <gtest/gtest.h>

#include "core/exact/softmax.h"
#include "nn/model_file.h"
#include "support/linear_model.h"
#include "support/numeric.h"
#include "support/pytorch_nets.h"

namespace signflip::test {
namespace {

constexpr int kGoldenLabels[] = {0, 1, 3};

TEST(Saliency, IsThatOfPyTorch) {
  for (const auto& [name, bytes] : pytorch_nets()) {
    const auto model = load_model(bytes, name);
    const auto file = parse_safetensors(bytes, name);
    ASSERT_TRUE(model && file) << name;
    const Tensor images(3, model->network.input_shape(), values_of(*file, "golden.images"));
    const Tensor gradients = loss_gradients(model->network, images, kGoldenLabels);
    EXPECT_TRUE(close(gradients.values(), values_of(*file, "golden.loss_gradient"), 1e-5)) << name;
    const auto maps = grad_cam(model->network, images, kGoldenLabels);
    ASSERT_TRUE(maps) << maps.error().message;
    const auto expected = values_of(*file, "golden.grad_cam");
    EXPECT_GT(largest(expected), 0) << name;
    EXPECT_TRUE(close(maps->values(), expected, 1e-5)) << name;
  }
}

TEST(Saliency, OfALinearModelIsItsWeightsAndHowFarTheLossIsFromZero) {
  constexpr ImageShape kShape{3, 4, 2};
  Rng rng(8);
  const LinearModel model = LinearModel::random(kShape, 3, 1.0F, rng);
  Tensor images(40, kShape, random_values<float>(40 * kShape.size(), rng, 0, 1));
  const std::vector<int> classes(40, 1);
  const Tensor gradients = loss_gradients(model, images, classes);
  for (std::size_t n = 0; n < images.count(); ++n) {
    std::vector<double> p(3);
    for (std::size_t k = 0; k < 3; ++k) p[k] = model.logit(k, images.image(n));
    softmax(std::span<const double>(p), std::span<double>(p));
    p[1] -= 1;
    std::vector<double> expected(kShape.size());
    for (std::size_t j = 0; j < expected.size(); ++j) {
      for (std::size_t k = 0; k < 3; ++k) {
        expected[j] += p[k] * static_cast<double>(model.weight(k)[j]);
      }
    }
    EXPECT_TRUE(close(std::as_const(gradients).image(n), expected, 1e-5)) << n;
  }
}

TEST(Saliency, DoesNotVanishWhereTheModelIsCertain) {
  constexpr ImageShape kShape{1, 2, 1};
  // Margin 40: the probability of the class is 1 in float.
  const LinearModel model(kShape, {40, 0, 0, 0}, {0, 0});
  const Tensor image(1, kShape, {1, 1});
  const Tensor gradient = loss_gradients(model, image, std::vector<int>{0});
  const double other = std::exp(-40.0) / (1 + std::exp(-40.0));
  EXPECT_NEAR(gradient.values()[0] / (-40 * other), 1, 1e-5);
  EXPECT_EQ(gradient.values()[1], 0.0F);
}

TEST(Saliency, StrengthsAreTheLargestOfAPixelsChannels) {
  const Tensor strengths = pixel_strengths(Tensor(1, {1, 2, 3}, {0.1F, -0.7F, 0.2F, 0, 0, -1}));
  EXPECT_EQ(strengths.image_shape(), (ImageShape{1, 2, 1}));
  EXPECT_EQ(strengths.values()[0], 0.7F);
  EXPECT_EQ(strengths.values()[1], 1.0F);
}

TEST(GradCam, IsTheDefinitionForOneConvolution) {
  // logits = means of two channels of 1×1 convolutions: every weight is 1/4 or 0.
  Architecture architecture;
  architecture.name = "two-channels";
  architecture.input = {2, 2, 1};
  architecture.classes = {"a", "b"};
  architecture.layers = {Conv2d{2, {1, 1}, {1, 1}, {0, 0}}, AdaptiveAvgPool2d{{1, 1}}, Flatten{}};
  auto network = Sequential::create(architecture);
  ASSERT_TRUE(network) << network.error().message;
  std::fill(network->parameters().begin(), network->parameters().end(), 0.0F);
  network->parameters()[0] = 2;   // channel 0 doubles the image,
  network->parameters()[1] = -1;  // channel 1 negates it
  network->prepare();
  const Tensor image(1, {2, 2, 1}, {0.25F, 0.5F, 0, 1});
  const auto of_a = grad_cam(*network, image, std::vector<int>{0});
  ASSERT_TRUE(of_a);
  EXPECT_TRUE(close(of_a->values(), std::vector<double>{0.125, 0.25, 0, 0.5}, 1e-6));
  const auto of_b = grad_cam(*network, image, std::vector<int>{1});
  ASSERT_TRUE(of_b);
  EXPECT_EQ(largest(of_b->values()), 0);  // ReLU
}

TEST(GradCam, RefusesANetworkWithoutConvolutions) {
  Architecture architecture;
  architecture.name = "flat";
  architecture.input = {2, 2, 1};
  architecture.classes = {"a", "b"};
  architecture.layers = {Flatten{}, Dense{2}};
  const auto network = Sequential::create(architecture);
  const auto maps = grad_cam(*network, Tensor(1, {2, 2, 1}), std::vector<int>{0});
  ASSERT_FALSE(maps);
  EXPECT_NE(maps.error().message.find("flat has no convolution"), std::string::npos);
}

}  // namespace
}  // namespace signflip::test
