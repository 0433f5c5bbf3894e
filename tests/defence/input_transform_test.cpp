// Input transforms against their definitions, and BPDA: the true answer, the identity's gradient,
// and an attack that gets through because of it.
#include "defence/input_transform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "attack/runner.h"
#include "defence/jpeg.h"
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
  constexpr ImageShape shape{5, 5, 2};
  std::vector<float> image(shape.size());
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = i % 2 == 0 ? 0.25F : 0.75F;
  std::vector<float> speck = image, out(image.size());
  speck[2 * (5 * 2 + 2)] = 1.0F;
  median->apply(shape, speck, out);
  EXPECT_EQ(out, image);
}

/// The middle of the sorted window around a pixel, where the border pixel stands for all beyond it.
float median_of_window(ImageShape shape, const std::vector<float>& image, int row, int column,
                       int channel, int window) {
  std::vector<float> values;
  for (int down = -window / 2; down <= window / 2; ++down) {
    for (int across = -window / 2; across <= window / 2; ++across) {
      const int y = std::clamp(row + down, 0, shape.height - 1);
      const int x = std::clamp(column + across, 0, shape.width - 1);
      values.push_back(
          image[static_cast<std::size_t>((y * shape.width + x) * shape.channels + channel)]);
    }
  }
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

TEST(InputTransform, MedianIsThatOfItsDefinition) {
  Rng rng(5);
  for (const ImageShape shape : {ImageShape{7, 5, 1}, ImageShape{4, 11, 3}, ImageShape{1, 6, 2}}) {
    std::vector<float> image(shape.size()), out(shape.size());
    for (float& value : image) value = rng.uniform(0.0F, 1.0F);
    for (const int window : {3, 5, 7, 9}) {
      const auto median = transform_from_text("median:" + std::to_string(window));
      ASSERT_TRUE(median);
      median->apply(shape, image, out);
      std::size_t at = 0;
      for (int y = 0; y < shape.height; ++y) {
        for (int x = 0; x < shape.width; ++x) {
          for (int c = 0; c < shape.channels; ++c, ++at) {
            ASSERT_EQ(out[at], median_of_window(shape, image, y, x, c, window))
                << window << " at " << y << ", " << x << ", " << c;
          }
        }
      }
    }
  }
}

TEST(InputTransform, RefusesWhatItDoesNotKnow) {
  for (const char* text :
       {"", "bits", "bits:", "bits:0", "bits:9", "bits:1.5", "median:2", "median:1", "median:11",
        "bits:x", "blur:0", "blur:9", "jpeg:0", "jpeg:101", "jpeg:7.5", "sharpen:3"}) {
    const auto transform = transform_from_text(text);
    ASSERT_FALSE(transform) << text;
    EXPECT_NE(transform.error().message.find("expected bits:1 to bits:8, median:3 to median:9 "
                                             "(odd), blur:0.1 to blur:8 or jpeg:1 to jpeg:100"),
              std::string::npos);
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

TEST(InputTransform, TakesItsOwnGradientWhereItHasOne) {
  EXPECT_EQ(transform_from_text("blur:1.5")->gradient, TransformGradient::own);
  EXPECT_EQ(transform_from_text("blur:1.5")->strength, 1.5);
  EXPECT_EQ(transform_from_text("jpeg:75")->gradient, TransformGradient::own);
  EXPECT_EQ(transform_from_text("bits:3")->gradient, TransformGradient::identity);
  EXPECT_EQ(*gradient_from_text("own", TransformKind::jpeg), TransformGradient::own);
  EXPECT_EQ(*gradient_from_text("identity", TransformKind::blur), TransformGradient::identity);
  EXPECT_FALSE(gradient_from_text("own", TransformKind::median));
  EXPECT_FALSE(gradient_from_text("true", TransformKind::jpeg));
}

TEST(InputTransform, GradientsHaveTheNamesThatTheyAreReadBy) {
  for (const char* name : {"own", "identity"}) {
    EXPECT_EQ(gradient_name(*gradient_from_text(name, TransformKind::jpeg)), name);
  }
}

TEST(InputTransform, ItsOwnGradientOfJpegIsThatOfTheSmoothApproximation) {
  constexpr ImageShape shape{8, 8, 1};
  Rng rng(6);
  std::vector<float> image(shape.size()), dy(shape.size()), dx(shape.size(), 9),
      expected(shape.size());
  for (float& pixel : image) pixel = rng.uniform();
  for (float& value : dy) value = rng.normal();
  InputTransform jpeg = *transform_from_text("jpeg:50");
  jpeg.input_gradient(shape, image, dy, dx);
  jpeg_smooth_gradient(50, shape, image, dy, expected);
  EXPECT_EQ(dx, expected);
  EXPECT_NE(dx, dy);
  jpeg.gradient = TransformGradient::identity;
  jpeg.input_gradient(shape, image, dy, dx);
  EXPECT_EQ(dx, dy);
}

TEST(InputTransform, JpegRefusesOtherNumbersOfChannels) {
  const auto jpeg = transform_from_text("jpeg:75");
  EXPECT_TRUE(check_transform(*jpeg, {8, 8, 1}));
  EXPECT_TRUE(check_transform(*jpeg, {8, 8, 3}));
  const Status refused = check_transform(*jpeg, {8, 8, 2});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "the transform jpeg takes images of 1 or 3 channels, but the model takes 8×8×2");
  EXPECT_TRUE(check_transform(*transform_from_text("blur:1"), {8, 8, 2}));
}

TEST(TransformedModel, DifferentiatesThroughTheTransformAtTheLastImages) {
  Rng weights(13);
  constexpr ImageShape shape{7, 9, 3};
  const test::LinearModel linear = test::LinearModel::random(shape, 3, 1.0F, weights);
  for (const char* text : {"blur:1.2", "jpeg:50"}) {
    const InputTransform transform = *transform_from_text(text);
    const TransformedModel model(transform, linear);
    const auto pass = model.new_pass(3), plain = linear.new_pass(2);
    Rng rng(4);
    const std::size_t size = shape.size();
    std::vector<float> x(2 * size), dx(x.size()), dy(x.size()), expected(x.size());
    for (float& pixel : x) pixel = rng.uniform();
    const std::vector<float> dlogits = {1, -1, 0.5F, 0, 2, -1};
    plain->input_gradient(dlogits, dy);  // the same wherever the images are
    pass->forward(x, 2);
    pass->input_gradient(dlogits, dx);
    for (std::size_t n = 0; n < 2; ++n) {
      transform.input_gradient(shape, std::span(x).subspan(n * size, size),
                               std::span(dy).subspan(n * size, size),
                               std::span(expected).subspan(n * size, size));
    }
    EXPECT_EQ(dx, expected) << text;
    EXPECT_NE(dx, dy) << text;
  }
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
