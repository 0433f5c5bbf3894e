// The difference of logits ratio (Croce and Hein 2020, arXiv:2003.01690), a loss that does not
// change when logits are shifted or scaled, so that a model cannot mask its gradients by being
// confident. To be climbed, as those in objective.h.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "core/exact/objective.h"

namespace signflip {

/// (z_rise − z_fall) / D of one image's logits, where D is z_π1 − z_π3 (untargeted) or
/// z_π1 − (z_π3 + z_π4)/2 (targeted) of the sorted logits π. The paper needs 3 and 4 classes; with
/// 3, the targeted D is z_π1 − z_π3, and with 2 classes D is 1, which leaves the margin.
class LogitRatio {
 public:
  /// Untargeted: the label falls, the best other class rises.
  SIGNFLIP_HOST_DEVICE static LogitRatio untargeted(std::span<const float> logits, int label) {
    const auto y = static_cast<std::size_t>(label);
    return LogitRatio(logits, runner_up(logits, y), y, 3);
  }
  /// Class `rise` rises against class `fall`.
  SIGNFLIP_HOST_DEVICE static LogitRatio targeted(std::span<const float> logits, std::size_t rise,
                                                  std::size_t fall) {
    return LogitRatio(logits, rise, fall, 4);
  }
  /// Of the two forms the goal's; the target rises against the best other class.
  SIGNFLIP_HOST_DEVICE static LogitRatio of(const Goal& goal, std::span<const float> logits) {
    if (!goal.targeted()) return untargeted(logits, goal.label);
    const auto target = static_cast<std::size_t>(goal.target);
    return targeted(logits, target, runner_up(logits, target));
  }

  SIGNFLIP_HOST_DEVICE double value() const { return difference_ / std::max(scale_, 1e-12); }

  /// Its gradient times D (a positive factor, so the direction is the same), which does not
  /// overflow where D is tiny. Where all of D's logits are equal, only the numerator's.
  SIGNFLIP_HOST_DEVICE void direction(std::span<float> dlogits) const {
    std::fill(dlogits.begin(), dlogits.end(), 0.0F);
    dlogits[rise_] += 1;
    dlogits[fall_] -= 1;
    if (used_ < 3 || !(scale_ > 0)) return;
    const auto ratio = static_cast<float>(difference_ / scale_);
    dlogits[top_[0]] -= ratio;
    for (std::size_t r = 2; r < used_; ++r) {
      dlogits[top_[r]] += ratio / static_cast<float>(used_ - 2);
    }
  }

 private:
  SIGNFLIP_HOST_DEVICE LogitRatio(std::span<const float> logits, std::size_t rise, std::size_t fall,
                                  std::size_t ranks)
      : rise_(rise), fall_(fall), used_(std::min(ranks, logits.size())) {
    const auto z = [&](std::size_t k) { return static_cast<double>(logits[k]); };
    difference_ = z(rise) - z(fall);
    if (used_ < 3) return;
    // The classes of the largest logits, by insertion; the first wins a tie.
    std::size_t held = 0;
    for (std::size_t k = 0; k < logits.size(); ++k) {
      std::size_t place = held;
      while (place > 0 && logits[k] > logits[top_[place - 1]]) --place;
      if (place == used_) continue;
      held = std::min(held + 1, used_);
      for (std::size_t r = held - 1; r > place; --r) top_[r] = top_[r - 1];
      top_[place] = k;
    }
    double below = 0;
    for (std::size_t r = 2; r < used_; ++r) below += z(top_[r]) / static_cast<double>(used_ - 2);
    scale_ = z(top_[0]) - below;
  }

  std::size_t rise_, fall_, used_;
  std::array<std::size_t, 4> top_{};
  double difference_ = 0, scale_ = 1;
};

}  // namespace signflip
