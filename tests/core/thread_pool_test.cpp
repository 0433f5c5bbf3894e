// ThreadPool: every index once, worker numbers that may index scratch memory, equal results
// whatever the number of threads. In the WASM build the pool is serial and the same holds.
#include "core/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <new>
#include <vector>

#include "core/rng.h"

namespace signflip {
namespace {

class ThreadPoolTest : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Threads, ThreadPoolTest, testing::Values(1, 2, 3, 4));

TEST_P(ThreadPoolTest, CallsEachIndexOnce) {
  ThreadPool pool(GetParam());
  EXPECT_GE(pool.threads(), 1);
  EXPECT_LE(pool.threads(), GetParam());
  for (const std::size_t count : {0U, 1U, 2U, 3U, 1000U}) {
    std::vector<std::atomic<int>> calls(count);
    pool.for_each(count, [&](std::size_t index, int) { ++calls[index]; });
    for (const auto& n : calls) EXPECT_EQ(n.load(), 1);
  }
}

TEST_P(ThreadPoolTest, WorkersDoOnePieceAtATime) {
  ThreadPool pool(GetParam());
  std::vector<std::atomic<int>> active(static_cast<std::size_t>(pool.threads()));
  std::atomic<bool> wrong{false};
  pool.for_each(2000, [&](std::size_t, int worker) {
    if (worker < 0 || worker >= pool.threads()) {
      wrong = true;
      return;
    }
    auto& mine = active[static_cast<std::size_t>(worker)];
    if (++mine != 1) wrong = true;
    --mine;
  });
  EXPECT_FALSE(wrong);
}

TEST_P(ThreadPoolTest, CanBeUsedManyTimes) {
  ThreadPool pool(GetParam());
  std::atomic<std::size_t> sum{0};
  std::size_t expected = 0;
  for (std::size_t round = 0; round < 2000; ++round) {
    pool.for_each(round % 7, [&](std::size_t index, int) { sum += index + 1; });
    for (std::size_t i = 0; i < round % 7; ++i) expected += i + 1;
  }
  EXPECT_EQ(sum.load(), expected);
}

TEST_P(ThreadPoolTest, ResultsDoNotDependOnThreads) {
  const auto run = [](int threads) {
    std::vector<float> results(500);
    ThreadPool pool(threads);
    pool.for_each(results.size(), [&](std::size_t index, int) {
      Rng rng(1, index);
      for (int i = 0; i < 100; ++i) results[index] += rng.normal();
    });
    return results;
  };
  EXPECT_EQ(run(GetParam()), run(1));
}

TEST(ThreadPool, WritesAreVisibleToTheCaller) {
  ThreadPool pool(4);
  std::vector<std::size_t> plain(10000);
  for (std::size_t round = 1; round < 20; ++round) {
    pool.for_each(plain.size(), [&](std::size_t index, int) { plain[index] += index; });
    for (std::size_t i = 0; i < plain.size(); ++i) ASSERT_EQ(plain[i], i * round);
  }
}

#ifndef __EMSCRIPTEN__  // where nothing throws, and where one thread does all
TEST_P(ThreadPoolTest, WhatAPieceThrowsComesBackToTheCaller) {
  ThreadPool pool(GetParam());
  for (std::size_t bad = 0; bad < 50; ++bad) {
    const auto work = [&](std::size_t index, int) {
      if (index >= bad) throw std::bad_alloc();  // several workers at once, mostly
    };
    EXPECT_THROW(pool.for_each(50, work), std::bad_alloc);
    std::atomic<int> calls = 0;
    pool.for_each(20, [&](std::size_t, int) { ++calls; });
    EXPECT_EQ(calls, 20) << "the pool goes on working";
  }
}
#endif

TEST(ThreadPool, ZeroMeansAllHardwareThreads) {
  const ThreadPool pool;
  EXPECT_GE(pool.threads(), 1);
}

}  // namespace
}  // namespace signflip
