// The public face: what it hands over is what the parts give, and what does not fit gets a
// sentence.
#include "signflip/classifier.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "nn/model_file.h"
#include "support/tiny_classifier.h"

namespace signflip::test {
namespace {

Classifier tiny() {
  auto read = Classifier::read(format_model(classifier(), {}), "tiny.safetensors");
  EXPECT_TRUE(read) << read.error().message;
  return *read;
}

std::vector<float> noise(std::size_t count) {
  const Tensor tensor = images(count);
  return {tensor.values().begin(), tensor.values().end()};
}

TEST(Classifier, SaysWhatItIs) {
  const Classifier model = tiny();
  EXPECT_EQ(model.height(), 6);
  EXPECT_EQ(model.width(), 6);
  EXPECT_EQ(model.channels(), 1);
  EXPECT_EQ(model.classes(), (std::vector<std::string>{"a", "b", "c"}));
}

TEST(Classifier, PredictsTheLargestLogit) {
  const Classifier model = tiny();
  const auto logits = model.logits(noise(4));
  const auto labels = model.predict(noise(4));
  ASSERT_TRUE(logits && labels);
  ASSERT_EQ(logits->size(), 12U);
  for (std::size_t n = 0; n < 4; ++n) {
    const auto row = logits->begin() + static_cast<std::ptrdiff_t>(3 * n);
    EXPECT_EQ((*labels)[n], std::max_element(row, row + 3) - row);
  }
}

TEST(Classifier, GradientIsTheSlopeOfTheCrossEntropy) {
  const Classifier model = tiny();
  std::vector<float> image = noise(1);
  const std::vector<std::size_t> places = {3, 17, 35};
  for (const std::size_t i : places) image[i] = 0.5F;  // far enough from the ends for a difference
  const std::vector<int> label = {1};
  const auto gradient = model.gradient(image, label);
  ASSERT_TRUE(gradient);
  const auto loss = [&](std::size_t i, float step) {
    std::vector<float> moved = image;
    moved[i] += step;
    const auto logits = *model.logits(moved);
    double sum = 0;
    for (const float z : logits) sum += std::exp(static_cast<double>(z));
    return std::log(sum) - static_cast<double>(logits[1]);
  };
  for (const std::size_t i : places) {
    const float step = 1e-3F;
    const double slope = (loss(i, step) - loss(i, -step)) / (2 * static_cast<double>(step));
    EXPECT_NEAR(static_cast<double>((*gradient)[i]), slope, 1e-3) << i;
  }
}

TEST(Classifier, AttacksWithinTheBudgetAndEvaluates) {
  const Classifier model = tiny();
  const std::vector<float> clean = noise(8);
  const auto labels = *model.predict(clean);
  const AttackCall call{"mim", {{"epsilon", "0.25"}, {"steps", "20"}}};
  const auto attacked = model.attack(call, clean, labels);
  ASSERT_TRUE(attacked) << attacked.error().message;
  std::size_t fooled = 0;
  for (std::size_t i = 0; i < clean.size(); ++i) {
    EXPECT_LE(std::abs(attacked->images[i] - clean[i]), 0.25F);
  }
  for (std::size_t n = 0; n < 8; ++n) {
    EXPECT_EQ(attacked->success[n] == 1, attacked->labels[n] != labels[n]);
    fooled += attacked->success[n];
  }
  EXPECT_GT(fooled, 0U);
  const auto evaluation = model.evaluate(call, clean, labels);
  ASSERT_TRUE(evaluation);
  EXPECT_EQ(evaluation->count, 8U);
  EXPECT_EQ(evaluation->accuracy, 1);
  EXPECT_EQ(evaluation->robust_accuracy, 1 - static_cast<double>(fooled) / 8);
}

TEST(Classifier, WhatDoesNotFitGetsASentence) {
  const auto sentence = [](const auto& result) { return result ? "" : result.error().message; };
  EXPECT_EQ(sentence(Classifier::load("/nowhere/a.safetensors")),
            "/nowhere/a.safetensors could not be opened");
  EXPECT_EQ(sentence(Classifier::load("/dev/zero")).find("/dev/zero"), 0U) << "it has no end";
  EXPECT_EQ(sentence(Classifier::read(format_model(denoiser(), {}), "d.safetensors")),
            "d.safetensors is a denoiser, expected a model that names classes");
  const std::vector<std::uint8_t> rubbish(40, 7);
  EXPECT_EQ(sentence(Classifier::read(rubbish, "r.safetensors")).find("r.safetensors"), 0U);
  const Classifier model = tiny();
  std::vector<float> image = noise(1);
  image[5] = 1.5F;
  EXPECT_EQ(sentence(model.predict(image)),
            "image 0 has a pixel of value 1.5, but pixels must be from 0 to 1");
  image[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(sentence(model.logits(image)), "");
  EXPECT_NE(sentence(model.predict(std::vector<float>(35))), "");
  const std::vector<int> none;
  const std::vector<int> far = {3};
  EXPECT_EQ(sentence(model.attack({}, noise(1), none)),
            "attack needs the label of each image, found none");
  EXPECT_NE(sentence(model.gradient(noise(1), far)), "");
  EXPECT_NE(sentence(model.attack({"no-such"}, noise(1), far)).find("fgsm"), std::string::npos);
}

}  // namespace
}  // namespace signflip::test
