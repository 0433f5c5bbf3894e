// What a written picture of 8 bits keeps of an adversarial image.
#pragma once

#include <span>

#include "attack/catalog.h"
#include "core/differentiable_model.h"

namespace signflip {

/// Rounds one adversarial image to multiples of 1/255: each value to the nearest (ties to even),
/// but towards the clean one where the attack has a budget that the nearest would break. L∞: single
/// values, so that max |rounded − clean| · 255 ≤ epsilon · 255. L2: all values, if the image as a
/// whole would break it. Exact for clean images that are multiples of 1/255 themselves.
void round_to_written(const AttackEntry& attack, const Parameters& parameters,
                      std::span<const float> clean, std::span<const float> adversarial,
                      std::span<float> rounded);

/// The same for an L∞ ball of radius epsilon.
void round_within_linf(std::span<const float> clean, std::span<const float> adversarial,
                       double epsilon, std::span<float> rounded);

}  // namespace signflip
