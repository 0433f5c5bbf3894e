// The moves of a climb (attack/climb.h) within an L∞ ball: where it starts, how it steps and is
// brought back. Auto-PGD's own are in apgd.h.
#pragma once

#include "attack/climb.h"
#include "core/exact/ball.h"
#include "core/exact/draws.h"
#include "device/kernels/portable.h"

namespace signflip::device {

/// The values of image i, of `width` per image.
template <class T>
SIGNFLIP_HOST_DEVICE inline std::span<T> values_of(T* values, int width, std::int64_t i) {
  return {values + i * width, static_cast<std::size_t>(width)};
}

/// What changes from call to call; in device memory, so that a recorded attack can be run again.
struct AttackScalars {
  double epsilon = 0;
  std::uint64_t seed = 0, first_draw = 0;
};

/// The images of an attack, on the device.
struct Scene {
  int count = 0, size = 0, classes = 0;
  const float* clean = nullptr;
  const int *labels = nullptr, *targets = nullptr;  ///< targets null: untargeted
  const std::size_t* numbers = nullptr;
  const AttackScalars* scalars = nullptr;

  SIGNFLIP_HOST_DEVICE Goal goal(std::int64_t image) const {
    return {labels[image], targets != nullptr ? targets[image] : -1};
  }
  SIGNFLIP_HOST_DEVICE Draws draws(std::int64_t image) const {
    return {scalars->seed, numbers[image]};
  }
};

using Interval = PixelRange<float>;

SIGNFLIP_HOST_DEVICE inline Interval pixel_interval(float clean, double epsilon) {
  return range_around(clean, rounded_down(epsilon), {0.0F, 1.0F});
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
SIGNFLIP_HOST_DEVICE inline float start_value(const Scene& scene, const Climb& climb,
                                              std::int64_t image, int pixel, float clean,
                                              const Interval& interval) {
  const auto draw = scene.scalars->first_draw + static_cast<std::uint64_t>(pixel);
  switch (climb.start) {
    case Climb::Start::uniform: {
      const auto radius = static_cast<float>(scene.scalars->epsilon);
      return interval.nearest(clean + scene.draws(image).uniform(draw, -radius, radius), clean);
    }
    case Climb::Start::noise: {
      const auto noise = static_cast<float>(climb.noise * scene.scalars->epsilon);
      return clamped(clean + noise * scene.draws(image).uniform(draw, -1.0F, 1.0F), 0.0F, 1.0F);
    }
    case Climb::Start::normal:
      return clamped(clean + kNormalStart * scene.draws(image).normal(2 * draw), 0.0F, 1.0F);
    default:
      return clean;
  }
}

struct StartPoint {
  Scene scene;
  Climb climb;
  const Interval* intervals;
  float* adversarial;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    adversarial[i] = start_value(scene, climb, i / scene.size, static_cast<int>(i % scene.size),
                                 scene.clean[i], intervals[i]);
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

/// Softmax of each image's logits.
struct Predictions {
  int classes;
  const float* logits;
  float* probabilities;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    softmax(values_of(logits, classes, i), values_of(probabilities, classes, i));
  }
};

/// The direction in logits that raises the loss; one call per image. `predictions`: of the clean
/// images, for the divergence alone.
struct ClimbDirection {
  Scene scene;
  Climb::Loss loss;
  const float *predictions, *logits;
  float* dlogits;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    climb_direction(loss, scene.goal(i), values_of(predictions, scene.classes, i),
                    values_of(logits, scene.classes, i), values_of(dlogits, scene.classes, i));
  }
};

/// A step along the gradient's sign, then back into the ball, or only into the box.
struct SignStep {
  Scene scene;
  Climb climb;
  const Interval* intervals;
  const float* gradient;
  float* adversarial;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const double epsilon = scene.scalars->epsilon;
    if (!(epsilon > 0)) return;
    const float moved =
        adversarial[i] + signed_step(gradient[i], static_cast<float>(climb.step(epsilon)));
    adversarial[i] =
        climb.project ? intervals[i].nearest(moved, scene.clean[i]) : clamped(moved, 0.0F, 1.0F);
  }
};

/// MIM: the gradient over its mean absolute value, added to the velocity, whose sign is followed.
struct MomentumStep : ImageBlocks {
  Scene scene;
  Climb climb;
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
      const auto step = static_cast<float>(climb.step(scene.scalars->epsilon));
      for (int i = t; i < scene.size; i += kThreads) {
        const std::int64_t at = first + i;
        const double share = usable ? static_cast<double>(gradient[at]) / mean : 0.0;
        velocity[at] = climb.decay * velocity[at] + static_cast<float>(share);
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
    const std::span<const float> z = values_of(logits, scene.classes, i);
    const Goal goal = scene.goal(i);
    verdicts[i] = {reached(goal, z), cross_entropy_objective(goal, z)};
  }
};

}  // namespace signflip::device
