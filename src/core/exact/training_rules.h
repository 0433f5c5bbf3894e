// Small rules of training that a device follows too: the loss of certified training
// (train/interval_training.h) and the inputs of a denoiser (train/denoiser_method.h).
#pragma once

#include <cstdint>

#include "core/exact/ball.h"
#include "core/exact/portable.h"

namespace signflip {

/// The share of the images' own loss, the rest being that of their worst case: falls from 1 to κ in
/// step with ε's way to its full value.
SIGNFLIP_HOST_DEVICE inline double plain_loss_share(double kappa, double epsilon, double full) {
  const double risen = full > 0 && epsilon < full ? epsilon / full : 1;
  return 1 - (1 - kappa) * risen;
}

/// Which of six kinds an input of a denoiser is: attacked in full (0, 1), in part (2, 3), noisy (4)
/// or clean (5).
inline constexpr std::uint32_t kInputKinds = 6, kPartlyAttacked = 2, kNoisyInput = 4;

/// One pixel of such an input. `part` in [0,1): of the attack; `noise`: of a noisy input.
SIGNFLIP_HOST_DEVICE inline float corrupted_input(std::uint32_t kind, float part, float noise,
                                                  float clean, float attacked) {
  if (kind < kPartlyAttacked) return attacked;
  const float change = kind < kNoisyInput    ? rounded_product(part, attacked - clean)
                       : kind == kNoisyInput ? noise
                                             : 0.0F;
  return smaller(larger(clean + change, 0.0F), 1.0F);
}

}  // namespace signflip
