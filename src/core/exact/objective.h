// What gradient attacks climb: functions of one image's logits, larger the nearer the attack is to
// its goal, each with its gradient. Not the training loss (core/exact/softmax.h): only the order of
// the values and the direction of the gradients matter here, so both are scaled to survive float32
// however confident the model is.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include "core/exact/maths.h"
#include "core/exact/portable.h"
#include "core/exact/softmax.h"

namespace signflip {

/// What counts as success for one image: leaving `label`, or, if target ≥ 0, reaching `target`.
struct Goal {
  int label = 0;
  int target = -1;
  SIGNFLIP_HOST_DEVICE bool targeted() const { return target >= 0; }
};

/// True where the logits reach the goal. The first of equal logits is the prediction; logits that
/// are not numbers are no class, so they leave every label and reach no target.
SIGNFLIP_HOST_DEVICE inline bool reached(const Goal& goal, std::span<const float> logits) {
  const int predicted = argmax(logits);
  return goal.targeted() ? predicted == goal.target : predicted != goal.label;
}

/// The largest logit but that of class `y` (K ≥ 2; the first wins a tie).
SIGNFLIP_HOST_DEVICE inline std::size_t runner_up(std::span<const float> logits, std::size_t y) {
  std::size_t best = y == 0 ? 1 : 0;
  for (std::size_t k = best + 1; k < logits.size(); ++k) {
    if (k != y && logits[k] > logits[best]) best = k;
  }
  return best;
}

/// s = log Σ_{k≠y} e^{z_k} − z_y, the log odds against class y. Cross-entropy is log(1 + e^s), so s
/// orders points as cross-entropy does, but still tells them apart where that has rounded to 0.
SIGNFLIP_HOST_DEVICE inline double log_odds_against(std::span<const float> logits, int label) {
  const auto y = static_cast<std::size_t>(label);
  const double top = static_cast<double>(logits[runner_up(logits, y)]);
  double sum = 0;
  for (std::size_t k = 0; k < logits.size(); ++k) {
    if (k != y) sum += exponential(static_cast<double>(logits[k]) - top);
  }
  return std::log(sum) + top - static_cast<double>(logits[y]);
}

/// ∂s/∂z, which is the gradient of cross-entropy divided by 1 − p_y: softmax over the other classes
/// relative to their own maximum, and −1 for y. The factor is positive, so every attack that uses
/// only a gradient's direction (sign, or divided by its norm) takes the same step, and none of it
/// underflows where the loss does: p_y − 1 is 0 in float32 beyond a margin of about 16 logits.
SIGNFLIP_HOST_DEVICE inline void log_odds_against_gradient(std::span<const float> logits, int label,
                                                           std::span<float> dlogits) {
  const auto y = static_cast<std::size_t>(label);
  const float top = logits[runner_up(logits, y)];
  float sum = 0;
  for (std::size_t k = 0; k < logits.size(); ++k) {
    dlogits[k] = k == y ? 0.0F : std::exp(logits[k] - top);
    sum += dlogits[k];
  }
  for (float& d : dlogits) d /= sum;
  dlogits[y] = -1;
}

/// Cross-entropy as something to climb: that of the label up, or that of the target down.
SIGNFLIP_HOST_DEVICE inline double cross_entropy_objective(const Goal& goal,
                                                           std::span<const float> logits) {
  return goal.targeted() ? -log_odds_against(logits, goal.target)
                         : log_odds_against(logits, goal.label);
}

/// Its direction, see log_odds_against_gradient().
SIGNFLIP_HOST_DEVICE inline void cross_entropy_direction(const Goal& goal,
                                                         std::span<const float> logits,
                                                         std::span<float> dlogits) {
  log_odds_against_gradient(logits, goal.targeted() ? goal.target : goal.label, dlogits);
  if (goal.targeted()) {
    for (float& d : dlogits) d = -d;
  }
}

/// The direction in which KL(p ‖ q) rises: its gradient with respect to the logits of q, where p is
/// the `prediction`.
SIGNFLIP_HOST_DEVICE inline void divergence_direction(std::span<const float> prediction,
                                                      std::span<const float> logits,
                                                      std::span<float> dlogits) {
  softmax(logits, dlogits);
  for (std::size_t k = 0; k < dlogits.size(); ++k) dlogits[k] -= prediction[k];
}

/// How far the logits are past the goal: max_{k≠y} z_k − z_y, or z_t − max_{k≠t} z_k. Not negative
/// where it is reached (up to ties).
SIGNFLIP_HOST_DEVICE inline double margin_objective(const Goal& goal,
                                                    std::span<const float> logits) {
  const auto c = static_cast<std::size_t>(goal.targeted() ? goal.target : goal.label);
  const double lead =
      static_cast<double>(logits[runner_up(logits, c)]) - static_cast<double>(logits[c]);
  return goal.targeted() ? -lead : lead;
}

/// How an attempt ended for one image.
struct Verdict {
  bool success = false;
  /// Larger is nearer to success; comparable between the attempts of one attack.
  double score = 0;
};

}  // namespace signflip
