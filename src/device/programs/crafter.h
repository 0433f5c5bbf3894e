// Climbs (attack/climb.h) as launches on a device: what attack/ascent.cpp and
// attack/methods/apgd.cpp do on the CPU, with the same random numbers. Nothing here waits for a
// result, so that an attack can be recorded and run again.
#pragma once

#include "device/kernels/apgd.h"
#include "device/kernels/attack_steps.h"
#include "device/programs/flow.h"
#include "device/programs/fused_climb.h"
#include "device/programs/weights.h"

namespace signflip::device {

template <class Executor>
class Crafter {
 public:
  template <class T>
  using Array = typename Executor::template Array<T>;

  /// Attacks up to flow.capacity() images; `flow` is at inference and lives longer.
  Crafter(Executor& executor, const Plan& plan, Flow<Executor>& flow)
      : executor_(executor), plan_(plan), flow_(flow) {
    const std::size_t capacity = flow.capacity(), pixels = capacity * plan.input.size();
    intervals_ = executor.template allocate<Interval>(pixels);
    gradient_ = executor.template allocate<float>(pixels);
    predictions_ =
        executor.template allocate<float>(capacity * static_cast<std::size_t>(plan.classes));
    transposed_ = executor.template allocate<float>(plan.parameters);
    layout_ = fused_layout(plan, flow.stages());
  }

  /// Allocates what only some attacks need: before craft() is recorded, which may not allocate.
  void prepare(const Climb& climb) {
    const std::size_t pixels = intervals_.size();
    const auto need = [&](Array<float>& array) {
      if (array.empty()) array = executor_.template allocate<float>(pixels);
    };
    if (climb.momentum) need(velocity_);
    if (!climb.automatic) return;
    for (Array<float>* array : {&now_, &before_, &best_, &best_gradient_}) need(*array);
    if (progress_.empty()) {
      progress_ = executor_.template allocate<ApgdProgress>(flow_.capacity());
    }
  }

  /// Leaves the results in `adversarial` and how it ended in `verdicts` (null: not wanted). The
  /// folded `weights` and its scalars are read when the launches run.
  void craft(const Climb& climb, const AttackView& view, const float* weights, float* adversarial,
             Verdict* verdicts) {
    const std::int64_t pixels = static_cast<std::int64_t>(view.count) * view.size;
    prepare(climb);
    if (climb.automatic) {
      executor_.for_each(pixels, FindIntervals{view, intervals_.data()});
      ascend_automatically(climb, view, weights, adversarial);
      if (verdicts != nullptr) {
        executor_.for_each(view.count, CopyVerdicts{progress_.data(), verdicts});
      }
      return;
    }
    if (fuses(climb)) {
      climb_in_one_launch(climb, view, weights, adversarial);
    } else {
      executor_.for_each(pixels, FindIntervals{view, intervals_.data()});
      ascend(climb, view, weights, adversarial);
    }
    if (verdicts != nullptr) {
      ask(view, weights, adversarial);
      executor_.for_each(view.count, JudgeClimb{view, flow_.logits(), verdicts});
    }
  }

  /// Whether the attack runs in one launch.
  bool fuses(const Climb& climb) const {
    return !climb.automatic && layout_.fits &&
           layout_.floats(plan_, climb.momentum) <= executor_.most_shared();
  }
  /// For measuring and testing the one against the other.
  void forbid_fusing() { layout_.fits = false; }

 private:
  void ask(const AttackView& view, const float* weights, const float* images) {
    flow_.take(images, view.count);
    flow_.forward(weights, view.count);
  }

  void start(const Climb& climb, const AttackView& view, float* images) {
    if (climb.start == Climb::Start::surface) {
      StartOnSurface surface;
      surface.view = view;
      surface.intervals = intervals_.data();
      surface.adversarial = images;
      executor_.run(view.count, surface);
    } else {
      executor_.for_each(static_cast<std::int64_t>(view.count) * view.size,
                         StartPoint{view, climb, intervals_.data(), images});
    }
  }

  void ascend(const Climb& climb, const AttackView& view, const float* weights,
              float* adversarial) {
    const std::int64_t pixels = static_cast<std::int64_t>(view.count) * view.size;
    const bool diverges = climb.loss == Climb::Loss::divergence;
    if (diverges) {
      ask(view, weights, view.clean);
      executor_.for_each(view.count,
                         Predictions{view.classes, flow_.logits(), predictions_.data()});
    }
    start(climb, view, adversarial);
    if (climb.momentum) executor_.for_each(pixels, Fill<float>{velocity_.data(), 0.0F});
    for (int step = 0; step < climb.steps; ++step) {
      ask(view, weights, adversarial);
      executor_.for_each(view.count, ClimbDirection{view, climb.loss, predictions_.data(),
                                                    flow_.logits(), flow_.dlogits()});
      flow_.backward(weights, view.count, nullptr, gradient_.data());
      if (climb.momentum) {
        MomentumStep move;
        move.view = view;
        move.climb = climb;
        move.intervals = intervals_.data();
        move.gradient = gradient_.data();
        move.velocity = velocity_.data();
        move.adversarial = adversarial;
        executor_.run(view.count, move);
      } else {
        executor_.for_each(pixels,
                           SignStep{view, climb, intervals_.data(), gradient_.data(), adversarial});
      }
    }
  }

  void climb_in_one_launch(const Climb& climb, const AttackView& view, const float* weights,
                           float* adversarial);

  void ascend_automatically(const Climb& climb, const AttackView& view, const float* weights,
                            float* adversarial) {
    const std::int64_t pixels = static_cast<std::int64_t>(view.count) * view.size;
    ApgdProgress* const progress = progress_.data();
    start(climb, view, now_.data());
    executor_.for_each(view.count, StartProgress{view, progress});
    for (float* copy : {before_.data(), best_.data(), adversarial}) {
      executor_.for_each(pixels, Copy<float>{now_.data(), copy});
    }
    ApgdSchedule schedule(climb.steps);
    evaluate(climb, view, weights, adversarial, 0);
    for (int step = 0; step < climb.steps; ++step) {
      executor_.for_each(
          pixels, MovePoint{view, step == 0 ? 1.0F : kApgdStepShare, progress, intervals_.data(),
                            gradient_.data(), now_.data(), before_.data()});
      evaluate(climb, view, weights, adversarial, step + 1);
      const int interval = schedule.step();
      if (interval == 0) continue;
      executor_.for_each(view.count, CheckProgress{interval, progress});
      executor_.for_each(pixels,
                         ReturnToBest{view.size, progress, best_.data(), best_gradient_.data(),
                                      now_.data(), gradient_.data()});
    }
  }

  /// Loss and gradient at the current points. The last points need no gradient.
  void evaluate(const Climb& climb, const AttackView& view, const float* weights,
                float* adversarial, int step) {
    const std::int64_t pixels = static_cast<std::int64_t>(view.count) * view.size;
    ask(view, weights, now_.data());
    executor_.for_each(view.count, RecordProgress{view, climb, step == 0, flow_.logits(),
                                                  flow_.dlogits(), progress_.data()});
    executor_.for_each(
        pixels, KeepBest{view.size, progress_.data(), now_.data(), best_.data(), adversarial});
    if (step == climb.steps) return;
    flow_.backward(weights, view.count, nullptr, gradient_.data());
    executor_.for_each(pixels, KeepBestGradient{view.size, progress_.data(), gradient_.data(),
                                                best_gradient_.data()});
  }

  Executor& executor_;
  const Plan plan_;
  Flow<Executor>& flow_;
  FusedLayout layout_;
  Array<Interval> intervals_;
  Array<float> gradient_, predictions_, transposed_, velocity_;
  Array<float> now_, before_, best_, best_gradient_;
  Array<ApgdProgress> progress_;
};

template <class Executor>
void Crafter<Executor>::climb_in_one_launch(const Climb& climb, const AttackView& view,
                                            const float* weights, float* adversarial) {
  for (int i = 0; i < layout_.count; ++i) {
    const FusedStage& stage = layout_.stages[i];
    if (stage.kind != PlanLayer::Kind::dense) continue;
    executor_.for_each(static_cast<std::int64_t>(stage.inputs) * stage.outputs,
                       TransposeWeights{stage.inputs, stage.outputs, weights + stage.weight,
                                        transposed_.data() + stage.weight});
  }
  FusedClimb fused;
  fused.view = view;
  fused.layout = layout_;
  fused.climb = climb;
  fused.channels = flow_.channels();
  fused.weights = weights;
  fused.transposed = transposed_.data();
  fused.scale = flow_.scale();
  fused.shift = flow_.shift();
  fused.adversarial = adversarial;
  fused.shared_floats = layout_.floats(plan_, climb.momentum);
  executor_.run(view.count, fused);
}

}  // namespace signflip::device
