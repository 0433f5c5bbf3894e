// The moves of gradient attacks within an L∞ ball: where they start, how they step and are brought
// back, as attack/geometry/norms.h and attack/methods/gradient_steps.h define them. APGD's own are
// in apgd.h.
#pragma once

#include "device/device.h"
#include "device/kernels/losses.h"
#include "device/kernels/portable.h"
#include "device/kernels/random.h"

namespace signflip::device {

/// What changes from call to call; in device memory, so that a recorded attack can be run again.
struct CraftScalars {
  double epsilon = 0;
  std::uint64_t seed = 0, first_draw = 0;
};

/// The images of an attack, on the device.
struct Scene {
  int count = 0, size = 0, classes = 0;
  const float* clean = nullptr;
  const int *labels = nullptr, *targets = nullptr;  ///< targets null: untargeted
  const std::uint64_t* numbers = nullptr;
  const CraftScalars* scalars = nullptr;

  SIGNFLIP_HOST_DEVICE Goal goal(std::int64_t image) const {
    return {labels[image], targets != nullptr ? targets[image] : -1};
  }
  SIGNFLIP_HOST_DEVICE Draws draws(std::int64_t image) const {
    return {scalars->seed, numbers[image]};
  }
};

/// How long a step is.
struct StepLength {
  double fixed = 0, share = 1;
  SIGNFLIP_HOST_DEVICE double of(double epsilon) const {
    return fixed > 0 ? fixed : share * epsilon;
  }
};

/// The largest float that is at most `value` ≥ 0.
SIGNFLIP_HOST_DEVICE inline float rounded_down(double value) {
  const float nearest = static_cast<float>(value);
  return static_cast<double>(nearest) > value ? nextafterf(nearest, 0.0F) : nearest;
}

/// x + way, or the next float towards x where that was rounded away from x. See
/// attack/geometry/norms.cpp.
SIGNFLIP_HOST_DEVICE inline float reach(float x, float way) {
  const float end = x + way;
  const float taken = end - x;
  const float error = (x - (end - taken)) + (way - taken);
  return (way > 0 ? error < 0 : error > 0) ? nextafterf(end, x) : end;
}

/// The values that a pixel may take.
struct Interval {
  float low, high;
  SIGNFLIP_HOST_DEVICE float nearest(float v, float clean) const {
    return v != v ? clean : v < low ? low : v > high ? high : v;
  }
};

SIGNFLIP_HOST_DEVICE inline Interval pixel_interval(float clean, double epsilon) {
  const float way = rounded_down(epsilon);
  return {larger(reach(clean, -way), 0.0F), smaller(reach(clean, way), 1.0F)};
}

SIGNFLIP_HOST_DEVICE inline float signed_step(float direction, float step) {
  return direction > 0 ? step : direction < 0 ? -step : 0.0F;
}

/// The ball of each pixel.
struct FindIntervals {
  Scene scene;
  Interval* intervals;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    intervals[i] = pixel_interval(scene.clean[i], scene.scalars->epsilon);
  }
};

/// Where an attack starts, all but `surface`.
SIGNFLIP_HOST_DEVICE inline float start_value(const Scene& scene, DeviceAttack::Start start,
                                              float noise, std::int64_t image, int pixel,
                                              float clean, const Interval& interval) {
  const auto draw = scene.scalars->first_draw + static_cast<std::uint64_t>(pixel);
  switch (start) {
    case DeviceAttack::Start::uniform: {
      const auto radius = static_cast<float>(scene.scalars->epsilon);
      return interval.nearest(clean + scene.draws(image).uniform(draw, -radius, radius), clean);
    }
    case DeviceAttack::Start::noise:
      return clamped(clean + noise * scene.draws(image).uniform(draw, -1.0F, 1.0F), 0.0F, 1.0F);
    case DeviceAttack::Start::normal:
      return clamped(clean + 0.001F * scene.draws(image).normal(2 * draw), 0.0F, 1.0F);
    default:
      return clean;
  }
}

struct StartPoint {
  Scene scene;
  DeviceAttack::Start start;
  double noise;  ///< in units of ε
  const Interval* intervals;
  float* adversarial;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    adversarial[i] =
        start_value(scene, start, static_cast<float>(noise * scene.scalars->epsilon),
                    i / scene.size, static_cast<int>(i % scene.size), scene.clean[i], intervals[i]);
  }
};

/// One block an image: the most threads of a block, and sums over an image's pixels.
struct ImageBlocks {
  static constexpr int kThreads = 128;
};

/// A point of the cube, scaled to the ball's surface.
struct StartOnSurface : ImageBlocks {
  Scene scene;
  const Interval* intervals = nullptr;
  float* adversarial = nullptr;

  static constexpr std::size_t shared() { return kThreads; }

  template <class Team>
  SIGNFLIP_HOST_DEVICE void operator()(Team& team, float* shared, int block) const {
    const Draws draws = scene.draws(block);
    const std::uint64_t first = scene.scalars->first_draw;
    team.phase([&](int t) {
      float length = 0;
      for (int i = t; i < scene.size; i += kThreads) {
        length = larger(length, fabsf(draws.uniform(first + static_cast<std::uint64_t>(i), -1, 1)));
      }
      shared[t] = length;
    });
    team.phase([&](int t) {
      float length = 0;
      for (int i = 0; i < kThreads; ++i) length = larger(length, shared[i]);
      const float scale =
          length > 0 ? static_cast<float>(scene.scalars->epsilon / static_cast<double>(length)) : 0;
      for (int i = t; i < scene.size; i += kThreads) {
        const std::int64_t at = static_cast<std::int64_t>(block) * scene.size + i;
        const float x = scene.clean[at];
        const float v = draws.uniform(first + static_cast<std::uint64_t>(i), -1, 1);
        adversarial[at] = intervals[at].nearest(x + scale * v, x);
      }
    });
  }
};

/// The direction in logits that climbs cross-entropy; one call an image.
struct ClimbCrossEntropy {
  Scene scene;
  const float* logits;
  float* dlogits;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    cross_entropy_direction(scene.goal(i), logits + i * scene.classes, scene.classes,
                            dlogits + i * scene.classes);
  }
};

/// Softmax of each image's logits.
struct Predictions {
  int classes;
  const float* logits;
  float* probabilities;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    softmax(logits + i * classes, classes, probabilities + i * classes);
  }
};

/// The gradient of KL(p ‖ q) with respect to q's logits, p being the clean prediction.
struct ClimbDivergence {
  int classes;
  const float *clean_prediction, *logits;
  float* dlogits;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    float* const d = dlogits + i * classes;
    softmax(logits + i * classes, classes, d);
    for (int k = 0; k < classes; ++k) d[k] -= clean_prediction[i * classes + k];
  }
};

/// A step along the gradient's sign, then back into the ball, or only into the box.
struct SignStep {
  Scene scene;
  StepLength length;
  bool project;
  const Interval* intervals;
  const float* gradient;
  float* adversarial;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const double epsilon = scene.scalars->epsilon;
    if (!(epsilon > 0)) return;
    const float moved =
        adversarial[i] + signed_step(gradient[i], static_cast<float>(length.of(epsilon)));
    adversarial[i] =
        project ? intervals[i].nearest(moved, scene.clean[i]) : clamped(moved, 0.0F, 1.0F);
  }
};

/// MIM: the gradient over its mean absolute value, added to the velocity, whose sign is followed.
struct MomentumStep : ImageBlocks {
  Scene scene;
  StepLength length;
  float decay = 1;
  const Interval* intervals = nullptr;
  const float* gradient = nullptr;
  float *velocity = nullptr, *adversarial = nullptr;

  static constexpr std::size_t shared() { return kThreads; }

  template <class Team>
  SIGNFLIP_HOST_DEVICE void operator()(Team& team, float* shared, int block) const {
    const std::int64_t first = static_cast<std::int64_t>(block) * scene.size;
    team.phase([&](int t) {
      double sum = 0;
      for (int i = t; i < scene.size; i += kThreads) {
        sum += static_cast<double>(fabsf(gradient[first + i]));
      }
      shared[t] = static_cast<float>(sum);
    });
    team.phase([&](int t) {
      double sum = 0;
      for (int i = 0; i < kThreads; ++i) sum += static_cast<double>(shared[i]);
      const double mean = sum / static_cast<double>(scene.size);
      const bool usable = mean > 0 && finite(mean);
      const auto step = static_cast<float>(length.of(scene.scalars->epsilon));
      for (int i = t; i < scene.size; i += kThreads) {
        const std::int64_t at = first + i;
        const double share = usable ? static_cast<double>(gradient[at]) / mean : 0.0;
        velocity[at] = decay * velocity[at] + static_cast<float>(share);
        adversarial[at] = intervals[at].nearest(adversarial[at] + signed_step(velocity[at], step),
                                                scene.clean[at]);
      }
    });
  }
};

template <class T>
struct Fill {
  T* to;
  T value;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const { to[i] = value; }
};

template <class T>
struct Copy {
  const T* from;
  T* to;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const { to[i] = from[i]; }
};

/// How a climb ended for each image.
struct JudgeClimb {
  Scene scene;
  const float* logits;
  Verdict* verdicts;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const float* const z = logits + i * scene.classes;
    const Goal goal = scene.goal(i);
    verdicts[i] = {reached(goal, z, scene.classes) ? 1 : 0,
                   cross_entropy_objective(goal, z, scene.classes)};
  }
};

}  // namespace signflip::device
