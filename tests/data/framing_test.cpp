// Which way a picture becomes an image of a model, and what is said of it.
#include "data/framing.h"

#include <gtest/gtest.h>

#include "data/dataset.h"

namespace signflip {
namespace {

std::vector<std::string> digits() { return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}; }

TEST(Framing, FollowsTheModelsImagesAndClasses) {
  EXPECT_EQ(framing_for({28, 28, 1}, digits()), Framing::digit);
  EXPECT_EQ(framing_for({28, 28, 1}, {"shirt", "shoe"}), Framing::middle);
  EXPECT_EQ(framing_for({32, 32, 1}, digits()), Framing::middle);
  EXPECT_EQ(framing_for({32, 32, 3}, known_class_names("gtsrb", 43)), Framing::whole);
  EXPECT_EQ(framing_for({32, 32, 3}, std::vector<std::string>(43, "sign")), Framing::middle);
  EXPECT_EQ(framing_for({28, 28, 1}, {}), Framing::middle);
}

/// 28×28: a bar of ink on paper.
Picture bar(std::uint8_t paper, std::uint8_t ink) {
  Picture picture{28, 28, 1, std::vector<std::uint8_t>(784, paper)};
  for (std::size_t y = 6; y < 22; ++y) {
    for (std::size_t x = 12; x < 16; ++x) picture.pixels[28 * y + x] = ink;
  }
  return picture;
}

TEST(Framing, APictureOfTheModelsSizeIsInvertedWhereItsInkIsDark) {
  const auto framed = [](const Picture& picture) {
    auto result = frame(picture, {28, 28, 1}, Framing::digit, "it");
    EXPECT_TRUE(result) << result.error().message;
    return std::move(*result);
  };
  const FramedPicture dark = framed(bar(255, 0)), light = framed(bar(0, 255));
  EXPECT_EQ(dark.picture.pixels, bar(0, 255).pixels);
  EXPECT_EQ(dark.remark, "inverted: its ink is darker than its paper");
  EXPECT_EQ(light.picture.pixels, bar(0, 255).pixels);
  EXPECT_EQ(light.remark, "");
  // Without ink there is nothing to tell from paper.
  const FramedPicture blank = framed(bar(9, 9));
  EXPECT_EQ(blank.picture.pixels, bar(9, 9).pixels);
  EXPECT_EQ(blank.remark, "");
}

}  // namespace
}  // namespace signflip
