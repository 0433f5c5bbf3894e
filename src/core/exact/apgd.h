// The bookkeeping of Auto-PGD (attack/methods/apgd.h; Croce and Hein 2020, arXiv:2003.01690): when
// it checks its progress, what it remembers of an image, and how a point moves.
#pragma once

#include <algorithm>
#include <limits>

#include "core/exact/objective.h"
#include "core/exact/portable.h"

namespace signflip {

/// When checkpoints come: the first after 22% of the steps, each interval shorter by 3%, down to
/// 6%.
class ApgdSchedule {
 public:
  explicit ApgdSchedule(int steps)
      : interval_(share(0.22, steps)),
        shortest_(share(0.06, steps)),
        decrement_(share(0.03, steps)) {}

  /// Counts a step: the number of steps since the last checkpoint where one is due, else 0.
  int step() {
    if (++since_ < interval_) return 0;
    since_ = 0;
    const int done = interval_;
    interval_ = std::max(interval_ - decrement_, shortest_);
    return done;
  }

 private:
  static int share(double of_steps, int steps) {
    return std::max(static_cast<int>(of_steps * steps), 1);
  }

  int interval_, shortest_, decrement_, since_ = 0;
};

/// The share of each step but the first; the rest is that of the step before.
inline constexpr float kApgdStepShare = 0.75F;

/// The value of a pixel at `now` after a projected step to `next`, with the momentum of the last
/// move.
SIGNFLIP_HOST_DEVICE inline float apgd_move(float before, float now, float next, float share) {
  return now + rounded_product(next - now, share) + rounded_product(now - before, 1 - share);
}

/// One image's progress.
struct ApgdProgress {
  double step_size = 0;
  double value = 0;  ///< loss at the current point
  double best = -std::numeric_limits<double>::infinity();
  double best_at_check = -std::numeric_limits<double>::infinity();
  double best_adversarial = -std::numeric_limits<double>::infinity();
  int rises = 0;  ///< steps since the last checkpoint that raised the loss
  bool halved_at_check = true;
  bool improved = false;  ///< whether the current point has the largest loss so far
  bool better = false;    ///< whether the current point is the answer so far
  bool finished = false;  ///< left alone from now on
  Verdict verdict{false, -std::numeric_limits<double>::infinity()};  ///< of the answer so far

  ApgdProgress() = default;
  SIGNFLIP_HOST_DEVICE explicit ApgdProgress(double epsilon) : step_size(2 * epsilon) {}

  /// Notes the loss and the verdict at the current point. `early_stop`: success is enough.
  SIGNFLIP_HOST_DEVICE void record(double loss, Verdict found, bool first, bool early_stop) {
    rises = first ? 0 : rises + (loss > value ? 1 : 0);
    value = loss;
    improved = loss > best;
    if (improved) best = loss;
    better =
        found.success ? !verdict.success || loss > best_adversarial : !verdict.success && improved;
    if (!better) return;
    if (found.success) best_adversarial = loss;
    verdict = found;
    finished = early_stop && found.success;
  }

  /// At a checkpoint: halves the step where the last `interval` steps did little. True: go back to
  /// the best point.
  SIGNFLIP_HOST_DEVICE bool check(int interval) {
    const bool wavers = rises <= 0.75 * interval;
    const bool stuck = !halved_at_check && best_at_check >= best;
    halved_at_check = wavers || stuck;
    best_at_check = best;
    rises = 0;
    if (halved_at_check) step_size /= 2;
    return halved_at_check;
  }
};

}  // namespace signflip
