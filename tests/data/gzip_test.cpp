// Tests of gzip in memory.
#include "data/gzip.h"

#include "support/files.h"

namespace signflip {
namespace {

using test::Bytes;
using test::contains;

Bytes sample(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * i / 11 + i);
  return bytes;
}

TEST(Gzip, RoundTripsAndIsDeterministic) {
  for (const std::size_t size : {0U, 1U, 1000U, 300000U}) {
    const Bytes plain = sample(size);
    const Bytes packed = gzip(plain);
    EXPECT_EQ(packed, gzip(plain));
    const auto again = gunzip(packed, "f.gz");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, plain);
  }
}

TEST(Gzip, EveryTruncationIsASentence) {
  const Bytes packed = gzip(sample(200));
  for (std::size_t size = 0; size < packed.size(); ++size) {
    const auto result = gunzip(std::span(packed).first(size), "f.gz");
    ASSERT_FALSE(result) << size;
    EXPECT_TRUE(contains(result.error().message, "f.gz is ")) << result.error().message;
  }
}

TEST(Gzip, EveryFlippedByteIsNoticedOrHarmless) {
  const Bytes plain = sample(200);
  Bytes packed = gzip(plain);
  for (std::size_t i = 0; i < packed.size(); ++i) {
    packed[i] ^= 0xff;
    const auto result = gunzip(packed, "f.gz");
    // The time stamp and the system are not checked.
    EXPECT_TRUE(!result || *result == plain) << "byte " << i;
    packed[i] ^= 0xff;
  }
}

TEST(Gzip, JoinsMembersAndIgnoresPadding) {
  Bytes packed = gzip(sample(10));
  const Bytes second = gzip(sample(5));
  packed.insert(packed.end(), second.begin(), second.end());
  packed.insert(packed.end(), 20, 0);
  const auto result = gunzip(packed, "f.gz");
  ASSERT_TRUE(result) << result.error().message;
  Bytes expected = sample(10);
  const Bytes tail = sample(5);
  expected.insert(expected.end(), tail.begin(), tail.end());
  EXPECT_EQ(*result, expected);

  packed.push_back('x');
  EXPECT_FALSE(gunzip(packed, "f.gz"));
}

TEST(Gzip, HoldsItsLimit) {
  const Bytes bomb = gzip(Bytes(100000));
  EXPECT_LT(bomb.size(), 300U);
  const auto result = gunzip(bomb, "f.gz", 99999);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "f.gz unpacks to more than 99999 bytes");
  EXPECT_TRUE(gunzip(bomb, "f.gz", 100000));
}

}  // namespace
}  // namespace signflip
