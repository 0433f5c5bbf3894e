// Tensor: sizes and the views of its images.
#include "core/tensor.h"

#include <gtest/gtest.h>

#include <numeric>

namespace signflip {
namespace {

TEST(ImageShape, SizeDoesNotOverflowInt) {
  EXPECT_EQ((ImageShape{2, 3, 4}.size()), 24U);
  EXPECT_EQ((ImageShape{4096, 4096, 128}.size()), std::size_t{1} << 31);
}

TEST(Tensor, StartsEmptyOrZero) {
  const Tensor empty;
  EXPECT_EQ(empty.count(), 0U);
  EXPECT_EQ(empty.size(), 0U);
  const Tensor zero(2, {1, 2, 3});
  EXPECT_EQ(zero.size(), 12U);
  for (const float value : zero.values()) EXPECT_EQ(value, 0.0F);
}

TEST(Tensor, ImagesAreConsecutive) {
  std::vector<float> values(24);
  std::iota(values.begin(), values.end(), 0.0F);
  Tensor tensor(4, {1, 2, 3}, values);
  EXPECT_EQ(tensor.count(), 4U);
  EXPECT_EQ(tensor.image_shape(), (ImageShape{1, 2, 3}));
  EXPECT_EQ(tensor.image(2).size(), 6U);
  EXPECT_EQ(tensor.image(2)[0], 12.0F);
  EXPECT_EQ(tensor.images(1, 3).size(), 18U);
  EXPECT_EQ(tensor.images(1, 3)[0], 6.0F);
  tensor.image(3)[5] = -1.0F;
  const Tensor& view = tensor;
  EXPECT_EQ(view.values()[23], -1.0F);
  EXPECT_EQ(view.image(3)[5], -1.0F);
  EXPECT_EQ(view.images(3, 1).data(), view.data() + 18);
}

}  // namespace
}  // namespace signflip
