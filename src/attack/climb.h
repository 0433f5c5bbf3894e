// Gradient ascent within an ε-ball, as data: where it starts, what it climbs, how it steps. The CPU
// (ascent.h, Auto-PGD: methods/apgd.cpp) and devices (device/programs/) run the same climbs. ε is
// no part of it: training changes it from step to step.
#pragma once

#include <compare>

#include "attack/geometry/norm.h"
#include "core/exact/logit_ratio.h"
#include "core/exact/objective.h"
#include "core/exact/portable.h"

namespace signflip {

struct Climb {
  enum class Start {
    clean,
    uniform,  ///< anywhere in the ball (PGD)
    surface,  ///< on its surface (APGD)
    noise,    ///< uniform in ±noise·ε, cut to the box only (RS-FGSM, N-FGSM)
    normal,   ///< normal, deviation kNormalStart (TRADES)
  };
  enum class Loss {
    cross_entropy,
    logit_ratio,  ///< DLR (Croce and Hein 2020)
    divergence,   ///< KL(clean prediction ‖ prediction) (Zhang et al. 2019)
  };

  Norm norm = Norm::linf;
  Start start = Start::clean;
  Loss loss = Loss::cross_entropy;
  int steps = 1;
  double step_size = 0;     ///< 0: step_factor·ε/steps
  double step_factor = 1;   ///< how far all steps go together, in units of ε
  double noise = 1;         ///< of Start::noise
  bool momentum = false;    ///< MIM
  float decay = 1;          ///< of the momentum
  bool project = true;      ///< false: cut to the box only (N-FGSM)
  bool automatic = false;   ///< Auto-PGD, which chooses its steps itself
  bool early_stop = false;  ///< Auto-PGD: leave an image alone once it is adversarial
  int restarts = 1;

  SIGNFLIP_HOST_DEVICE double step(double epsilon) const {
    return step_size > 0 ? step_size : step_factor * epsilon / steps;
  }

  auto operator<=>(const Climb&) const = default;
};

inline constexpr float kNormalStart = 0.001F;

/// The direction in which the loss of one image rises. `clean_prediction`: the probabilities of the
/// clean image, for the divergence alone.
SIGNFLIP_HOST_DEVICE inline void climb_direction(Climb::Loss loss, const Goal& goal,
                                                 std::span<const float> clean_prediction,
                                                 std::span<const float> logits,
                                                 std::span<float> dlogits) {
  switch (loss) {
    case Climb::Loss::cross_entropy:
      cross_entropy_direction(goal, logits, dlogits);
      break;
    case Climb::Loss::logit_ratio:
      LogitRatio::of(goal, logits).direction(dlogits);
      break;
    case Climb::Loss::divergence:
      divergence_direction(clean_prediction, logits, dlogits);
      break;
  }
}

}  // namespace signflip
