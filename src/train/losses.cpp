#include "train/losses.h"

#include "core/exact/softmax.h"

namespace signflip {

LossSums cross_entropy_losses(std::span<const float> logits, std::span<const int> labels,
                              float smoothing, float scale, std::span<float> dlogits) {
  LossSums sums;
  const std::size_t classes = logits.size() / labels.size();
  for (std::size_t n = 0; n < labels.size(); ++n) {
    const auto z = logits.subspan(n * classes, classes);
    const auto dz = dlogits.subspan(n * classes, classes);
    sums.loss += static_cast<double>(cross_entropy(z, labels[n], smoothing));
    sums.correct += argmax(z) == labels[n] ? 1U : 0U;
    cross_entropy_gradient(z, labels[n], dz, smoothing);
    for (float& value : dz) value *= scale;
  }
  sums.images = labels.size();
  return sums;
}

}  // namespace signflip
