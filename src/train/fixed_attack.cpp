#include "train/fixed_attack.h"

#include <cmath>
#include <numeric>

#include "attack/written_image.h"
#include "core/batches.h"

namespace signflip {

void FixedAttack::attack(const Sequential& network, const Dataset& data, const TrainingAttack& how,
                         double epsilon, std::uint64_t seed, ThreadPool& pool) {
  size_ = data.image.size();
  pixels_.resize(data.count() * size_);
  ShardPasses passes(network, pool, data.count());
  for_each_shard(data.count(), pool, [&](std::size_t first, std::size_t count, int worker) {
    std::vector<std::uint32_t> which(count);
    std::iota(which.begin(), which.end(), static_cast<std::uint32_t>(first));
    const std::vector<std::size_t> numbers(which.begin(), which.end());
    std::vector<float> clean(count * size_), adversarial(clean.size());
    data.copy_images(which, clean);
    how.run(
        passes.of(worker),
        {data.image, clean, std::span(data.labels).subspan(first, count), numbers, seed, epsilon},
        adversarial);
    round_within_linf(clean, adversarial, epsilon, adversarial);
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
