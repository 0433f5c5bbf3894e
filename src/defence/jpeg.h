// What JPEG compression (ITU-T T.81, baseline) does to an image, without the file: pixels to 8
// bits, luminance and chroma, 8×8 blocks, cosine transform, quantisation by the standard's tables
// (annex K) scaled as the Independent JPEG Group's library does, and back. Chroma keeps its
// resolution (4:4:4); sides that are no multiple of 8 are filled up with their last pixels.
//
// Images are H×W×C in [0,1] with C = 1 (luminance alone) or 3 (red, green, blue); the spans must
// not overlap. `quality` is from 1 to 100.
#pragma once

#include <span>

#include "core/tensor.h"

namespace signflip {

/// The image as it comes out of a JPEG file: multiples of 1/255.
void jpeg_round_trip(int quality, ImageShape shape, std::span<const float> image,
                     std::span<float> to);

/// A differentiable approximation (Shin and Song 2017, "JPEG-resistant adversarial images"):
/// coefficients are rounded by ⌊x⌉ + (x − ⌊x⌉)³, and nothing else is rounded or cut to the box,
/// so values may leave [0,1] a little.
void jpeg_smooth(int quality, ImageShape shape, std::span<const float> image, std::span<float> to);

/// dx = Jᵀ·dy of jpeg_smooth() at `image`.
void jpeg_smooth_gradient(int quality, ImageShape shape, std::span<const float> image,
                          std::span<const float> dy, std::span<float> dx);

}  // namespace signflip
