// Patches: where they lie, what they leave alone, their gradient by finite differences, and that
// they fool.
#include "attack/shared/patch.h"

#include <gtest/gtest.h>

#include "support/attacks.h"
#include "support/numeric.h"

namespace signflip::test {
namespace {

constexpr ImageShape kShape9x11x2{9, 11, 2};
constexpr Bounds kBox{};

PatchPlacing anywhere(double rotation = 0, double smallest = 1, double largest = 1) {
  return {.place = {}, .rotation = rotation, .smallest = smallest, .largest = largest};
}

PatchPlacing at(int row, int column) { return {.place = std::pair{row, column}}; }

/// The pixels that differ, where every pixel of a patch is told from the image.
std::vector<std::size_t> changed_pixels(std::span<const float> clean, std::span<const float> image,
                                        int channels) {
  std::vector<std::size_t> pixels;
  const auto c = static_cast<std::size_t>(channels);
  for (std::size_t p = 0; p < clean.size() / c; ++p) {
    if (!std::equal(&clean[p * c], &clean[p * c] + c, &image[p * c])) pixels.push_back(p);
  }
  return pixels;
}

TEST(Patch, IsCopiedToAFixedPlace) {
  const Patch patch(kShape9x11x2, {3, at(2, 5), 0.1}, kBox, 8);
  const std::vector<float> clean(kShape9x11x2.size(), 2.0F / 3);
  std::vector<float> image(clean.size());
  patch.apply(clean, Rng(1), image);
  for (int h = 0; h < 9; ++h) {
    for (int w = 0; w < 11; ++w) {
      for (int c = 0; c < 2; ++c) {
        const bool inside = h >= 2 && h < 5 && w >= 5 && w < 8;
        const float expected =
            inside ? patch.values()[static_cast<std::size_t>(((h - 2) * 3 + w - 5) * 2 + c)]
                   : 2.0F / 3;
        EXPECT_EQ(image[static_cast<std::size_t>((h * 11 + w) * 2 + c)], expected);
      }
    }
  }
}

TEST(Patch, LiesAnywhereOnWholePixelsAndLeavesTheRestAlone) {
  const Patch patch(kShape9x11x2, {4, anywhere(), 0.1}, kBox, 8);
  Rng rng(2);
  const auto clean = random_values<float>(kShape9x11x2.size(), rng, 0, 1);
  std::vector<float> image(clean.size());
  std::vector<int> seen(kShape9x11x2.pixels());
  for (std::uint64_t n = 0; n < 400; ++n) {
    patch.apply(clean, Rng(3, n), image);
    const auto pixels = changed_pixels(clean, image, 2);
    ASSERT_EQ(pixels.size(), 16U);
    EXPECT_EQ(pixels.back() - pixels.front(), 3U * 11 + 3);  // a square
    for (std::size_t i = 0; i < 16; ++i) {
      EXPECT_EQ(image[2 * pixels[i]], patch.values()[2 * i]);
      ++seen[pixels[i]];
    }
  }
  for (const int count : seen) EXPECT_GT(count, 0);  // the corners, too
}

TEST(Patch, TurnedAndScaledItStaysInTheImageAndKeepsItsSize) {
  constexpr ImageShape kLarge{40, 40, 1};
  const Patch patch(kLarge, {12, anywhere(180, 0.5, 1.5), 0.1}, kBox, 8);
  const std::vector<float> clean(kLarge.size(), 7.0F / 11);
  std::vector<float> image(clean.size());
  double smallest = 1600, largest = 0;
  for (std::uint64_t n = 0; n < 300; ++n) {
    patch.apply(clean, Rng(4, n), image);
    const auto covered = static_cast<double>(changed_pixels(clean, image, 1).size());
    smallest = std::min(smallest, covered);
    largest = std::max(largest, covered);
    for (const float value : image) ASSERT_TRUE(value >= 0 && value <= 1);
  }
  EXPECT_NEAR(smallest, 36, 12);
  EXPECT_NEAR(largest, 324, 24);
}

TEST(Patch, TurnsAboutItsMiddle) {
  constexpr ImageShape kLarge{31, 31, 1};
  PatchPlacing placing = at(10, 10);
  placing.rotation = 180;
  Patch patch(kLarge, {11, placing, 2}, kBox, 1);
  patch.ascend(std::vector<double>(121, 1));  // all 1
  std::vector<float> image(kLarge.size());
  for (std::uint64_t n = 0; n < 50; ++n) {
    patch.apply(std::vector<float>(kLarge.size()), Rng(5, n), image);
    double row = 0, column = 0, sum = 0;
    for (std::size_t p = 0; p < image.size(); ++p) {
      EXPECT_TRUE(image[p] == 0 || std::abs(image[p] - 1) < 1e-6F);
      sum += static_cast<double>(image[p]);
      row += static_cast<double>(image[p]) * static_cast<double>(p / 31);
      column += static_cast<double>(image[p]) * static_cast<double>(p % 31);
    }
    EXPECT_NEAR(sum, 121, 9);
    EXPECT_NEAR(row / sum, 15, 1e-5);
    EXPECT_NEAR(column / sum, 15, 1e-5);
  }
}

TEST(Patch, GradientIsThatOfFiniteDifferences) {
  for (const PatchPlacing& placing : {anywhere(), anywhere(40, 0.7, 1.3), at(1, 2)}) {
    const Patch patch(kShape9x11x2, {5, placing, 0.1}, kBox, 8);
    Rng rng(6);
    const auto clean = random_values<float>(kShape9x11x2.size(), rng, 0, 1);
    const auto dimage = random_values<float>(kShape9x11x2.size(), rng);
    for (std::uint64_t n = 0; n < 5; ++n) {
      std::vector<double> gradient(patch.values().size());
      patch.add_gradient(Rng(7, n), dimage, gradient);
      // The image is affine in the values, so one step of the sign is an exact difference.
      std::vector<float> image(clean.size());
      for (std::size_t j = 0; j < gradient.size(); ++j) {
        double sums[2];
        for (const int side : {0, 1}) {
          Patch moved(kShape9x11x2, {5, placing, 1}, kBox, 8);
          std::vector<double> pull(gradient.size());
          pull[j] = side == 0 ? -1 : 1;
          moved.ascend(pull);  // to 0 and to 1
          moved.apply(clean, Rng(7, n), image);
          sums[side] = dot(converted<double>(image), converted<double>(dimage));
        }
        EXPECT_NEAR(gradient[j], sums[1] - sums[0], 1e-5);
      }
    }
  }
}

TEST(Patch, FoolsMoreThanARandomOneOnImagesThatItHasNotSeen) {
  Rng rng(12);
  constexpr ImageShape kImage{10, 10, 1};
  const LinearModel model = LinearModel::random(kImage, 4, 1, rng);
  const Tensor seen = random_images(300, kImage, rng), unseen = random_images(200, kImage, rng);
  const std::vector<int> classes = predictions(model, seen), others = predictions(model, unseen);
  ThreadPool pool(1);
  SharedRequest request;
  request.epochs = 10;
  for (const std::optional<int> target : {std::optional<int>(), std::optional(2)}) {
    request.target = target;
    Patch patch(kImage, {4, at(3, 3), 0.1}, kBox, 8);
    const Patch random = patch;
    ASSERT_TRUE(learn_shared(model, request, seen, classes, patch, pool));
    for (const float value : patch.values()) EXPECT_TRUE(value >= 0 && value <= 1);
    const double learned =
        fooling(others, classes_under(model, patch, 0, unseen, pool), target).rate();
    const double by_chance =
        fooling(others, classes_under(model, random, 0, unseen, pool), target).rate();
    EXPECT_GT(learned, by_chance + 0.2) << by_chance;
  }
}

TEST(Patch, TargetedAtAFixedPlaceIsTheExactBestOfAnAffineModel) {
  Rng rng(13);
  constexpr ImageShape kImage{6, 6, 1};
  const LinearModel model = LinearModel::random(kImage, 2, 1, rng);
  const Tensor images = random_images(100, kImage, rng);
  Patch patch(kImage, {3, at(2, 1), 0.1}, kBox, 8);
  ThreadPool pool(1);
  SharedRequest request;
  request.epochs = 20;
  request.target = 1;
  ASSERT_TRUE(learn_shared(model, request, images, predictions(model, images), patch, pool));
  for (std::size_t h = 0; h < 3; ++h) {
    for (std::size_t w = 0; w < 3; ++w) {
      const std::size_t j = (h + 2) * 6 + w + 1;
      EXPECT_EQ(patch.values()[h * 3 + w], model.weight(1)[j] > model.weight(0)[j] ? 1.0F : 0.0F);
    }
  }
}

TEST(Patch, RefusesWhatDoesNotFit) {
  const auto message = [](int side, const PatchPlacing& placing, double step = 0.1) {
    const Status fits = check_patch({side, placing, step}, kShape9x11x2);
    return fits ? std::string() : fits.error().message;
  };
  EXPECT_EQ(message(4, anywhere(30, 0.5, 2)), "");
  EXPECT_EQ(message(4, at(5, 7)), "");
  EXPECT_EQ(message(0, anywhere()), "size is 0, expected 1 to 9: images are 9×11×2");
  EXPECT_EQ(message(10, anywhere()), "size is 10, expected 1 to 9: images are 9×11×2");
  EXPECT_EQ(message(4, anywhere(181)), "rotation is 181, expected 0 to 180 degrees");
  EXPECT_EQ(message(4, anywhere(0, 2, 1)),
            "scale is 2 to 1, expected two numbers from 0.1 to 10, the smaller first");
  EXPECT_EQ(message(4, anywhere(0, 1, 2.5)),
            "scale is up to 2.5, which makes a patch of 4 pixels larger than the image, 9×11×2");
  EXPECT_EQ(message(4, at(6, 7)),
            "at is 6,7, where a patch of 4 pixels is not inside the image, 9×11×2");
  for (const double step : {0.0, -1.0, 1.5}) {
    EXPECT_EQ(message(4, anywhere(), step).find("step-size is "), 0U) << step;
  }
}

TEST(Patch, IsComparedWithARandomOneOfAnotherSeed) {
  const PatchSettings settings{4, anywhere(), 0.1};
  const SharedChanges made = patch_changes(settings, kShape9x11x2, kBox, 8);
  EXPECT_TRUE(same_values(made.learnt->values(), Patch(kShape9x11x2, settings, kBox, 8).values()));
  EXPECT_TRUE(same_values(made.random->values(), Patch(kShape9x11x2, settings, kBox, 9).values()));
}

}  // namespace
}  // namespace signflip::test
