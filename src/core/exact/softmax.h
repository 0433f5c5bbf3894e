// Softmax, cross-entropy with label smoothing and the divergence of two predictions, on one image's
// logits. Here and not with the layers because attacks need them too. T is float in production and
// double in gradient checks.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include "core/exact/portable.h"

namespace signflip {

/// probabilities[k] = exp(logits[k]) / Σ exp(logits); shifted by the maximum, so that nothing
/// overflows. The spans may be the same memory.
template <class T>
SIGNFLIP_HOST_DEVICE void softmax(std::span<const T> logits, std::span<T> probabilities) {
  const T top = *std::max_element(logits.begin(), logits.end());
  T sum = 0;
  for (std::size_t k = 0; k < logits.size(); ++k) {
    probabilities[k] = std::exp(logits[k] - top);
    sum += probabilities[k];
  }
  for (T& p : probabilities) p /= sum;
}

/// The class of logits that name none.
inline constexpr int kNoClass = -1;

/// The index of the largest value; the first one wins a tie. kNoClass where a value is not a number
/// or the largest is infinite, as after an overflow: such logits have no softmax.
template <class T>
SIGNFLIP_HOST_DEVICE int argmax(std::span<const T> values) {
  std::size_t best = 0;
  bool numbers = true;
  for (std::size_t k = 0; k < values.size(); ++k) {
    numbers = numbers && values[k] == values[k];
    if (values[k] > values[best]) best = k;
  }
  return numbers && std::isfinite(values[best]) ? static_cast<int>(best) : kNoClass;
}

/// Cross-entropy in nats between softmax(logits) and the label, where the target distribution is
/// (1−smoothing)·onehot + smoothing/K. Accurate down to losses far below the epsilon of T: where
/// the label leads, the loss is log1p(Σ over the other classes). Not a number where a logit is not.
template <class T>
SIGNFLIP_HOST_DEVICE T cross_entropy(std::span<const T> logits, int label, T smoothing = 0) {
  const auto y = static_cast<std::size_t>(label);
  const auto top =
      static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  T others = 0;
  T gap = 0;  // Σ (top logit − logit)
  for (std::size_t k = 0; k < logits.size(); ++k) {
    if (k != top) others += std::exp(logits[k] - logits[top]);
    gap += logits[top] - logits[k];
  }
  const T classes = static_cast<T>(logits.size());
  return std::log1p(others) + (1 - smoothing) * (logits[top] - logits[y]) +
         (smoothing > 0 ? smoothing * gap / classes : 0);  // 0·∞ is not a number
}

/// The gradient of cross_entropy with respect to the logits. For the label it is −Σ of the other
/// probabilities, never p−1, which in float32 loses everything once the loss is below 1e-7.
template <class T>
SIGNFLIP_HOST_DEVICE void cross_entropy_gradient(std::span<const T> logits, int label,
                                                 std::span<T> dlogits, T smoothing = 0) {
  const auto y = static_cast<std::size_t>(label);
  softmax(logits, dlogits);
  T others = 0;
  for (std::size_t k = 0; k < logits.size(); ++k) {
    if (k != y) others += dlogits[k];
  }
  dlogits[y] = -others;
  if (smoothing > 0) {
    const T share = smoothing / static_cast<T>(logits.size());
    for (T& d : dlogits) d -= share;
    dlogits[y] += smoothing;
  }
}

/// KL(p ‖ q) of two predictions, given as logits, and its gradients with respect to both,
/// multiplied by `scale` and added. The logarithms are taken of sums, as probabilities may be 0.
SIGNFLIP_HOST_DEVICE inline double divergence(std::span<const float> clean,
                                              std::span<const float> attacked, float scale,
                                              std::span<float> dclean, std::span<float> dattacked) {
  struct Prediction {
    float top = 0, sum = 0;
    double log_sum = 0;
    SIGNFLIP_HOST_DEVICE explicit Prediction(std::span<const float> z)
        : top(*std::max_element(z.begin(), z.end())) {
      double wide = 0;
      for (const float value : z) {
        sum += std::exp(value - top);
        wide += std::exp(static_cast<double>(value - top));
      }
      log_sum = static_cast<double>(top) + std::log(wide);
    }
    SIGNFLIP_HOST_DEVICE float of(float logit) const { return std::exp(logit - top) / sum; }
  };
  const Prediction p(clean), q(attacked);
  const double shift = q.log_sum - p.log_sum;
  const auto log_ratio = [&](std::size_t k) {
    return static_cast<float>(static_cast<double>(clean[k]) - static_cast<double>(attacked[k]) +
                              shift);
  };
  double total = 0;
  for (std::size_t k = 0; k < clean.size(); ++k) {
    total += static_cast<double>(p.of(clean[k])) * static_cast<double>(log_ratio(k));
  }
  for (std::size_t k = 0; k < clean.size(); ++k) {
    const float share = p.of(clean[k]);
    dclean[k] += scale * share * (log_ratio(k) - static_cast<float>(total));
    dattacked[k] += scale * (q.of(attacked[k]) - share);
  }
  return total;
}

}  // namespace signflip
