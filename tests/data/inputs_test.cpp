// Tests of what --images and --labels accept.
#include "data/inputs.h"

#include "data/gzip.h"
#include "data/idx.h"
#include "data/image.h"
#include "data/npy.h"
#include "support/files.h"

namespace signflip {
namespace {

using test::bytes_of;
using test::contains;
using test::TemporaryFolder;

constexpr ImageShape kGrey{2, 3, 1};

std::string image_error(const std::filesystem::path& path, ImageShape expected) {
  const auto result = load_images(path, expected);
  return result ? "no error" : result.error().message;
}

TEST(Inputs, ContentDecidesAndNotTheName) {
  const TemporaryFolder folder;
  const std::vector<float> pixels(12, 0.2F);
  const IdxArray idx{{2, 2, 3}, std::vector<std::uint8_t>(12, 51)};
  for (const auto& path :
       {folder.write("a.png", format_npy(pixels, {2, 2, 3, 1})),
        folder.write("b", format_npy(pixels, {2, 2, 3})), folder.write("c.npy", format_idx(idx)),
        folder.write("d.npy", gzip(format_idx(idx)))}) {
    const auto images = load_images(path, kGrey);
    ASSERT_TRUE(images) << images.error().message;
    EXPECT_EQ(images->count(), 2U);
    EXPECT_EQ(images->image_shape(), kGrey);
    for (const float value : images->values()) EXPECT_EQ(value, 0.2F);
  }
}

TEST(Inputs, APictureIsFittedToTheModel) {
  const TemporaryFolder folder;
  const Picture red{10, 20, 3, [] {
                      std::vector<std::uint8_t> pixels;
                      for (int i = 0; i < 200; ++i) pixels.insert(pixels.end(), {255, 0, 0});
                      return pixels;
                    }()};
  const auto path = folder.write("red.npy", encode_png(red));
  const auto grey = load_images(path, kGrey);
  ASSERT_TRUE(grey) << grey.error().message;
  ASSERT_EQ(grey->size(), 6U);
  for (const float value : grey->values()) EXPECT_EQ(value, unit_pixel(76));
  const auto colour = load_images(path, {4, 4, 3});
  ASSERT_TRUE(colour) << colour.error().message;
  EXPECT_EQ(colour->values()[0], 1.0F);
  EXPECT_EQ(colour->values()[1], 0.0F);
  EXPECT_TRUE(contains(image_error(path, {4, 4, 2}), "2 channels"));
}

TEST(Inputs, ArraysOfAnotherShapeAreRefused) {
  const TemporaryFolder folder;
  const auto path = folder.write("a.npy", format_npy(std::vector<float>(12), {1, 2, 2, 3}));
  EXPECT_EQ(image_error(path, kGrey),
            path.string() + " has images of 2×2×3 (height×width×channels) where 2×3×1 is expected");
  const auto labels = folder.write("l", format_idx({{3}, {1, 2, 3}}));
  EXPECT_TRUE(contains(image_error(labels, kGrey), "shape 3; images are"));
  EXPECT_TRUE(contains(image_error(folder.write("t", "hello"), kGrey), "neither .npy nor IDX nor"));
  EXPECT_TRUE(contains(image_error(folder.write("e", ""), kGrey), "neither .npy nor IDX nor"));
  EXPECT_TRUE(contains(image_error(folder.path() / "none", kGrey), "No such file"));
}

TEST(Inputs, LabelsAreCheckedForRangeAndCount) {
  const TemporaryFolder folder;
  const std::vector<std::int32_t> labels{0, 9, 4};
  for (const auto& path : {folder.write("a", format_npy(labels, {3})),
                           folder.write("b", format_idx({{3}, {0, 9, 4}}))}) {
    EXPECT_EQ(*load_labels(path, 10, 3), (std::vector<int>{0, 9, 4}));
    EXPECT_TRUE(contains(load_labels(path, 10, 4).error().message, "3 labels for 4 images"));
    EXPECT_TRUE(contains(load_labels(path, 9, 3).error().message,
                         "label 9 at position 1; labels are 0 to 8"));
  }
  const auto negative = folder.write("n", format_npy(std::vector<std::int32_t>{-1}, {1}));
  EXPECT_TRUE(contains(load_labels(negative, 9, 1).error().message, "label -1"));
  EXPECT_FALSE(load_labels(folder.write("t", "7"), 10, 1));
}

}  // namespace
}  // namespace signflip
