// TrainingPass: that shards add up, that dropout and batch statistics are what they should be, and
// that the same seed gives the same bytes. Gradients are checked in gradients_test.cpp.
#include "nn/training_pass.h"

#include <gtest/gtest.h>

#include "support/gradients.h"
#include "support/networks.h"

namespace signflip {
namespace {

using Floats = std::vector<float>;
using test::close;

Layer conv(int filters) { return Conv2d{filters, {3, 3}, {1, 1}, {1, 1}}; }

Sequential without_batchnorm() {
  return test::random_network({6, 6, 2},
                              {conv(5), Relu{}, MaxPool2d{{2, 2}, {2, 2}}, conv(4), Sigmoid{},
                               Flatten{}, Dense{9}, Relu{}, Dense{3}},
                              21);
}

TEST(TrainingPass, TheGradientsOfShardsAddUp) {
  const Sequential network = without_batchnorm();
  constexpr std::size_t kCount = 6, kFirst = 2;
  const std::size_t size = network.input_shape().size();
  Rng rng(22);
  const auto images = test::random_values<float>(kCount * size, rng, 0.0F);
  const auto dy = test::random_values<float>(kCount * 3, rng);
  const std::span<const float> all(images), all_dy(dy);

  TrainingPass whole(network, kCount), shards(network, kCount - kFirst);
  whole.forward(images, kCount, Rng(1));
  whole.backward(dy);
  shards.forward(all.first(kFirst * size), kFirst, Rng(1));
  shards.backward(all_dy.first(kFirst * 3));
  Floats sum = test::gradients(network, shards);
  shards.forward(all.subspan(kFirst * size), kCount - kFirst, Rng(1));
  shards.backward(all_dy.subspan(kFirst * 3));
  shards.add_gradients(sum);
  EXPECT_TRUE(close(sum, test::gradients(network, whole), 1e-5));
}

TEST(TrainingPass, WithoutDropoutAndBatchNormItIsInference) {
  const Sequential network = without_batchnorm();
  Rng rng(23);
  const auto images = test::random_values<float>(3 * network.input_shape().size(), rng, 0.0F);
  const auto dy = test::random_values<float>(9, rng);
  TrainingPass training(network, 3);
  const auto inference = network.new_pass(3);
  const auto y = training.forward(images, 3, Rng(1));
  const auto z = inference->forward(images, 3);
  EXPECT_EQ(Floats(y.begin(), y.end()), Floats(z.begin(), z.end()));
  Floats dx(images.size(), NAN), dz(images.size(), NAN);
  training.backward(dy, dx);
  inference->input_gradient(dy, dz);
  // Inference takes a pool together with the layers before it, which sums in another order.
  EXPECT_TRUE(test::close(dx, dz, 1e-6));
}

TEST(TrainingPass, DropsTheRightShareAndScalesTheRest) {
  const auto network = test::random_network({1, 1, 20000}, {Dropout{0.3F}}, 24, false);
  TrainingPass pass(network, 1);
  const Floats ones(20000, 1.0F);
  const auto y = pass.forward(ones, 1, Rng(5));
  const Floats first(y.begin(), y.end());
  std::size_t kept = 0;
  for (const float value : first) {
    if (value == 0.0F) continue;
    EXPECT_FLOAT_EQ(value, 1 / 0.7F);
    ++kept;
  }
  EXPECT_NEAR(static_cast<double>(kept), 14000, 300);
  Floats dx(20000);
  pass.backward(ones, dx);
  EXPECT_EQ(dx, first) << "the gradient takes the same mask";

  const auto same = pass.forward(ones, 1, Rng(5));
  EXPECT_EQ(first, Floats(same.begin(), same.end()));
  const auto other = pass.forward(ones, 1, Rng(6));
  EXPECT_NE(first, Floats(other.begin(), other.end()));
}

// The loss is Σ g·statistics alone, so its gradient at the pixels is known: g₁/n + 2·g₂·(x −
// mean)/(n − 1).
TEST(TrainingPass, TakesAGradientThroughTheStatistics) {
  const auto network = test::random_network({2, 2, 3}, {BatchNorm2d{}}, 27, false);
  constexpr std::size_t kCount = 4, kSamples = 16;
  Rng rng(28);
  const auto images = test::random_values<float>(kCount * 12, rng, 0.0F);
  const auto dstatistics = test::random_values<float>(6, rng);
  TrainingPass pass(network, kCount);
  pass.forward(images, kCount, Rng(1));
  Floats dx(images.size(), NAN), expected(images.size());
  pass.backward(Floats(images.size(), 0.0F), dx, dstatistics);
  for (std::size_t i = 0; i < images.size(); ++i) {
    const std::size_t c = i % 3;
    expected[i] = dstatistics[c] / kSamples + 2 * dstatistics[3 + c] *
                                                  (images[i] - pass.batch_statistics()[c]) /
                                                  (kSamples - 1);
  }
  EXPECT_TRUE(close(dx, expected, 1e-5));
}

TEST(TrainingPass, ReportsTheBatchsMeanAndUnbiasedVariance) {
  const auto network = test::random_network({2, 2, 3}, {BatchNorm2d{}}, 25, false);
  constexpr std::size_t kCount = 4;
  Rng rng(26);
  const auto images = test::random_values<float>(kCount * 12, rng, 0.0F);
  TrainingPass pass(network, kCount);
  pass.forward(images, kCount, Rng(1));
  for (std::size_t c = 0; c < 3; ++c) {
    double mean = 0, variance = 0;
    for (std::size_t i = c; i < images.size(); i += 3) mean += static_cast<double>(images[i]) / 16;
    for (std::size_t i = c; i < images.size(); i += 3) {
      variance += std::pow(static_cast<double>(images[i]) - mean, 2) / 15;
    }
    EXPECT_NEAR(pass.batch_statistics()[c], mean, 1e-6);
    EXPECT_NEAR(pass.batch_statistics()[3 + c], variance, 1e-6);
  }
}

TEST(TrainingPass, ASinglePixelHasAFiniteBatchNorm) {
  const auto network = test::random_network({1, 1, 3}, {BatchNorm2d{}, Dense{2}}, 27);
  TrainingPass pass(network, 1);
  const Floats image = {0.1F, 0.5F, 0.9F}, dy = {1.0F, -1.0F};
  pass.forward(image, 1, Rng(1));
  Floats dx(3, NAN);
  pass.backward(dy, dx);
  for (const float d : dx) EXPECT_TRUE(std::isfinite(d));
  for (const float g : test::gradients(network, pass)) EXPECT_TRUE(std::isfinite(g));
  for (const float s : pass.batch_statistics()) EXPECT_TRUE(std::isfinite(s));
}

TEST(TrainingPass, ANetworkWithoutWeightsHasNoGradients) {
  const auto network = test::random_network({3, 3, 1}, {Sigmoid{}, Flatten{}}, 28);
  TrainingPass pass(network, 2);
  const Floats images(18, 0.5F);
  pass.forward(images, 2, Rng(1));
  pass.backward(Floats(18, 1.0F));
  EXPECT_TRUE(test::gradients(network, pass).empty());
}

TEST(TrainingPass, SmallerBatchesAfterLargerOnesAreRight) {
  const Sequential network = without_batchnorm();
  Rng rng(29);
  const auto images = test::random_values<float>(5 * network.input_shape().size(), rng, 0.0F);
  const auto dy = test::random_values<float>(15, rng);
  TrainingPass used(network, 5), fresh(network, 1);
  used.forward(images, 5, Rng(1));
  used.backward(dy);
  const std::span<const float> one = std::span<const float>(images).first(images.size() / 5);
  const std::span<const float> one_dy = std::span<const float>(dy).first(3);
  used.forward(one, 1, Rng(1));
  used.backward(one_dy);
  fresh.forward(one, 1, Rng(1));
  fresh.backward(one_dy);
  EXPECT_EQ(test::gradients(network, used), test::gradients(network, fresh));
}

}  // namespace
}  // namespace signflip
