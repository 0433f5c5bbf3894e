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
struct AttackView {
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
  AttackView view;
  Interval* intervals;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    intervals[i] = pixel_interval(view.clean[i], view.scalars->epsilon);
  }
};

/// Where an attack starts, all but `surface`.
SIGNFLIP_HOST_DEVICE inline float start_value(const AttackView& view, const Climb& climb,
                                              std::int64_t image, int pixel, float clean,
                                              const Interval& interval) {
  const auto draw = view.scalars->first_draw + static_cast<std::uint64_t>(pixel);
  switch (climb.start) {
    case Climb::Start::uniform: {
      const auto radius = static_cast<float>(view.scalars->epsilon);
      return interval.nearest(clean + view.draws(image).uniform(draw, -radius, radius), clean);
    }
    case Climb::Start::noise: {
      const auto noise = static_cast<float>(climb.noise * view.scalars->epsilon);
      return clamped(clean + noise * view.draws(image).uniform(draw, -1.0F, 1.0F), 0.0F, 1.0F);
    }
    case Climb::Start::normal:
      return clamped(clean + kNormalStart * view.draws(image).normal(2 * draw), 0.0F, 1.0F);
    default:
      return clean;
  }
}

struct StartPoint {
  AttackView view;
  Climb climb;
  const Interval* intervals;
  float* adversarial;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    adversarial[i] = start_value(view, climb, i / view.size, static_cast<int>(i % view.size),
                                 view.clean[i], intervals[i]);
  }
};

/// One block per image: its threads share the sums over the image's pixels.
struct ImageBlocks {
  static constexpr int kThreads = 128;
};

/// A point of the cube, scaled to the ball's surface.
struct StartOnSurface : ImageBlocks {
  AttackView view;
  const Interval* intervals = nullptr;
  float* adversarial = nullptr;

  static constexpr std::size_t shared() { return kThreads; }

  template <class Team>
  SIGNFLIP_HOST_DEVICE void operator()(Team& team, float* shared, int block) const {
    const Draws draws = view.draws(block);
    const std::uint64_t first = view.scalars->first_draw;
    team.phase([&](int t) {
      float length = 0;
      for (int i = t; i < view.size; i += kThreads) {
        length = larger(length, fabsf(draws.uniform(first + static_cast<std::uint64_t>(i), -1, 1)));
      }
      shared[t] = length;
    });
    team.phase([&](int t) {
      float length = 0;
      for (int i = 0; i < kThreads; ++i) length = larger(length, shared[i]);
      const float scale =
          length > 0 ? static_cast<float>(view.scalars->epsilon / static_cast<double>(length)) : 0;
      for (int i = t; i < view.size; i += kThreads) {
        const std::int64_t at = static_cast<std::int64_t>(block) * view.size + i;
        const float x = view.clean[at];
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
  AttackView view;
  Climb::Loss loss;
  const float *predictions, *logits;
  float* dlogits;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    climb_direction(loss, view.goal(i), values_of(predictions, view.classes, i),
                    values_of(logits, view.classes, i), values_of(dlogits, view.classes, i));
  }
};

/// A step along the gradient's sign, then back into the ball, or only into the box.
struct SignStep {
  AttackView view;
  Climb climb;
  const Interval* intervals;
  const float* gradient;
  float* adversarial;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const double epsilon = view.scalars->epsilon;
    if (!(epsilon > 0)) return;
    const float moved =
        adversarial[i] + signed_step(gradient[i], static_cast<float>(climb.step(epsilon)));
    adversarial[i] =
        climb.project ? intervals[i].nearest(moved, view.clean[i]) : clamped(moved, 0.0F, 1.0F);
  }
};

/// MIM's velocity of one image: the gradient over its mean absolute value is added. gradient(i) is
/// the gradient at pixel i; `sums` has room for kThreads floats.
template <int kThreads, class Team, class Gradient>
SIGNFLIP_HOST_DEVICE void add_to_velocity(Team& team, int size, float decay, float* sums,
                                          const Gradient& gradient, float* velocity) {
  team.phase([&](int t) {
    double sum = 0;
    for (int i = t; i < size; i += kThreads) sum += static_cast<double>(fabsf(gradient(i)));
    sums[t] = static_cast<float>(sum);
  });
  team.phase([&](int t) {
    double sum = 0;
    for (int i = 0; i < kThreads; ++i) sum += static_cast<double>(sums[i]);
    const double mean = sum / static_cast<double>(size);
    const bool usable = mean > 0 && finite(mean);
    for (int i = t; i < size; i += kThreads) {
      const double share = usable ? static_cast<double>(gradient(i)) / mean : 0.0;
      velocity[i] = decay * velocity[i] + static_cast<float>(share);
    }
  });
}

/// MIM: a step along the sign of the velocity.
struct MomentumStep : ImageBlocks {
  AttackView view;
  Climb climb;
  const Interval* intervals = nullptr;
  const float* gradient = nullptr;
  float *velocity = nullptr, *adversarial = nullptr;

  static constexpr std::size_t shared() { return kThreads; }

  template <class Team>
  SIGNFLIP_HOST_DEVICE void operator()(Team& team, float* shared, int block) const {
    const std::int64_t first = static_cast<std::int64_t>(block) * view.size;
    add_to_velocity<kThreads>(
        team, view.size, climb.decay, shared, [&](int i) { return gradient[first + i]; },
        velocity + first);
    team.phase([&](int t) {
      const auto step = static_cast<float>(climb.step(view.scalars->epsilon));
      for (int i = t; i < view.size; i += kThreads) {
        const std::int64_t at = first + i;
        adversarial[at] = intervals[at].nearest(adversarial[at] + signed_step(velocity[at], step),
                                                view.clean[at]);
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
  AttackView view;
  const float* logits;
  Verdict* verdicts;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const std::span<const float> z = values_of(logits, view.classes, i);
    const Goal goal = view.goal(i);
    verdicts[i] = {reached(goal, z), cross_entropy_objective(goal, z)};
  }
};

}  // namespace signflip::device
