// Any picture in the form of a model's training images: cut to a square and resized, or, for
// digits, prepared as MNIST's pictures were. Not decoding (image.h), and not how the training files
// were read (dataset.h).
#pragma once

#include "core/result.h"
#include "data/image.h"

namespace signflip {

/// The largest part in the middle of the picture that is as wide for its height as width×height,
/// resized to that, with 1 or 3 channels.
Picture prepare_middle(const Picture& picture, int width, int height, int channels);
/// The same for a square.
Picture prepare_square(const Picture& picture, int side, int channels);

/// The side of MNIST's pictures, and of the box that its digits fill (LeCun et al. 1998).
inline constexpr int kDigitSide = 28;
inline constexpr int kDigitBox = 20;

/// A written digit as an MNIST picture: 28×28, one channel, light ink on black. From the middle
/// square of the picture, with uneven light on the paper evened out (data/paper.h), ink and paper
/// are told apart by Otsu's threshold (1979); what the edge of the square mostly shows is paper, so
/// dark ink on light paper is inverted; the paper becomes black and the ink white; the ink's box is
/// scaled to 20 pixels on its longer side and put where its centre of mass is in the middle. A
/// picture that is 28×28 already is only made grey and, where its edge is mostly light, inverted:
/// noise of up to half the range on a black background is no paper. An error where nothing stands
/// out from the paper. `name` is what the error calls the picture; `inverted`, where given, tells
/// whether it was.
Result<Picture> prepare_digit(const Picture& picture, std::string_view name,
                              bool* inverted = nullptr);

}  // namespace signflip
