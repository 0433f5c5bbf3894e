// Tests of the .npy format; the literal files are what NumPy 1.24 writes.
#include "data/npy.h"

#include <cmath>
#include <limits>

#include "support/files.h"

namespace signflip {
namespace {

using test::Bytes;
using test::bytes_of;
using test::contains;
using test::joined;

/// A version-1 file with this header text.
Bytes npy(const std::string& header, const Bytes& values) {
  const auto length = static_cast<std::uint8_t>(header.size());
  const Bytes start{0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, length, 0};
  return joined(joined(start, bytes_of(header)), values);
}

std::string image_error(const Bytes& bytes) {
  const auto result = read_npy_images(bytes, "f.npy");
  return result ? "no error" : result.error().message;
}

TEST(Npy, WritesWhatNumpyWrites) {
  const std::vector<float> values{0.0F, 1.0F, 2.0F, 3.0F, 4.0F, 5.0F};
  std::string expected = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  expected.append(117 - expected.size(), ' ');
  const Bytes bytes = format_npy(values, {2, 3});
  ASSERT_EQ(bytes.size(), 128U + 24U);
  EXPECT_EQ(std::string(bytes.begin() + 10, bytes.begin() + 128), expected + "\n");
  EXPECT_EQ(bytes[8], 118);
  const Bytes labels = format_npy(std::vector<std::int32_t>{7}, {1});
  EXPECT_TRUE(contains(std::string(labels.begin(), labels.end()),
                       "'<i4', 'fortran_order': False, 'shape': (1,), }"));
}

TEST(Npy, RoundTripsImages) {
  Tensor images(2, {2, 3, 3});
  for (std::size_t i = 0; i < images.size(); ++i) {
    images.data()[i] = static_cast<float>(i) / static_cast<float>(images.size());
  }
  const test::TemporaryFolder folder;
  ASSERT_TRUE(write_npy(folder.path() / "a.npy", images));
  const auto again = read_npy_images(*read_file(folder.path() / "a.npy"), "a.npy");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->count(), 2U);
  EXPECT_EQ(again->image_shape(), images.image_shape());
  EXPECT_TRUE(std::equal(again->values().begin(), again->values().end(), images.data()));
}

TEST(Npy, ReadsBytesAsPixelsAndThreeDimensionsAsOneChannel) {
  const auto images = read_npy_images(
      npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, 2), }\n", {0, 51, 102, 255}),
      "f");
  ASSERT_TRUE(images) << images.error().message;
  EXPECT_EQ(images->image_shape(), (ImageShape{2, 2, 1}));
  EXPECT_EQ(images->values()[1], 0.2F);
  EXPECT_EQ(images->values()[3], 1.0F);
}

TEST(Npy, ReadsVersionsTwoAndThree) {
  const std::string header = "{\"shape\":(1,1,1),'descr':\"|u1\",'fortran_order':False}";
  const auto length = static_cast<std::uint8_t>(header.size());
  for (const std::uint8_t version : {std::uint8_t{2}, std::uint8_t{3}}) {
    const Bytes start{0x93, 'N', 'U', 'M', 'P', 'Y', version, 0, length, 0, 0, 0};
    const auto images = read_npy_images(joined(joined(start, bytes_of(header)), {255}), "f");
    ASSERT_TRUE(images) << images.error().message;
  }
}

TEST(Npy, RefusesVersionsThatItDoesNotKnow) {
  for (const std::uint8_t version : {std::uint8_t{0}, std::uint8_t{4}}) {
    const Bytes start{0x93, 'N', 'U', 'M', 'P', 'Y', version, 0, 2, 0, 0, 0, '{', '}'};
    EXPECT_TRUE(contains(image_error(start), "; 1 to 3 are read")) << image_error(start);
  }
}

TEST(Npy, RefusesShapesThatHoldNothing) {
  for (const std::vector<std::size_t>& shape :
       {std::vector<std::size_t>{0, 2, 2, 1}, {2, 0, 2, 1}, {2, 2, 0, 1}, {2, 2, 2, 0}}) {
    EXPECT_TRUE(contains(image_error(format_npy(std::vector<float>{}, shape)), "holds no images"));
  }
}

TEST(Npy, RefusesPixelsOutsideTheBox) {
  const auto with = [](float value) {
    return format_npy(std::vector<float>{0.5F, 0.5F, value, 0.5F}, {2, 1, 2, 1});
  };
  EXPECT_EQ(image_error(with(1.0F)), "no error");
  EXPECT_TRUE(contains(image_error(with(1.01F)), "value 1.01 in image 1"));
  EXPECT_TRUE(contains(image_error(with(-0.01F)), "lie in [0,1]"));
  EXPECT_TRUE(contains(image_error(with(std::nanf(""))), "NaN"));
  EXPECT_TRUE(contains(image_error(with(std::numeric_limits<float>::infinity())), "inf"));
}

TEST(Npy, RefusesOtherTypesOrdersAndShapes) {
  const auto header = [](const std::string& type, const std::string& order,
                         const std::string& shape) {
    return "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
  };
  EXPECT_TRUE(
      contains(image_error(npy(header("<f8", "False", "(1, 1, 1)"), Bytes(8))), "type <f8"));
  EXPECT_TRUE(
      contains(image_error(npy(header(">f4", "False", "(1, 1, 1)"), Bytes(4))), "type >f4"));
  EXPECT_TRUE(
      contains(image_error(npy(header("<i4", "False", "(1, 1, 1)"), Bytes(4))), "<f4 or |u1"));
  EXPECT_TRUE(contains(image_error(npy(header("|u1", "True", "(1, 1, 1)"), Bytes(1))), "Fortran"));
  EXPECT_TRUE(contains(image_error(npy(header("|u1", "False", "(4, 1)"), Bytes(4))), "shape 4×1"));
  EXPECT_TRUE(
      contains(image_error(npy(header("|u1", "False", "(0, 2, 2)"), {})), "holds no images"));
  EXPECT_TRUE(contains(image_error(npy(header("|u1", "False", "(1, 2, 2)"), Bytes(5))),
                       "5 bytes of values where its shape 1×2×2 calls for 4"));
  EXPECT_TRUE(contains(image_error(npy(header("|u1", "False", "(4294967296, 4294967296, 1)"), {})),
                       "more than memory can hold"));
  EXPECT_TRUE(contains(image_error(npy("{'descr': [('a', '<f4')], 'fortran_order': False}", {})),
                       "header that cannot be read"));
  EXPECT_TRUE(contains(image_error({'P', 'K', 3, 4}), "not an .npy file"));
}

TEST(Npy, EveryTruncationIsASentence) {
  const Bytes bytes = format_npy(std::vector<float>(4, 0.5F), {1, 2, 2, 1});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto result = read_npy_images(std::span(bytes).first(size), "f.npy");
    ASSERT_FALSE(result) << size;
    EXPECT_TRUE(contains(result.error().message, "f.npy ")) << result.error().message;
  }
}

TEST(Npy, ReadsLabelsOfEachType) {
  const auto parse = [](const std::string& type, const Bytes& values) {
    return parse_npy_labels(
        npy("{'descr': '" + type + "', 'fortran_order': False, 'shape': (2,), }\n", values),
        "f.npy");
  };
  const std::vector<int> expected{5, 9};
  EXPECT_EQ(*parse("|u1", {5, 9}), expected);
  EXPECT_EQ(*parse("<i4", {5, 0, 0, 0, 9, 0, 0, 0}), expected);
  EXPECT_EQ(*parse("<i8", {5, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0}), expected);
  const auto huge = parse("<i8", {5, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0});
  ASSERT_FALSE(huge);
  EXPECT_TRUE(contains(huge.error().message, "4294967305 at position 1"));
  EXPECT_FALSE(parse("<f4", Bytes(8)));
  EXPECT_FALSE(parse_npy_labels(format_npy(std::vector<std::int32_t>(4), {2, 2}), "f.npy"));

  const test::TemporaryFolder folder;
  ASSERT_TRUE(write_npy(folder.path() / "l.npy", std::span<const int>(expected)));
  EXPECT_EQ(*parse_npy_labels(*read_file(folder.path() / "l.npy"), "l.npy"), expected);
}

}  // namespace
}  // namespace signflip
