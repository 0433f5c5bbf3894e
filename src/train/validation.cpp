// Clean and robust accuracy on held-out images.
#include "train/validation.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

#include "core/softmax.h"

namespace signflip {
namespace {

constexpr std::size_t kShard = 32;

/// The fraction of `images` that are classified correctly, after `adversary` where there is one.
double accuracy(const Sequential& network, const Dataset& data,
                std::span<const std::uint32_t> images, const Adversary* adversary,
                ThreadPool& pool) {
  const std::size_t size = data.image.size();
  const auto classes = static_cast<std::size_t>(network.classes());
  std::vector<std::unique_ptr<Pass>> passes(static_cast<std::size_t>(pool.threads()));
  for (auto& pass : passes) pass = network.new_pass(kShard);
  std::atomic<std::size_t> correct = 0;
  pool.for_each((images.size() + kShard - 1) / kShard, [&](std::size_t s, int worker) {
    Pass& pass = *passes[static_cast<std::size_t>(worker)];
    const auto here = images.subspan(s * kShard, std::min(kShard, images.size() - s * kShard));
    std::vector<float> pixels(here.size() * size);
    data.copy_images(here, pixels);
    std::vector<int> labels;
    for (const std::uint32_t n : here) labels.push_back(data.labels[n]);
    if (adversary != nullptr) {
      const std::vector<std::size_t> numbers(here.begin(), here.end());
      const std::vector<float> clean = pixels;
      adversary->craft(pass, data.image, clean, labels, numbers, 0, pixels);
    }
    const auto logits = pass.forward(pixels, here.size());
    for (std::size_t n = 0; n < here.size(); ++n) {
      if (argmax(logits.subspan(n * classes, classes)) == labels[n]) ++correct;
    }
  });
  return static_cast<double>(correct) / static_cast<double>(images.size());
}

}  // namespace

ValidationFigures validate(const Sequential& network, const Dataset& data,
                           std::span<const std::uint32_t> images, const Adversary& adversary,
                           ThreadPool& pool) {
  std::vector<std::uint32_t> some;
  const std::size_t stride =
      (images.size() + kRobustValidationImages - 1) / kRobustValidationImages;
  for (std::size_t i = 0; i < images.size(); i += stride) some.push_back(images[i]);
  return {accuracy(network, data, images, nullptr, pool),
          accuracy(network, data, some, &adversary, pool)};
}

}  // namespace signflip
