#include "train/validation.h"

#include <atomic>

#include "core/batches.h"
#include "core/exact/softmax.h"

namespace signflip {

std::vector<std::uint32_t> robust_validation_images(std::span<const std::uint32_t> images) {
  std::vector<std::uint32_t> some;
  const std::size_t stride =
      (images.size() + kRobustValidationImages - 1) / kRobustValidationImages;
  for (std::size_t i = 0; i < images.size(); i += stride) some.push_back(images[i]);
  return some;
}

TrainingAttack validation_attack() { return *catalogue_attack("pgd", 10); }

double validation_accuracy(const DifferentiableModel& seen, const DifferentiableModel& judge,
                           const Dataset& data, std::span<const std::uint32_t> images,
                           const TrainingAttack& attack, double epsilon, ThreadPool& pool) {
  const std::size_t size = data.image.size();
  const auto classes = static_cast<std::size_t>(judge.classes());
  ShardPasses attacking(seen, pool, images.size()), judging(judge, pool, images.size());
  std::atomic<std::size_t> correct = 0;
  for_each_shard(images.size(), pool, [&](std::size_t first, std::size_t count, int worker) {
    const auto here = images.subspan(first, count);
    std::vector<float> pixels(here.size() * size);
    data.copy_images(here, pixels);
    std::vector<int> labels;
    for (const std::uint32_t n : here) labels.push_back(data.labels[n]);
    if (epsilon > 0) {
      const std::vector<std::size_t> numbers(here.begin(), here.end());
      const std::vector<float> clean = pixels;
      attack.run(attacking.of(worker), {data.image, clean, labels, numbers, 0, epsilon}, pixels);
    }
    const auto logits = judging.of(worker).forward(pixels, here.size());
    for (std::size_t n = 0; n < here.size(); ++n) {
      if (argmax(logits.subspan(n * classes, classes)) == labels[n]) ++correct;
    }
  });
  return static_cast<double>(correct) / static_cast<double>(images.size());
}

}  // namespace signflip
