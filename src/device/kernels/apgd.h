// Auto-PGD (attack/methods/apgd.h), one call per image or one per pixel. All images take
// their steps together; one that has stopped early is left alone. Checkpoints depend on the number
// of steps only, so the host knows them.
#pragma once

#include "core/exact/apgd.h"
#include "device/kernels/attack_steps.h"

namespace signflip::device {

struct StartProgress {
  AttackView view;
  ApgdProgress* progress;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    progress[i] = ApgdProgress(view.scalars->epsilon);
  }
};

/// Notes what the logits say and writes the direction that raises the loss.
struct RecordProgress {
  AttackView view;
  Climb climb;
  bool first;
  const float* logits;
  float* dlogits;
  ApgdProgress* progress;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    ApgdProgress& p = progress[i];
    const std::span<const float> z = values_of(logits, view.classes, i);
    const std::span<float> dz = values_of(dlogits, view.classes, i);
    if (p.finished) {
      p.improved = p.better = false;
      for (float& d : dz) d = 0;
      return;
    }
    const Goal goal = view.goal(i);
    climb_direction(climb.loss, goal, {}, z, dz);
    const double loss = climb.loss == Climb::Loss::logit_ratio ? LogitRatio::of(goal, z).value()
                                                               : cross_entropy_objective(goal, z);
    p.record(loss, {reached(goal, z), margin_objective(goal, z)}, first, climb.early_stop);
  }
};

/// Keeps the points that RecordProgress marked.
struct KeepBest {
  int size;
  const ApgdProgress* progress;
  const float* now;
  float *best, *adversarial;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const ApgdProgress& p = progress[i / size];
    if (p.improved) best[i] = now[i];
    if (p.better) adversarial[i] = now[i];
  }
};

struct KeepBestGradient {
  int size;
  const ApgdProgress* progress;
  const float* gradient;
  float* best;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    if (progress[i / size].improved) best[i] = gradient[i];
  }
};

/// A projected step, of which the point takes its share.
struct MovePoint {
  AttackView view;
  float share;
  const ApgdProgress* progress;
  const Interval* intervals;
  const float* gradient;
  float *now, *before;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const ApgdProgress& p = progress[i / view.size];
    if (p.finished) return;
    const float clean = view.clean[i], here = now[i];
    const Interval interval = intervals[i];
    const float next =
        interval.nearest(here + signed_step(gradient[i], static_cast<float>(p.step_size)), clean);
    now[i] = interval.nearest(apgd_move(before[i], here, next, share), clean);
    before[i] = here;
  }
};

struct CheckProgress {
  int interval;
  ApgdProgress* progress;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    if (!progress[i].finished) progress[i].check(interval);
  }
};

/// Back to the best point where the step was halved.
struct ReturnToBest {
  int size;
  const ApgdProgress* progress;
  const float *best, *best_gradient;
  float *now, *gradient;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const ApgdProgress& p = progress[i / size];
    if (p.finished || !p.halved_at_check) return;
    now[i] = best[i];
    gradient[i] = best_gradient[i];
  }
};

struct CopyVerdicts {
  const ApgdProgress* progress;
  Verdict* verdicts;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const { verdicts[i] = progress[i].verdict; }
};

}  // namespace signflip::device
