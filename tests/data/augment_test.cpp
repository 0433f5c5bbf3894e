// Augmentation: what each of its numbers does, in size, place and brightness.
#include "data/augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace signflip {
namespace {

constexpr ImageShape kShape{33, 33, 1};

/// A bright square of 11×11 in the middle.
std::vector<float> square() {
  std::vector<float> image(kShape.size());
  for (std::size_t row = 11; row < 22; ++row) {
    for (std::size_t column = 11; column < 22; ++column) image[row * 33 + column] = 1.0F;
  }
  return image;
}

std::vector<float> augmented(const Augmentation& options, std::uint64_t seed) {
  std::vector<float> image = square(), buffer(image.size());
  Rng rng(seed, 1);
  augment(options, kShape, rng, image, buffer);
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
  std::vector<float> grey(kShape.size(), 0.25F), buffer(grey.size());
  float least = 1, most = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    std::vector<float> image = grey;
    Rng rng(seed, 1);
    augment(options, kShape, rng, image, buffer);
    least = std::min(least, image[0]);
    most = std::max(most, image[0]);
  }
  EXPECT_NEAR(least, 0.125F, 0.005F);
  EXPECT_NEAR(most, 0.5F, 0.01F);
}

}  // namespace
}  // namespace signflip
