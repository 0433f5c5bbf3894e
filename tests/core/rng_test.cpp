// Rng: the numbers are these and no others, streams are independent, distributions are sane.
// Not a test battery for the generator itself: SplitMix64 passed those elsewhere.
#include "core/rng.h"

#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <set>
#include <vector>

namespace signflip {
namespace {

// Golden values come from an independent implementation in Python.
TEST(Rng, NextIsTheSameEverywhere) {
  Rng zero(0), one(1), stream(1, 1), image(2022, 784);
  EXPECT_EQ(zero.next(), 0xc893448629a0e4c9ULL);
  EXPECT_EQ(zero.next(), 0xa89dbb1cf3759f05ULL);
  EXPECT_EQ(zero.next(), 0xd067f877b5cfa2bdULL);
  EXPECT_EQ(one.next(), 0x692868b9ccae78f8ULL);
  EXPECT_EQ(stream.next(), 0x0c9401f1c44cc251ULL);
  EXPECT_EQ(image.next(), 0x21dfcde92acfeec2ULL);
}

TEST(Rng, DerivedNumbersAreTheSameEverywhere) {
  Rng uniform(7, 3);
  EXPECT_EQ(uniform.uniform(), 0.688833475112915F);
  EXPECT_EQ(uniform.uniform(), 0.5015720725059509F);
  Rng whole(7, 4);
  for (const std::uint32_t expected : {6U, 6U, 4U, 2U, 3U, 7U, 8U, 1U}) {
    EXPECT_EQ(whole.below(10), expected);
  }
  std::array items = {0, 1, 2, 3, 4, 5, 6, 7};
  Rng(7, 5).shuffle(std::span<int>(items));
  EXPECT_EQ(items, (std::array{6, 0, 1, 7, 2, 3, 4, 5}));
  Rng normal(7, 6);
  EXPECT_NEAR(normal.normal(), -0.23318761236843513, 1e-6);
  EXPECT_NEAR(normal.normal(), -0.8652947244961536, 1e-6);
}

TEST(Rng, StreamsAndSeedsDiffer) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    for (std::uint64_t stream = 0; stream < 50; ++stream) {
      Rng rng(seed, stream);
      for (int i = 0; i < 4; ++i) seen.insert(rng.next());
    }
  }
  EXPECT_EQ(seen.size(), 50U * 50U * 4U);
}

TEST(Rng, NeighbouringStreamsAreUncorrelated) {
  constexpr int kCount = 20000;
  double sum = 0;
  for (std::uint64_t stream = 0; stream < kCount; ++stream) {
    Rng a(3, stream), b(3, stream + 1);
    sum += (static_cast<double>(a.uniform()) - 0.5) * (static_cast<double>(b.uniform()) - 0.5);
  }
  EXPECT_NEAR(sum / kCount * 12, 0.0, 0.03);
}

TEST(Rng, UniformFillsTheInterval) {
  constexpr int kCount = 100000, kBins = 20;
  std::array<int, kBins> histogram{};
  Rng rng(11);
  for (int i = 0; i < kCount; ++i) {
    const float value = rng.uniform();
    ASSERT_GE(value, 0.0F);
    ASSERT_LT(value, 1.0F);
    ++histogram[static_cast<std::size_t>(value * kBins)];
  }
  double chi_squared = 0;
  for (const int count : histogram) {
    chi_squared += (count - kCount / kBins) * (count - kCount / kBins) / double(kCount / kBins);
  }
  EXPECT_LT(chi_squared, 43.8);  // 19 degrees of freedom, p = 0.001
}

TEST(Rng, UniformStaysInARange) {
  Rng rng(12);
  for (int i = 0; i < 10000; ++i) {
    const float value = rng.uniform(-0.3F, 0.3F);
    ASSERT_GE(value, -0.3F);
    ASSERT_LE(value, 0.3F);
  }
  EXPECT_EQ(rng.uniform(2.0F, 2.0F), 2.0F);
}

TEST(Rng, BelowReachesEveryValueEquallyOften) {
  Rng rng(13);
  EXPECT_EQ(rng.below(1), 0U);
  std::array<int, 7> histogram{};
  for (int i = 0; i < 70000; ++i) ++histogram.at(rng.below(7));
  for (const int count : histogram) EXPECT_NEAR(count, 10000, 400);
  for (int i = 0; i < 100; ++i) EXPECT_LT(rng.below(0x80000001U), 0x80000001U);
}

TEST(Rng, NormalHasTheRightMoments) {
  constexpr int kCount = 200000;
  double sum[5] = {};
  Rng rng(14);
  for (int i = 0; i < kCount; ++i) {
    const double value = rng.normal();
    ASSERT_TRUE(std::isfinite(value));
    double power = 1;
    for (double& moment : sum) {
      moment += power / kCount;
      power *= value;
    }
  }
  EXPECT_NEAR(sum[1], 0.0, 0.01);
  EXPECT_NEAR(sum[2], 1.0, 0.02);
  EXPECT_NEAR(sum[3], 0.0, 0.04);
  EXPECT_NEAR(sum[4], 3.0, 0.1);
}

TEST(Rng, ShuffleIsAPermutationAndEveryPlaceIsReached) {
  std::array<std::array<int, 5>, 5> went{};
  for (std::uint64_t stream = 0; stream < 10000; ++stream) {
    std::array<std::size_t, 5> items = {0, 1, 2, 3, 4};
    Rng(15, stream).shuffle(std::span<std::size_t>(items));
    for (std::size_t place = 0; place < 5; ++place) ++went.at(items[place]).at(place);
    std::sort(items.begin(), items.end());
    ASSERT_EQ(items, (std::array<std::size_t, 5>{0, 1, 2, 3, 4}));
  }
  for (const auto& row : went) {
    for (const int count : row) EXPECT_NEAR(count, 2000, 250);
  }
  std::vector<int> none;
  Rng(1).shuffle(std::span<int>(none));
}

}  // namespace
}  // namespace signflip
