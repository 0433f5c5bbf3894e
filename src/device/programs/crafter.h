// Whole attacks as launches on a device: what attack/methods/{gradient_steps,apgd}.cpp and
// train/adversary.cpp do on the CPU, with the same random numbers. Nothing here waits or looks at a
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

  /// Takes the memory that only some attacks need. Before craft() is recorded, which may not.
  void prepare(const DeviceAttack& attack) {
    const std::size_t pixels = intervals_.size();
    const auto need = [&](Array<float>& array) {
      if (array.empty()) array = executor_.template allocate<float>(pixels);
    };
    if (attack.momentum) need(velocity_);
    if (!attack.automatic) return;
    for (Array<float>* array : {&now_, &before_, &best_, &best_gradient_}) need(*array);
    if (climbers_.empty()) {
      climbers_ = executor_.template allocate<Climber>(flow_.capacity());
      own_verdicts_ = executor_.template allocate<Verdict>(flow_.capacity());
    }
  }

  /// Leaves the answers in `adversarial` and how it ended in `verdicts` (null: not wanted). The
  /// folded `weights` and the scene's scalars are read when the launches run.
  void craft(const DeviceAttack& attack, const Scene& scene, const float* weights,
             float* adversarial, Verdict* verdicts) {
    const std::int64_t pixels = static_cast<std::int64_t>(scene.count) * scene.size;
    prepare(attack);
    if (attack.automatic) {
      executor_.for_each(pixels, FindIntervals{scene, intervals_.data()});
      ascend_automatically(attack, scene, weights, adversarial, verdicts);
      return;
    }
    if (fuses(attack)) {
      climb_in_one_launch(attack, scene, weights, adversarial);
    } else {
      executor_.for_each(pixels, FindIntervals{scene, intervals_.data()});
      climb(attack, scene, weights, adversarial);
    }
    if (verdicts != nullptr) {
      ask(scene, weights, adversarial);
      executor_.for_each(scene.count, JudgeClimb{scene, flow_.logits(), verdicts});
    }
  }

  /// Whether the attack runs in one launch.
  bool fuses(const DeviceAttack& attack) const {
    return !attack.automatic && layout_.fits &&
           layout_.floats(plan_, attack.momentum) <= executor_.most_shared();
  }
  /// For measuring and testing the one against the other.
  void forbid_fusing() { layout_.fits = false; }

 private:
  void ask(const Scene& scene, const float* weights, const float* images) {
    flow_.take(images, scene.count);
    flow_.forward(weights, scene.count);
  }

  void start(const DeviceAttack& attack, const Scene& scene, float* images) {
    if (attack.start == DeviceAttack::Start::surface) {
      StartOnSurface surface;
      surface.scene = scene;
      surface.intervals = intervals_.data();
      surface.adversarial = images;
      executor_.run(scene.count, surface);
    } else {
      executor_.for_each(static_cast<std::int64_t>(scene.count) * scene.size,
                         StartPoint{scene, attack.start, attack.noise, intervals_.data(), images});
    }
  }

  void climb(const DeviceAttack& attack, const Scene& scene, const float* weights,
             float* adversarial) {
    const std::int64_t pixels = static_cast<std::int64_t>(scene.count) * scene.size;
    const bool diverges = attack.loss == DeviceAttack::Loss::divergence;
    if (diverges) {
      ask(scene, weights, scene.clean);
      executor_.for_each(scene.count,
                         Predictions{scene.classes, flow_.logits(), predictions_.data()});
    }
    start(attack, scene, adversarial);
    if (attack.momentum) executor_.for_each(pixels, Fill<float>{velocity_.data(), 0.0F});
    const StepLength length{attack.step_size, attack.step_share};
    for (int step = 0; step < attack.steps; ++step) {
      ask(scene, weights, adversarial);
      if (diverges) {
        executor_.for_each(scene.count, ClimbDivergence{scene.classes, predictions_.data(),
                                                        flow_.logits(), flow_.dlogits()});
      } else {
        executor_.for_each(scene.count, ClimbCrossEntropy{scene, flow_.logits(), flow_.dlogits()});
      }
      flow_.backward(weights, scene.count, nullptr, gradient_.data());
      if (attack.momentum) {
        MomentumStep move;
        move.scene = scene;
        move.length = length;
        move.decay = attack.decay;
        move.intervals = intervals_.data();
        move.gradient = gradient_.data();
        move.velocity = velocity_.data();
        move.adversarial = adversarial;
        executor_.run(scene.count, move);
      } else {
        executor_.for_each(pixels, SignStep{scene, length, attack.project, intervals_.data(),
                                            gradient_.data(), adversarial});
      }
    }
  }

  void climb_in_one_launch(const DeviceAttack& attack, const Scene& scene, const float* weights,
                           float* adversarial);

  void ascend_automatically(const DeviceAttack& attack, const Scene& scene, const float* weights,
                            float* adversarial, Verdict* verdicts) {
    const std::int64_t pixels = static_cast<std::int64_t>(scene.count) * scene.size;
    if (verdicts == nullptr) verdicts = own_verdicts_.data();
    Climber* const climbers = climbers_.data();
    start(attack, scene, now_.data());
    executor_.for_each(scene.count, StartClimber{scene, climbers, verdicts});
    for (float* copy : {before_.data(), best_.data(), adversarial}) {
      executor_.for_each(pixels, Copy<float>{now_.data(), copy});
    }
    // Checkpoints: the first after 22% of the steps, each interval shorter by 3%, down to 6%.
    const int steps = attack.steps;
    int interval = std::max(static_cast<int>(0.22 * steps), 1), since = 0;
    const int shortest = std::max(static_cast<int>(0.06 * steps), 1);
    const int decrement = std::max(static_cast<int>(0.03 * steps), 1);
    look(attack, scene, weights, adversarial, verdicts, 0);
    for (int step = 0; step < steps; ++step) {
      executor_.for_each(pixels,
                         MoveClimber{scene, step == 0 ? 1.0F : 0.75F, climbers, intervals_.data(),
                                     gradient_.data(), now_.data(), before_.data()});
      look(attack, scene, weights, adversarial, verdicts, step + 1);
      if (++since < interval) continue;
      executor_.for_each(scene.count, CheckClimber{interval, climbers});
      executor_.for_each(pixels,
                         ReturnToBest{scene.size, climbers, best_.data(), best_gradient_.data(),
                                      now_.data(), gradient_.data()});
      interval = std::max(interval - decrement, shortest);
      since = 0;
    }
  }

  /// Loss and gradient at the current points. The last points need no gradient.
  void look(const DeviceAttack& attack, const Scene& scene, const float* weights,
            float* adversarial, Verdict* verdicts, int step) {
    const std::int64_t pixels = static_cast<std::int64_t>(scene.count) * scene.size;
    ask(scene, weights, now_.data());
    executor_.for_each(scene.count,
                       RecordClimb{scene, attack.loss, step == 0, attack.early_stop, flow_.logits(),
                                   flow_.dlogits(), climbers_.data(), verdicts});
    executor_.for_each(
        pixels, KeepBest{scene.size, climbers_.data(), now_.data(), best_.data(), adversarial});
    if (step == attack.steps) return;
    flow_.backward(weights, scene.count, nullptr, gradient_.data());
    executor_.for_each(pixels, KeepBestGradient{scene.size, climbers_.data(), gradient_.data(),
                                                best_gradient_.data()});
  }

  Executor& executor_;
  const Plan plan_;
  Flow<Executor>& flow_;
  FusedLayout layout_;
  Array<Interval> intervals_;
  Array<float> gradient_, predictions_, transposed_, velocity_;
  Array<float> now_, before_, best_, best_gradient_;
  Array<Climber> climbers_;
  Array<Verdict> own_verdicts_;
};

template <class Executor>
void Crafter<Executor>::climb_in_one_launch(const DeviceAttack& attack, const Scene& scene,
                                            const float* weights, float* adversarial) {
  for (int i = 0; i < layout_.count; ++i) {
    const FusedStage& stage = layout_.stages[i];
    if (stage.kind != PlanLayer::Kind::dense) continue;
    executor_.for_each(static_cast<std::int64_t>(stage.inputs) * stage.outputs,
                       TransposeWeights{stage.inputs, stage.outputs, weights + stage.weight,
                                        transposed_.data() + stage.weight});
  }
  FusedClimb climb;
  climb.scene = scene;
  climb.layout = layout_;
  climb.start = attack.start;
  climb.diverges = attack.loss == DeviceAttack::Loss::divergence;
  climb.momentum = attack.momentum;
  climb.project = attack.project;
  climb.steps = attack.steps;
  climb.length = {attack.step_size, attack.step_share};
  climb.noise = attack.noise;
  climb.decay = attack.decay;
  climb.channels = flow_.channels();
  climb.weights = weights;
  climb.transposed = transposed_.data();
  climb.scale = flow_.scale();
  climb.shift = flow_.shift();
  climb.adversarial = adversarial;
  climb.shared_floats = layout_.floats(plan_, attack.momentum);
  executor_.run(scene.count, climb);
}

}  // namespace signflip::device
