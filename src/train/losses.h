// The cross-entropy of a shard's images, for the training methods.
#pragma once

#include <span>

#include "core/loss_sums.h"

namespace signflip {

/// Of logits N×K and N labels. Writes the gradient, N×K, multiplied by `scale`.
LossSums cross_entropy_losses(std::span<const float> logits, std::span<const int> labels,
                              float smoothing, float scale, std::span<float> dlogits);

}  // namespace signflip
