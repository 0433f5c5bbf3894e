// What attacks do to every pixel besides measuring distances (norms.h), as loops compiled for
// speed.
#pragma once

#include <span>

#include "core/differentiable_model.h"

namespace signflip {

/// Whether all values lie within the bounds; NaN does not.
bool all_within(std::span<const float> values, Bounds bounds);

/// Pixels as a file of 8 bits would hold them: the nearest multiples of 1/255, ties to even.
void round_to_8_bits(std::span<const float> pixels, std::span<float> rounded);

/// Moves values of a rounded image by one level towards the clean one where they are more than
/// `reach` levels (of 1/255) away from it, if that brings them nearer.
void draw_levels_back(std::span<const float> clean, float reach, std::span<float> rounded);

/// velocity = decay·velocity + gradient / mean|gradient|, or decay·velocity where the gradient is
/// zero everywhere or not finite (Dong et al. 2018, arXiv:1710.06081).
void add_normalised(std::span<const float> gradient, float decay, std::span<float> velocity);

}  // namespace signflip
