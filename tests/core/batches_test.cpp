// Batches: every image goes forward once, in the right place, whatever the threads.
#include "core/batches.h"

#include <gtest/gtest.h>

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

TEST(Batches, ProgressIsToldAndCanStop) {
  ThreadPool pool(1);
  std::vector<std::size_t> told;
  const auto work = [](std::size_t, std::size_t, int) {};
  const auto tell = [&](std::size_t done, std::size_t total) {
    EXPECT_EQ(total, 100U);
    told.push_back(done);
    return done < 64;
  };
  EXPECT_FALSE(for_each_shard(100, pool, work, tell, 2 * kShard));
  EXPECT_EQ(told, std::vector<std::size_t>{64});
  told.clear();
  EXPECT_TRUE(for_each_shard(100, pool, work, [&](std::size_t done, std::size_t) {
    told.push_back(done);
    return true;
  }));
  EXPECT_EQ(told, std::vector<std::size_t>{100});
}

}  // namespace
}  // namespace signflip
