// Tests of the IDX format.
#include "data/idx.h"

#include "data/gzip.h"
#include "support/files.h"

namespace signflip {
namespace {

using test::Bytes;
using test::contains;
using test::joined;

std::string idx_error(const Bytes& bytes) {
  const auto result = parse_idx(bytes, "f.idx");
  return result ? "no error" : result.error().message;
}

TEST(Idx, ReadsWhatTheFormatSays) {
  const auto array = parse_idx(Bytes{0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6}, "f");
  ASSERT_TRUE(array) << array.error().message;
  EXPECT_EQ(array->shape, (std::vector<std::size_t>{2, 3}));
  EXPECT_EQ(array->values, (Bytes{1, 2, 3, 4, 5, 6}));
}

TEST(Idx, RoundTripsOneToFourDimensions) {
  for (const auto& shape : std::vector<std::vector<std::size_t>>{
           {6}, {2, 3}, {1, 2, 3}, {1, 2, 1, 3}, {0}, {0, 28, 28}}) {
    std::size_t size = 1;
    for (const std::size_t dimension : shape) size *= dimension;
    const IdxArray array{shape, Bytes(size, 9)};
    const auto again = parse_idx(format_idx(array), "f");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->shape, array.shape);
    EXPECT_EQ(again->values, array.values);
  }
}

TEST(Idx, EveryTruncationAndSurplusIsASentence) {
  Bytes bytes = format_idx({{2, 2, 2, 3}, Bytes(24, 1)});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto result = parse_idx(std::span(bytes).first(size), "f.idx");
    ASSERT_FALSE(result) << size;
    EXPECT_TRUE(contains(result.error().message, "f.idx")) << result.error().message;
  }
  bytes.push_back(0);
  EXPECT_EQ(idx_error(bytes), "f.idx has 25 values where its shape 2×2×2×3 calls for 24");
}

TEST(Idx, RefusesOtherTypesAndDimensions) {
  EXPECT_TRUE(contains(idx_error({0, 0, 0x0d, 1, 0, 0, 0, 0}), "32-bit floats (IDX type 13)"));
  EXPECT_TRUE(contains(idx_error({0, 0, 0x77, 1, 0, 0, 0, 0}), "unknown type"));
  EXPECT_TRUE(contains(idx_error({1, 0, 8, 1, 0, 0, 0, 0}), "not an IDX file"));
  EXPECT_EQ(idx_error({0, 0, 8, 0}), "f.idx has 0 dimensions; 1 to 4 are read");
  EXPECT_TRUE(contains(idx_error({0, 0, 8, 5, 0, 0, 0, 0}), "5 dimensions"));
}

TEST(Idx, DimensionsThatOverflowAreASentence) {
  EXPECT_TRUE(
      contains(idx_error(joined({0, 0, 8, 4}, Bytes(16, 0xff))), "more than memory can hold"));
  // A product of 2^64 must not pass for 0.
  const Bytes wraps{0, 0, 8, 4, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0};
  EXPECT_TRUE(contains(idx_error(wraps), "more than memory can hold"));
}

TEST(Idx, WritesGzipByNameAndReadsByContent) {
  const test::TemporaryFolder folder;
  const IdxArray array{{3}, {7, 8, 9}};
  ASSERT_TRUE(write_idx(folder.path() / "a", array));
  ASSERT_TRUE(write_idx(folder.path() / "a.gz", array));
  EXPECT_EQ(*read_file(folder.path() / "a"), format_idx(array));
  EXPECT_TRUE(looks_like_gzip(*read_file(folder.path() / "a.gz")));
  EXPECT_EQ(read_idx(folder.path() / "a.gz")->values, array.values);
}

}  // namespace
}  // namespace signflip
