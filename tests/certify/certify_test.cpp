// Certificates: radii against closed forms, and attacks that must fail wherever something is
// proved.
#include "certify/certify.h"

#include <gtest/gtest.h>

#include <cmath>

#include "attack/runner.h"
#include "core/exact/softmax.h"
#include "core/number.h"
#include "support/networks.h"

namespace signflip {
namespace {

using Floats = std::vector<float>;

constexpr ImageShape kShape6x6x1{6, 6, 1};

Sequential linear(std::uint64_t seed) {
  return test::random_network(kShape6x6x1, {Flatten{}, Dense{4}}, seed, false);
}

/// Images away from the box's faces, with the classes that the network gives them.
struct Labelled {
  Tensor images;
  std::vector<int> labels;
};
Labelled labelled(const Sequential& network, std::size_t count, std::uint64_t seed) {
  Labelled result{Tensor(count, network.input_shape()), {}};
  Rng rng(seed, 3);
  for (float& value : result.images.values()) value = rng.uniform(0.3F, 0.7F);
  const auto pass = network.new_pass(1);
  for (std::size_t n = 0; n < count; ++n) {
    result.labels.push_back(argmax(pass->forward(result.images.image(n), 1)));
  }
  return result;
}

TEST(CertifiedRadius, OfALinearModelIsItsDistanceFromTheBoundary) {
  // min over k of (z_y − z_k) / ‖W_y − W_k‖₁, as long as the ball stays inside [0,1].
  std::size_t compared = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Sequential network = linear(seed);
    const Labelled set = labelled(network, 8, seed);
    const IntervalNetwork intervals(network);
    const auto parameters = network.parameters();
    const auto& last = network.layers().back();
    for (std::size_t n = 0; n < 8; ++n) {
      const auto label = static_cast<std::size_t>(set.labels[n]);
      double expected = 1.0;
      for (std::size_t k = 0; k < 4; ++k) {
        if (k == label) continue;
        double gap = static_cast<double>(parameters[last.bias + label]) -
                     static_cast<double>(parameters[last.bias + k]);
        double length = 0.0;
        for (std::size_t i = 0; i < 36; ++i) {
          const double d = static_cast<double>(parameters[last.weight + i * 4 + label]) -
                           static_cast<double>(parameters[last.weight + i * 4 + k]);
          gap += d * static_cast<double>(set.images.image(n)[i]);
          length += std::abs(d);
        }
        expected = std::min(expected, gap / length);
      }
      if (expected > 0.29) continue;
      ++compared;
      const double radius = certified_radius(intervals, set.images.image(n), set.labels[n]);
      EXPECT_LE(radius, expected);
      EXPECT_NEAR(radius, expected, 1.1e-3 * expected + 2e-5);
      const int wrong = (set.labels[n] + 1) % 4;
      EXPECT_EQ(certified_radius(intervals, set.images.image(n), wrong), 0.0);
    }
  }
  EXPECT_GT(compared, 100U);
}

TEST(CertifiedRadius, EndsAtTheMaximum) {
  Sequential network = linear(1);
  const auto& last = network.layers().back();
  for (float& w : network.parameters()) w *= 1e-3F;
  network.parameters()[last.bias + 2] = 5.0F;
  network.prepare();
  const IntervalNetwork intervals(network);
  const Floats image(36, 0.5F);
  EXPECT_EQ(certified_radius(intervals, image, 2), 1.0);
  EXPECT_EQ(certified_radius(intervals, image, 2, 0.25), 0.25);
  EXPECT_EQ(certified_radius(intervals, image, 2, 0.0), 0.0);
  EXPECT_EQ(certified_radius(intervals, image, 1), 0.0);
}

TEST(CertifiedRadius, AShardGivesEachImageItsOwn) {
  const Sequential network = test::random_network(
      kShape6x6x1, {Conv2d{3, {3, 3}, {1, 1}, {0, 0}}, Relu{}, Flatten{}, Dense{4}}, 4);
  const Labelled set = labelled(network, 9, 4);
  const IntervalNetwork intervals(network);
  IntervalPass pass(intervals, 9);
  std::vector<double> radii(9);
  certified_radii(pass, set.images.values(), set.labels, 0.5, radii);
  for (std::size_t n = 0; n < 9; ++n) {
    EXPECT_EQ(radii[n], certified_radius(intervals, set.images.image(n), set.labels[n], 0.5));
    EXPECT_GT(radii[n], 0.0);
    const auto at = pass.margins(set.images.image(n), {&set.labels[n], 1}, 1, radii[n]);
    EXPECT_TRUE(verified(at, set.labels[n]));
    const auto above =
        pass.margins(set.images.image(n), {&set.labels[n], 1}, 1, 1.001 * radii[n] + 1e-6);
    EXPECT_FALSE(verified(above, set.labels[n]));
  }
}

/// What `attack` leaves of the images' classes at this epsilon.
std::vector<std::uint8_t> successes(const Sequential& network, const Labelled& set,
                                    const std::string& name, double epsilon) {
  const auto attack = require_attack(name);
  EXPECT_TRUE(attack);
  const std::vector<std::pair<std::string, std::string>> given = {
      {"epsilon", number_text(epsilon)}};
  const auto parameters = make_parameters(**attack, given);
  EXPECT_TRUE(parameters) << (parameters ? "" : parameters.error().message);
  ThreadPool pool(1);
  const auto outcome =
      run_attack(network, network, {*attack, *parameters, 11}, set.images, set.labels, {}, pool);
  EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().message);
  return outcome->success;
}

TEST(Certify, NoAttackSucceedsWithinACertifiedRadius) {
  // The same attacks break these networks a little further out: they are no straw men.
  std::size_t broken = 0, images = 0;
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    std::vector<Layer> layers = {Conv2d{4, {3, 3}, {1, 1}, {1, 1}}, Relu{}};
    if (seed % 2 == 0) layers.push_back(MaxPool2d{{2, 2}, {2, 2}});
    if (seed % 3 == 0) layers.push_back(BatchNorm2d{});
    layers.insert(layers.end(), {Flatten{}, Dense{10}, Relu{}, Dense{4}});
    const Sequential network = test::random_network(kShape6x6x1, layers, seed);
    const Labelled set = labelled(network, 6, seed);
    const IntervalNetwork intervals(network);
    for (std::size_t n = 0; n < 6; ++n) {
      Labelled one{Tensor(1, kShape6x6x1), {set.labels[n]}};
      std::copy_n(set.images.image(n).begin(), kShape6x6x1.size(), one.images.data());
      // As text, epsilon is rounded to ten digits: it must not be rounded up.
      const double radius =
          (1.0 - 1e-9) * certified_radius(intervals, one.images.image(0), one.labels[0]);
      ASSERT_GT(radius, 0.0);
      bool falls = false;
      for (const auto* attack : {"pgd", "apgd-ce", "apgd-dlr", "square"}) {
        EXPECT_EQ(successes(network, one, attack, radius)[0], 0)
            << attack << " at " << radius << ", seed " << seed << ", image " << n;
        falls = falls || successes(network, one, attack, std::min(1.0, 12.0 * radius))[0] != 0;
      }
      ++images;
      broken += falls ? 1 : 0;
    }
  }
  EXPECT_GT(broken, images / 2);
}

TEST(Certify, FiguresAreCounted) {
  const Sequential network = linear(5);
  Labelled set = labelled(network, 70, 5);
  for (std::size_t n = 0; n < 70; n += 7) set.labels[n] = (set.labels[n] + 1) % 4;  // wrong
  const CertifyRequest request{0.02, 0.5};
  ThreadPool one(1), two(2);
  const auto result = certify(network, request, set.images, set.labels, one);
  const auto again = certify(network, request, set.images, set.labels, two);
  ASSERT_TRUE(result);
  ASSERT_TRUE(again);
  EXPECT_EQ(result->radius, again->radius);
  EXPECT_EQ(result->verified, again->verified);
  const IntervalNetwork intervals(network);
  double sum = 0.0;
  std::size_t proved = 0;
  std::vector<double> radii;
  for (std::size_t n = 0; n < 70; ++n) {
    EXPECT_EQ(result->correct[n], n % 7 == 0 ? 0 : 1);
    const double radius = certified_radius(intervals, set.images.image(n), set.labels[n], 0.5);
    EXPECT_EQ(result->radius[n], radius);
    EXPECT_EQ(result->verified[n], radius >= 0.02 ? 1 : 0);
    proved += radius >= 0.02 ? 1 : 0;
    if (n % 7 == 0) continue;
    sum += radius;
    radii.push_back(radius);
  }
  const CertifiedFigures figures = summarise(*result);
  EXPECT_DOUBLE_EQ(figures.accuracy, 60.0 / 70.0);
  EXPECT_DOUBLE_EQ(figures.verified_accuracy, static_cast<double>(proved) / 70.0);
  EXPECT_GT(proved, 10U);
  EXPECT_LT(proved, 60U);
  EXPECT_NEAR(figures.mean_radius, sum / 60.0, 1e-12);
  std::sort(radii.begin(), radii.end());
  EXPECT_DOUBLE_EQ(figures.median_radius, 0.5 * (radii[29] + radii[30]));
}

TEST(Certify, WhatIsMisclassifiedIsNeitherVerifiedNorCounted) {
  // z = (x₀ − 1, 0): bounds speak of pixels in [0,1], where class 1 is certain, but the pixel of
  // the second image is 3, and the network reads that as class 0.
  Architecture architecture;
  architecture.input = {1, 1, 1};
  architecture.classes = {"a", "b"};
  architecture.layers = {Flatten{}, Dense{2}};
  Sequential network = *Sequential::create(architecture);
  const PlacedLayer& dense = network.layers().back();
  std::fill(network.parameters().begin(), network.parameters().end(), 0.0F);
  network.parameters()[dense.weight] = 1.0F;
  network.parameters()[dense.bias] = -1.1F;
  network.prepare();
  const Tensor images(2, {1, 1, 1}, {0.5F, 3.0F});
  ThreadPool pool(1);
  const auto result = certify(network, {0.01, 0.5}, images, std::vector<int>{1, 1}, pool);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->correct, (std::vector<std::uint8_t>{1, 0}));
  EXPECT_EQ(result->verified, (std::vector<std::uint8_t>{1, 0}));
  const CertifiedFigures figures = summarise(*result);
  EXPECT_EQ(figures.accuracy, 0.5);
  EXPECT_EQ(figures.verified_accuracy, 0.5);
  EXPECT_EQ(figures.mean_radius, result->radius[0]);
  EXPECT_EQ(figures.median_radius, result->radius[0]);

  // Radii of misclassified images are in no mean, whatever they are.
  Certificates made;
  made.correct = {1, 0, 1, 0};
  made.verified = {1, 0, 0, 0};
  made.radius = {0.2, 0.9, 0.4, 0.0};
  EXPECT_DOUBLE_EQ(summarise(made).mean_radius, 0.3);
  EXPECT_DOUBLE_EQ(summarise(made).median_radius, 0.3);
}

TEST(Certify, RefusesInOneSentence) {
  const Sequential network = linear(6);
  ThreadPool pool(1);
  const auto error = [&](const CertifyRequest& request, const Tensor& images,
                         const std::vector<int>& labels, const Progress& progress = {}) {
    const auto result = certify(network, request, images, labels, pool, progress);
    return result ? "accepted" : result.error().message;
  };
  EXPECT_EQ(error({-0.1}, Tensor(1, kShape6x6x1), {0}), "epsilon is -0.1, expected 0 to 1");
  EXPECT_EQ(error({std::nan("")}, Tensor(1, kShape6x6x1), {0}).rfind("epsilon is ", 0), 0U);
  EXPECT_EQ(error({0.1, 2.0}, Tensor(1, kShape6x6x1), {0}),
            "the largest radius is 2, expected 0 to 1");
  EXPECT_EQ(error({}, Tensor(0, kShape6x6x1), {}), "there are no images to certify");
  EXPECT_EQ(error({}, Tensor(1, {6, 7, 1}), {0}),
            "the images are 6×7×1, but the model takes 6×6×1");
  EXPECT_EQ(error({}, Tensor(2, kShape6x6x1), {0}), "there are 2 images but 1 labels");
  EXPECT_EQ(error({}, Tensor(2, kShape6x6x1), {0, 4}),
            "label 4 of image 1 is not one of the model's classes 0 to 3");
  EXPECT_EQ(error({}, Tensor(2, kShape6x6x1), {0, 0}, [](auto, auto) { return false; }),
            "stopped on request");
}

}  // namespace
}  // namespace signflip
