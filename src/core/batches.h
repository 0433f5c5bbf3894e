// Cuts many images into batches ("shards") and sends them through a model, on a pool's threads or
// on the caller's. The cut does not depend on the number of threads, so neither does any result.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "core/differentiable_model.h"
#include "core/progress.h"
#include "core/tensor.h"
#include "core/thread_pool.h"

namespace signflip {

/// The largest number of images in a shard. Part of every training result: a batch's gradient is
/// summed shard by shard.
inline constexpr std::size_t kShard = 32;

/// The capacity of a pass for shards of `total` images: no more memory than they need.
inline std::size_t shard_capacity(std::size_t total) {
  return std::clamp<std::size_t>(total, 1, kShard);
}

/// Calls work(first, count) for consecutive shards of `total` images, on the calling thread.
template <class Work>
void for_each_shard(std::size_t total, const Work& work) {
  for (std::size_t first = 0; first < total; first += kShard) {
    work(first, std::min(kShard, total - first));
  }
}

/// Calls work(first, count, worker) for each shard, on the pool's threads; `worker` as for
/// ThreadPool::for_each; `size` is that of a shard. Calls `progress` between stretches of images
/// and returns false if that asked to stop. The first stretch is a shard for each thread; they grow
/// while they are quick, so that slow work is answered soon and quick work rarely waits.
template <class Work>
bool for_each_shard(std::size_t total, ThreadPool& pool, const Work& work,
                    const Progress& progress = {}, std::size_t size = kShard) {
  using Clock = std::chrono::steady_clock;
  constexpr auto kQuick = std::chrono::milliseconds(250);
  std::size_t stretch = progress ? static_cast<std::size_t>(pool.threads()) * size : total;
  for (std::size_t begin = 0, end = 0; begin < total; begin = end) {
    const auto began = Clock::now();
    end = std::min(begin + stretch, total);
    pool.for_each((end - begin + size - 1) / size, [&](std::size_t shard, int worker) {
      const std::size_t first = begin + shard * size;
      work(first, std::min(size, end - first), worker);
    });
    if (progress && !progress(end, total)) return false;
    if (Clock::now() - began < kQuick) stretch *= 2;
  }
  return true;
}

/// One pass per thread of a pool; each is made when a thread first asks for its own.
class ShardPasses {
 public:
  ShardPasses(const DifferentiableModel& model, const ThreadPool& pool, std::size_t total)
      : model_(model),
        capacity_(shard_capacity(total)),
        passes_(static_cast<std::size_t>(pool.threads())) {}

  Pass& of(int worker) {
    auto& pass = passes_[static_cast<std::size_t>(worker)];
    if (!pass) pass = model_.new_pass(capacity_);
    return *pass;
  }

 private:
  const DifferentiableModel& model_;
  std::size_t capacity_;
  std::vector<std::unique_ptr<Pass>> passes_;
};

/// Sends `images` through `model` on the calling thread: visit(first, count, logits) per shard,
/// with count×K logits that are valid until it returns.
template <class Visit>
void forward_batches(const DifferentiableModel& model, const Tensor& images, const Visit& visit) {
  const auto pass = model.new_pass(shard_capacity(images.count()));
  for_each_shard(images.count(), [&](std::size_t first, std::size_t count) {
    visit(first, count, pass->forward(images.images(first, count), count));
  });
}

/// The same on a pool: `visit` is called from its threads, once per shard, in any order. False if
/// `progress` asked to stop.
template <class Visit>
bool forward_batches(const DifferentiableModel& model, const Tensor& images, ThreadPool& pool,
                     const Visit& visit, const Progress& progress = {}) {
  ShardPasses passes(model, pool, images.count());
  return for_each_shard(
      images.count(), pool,
      [&](std::size_t first, std::size_t count, int worker) {
        visit(first, count, passes.of(worker).forward(images.images(first, count), count));
      },
      progress);
}

}  // namespace signflip
