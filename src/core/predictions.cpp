#include "core/predictions.h"

#include "core/batches.h"
#include "core/exact/softmax.h"

namespace signflip {

std::vector<int> classes_of(const DifferentiableModel& model, const Tensor& images,
                            ThreadPool& pool) {
  std::vector<int> classes(images.count());
  const auto size = static_cast<std::size_t>(model.classes());
  forward_batches(model, images, pool,
                  [&](std::size_t first, std::size_t count, std::span<const float> logits) {
                    for (std::size_t i = 0; i < count; ++i) {
                      classes[first + i] = argmax(logits.subspan(i * size, size));
                    }
                  });
  return classes;
}

double accuracy_of(std::span<const int> classes, std::span<const int> labels) {
  std::size_t right = 0;
  for (std::size_t n = 0; n < labels.size(); ++n) right += classes[n] == labels[n] ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

}  // namespace signflip
