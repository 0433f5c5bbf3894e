// FixedAttack.
#include "train/fixed_attack.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace signflip {
namespace {

constexpr std::size_t kShard = 32;

}  // namespace

void FixedAttack::craft(const Sequential& network, const Dataset& data, const Craft& attack,
                        double epsilon, std::uint64_t seed, ThreadPool& pool) {
  size_ = data.image.size();
  pixels_.resize(data.count() * size_);
  std::vector<std::unique_ptr<Pass>> passes(static_cast<std::size_t>(pool.threads()));
  for (auto& pass : passes) pass = network.new_pass(kShard);
  pool.for_each((data.count() + kShard - 1) / kShard, [&](std::size_t shard, int worker) {
    const std::size_t first = shard * kShard, count = std::min(kShard, data.count() - first);
    std::vector<std::uint32_t> which(count);
    std::iota(which.begin(), which.end(), static_cast<std::uint32_t>(first));
    const std::vector<std::size_t> numbers(which.begin(), which.end());
    std::vector<float> clean(count * size_), adversarial(clean.size());
    data.copy_images(which, clean);
    attack(
        *passes[static_cast<std::size_t>(worker)],
        {data.image, clean, std::span(data.labels).subspan(first, count), numbers, seed, epsilon},
        adversarial);
    for (std::size_t i = 0; i < adversarial.size(); ++i) {
      pixels_[first * size_ + i] = static_cast<std::uint8_t>(std::lround(255.0F * adversarial[i]));
    }
  });
}

void FixedAttack::copy(std::span<const std::size_t> numbers, std::span<float> out) const {
  for (std::size_t n = 0; n < numbers.size(); ++n) {
    for (std::size_t i = 0; i < size_; ++i) {
      out[n * size_ + i] = static_cast<float>(pixels_[numbers[n] * size_ + i]) / 255.0F;
    }
  }
}

}  // namespace signflip
