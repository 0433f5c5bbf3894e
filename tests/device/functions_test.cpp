// The functions that run on a device, called on the host: random numbers by their index, division
// by multiplication, layouts. Rules that the CPU shares are tested in tests/core/exact/.
#include <gtest/gtest.h>

#include <vector>

#include "core/exact/draws.h"
#include "core/rng.h"
#include "device/kernels/product.h"
#include "device/programs/training.h"

namespace signflip::test {
namespace {

TEST(DeviceFunctions, DrawsAreThoseOfRng) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Draws draws(seed, seed * 977);
    Rng rng(seed, seed * 977), normals(seed, seed * 977), below(seed, seed * 977);
    for (std::uint64_t k = 0; k < 50; ++k) {
      EXPECT_EQ(draws.bits(k), Rng(rng).next());
      EXPECT_EQ(draws.uniform(k), rng.uniform());
      EXPECT_EQ(draws.below(k, 1000), below.below(1000));
      EXPECT_EQ(draws.normal(2 * k), normals.normal());
    }
  }
}

TEST(DeviceFunctions, DividerDividesExactly) {
  Rng rng(1);
  for (int divisor : {1, 2, 3, 7, 10, 16, 25, 49, 64, 100, 641, 784, 4096, 65535, 1 << 30}) {
    const device::Divider divider(divisor);
    for (int i = 0; i < 2000; ++i) {
      const auto n = static_cast<int>(rng.below(1U << (1 + i % 31)) & 0x7fffffff);
      ASSERT_EQ(divider.quotient(n), n / divisor) << n << " / " << divisor;
      ASSERT_EQ(divider.remainder(n), n % divisor);
    }
    for (const int n : {0, divisor - 1, divisor, 0x7fffffff}) {
      ASSERT_EQ(divider.quotient(n), n / divisor) << n << " / " << divisor;
    }
  }
}

TEST(DeviceFunctions, SplittingsCoverTheDepthInWholeTiles) {
  for (const int depth : {1, 127, 128, 300, 3136, 200704}) {
    for (const std::int64_t blocks : {1, 7, 100, 300}) {
      for (const std::size_t workspace :
           {std::size_t{0}, std::size_t{5000}, std::size_t{1} << 22}) {
        const auto split = device::choose_splitting(blocks, 1000, depth, 264, workspace);
        if (split.splits == 1) continue;
        EXPECT_EQ(split.depth % 16, 0);
        EXPECT_GE(split.splits * split.depth, depth);
        EXPECT_LT((split.splits - 1) * split.depth, depth);
        EXPECT_LE(static_cast<std::size_t>(split.splits) * 1000, workspace);
      }
    }
  }
  EXPECT_GT(device::choose_splitting(2, 16384, 3136, 264, std::size_t{1} << 22).splits, 20);
}

TEST(DeviceFunctions, LayoutsKeepAShardTogether) {
  const device::BatchLayout layout(70, 24, true, false);
  ASSERT_EQ(layout.rows.size(), 140U);
  EXPECT_EQ(layout.shard_sources, (std::vector<int>{0, 23, 46, 70}));
  EXPECT_EQ(layout.shard_rows, (std::vector<int>{0, 46, 92, 140}));
  EXPECT_EQ(layout.most_rows(), 48);
  for (int i = 0; i < 70; ++i) {
    const auto clean = static_cast<std::size_t>(layout.pairs[static_cast<std::size_t>(2 * i)]);
    const auto attacked =
        static_cast<std::size_t>(layout.pairs[static_cast<std::size_t>(2 * i + 1)]);
    EXPECT_EQ(layout.rows[clean].source, i);
    EXPECT_EQ(layout.rows[clean].attacked, 0);
    EXPECT_EQ(layout.rows[attacked].source, i);
    EXPECT_EQ(layout.rows[attacked].attacked, 1);
    EXPECT_EQ(layout.shard_of_row[clean], layout.shard_of_row[attacked]);
  }
  EXPECT_EQ(device::BatchLayout(5, 24, false, true).rows[4].attacked, 1);
}

}  // namespace
}  // namespace signflip::test
