// TestedModel: pieces of a run give what one go gives, features are those in front of the last
// layer, and a slice is what its definition says.
#include "wasm/tested_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/tiny_classifier.h"

namespace signflip {
namespace {

using test::classifier;
using test::images;
using test::kShape;

Sequential denoiser() {
  Architecture architecture;
  architecture.input = kShape;
  architecture.layers = {Conv2d{2, {3, 3}, {1, 1}, {1, 1}}, Relu{},
                         Conv2d{1, {3, 3}, {1, 1}, {1, 1}}, Sigmoid{}};
  auto made = Sequential::create(architecture);
  made->initialise(6);
  return std::move(*made);
}

TestedModel tested(bool behind_denoiser) {
  const auto back = format_model(classifier(), {});
  const auto front = behind_denoiser ? format_model(denoiser(), {}) : std::vector<std::uint8_t>{};
  auto model = TestedModel::load(back, front);
  EXPECT_TRUE(model) << model.error().message;
  return std::move(*model);
}

TestedModel::AttackOptions pgd(std::size_t first) {
  TestedModel::AttackOptions options;
  options.name = "pgd";
  options.parameters = {{"epsilon", "0.1"}, {"steps", "5"}};
  options.seed = 7;
  options.first_image = first;
  return options;
}

TEST(TestedModel, PiecesOfARunGiveWhatOneGoGives) {
  const Tensor all = images(10);
  for (const bool behind : {false, true}) {
    const TestedModel model = tested(behind);
    const std::vector<int> labels = model.read(all).labels;
    const auto whole = model.attack(pgd(0), all, labels);
    ASSERT_TRUE(whole) << whole.error().message;
    std::vector<float> pieces;
    for (std::size_t first = 0; first < 10; first += 4) {
      const std::size_t count = std::min<std::size_t>(4, 10 - first);
      const auto values = all.images(first, count);
      const Tensor part(count, kShape, {values.begin(), values.end()});
      const auto outcome = model.attack(pgd(first), part, std::span(labels).subspan(first, count));
      ASSERT_TRUE(outcome);
      const auto made = outcome->adversarial.values();
      pieces.insert(pieces.end(), made.begin(), made.end());
    }
    const auto made = whole->adversarial.values();
    EXPECT_TRUE(std::equal(made.begin(), made.end(), pieces.begin(), pieces.end()));
  }
}

TEST(TestedModel, ReadsBytesAndFloatsAlike) {
  const TestedModel model = tested(false);
  std::vector<std::uint8_t> bytes(2 * kShape.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(37 * i);
  std::vector<float> pixels(bytes.begin(), bytes.end());
  for (float& pixel : pixels) pixel /= 255.0F;
  const auto from_bytes = model.images(bytes);
  const auto from_floats = model.images(pixels);
  ASSERT_TRUE(from_bytes && from_floats);
  EXPECT_EQ(model.read(*from_bytes).labels, model.read(*from_floats).labels);
  EXPECT_EQ(model.read(*from_bytes).confidences, model.read(*from_floats).confidences);
  EXPECT_FALSE(model.images(std::vector<float>(35)));
  EXPECT_FALSE(model.images(std::vector<float>{}));
}

TEST(TestedModel, FeaturesAndTheLastLayerGiveTheLogits) {
  const Tensor all = images(20);
  for (const bool behind : {false, true}) {
    const TestedModel model = tested(behind);
    ASSERT_EQ(model.feature_count(), 8U);
    const auto features = model.features(all);
    ASSERT_TRUE(features);
    ASSERT_EQ(features->size(), 20U * 8U);
    const PlacedLayer& last = model.classifier().layers().back();
    const auto parameters = model.classifier().parameters();
    const auto pass = model.model().new_pass(20);
    const auto logits = pass->forward(all.values(), 20);
    for (std::size_t n = 0; n < 20; ++n) {
      for (std::size_t k = 0; k < 3; ++k) {
        float z = parameters[last.bias + k];
        for (std::size_t i = 0; i < 8; ++i) {
          z += (*features)[8 * n + i] * parameters[last.weight + 3 * i + k];
        }
        ASSERT_NEAR(z, logits[3 * n + k], 1e-4F) << n << ", " << k;
      }
    }
  }
}

TEST(TestedModel, PlaneIsTheGradientsSignAndAnOrthogonalDirection) {
  const TestedModel model = tested(false);
  const Tensor one = images(1);
  const int label = model.read(one).labels[0];
  const auto plane = model.plane(one, label, 3);
  ASSERT_TRUE(plane) << plane.error().message;
  double dot = 0.0;
  int agree = 0;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    dot += static_cast<double>(plane->u[i]) * static_cast<double>(plane->v[i]);
    EXPECT_LE(std::abs(plane->u[i]), 1.0F);
    EXPECT_LE(std::abs(plane->v[i]), 1.0F);
    agree += plane->u[i] == plane->v[i] ? 1 : 0;
  }
  EXPECT_EQ(dot, 0.0);
  EXPECT_GT(agree, 0);
  EXPECT_NE(model.plane(one, label, 4)->v, plane->v);
  EXPECT_EQ(model.plane(one, label, 3)->v, plane->v);
  EXPECT_FALSE(model.plane(one, 3, 3));
  EXPECT_FALSE(model.plane(images(2), 0, 3));

  // FGSM is the point (ε, 0) of the plane.
  TestedModel::AttackOptions fgsm;
  fgsm.name = "fgsm";
  fgsm.parameters = {{"epsilon", "0.2"}};
  const auto outcome = model.attack(fgsm, one, std::vector<int>{label});
  ASSERT_TRUE(outcome);
  const float a[] = {0.0F, 0.2F}, b[] = {0.0F, 0.0F};
  const auto reading = model.slice(one, *plane, a, b);
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->labels[0], label);
  EXPECT_EQ(reading->labels[1], outcome->predicted[0]);
  EXPECT_NEAR(reading->confidences[1], model.read(outcome->adversarial).confidences[0], 1e-5F);
  EXPECT_FALSE(model.slice(one, *plane, a, std::span(b).first(1)));
  EXPECT_FALSE(model.slice(one, {}, a, b));
}

TEST(TestedModel, SaysWhatCannotBeLoaded) {
  const auto back = format_model(classifier(), {}), front = format_model(denoiser(), {});
  EXPECT_FALSE(TestedModel::load(front, {}));
  EXPECT_FALSE(TestedModel::load(back, back));
  EXPECT_FALSE(TestedModel::load({}, {}));
  TestedModel::AttackOptions unknown;
  unknown.name = "no-such-attack";
  EXPECT_FALSE(tested(false).attack(unknown, images(1), std::vector<int>{0}));
}

}  // namespace
}  // namespace signflip
