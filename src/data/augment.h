// Random small changes of training images, in the image plane and in brightness.
#pragma once

#include <span>

#include "core/rng.h"
#include "core/tensor.h"

namespace signflip {

/// Each image draws its own change from ± these. All zero: no change at all.
struct Augmentation {
  float shift = 0.0F;         ///< fraction of the side, each axis
  float scale = 0.0F;         ///< relative size
  float rotation = 0.0F;      ///< degrees
  float brightness = 0.0F;    ///< a factor between 1/(1 + this) and 1 + this
  float contrast = 0.0F;      ///< relative distance from the image's mean
  bool whole_pixels = false;  ///< shift by whole pixels, without interpolation

  bool none() const {
    return shift == 0.0F && scale == 0.0F && rotation == 0.0F && brightness == 0.0F &&
           contrast == 0.0F;
  }
};

/// Changes one image H×W×C with pixels in [0,1] in place. Geometry interpolates bilinearly and
/// repeats the border; the result is clipped to [0,1]. `buffer` is scratch of the image's size.
void augment(const Augmentation& options, ImageShape shape, Rng& rng, std::span<float> image,
             std::span<float> buffer);

}  // namespace signflip
