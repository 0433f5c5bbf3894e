// Batches: every image goes forward once, in the right place, whatever the threads.
#include "core/batches.h"

#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <set>

namespace signflip {
namespace {

/// Its one logit is the image's one pixel.
class Echo final : public DifferentiableModel {
 public:
  ImageShape input_shape() const override { return {1, 1, 1}; }
  int classes() const override { return 1; }
  std::unique_ptr<Pass> new_pass(std::size_t capacity) const override {
    capacities.push_back(capacity);
    return std::make_unique<EchoPass>(capacity);
  }
  mutable std::vector<std::size_t> capacities;

 private:
  class EchoPass final : public Pass {
   public:
    explicit EchoPass(std::size_t capacity) : capacity_(capacity) {}
    std::size_t classes() const override { return 1; }
    std::size_t capacity() const override { return capacity_; }

   protected:
    std::span<const float> compute_forward(std::span<const float> images,
                                           std::size_t count) override {
      EXPECT_LE(count, capacity_);
      return images.first(count);
    }
    void compute_input_gradient(std::span<const float>, std::span<float>) override {}

   private:
    std::size_t capacity_;
  };
};

Tensor numbered(std::size_t count) {
  Tensor images(count, {1, 1, 1});
  for (std::size_t n = 0; n < count; ++n) images.data()[n] = static_cast<float>(n);
  return images;
}

TEST(Batches, EveryImageGoesForwardOnceInItsPlace) {
  for (const std::size_t total : {1U, 31U, 32U, 33U, 100U}) {
    const Tensor images = numbered(total);
    std::vector<float> alone, pooled(total, -1.0F);
    const Echo model;
    forward_batches(model, images,
                    [&](std::size_t first, std::size_t count, std::span<const float> z) {
                      EXPECT_EQ(first, alone.size());
                      EXPECT_EQ(z.size(), count);
                      alone.insert(alone.end(), z.begin(), z.end());
                    });
    EXPECT_EQ(model.capacities, std::vector<std::size_t>{std::min<std::size_t>(total, 32)});
    ThreadPool pool(1);
    EXPECT_TRUE(forward_batches(
        model, images, pool, [&](std::size_t first, std::size_t, std::span<const float> z) {
          std::copy(z.begin(), z.end(), pooled.begin() + static_cast<std::ptrdiff_t>(first));
        }));
    EXPECT_TRUE(
        std::equal(alone.begin(), alone.end(), images.values().begin(), images.values().end()));
    EXPECT_EQ(pooled, alone);
  }
}

TEST(Batches, TheCutDoesNotDependOnThreads) {
  for (const int threads : {1, 3}) {
    ThreadPool pool(threads);
    std::mutex mutex;
    std::set<std::pair<std::size_t, std::size_t>> shards;
    EXPECT_TRUE(for_each_shard(70, pool, [&](std::size_t first, std::size_t count, int) {
      const std::lock_guard lock(mutex);
      EXPECT_TRUE(shards.insert({first, count}).second);
    }));
    EXPECT_EQ(shards, (std::set<std::pair<std::size_t, std::size_t>>{{0, 32}, {32, 32}, {64, 6}}));
  }
}

TEST(Batches, ProgressIsToldAfterAShardOfEachThreadAndCanStop) {
  for (const int threads : {1, 2}) {
    ThreadPool pool(threads);
    std::vector<std::size_t> told;
    const auto work = [](std::size_t, std::size_t, int) {};
    const auto tell = [&](std::size_t done, std::size_t total) {
      EXPECT_EQ(total, 300U);
      told.push_back(done);
      return done == total;
    };
    EXPECT_FALSE(for_each_shard(300, pool, work, tell));
    EXPECT_EQ(told, std::vector<std::size_t>{static_cast<std::size_t>(pool.threads()) * kShard});
  }
}

TEST(Batches, ProgressIsToldLessOftenWhereWorkIsQuick) {
  using Clock = std::chrono::steady_clock;
  ThreadPool pool(1);
  const auto told = [&](std::size_t total, Clock::duration least) {
    std::size_t worked = 0;
    std::vector<std::size_t> stretches;
    const auto work = [&](std::size_t, std::size_t count, int) {
      worked += count;
      for (const auto end = Clock::now() + least; Clock::now() < end;) {
      }
    };
    EXPECT_TRUE(for_each_shard(
        total, pool, work,
        [&](std::size_t done, std::size_t) {
          EXPECT_EQ(worked, done);
          stretches.push_back(done);
          return true;
        },
        1));
    return stretches;
  };
  EXPECT_EQ(told(4, std::chrono::milliseconds(260)), (std::vector<std::size_t>{1, 2, 3, 4}));
  const auto quick = told(100000, {});
  EXPECT_LT(quick.size(), 1000U);
  EXPECT_EQ(quick.back(), 100000U);
}

}  // namespace
}  // namespace signflip
