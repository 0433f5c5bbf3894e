// Augmentation: what each of its numbers does, in size, place and brightness.
#include "data/augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace signflip {
namespace {

constexpr ImageShape kShape33x33x1{33, 33, 1};

/// A bright square of 11×11 in the middle.
std::vector<float> square() {
  std::vector<float> image(kShape33x33x1.size());
  for (std::size_t row = 11; row < 22; ++row) {
    for (std::size_t column = 11; column < 22; ++column) image[row * 33 + column] = 1.0F;
  }
  return image;
}

std::vector<float> augmented(const Augmentation& options, std::uint64_t seed) {
  std::vector<float> image = square(), buffer(image.size());
  Rng rng(seed, 1);
  augment(options, kShape33x33x1, rng, image, buffer);
  return image;
}

double sum(const std::vector<float>& image) {
  double total = 0;
  for (const float pixel : image) total += static_cast<double>(pixel);
  return total;
}

TEST(Augment, ScaleIsThePicturesRelativeSize) {
  Augmentation options;
  options.scale = 0.5F;
  double least = 10, most = 0, total = 0;
  constexpr int kDraws = 400;
  for (std::uint64_t seed = 0; seed < kDraws; ++seed) {
    const double size = std::sqrt(sum(augmented(options, seed))) / 11;
    least = std::min(least, size);
    most = std::max(most, size);
    total += size;
  }
  // Uniform from 1 − scale to 1 + scale: 5.5 to 16.5 pixels of 11, and 11 in the mean.
  EXPECT_NEAR(least, 0.5, 0.06);  // interpolation blurs a pixel at the edge
  EXPECT_NEAR(most, 1.5, 0.06);
  EXPECT_NEAR(total / kDraws, 1, 0.06);
}

TEST(Augment, ShiftIsAFractionOfTheSide) {
  Augmentation options;
  options.shift = 0.2F;
  options.whole_pixels = true;
  int furthest = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::vector<float> image = augmented(options, seed);
    ASSERT_EQ(sum(image), 121) << "whole pixels, and all of them still inside";
    const auto first = std::find(image.begin(), image.end(), 1.0F) - image.begin();
    const int row = static_cast<int>(first) / 33 - 11, column = static_cast<int>(first) % 33 - 11;
    furthest = std::max({furthest, std::abs(row), std::abs(column)});
  }
  EXPECT_EQ(furthest, 7);  // round(0.2 · 33)
}

TEST(Augment, BrightnessIsAFactorFromOneOverItToIt) {
  Augmentation options;
  options.brightness = 1.0F;
  std::vector<float> grey(kShape33x33x1.size(), 0.25F), buffer(grey.size());
  float least = 1, most = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    std::vector<float> image = grey;
    Rng rng(seed, 1);
    augment(options, kShape33x33x1, rng, image, buffer);
    least = std::min(least, image[0]);
    most = std::max(most, image[0]);
  }
  EXPECT_NEAR(least, 0.125F, 0.005F);
  EXPECT_NEAR(most, 0.5F, 0.01F);
}

TEST(Augment, EverySecondImageIsMirrored) {
  Augmentation options;
  options.flip = true;
  constexpr ImageShape kWide{2, 3, 3};
  std::vector<float> image(kWide.size()), buffer(image.size());
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<float>(i) / 20.0F;
  std::vector<float> mirrored;
  for (const std::size_t pixel : {2U, 1U, 0U, 5U, 4U, 3U}) {
    for (std::size_t c = 0; c < 3; ++c) mirrored.push_back(image[3 * pixel + c]);
  }
  int flipped = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    std::vector<float> copy = image;
    Rng rng(seed, 1);
    augment(options, kWide, rng, copy, buffer);
    ASSERT_TRUE(copy == image || copy == mirrored);
    flipped += copy == mirrored ? 1 : 0;
  }
  EXPECT_NEAR(flipped, 200, 50);  // five deviations
}

TEST(Augment, CutoutIsASquareOfTheImagesMean) {
  Augmentation options;
  options.cutout = 1.0F / 3.0F;  // 11 of 33
  const std::vector<float> image = square();
  const float mean = static_cast<float>(sum(image)) / static_cast<float>(image.size());
  std::size_t most = 0, least = image.size();
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const std::vector<float> cut = augmented(options, seed);
    std::size_t holes = 0;
    int top = 33, bottom = -1, left = 33, right = -1;
    for (std::size_t i = 0; i < cut.size(); ++i) {
      if (cut[i] == image[i]) continue;
      ASSERT_NEAR(cut[i], mean, 1e-6F);
      ++holes;
      const int row = static_cast<int>(i) / 33, column = static_cast<int>(i) % 33;
      top = std::min(top, row), bottom = std::max(bottom, row);
      left = std::min(left, column), right = std::max(right, column);
    }
    ASSERT_EQ(holes, static_cast<std::size_t>((bottom - top + 1) * (right - left + 1)));
    most = std::max(most, holes);
    least = std::min(least, holes);
  }
  EXPECT_EQ(most, 121U);
  EXPECT_LT(least, 60U) << "holes at the edge are cut off";
}

}  // namespace
}  // namespace signflip
