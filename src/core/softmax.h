// Softmax and cross-entropy with label smoothing, on one image's logits. Here and not with the
// layers because attacks need them too. T is float in production and double in gradient checks.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace signflip {

/// probabilities[k] = exp(logits[k]) / Σ exp(logits); shifted by the maximum, so that nothing
/// overflows. The spans may be the same memory.
template <class T>
void softmax(std::span<const T> logits, std::span<T> probabilities) {
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
int argmax(std::span<const T> values) {
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
T cross_entropy(std::span<const T> logits, int label, T smoothing = 0) {
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
void cross_entropy_gradient(std::span<const T> logits, int label, std::span<T> dlogits,
                            T smoothing = 0) {
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

}  // namespace signflip
