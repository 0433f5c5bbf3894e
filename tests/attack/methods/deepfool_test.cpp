// DeepFool's own: overshoot, cost, and images on the edge of the box.
#include <gtest/gtest.h>

#include "support/attacks.h"
#include "support/double_network.h"
#include "support/nearest_boundary.h"
#include "support/random_net.h"

namespace signflip::test {
namespace {

TEST(DeepFool, OvershootsByWhatItIsTold) {
  const ImageShape shape{5, 5, 1};
  Rng rng(1);
  const auto model = LinearModel::random(shape, 4, 1, rng);
  const auto images = random_images(20, shape, rng, 0.3F, 0.7F);
  const auto labels = predictions(model, images);
  for (const char* norm : {"l2", "linf"}) {
    const auto outcome = attack(
        model, request_for("deepfool", {{"norm", norm}, {"overshoot", "0.1"}}), images, labels);
    const auto& found = std::string_view(norm) == "l2" ? outcome.l2 : outcome.linf;
    for (std::size_t i = 0; i < images.count(); ++i) {
      const auto [exact, in_box] =
          nearest_boundary(model, images.image(i), labels[i], norm_from(norm));
      if (in_box && exact < 0.1) {
        EXPECT_NEAR(found[i], 1.1 * exact, 2e-4 * exact);
      }
    }
  }
}

TEST(DeepFool, PaysForNoMoreThanItNeeds) {
  // An affine model inside the box: one look at the clean image, one step, one look.
  const ImageShape shape{5, 5, 1};
  Rng rng(2);
  for (const int classes : {2, 7, 14}) {
    const auto affine = LinearModel::random(shape, classes, 2, rng);
    const CountingModel model(affine);
    const auto images = random_images(16, shape, rng, 0.4F, 0.6F);
    auto labels = predictions(affine, images);
    labels[3] = (labels[3] + 1) % classes;  // needs nothing
    const auto outcome = attack(model, request_for("deepfool"), images, labels);
    EXPECT_EQ(successes(outcome), 16U);
    const auto rivals = static_cast<std::size_t>(std::min(classes, 10) - 1);
    EXPECT_EQ(outcome.gradients, 15 * rivals);
    EXPECT_EQ(model.backwards(), outcome.gradients);
    EXPECT_EQ(outcome.queries, 16U + 15U + 15U);  // the second look is without the finished one
  }
}

TEST(DeepFool, GetsThroughWhereTheBoxSwallowsMostOfAStep) {
  // Black and white images: half of every step leads out of the box.
  const ImageShape shape{8, 8, 1};
  std::size_t all = 0, fooled = 0, in_reach = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Rng rng(seed, 3);
    const auto model = random_net(shape, 10, 3, rng);
    auto images = random_images(16, shape, rng);
    for (float& v : images.values()) v = v < 0.5F ? 0.0F : 1.0F;
    const auto labels = predictions(model, images);
    for (const char* norm : {"l2", "linf"}) {
      const auto outcome = attack(model, request_for("deepfool", {{"norm", norm}}), images, labels);
      const auto pgd = attack(
          model, request_for("pgd", {{"epsilon", norm[1] == '2' ? "10" : "1"}, {"norm", norm}}),
          images, labels);
      all += images.count();
      fooled += successes(outcome);
      in_reach += successes(pgd);
    }
  }
  EXPECT_GE(fooled, in_reach * 98 / 100);
  EXPECT_GE(in_reach, all * 9 / 10);
}

TEST(DeepFool, AnswersAreMisclassifiedInDoublePrecisionToo) {
  const ImageShape shape{8, 8, 1};
  std::size_t fooled = 0;
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    Rng rng(seed, 7);
    const auto model = random_net(shape, 10, 3, rng);
    const std::vector<double> parameters(model.parameters().begin(), model.parameters().end());
    const auto images = random_images(32, shape, rng);
    const auto labels = predictions(model, images);
    for (const char* norm : {"l2", "linf"}) {
      for (const char* overshoot : {"0", "0.02"}) {
        const auto request = request_for("deepfool", {{"norm", norm}, {"overshoot", overshoot}});
        const auto outcome = attack(model, request, images, labels);
        const auto pixels = std::as_const(outcome.adversarial).values();
        const std::vector<double> logits = double_forward(
            model, parameters, {pixels.begin(), pixels.end()}, images.count(), Mode::inference);
        for (std::size_t i = 0; i < images.count(); ++i) {
          if (!outcome.success[i]) continue;
          ++fooled;
          const auto y = static_cast<std::size_t>(labels[i]);
          double lead = -1e300, largest = 0;
          for (std::size_t k = 0; k < 10; ++k) {
            if (k != y) lead = std::max(lead, logits[i * 10 + k] - logits[i * 10 + y]);
            largest = std::max(largest, std::fabs(logits[i * 10 + k]));
          }
          EXPECT_GT(lead, 4e-6 * largest) << seed << ' ' << norm << ' ' << overshoot << ' ' << i;
        }
      }
    }
  }
  EXPECT_GT(fooled, 700U);
}

TEST(DeepFool, LooksAgainAtRivalsThatCameNearer) {
  // One pixel p. Rival 1 leads from p = 0.3 on by its slope at the start, 10, but from 0.2 on rises
  // by 6.5 only; rival 2 is farther at first (0.3 away) and then rises faster, by 16.1. After the
  // first step, to 0.304, rival 2 is nearest, 0.0202 away. One who took its first distance less the
  // way, 0.096, for granted would go on to rival 1, 0.0498 away.
  Architecture architecture;
  architecture.input = {1, 1, 1};
  architecture.classes = {"0", "1", "2"};
  architecture.layers = {Flatten{}, Dense{2}, Relu{}, Dense{3}};
  Sequential network = *Sequential::create(architecture);
  const auto set = [&](std::size_t layer, const std::vector<float>& weight,
                       const std::vector<float>& bias) {
    const PlacedLayer& placed = network.layers()[layer];
    std::copy(weight.begin(), weight.end(), &network.parameters()[placed.weight]);
    std::copy(bias.begin(), bias.end(), &network.parameters()[placed.bias]);
  };
  set(1, {1, 1}, {0, -0.2F});  // p, and what it is above 0.2
  set(3, {0, 10, 10, 0, -3.5F, 6.1F}, {0, -3, -4});
  network.prepare();
  const Tensor image(1, architecture.input, {0.1F});
  const auto outcome = attack(network, request_for("deepfool"), image, {0});
  EXPECT_EQ(outcome.predicted[0], 2);
  EXPECT_NEAR(outcome.l2[0], 1.02 * (0.2 + 0.3256 / 16.1), 1e-4);
}

TEST(DeepFool, ChoosesFromTheTenLikeliestClasses) {
  // Class 11 is nearest by far but least likely; twelve classes, so that it is not looked at.
  const ImageShape shape{1, 2, 1};
  std::vector<float> weight(24, 0.0F), bias(12, 0.0F);
  bias[0] = 10;
  for (std::size_t k = 1; k < 11; ++k) {
    weight[2 * k] = 30;
    bias[k] = -10 + 0.01F * static_cast<float>(k);
  }
  weight[23] = 1000;
  bias[11] = -420;
  const LinearModel model(shape, weight, bias);
  const Tensor images(1, shape, {0.4F, 0.4F});
  const auto outcome = attack(model, request_for("deepfool"), images, {0});
  EXPECT_EQ(outcome.predicted[0], 10);
  EXPECT_EQ(outcome.adversarial.values()[1], 0.4F);
}

}  // namespace
}  // namespace signflip::test
