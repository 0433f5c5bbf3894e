// Random small changes of training images, in the image plane and in brightness.
#pragma once

#include <span>

#include "core/exact/augmentation.h"
#include "core/rng.h"
#include "core/tensor.h"

namespace signflip {

/// Changes one image H×W×C with pixels in [0,1] in place: moved, then lit, mirrored and cut out.
/// Geometry interpolates bilinearly and repeats the border; the result is clipped to [0,1].
/// `buffer` is scratch of the image's size.
void augment(const Augmentation& options, ImageShape shape, Rng& rng, std::span<float> image,
             std::span<float> buffer);

}  // namespace signflip
