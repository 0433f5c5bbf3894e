// Gaussian blur of images H×W×C, rows and columns one after the other. The window reaches three
// deviations to each side, its weights add up to 1, and borders are repeated.
#pragma once

#include <span>

#include "core/tensor.h"

namespace signflip {

/// `deviation` in pixels, > 0. The spans must not overlap.
void gaussian_blur(double deviation, ImageShape shape, std::span<const float> image,
                   std::span<float> to);

/// dx = Jᵀ·dy, wherever the image is, because blurring is linear. The spans must not overlap.
void gaussian_blur_gradient(double deviation, ImageShape shape, std::span<const float> dy,
                            std::span<float> dx);

}  // namespace signflip
