// Tests of resizing, cropping and channel conversion. That resize_bilinear() agrees with OpenCV on
// real pictures is tested in gtsrb_test.cpp.
#include <algorithm>

#include "data/image.h"
#include "support/files.h"

namespace signflip {
namespace {

using test::Bytes;

Picture ramp(int width, int height, int channels) {
  Picture picture{width, height, channels, {}};
  for (int i = 0; i < width * height * channels; ++i) {
    picture.pixels.push_back(static_cast<std::uint8_t>(i * 37 % 256));
  }
  return picture;
}

TEST(ImageResize, KeepsAConstantAtAnySize) {
  const Picture constant{7, 5, 3, Bytes(105, 93)};
  for (const auto& [width, height] : {std::pair{1, 1}, {3, 2}, {7, 5}, {14, 10}, {20, 3}}) {
    for (const Picture& resized :
         {resize(constant, width, height), resize_bilinear(constant, width, height)}) {
      EXPECT_EQ(resized.width, width);
      EXPECT_EQ(resized.height, height);
      EXPECT_EQ(resized.pixels, Bytes(static_cast<std::size_t>(width * height * 3), 93));
    }
  }
}

TEST(ImageResize, TheSameSizeIsTheSamePicture) {
  const Picture picture = ramp(6, 4, 3);
  EXPECT_EQ(resize(picture, 6, 4).pixels, picture.pixels);
  EXPECT_EQ(resize_bilinear(picture, 6, 4).pixels, picture.pixels);
}

TEST(ImageResize, ShrinkingSeesEveryPixel) {
  // A checkerboard has the mean of 127.5 at every scale; point sampling would show 0 and 255.
  Picture board{64, 64, 1, {}};
  for (int i = 0; i < 64 * 64; ++i) {
    board.pixels.push_back((i / 64 + i) % 2 == 0 ? std::uint8_t{255} : std::uint8_t{0});
  }
  for (const std::uint8_t pixel : resize(board, 9, 9).pixels) EXPECT_NEAR(pixel, 128, 3);
}

TEST(ImageResize, GrowingInterpolatesBetweenCentres) {
  const Picture two{2, 1, 1, {0, 200}};
  EXPECT_EQ(resize(two, 4, 1).pixels, (Bytes{0, 50, 150, 200}));
  EXPECT_EQ(resize_bilinear(two, 4, 1).pixels, (Bytes{0, 50, 150, 200}));
}

TEST(ImageResize, HalvingIsTheMeanOfFour) {
  const Picture picture{2, 2, 1, {1, 2, 3, 5}};
  EXPECT_EQ(resize_bilinear(picture, 1, 1).pixels, (Bytes{3}));
}

TEST(ImageResize, MirroringCommutes) {
  const auto mirror = [](Picture picture) {
    for (int y = 0; y < picture.height; ++y) {
      const auto row = picture.pixels.begin() + y * picture.width;
      std::reverse(row, row + picture.width);
    }
    return picture;
  };
  const Picture picture = ramp(13, 6, 1);
  const Picture a = resize(mirror(picture), 5, 4);
  const Picture b = mirror(resize(picture, 5, 4));
  for (std::size_t i = 0; i < a.pixels.size(); ++i) EXPECT_NEAR(a.pixels[i], b.pixels[i], 1);
}

TEST(ImageResize, LumaAndGrey) {
  const Picture colours{4, 1, 3, {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255}};
  EXPECT_EQ(convert_channels(colours, 1).pixels, (Bytes{76, 150, 29, 255}));
  EXPECT_EQ(convert_channels({1, 1, 1, {9}}, 3).pixels, (Bytes{9, 9, 9}));
}

TEST(ImageResize, CropsRowsAndColumns) {
  const Picture picture{3, 3, 1, {1, 2, 3, 4, 5, 6, 7, 8, 9}};
  const Picture part = crop(picture, 1, 0, 2, 2);
  EXPECT_EQ(part.width, 2);
  EXPECT_EQ(part.pixels, (Bytes{2, 3, 5, 6}));
}

}  // namespace
}  // namespace signflip
