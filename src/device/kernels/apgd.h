// Auto-PGD's bookkeeping (attack/methods/apgd.h), one call per image or one per pixel. All images
// walk in step; one that has stopped early is left alone. When checkpoints come depends on the
// number of steps only, so the host knows.
#pragma once

#include "device/kernels/attack_steps.h"

namespace signflip::device {

/// One image's progress.
struct Climber {
  double step_size, value, best, best_at_check, best_adversarial;
  int rises, halved, improved, better, finished;
};

struct StartClimber {
  Scene scene;
  Climber* climbers;
  Verdict* verdicts;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const double lowest = -HUGE_VAL;
    climbers[i] = {2 * scene.scalars->epsilon, 0, lowest, lowest, lowest, 0, 1, 0, 0, 0};
    verdicts[i] = {0, lowest};
  }
};

/// Notes what the logits say and writes the direction that raises the loss.
struct RecordClimb {
  Scene scene;
  DeviceAttack::Loss loss;
  bool first, early_stop;
  const float* logits;
  float* dlogits;
  Climber* climbers;
  Verdict* verdicts;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    Climber& c = climbers[i];
    Verdict& verdict = verdicts[i];
    c.improved = c.better = 0;
    const int classes = scene.classes;
    const float* const z = logits + i * classes;
    float* const dz = dlogits + i * classes;
    if (c.finished) {
      for (int k = 0; k < classes; ++k) dz[k] = 0;
      return;
    }
    const Goal goal = scene.goal(i);
    const double last = c.value;
    if (loss == DeviceAttack::Loss::ratio) {
      const LogitRatio ratio(goal, z, classes);
      c.value = ratio.value();
      ratio.direction(classes, dz);
    } else {
      c.value = cross_entropy_objective(goal, z, classes);
      cross_entropy_direction(goal, z, classes, dz);
    }
    c.rises = first ? 0 : c.rises + (c.value > last ? 1 : 0);
    const bool success = reached(goal, z, classes);
    c.improved = c.value > c.best ? 1 : 0;
    if (c.improved) c.best = c.value;
    c.better =
        success ? !verdict.success || c.value > c.best_adversarial : !verdict.success && c.improved;
    if (c.better) {
      if (success) c.best_adversarial = c.value;
      verdict = {success ? 1 : 0, margin_objective(goal, z, classes)};
    }
    c.finished = early_stop && verdict.success ? 1 : 0;
  }
};

/// Keeps the points that RecordClimb liked.
struct KeepBest {
  int size;
  const Climber* climbers;
  const float* now;
  float *best, *adversarial;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const Climber& c = climbers[i / size];
    if (c.improved) best[i] = now[i];
    if (c.better) adversarial[i] = now[i];
  }
};

struct KeepBestGradient {
  int size;
  const Climber* climbers;
  const float* gradient;
  float* best;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    if (climbers[i / size].improved) best[i] = gradient[i];
  }
};

/// now += share·(a projected step) + (1 − share)·(the last move).
struct MoveClimber {
  Scene scene;
  float share;
  const Climber* climbers;
  const Interval* intervals;
  const float* gradient;
  float *now, *before;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const Climber& c = climbers[i / scene.size];
    if (c.finished) return;
    const float clean = scene.clean[i], here = now[i];
    const Interval interval = intervals[i];
    const float next =
        interval.nearest(here + signed_step(gradient[i], static_cast<float>(c.step_size)), clean);
    const float moved = here + (next - here) * share + (here - before[i]) * (1 - share);
    before[i] = here;
    now[i] = interval.nearest(moved, clean);
  }
};

/// Halves the step where the last `interval` steps did little.
struct CheckClimber {
  int interval;
  Climber* climbers;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    Climber& c = climbers[i];
    if (c.finished) return;
    const bool wavers = c.rises <= 0.75 * interval;
    const bool stuck = !c.halved && c.best_at_check >= c.best;
    c.halved = wavers || stuck ? 1 : 0;
    c.best_at_check = c.best;
    c.rises = 0;
    if (c.halved) c.step_size /= 2;
  }
};

/// Back to the best point where the step was halved.
struct ReturnToBest {
  int size;
  const Climber* climbers;
  const float *best, *best_gradient;
  float *now, *gradient;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const Climber& c = climbers[i / size];
    if (c.finished || !c.halved) return;
    now[i] = best[i];
    gradient[i] = best_gradient[i];
  }
};

}  // namespace signflip::device
