// Input transforms against their definitions, and BPDA: the true answer, the identity's gradient,
// and an attack that gets through because of it.
#include "defence/input_transform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "attack/runner.h"
#include "support/linear_model.h"

namespace signflip {
namespace {

TEST(InputTransform, BitDepthRoundsToLevels) {
  const auto one = transform_from_text("bits:1"), three = transform_from_text("bits:3");
  ASSERT_TRUE(one);
  ASSERT_TRUE(three);
  const std::vector<float> image = {0.0F, 0.2F, 0.49F, 0.51F, 1.0F};
  std::vector<float> out(5);
  one->apply({1, 5, 1}, image, out);
  EXPECT_EQ(out, (std::vector<float>{0, 0, 0, 1, 1}));
  three->apply({1, 5, 1}, image, out);
  for (std::size_t i = 0; i < out.size(); ++i) {
    EXPECT_NEAR(out[i] * 7.0F, std::round(out[i] * 7.0F), 1e-6F);
    EXPECT_LE(std::abs(out[i] - image[i]), 0.5F / 7.0F + 1e-6F);
  }
}

TEST(InputTransform, MedianRemovesASpeckAndKeepsChannelsApart) {
  const auto median = transform_from_text("median:3");
  ASSERT_TRUE(median);
  constexpr ImageShape kShape{5, 5, 2};
  std::vector<float> image(kShape.size());
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = i % 2 == 0 ? 0.25F : 0.75F;
  std::vector<float> speck = image, out(image.size());
  speck[2 * (5 * 2 + 2)] = 1.0F;
  median->apply(kShape, speck, out);
  EXPECT_EQ(out, image);
}

TEST(InputTransform, RefusesWhatItDoesNotKnow) {
  for (const char* text : {"", "bits", "bits:", "bits:0", "bits:9", "bits:1.5", "median:2",
                           "median:1", "median:11", "blur:3", "bits:x"}) {
    const auto transform = transform_from_text(text);
    ASSERT_FALSE(transform) << text;
    EXPECT_NE(transform.error().message.find("expected bits:1"), std::string::npos);
  }
}

TEST(TransformedModel, AnswersTrulyAndDifferentiatesAsTheIdentity) {
  Rng weights(11);
  const test::LinearModel linear = test::LinearModel::random({4, 4, 1}, 3, 1.0F, weights);
  const TransformedModel model(*transform_from_text("bits:2"), linear);
  const auto pass = model.new_pass(2), plain = linear.new_pass(2);
  std::vector<float> x(32), rounded(32);
  Rng rng(4);
  for (float& pixel : x) pixel = rng.uniform();
  for (std::size_t i = 0; i < x.size(); ++i) rounded[i] = std::round(x[i] * 3.0F) / 3.0F;
  const auto logits = pass->forward(x, 2);
  const auto expected = plain->forward(rounded, 2);
  EXPECT_TRUE(std::equal(logits.begin(), logits.end(), expected.begin()));
  std::vector<float> dlogits(6, 0.5F), dx(32), expected_dx(32);
  pass->input_gradient(dlogits, dx);
  plain->input_gradient(dlogits, expected_dx);
  EXPECT_EQ(dx, expected_dx);
}

TEST(TransformedModel, BpdaGetsThroughWhereTheTrueGradientIsZero) {
  Rng weights(12);
  const test::LinearModel linear = test::LinearModel::random({4, 4, 1}, 3, 1.0F, weights);
  const TransformedModel model(*transform_from_text("bits:1"), linear);
  Tensor images(20, {4, 4, 1});
  Rng rng(5);
  for (float& pixel : images.values()) pixel = rng.uniform(0.3F, 0.7F);
  std::vector<int> labels;
  const auto pass = model.new_pass(1);
  for (std::size_t n = 0; n < 20; ++n) labels.push_back(argmax(pass->forward(images.image(n), 1)));
  const AttackEntry* const pgd = find_attack("pgd");
  const auto parameters =
      make_parameters(*pgd, std::vector<std::pair<std::string, std::string>>{{"epsilon", "0.45"}});
  ThreadPool pool(1);
  const auto outcome = run_attack(model, model, {pgd, *parameters}, images, labels, {}, pool);
  ASSERT_TRUE(outcome);
  EXPECT_GE(std::count(outcome->success.begin(), outcome->success.end(), 1), 18);
}

}  // namespace
}  // namespace signflip
