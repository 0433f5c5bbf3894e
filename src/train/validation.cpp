// Clean and robust accuracy on held-out images.
#include "train/validation.h"

#include <algorithm>
#include <atomic>
#include <memory>

#include "core/softmax.h"

namespace signflip {
namespace {

constexpr std::size_t kShard = 32;

}  // namespace

std::vector<std::uint32_t> watched_images(std::span<const std::uint32_t> images) {
  std::vector<std::uint32_t> some;
  const std::size_t stride =
      (images.size() + kRobustValidationImages - 1) / kRobustValidationImages;
  for (std::size_t i = 0; i < images.size(); i += stride) some.push_back(images[i]);
  return some;
}

Craft watching_attack() { return *catalogue_craft("", kWatchingAttack, kWatchingSteps); }

double watched_accuracy(const DifferentiableModel& seen, const DifferentiableModel& judge,
                        const Dataset& data, std::span<const std::uint32_t> images,
                        const Craft& craft, double epsilon, ThreadPool& pool) {
  const std::size_t size = data.image.size();
  const auto classes = static_cast<std::size_t>(judge.classes());
  struct Worker {
    std::unique_ptr<Pass> craft, judge;
  };
  std::vector<Worker> workers(static_cast<std::size_t>(pool.threads()));
  for (Worker& worker : workers) worker = {seen.new_pass(kShard), judge.new_pass(kShard)};
  std::atomic<std::size_t> correct = 0;
  pool.for_each((images.size() + kShard - 1) / kShard, [&](std::size_t s, int number) {
    const Worker& worker = workers[static_cast<std::size_t>(number)];
    const auto here = images.subspan(s * kShard, std::min(kShard, images.size() - s * kShard));
    std::vector<float> pixels(here.size() * size);
    data.copy_images(here, pixels);
    std::vector<int> labels;
    for (const std::uint32_t n : here) labels.push_back(data.labels[n]);
    if (epsilon > 0) {
      const std::vector<std::size_t> numbers(here.begin(), here.end());
      const std::vector<float> clean = pixels;
      craft(*worker.craft, {data.image, clean, labels, numbers, 0, epsilon}, pixels);
    }
    const auto logits = worker.judge->forward(pixels, here.size());
    for (std::size_t n = 0; n < here.size(); ++n) {
      if (argmax(logits.subspan(n * classes, classes)) == labels[n]) ++correct;
    }
  });
  return static_cast<double>(correct) / static_cast<double>(images.size());
}

}  // namespace signflip
