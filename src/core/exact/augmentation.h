// How a training image is augmented (data/augment.h), pixel by pixel: the map that its random
// numbers give, where the map takes a pixel from, and the change of its brightness and contrast.
#pragma once

#include <cmath>

#include "core/exact/ball.h"
#include "core/exact/portable.h"

namespace signflip {

/// Each image draws its own change from ± these. All zero: no change at all.
struct Augmentation {
  float shift = 0.0F;         ///< fraction of the side, each axis
  float scale = 0.0F;         ///< relative size
  float rotation = 0.0F;      ///< degrees
  float brightness = 0.0F;    ///< a factor between 1/(1 + this) and 1 + this
  float contrast = 0.0F;      ///< relative distance from the image's mean
  bool whole_pixels = false;  ///< shift by whole pixels, without interpolation
  bool flip = false;          ///< mirror every second image, left for right
  float cutout = 0.0F;        ///< side of a square hole, a fraction of the image's smaller side

  SIGNFLIP_HOST_DEVICE bool moves() const { return shift != 0 || scale != 0 || rotation != 0; }
  SIGNFLIP_HOST_DEVICE bool lights() const { return brightness != 0 || contrast != 0; }
  SIGNFLIP_HOST_DEVICE bool none() const { return !moves() && !lights() && !flip && cutout == 0; }
};

/// Random numbers that moving an image takes; those of contrast and brightness, of mirroring and of
/// the hole follow, each where it is asked for.
inline constexpr int kMoveDraws = 4;
inline constexpr int kLightDraws = 2;
inline constexpr int kFlipDraws = 1;
inline constexpr int kHoleDraws = 2;

/// Which four pixels a pixel is interpolated from, and with which weights.
struct Interpolation {
  int x0, y0, x1, y1;
  float fx, fy;

  /// at(row, column): a pixel of the source.
  template <class At>
  SIGNFLIP_HOST_DEVICE float of(const At& at) const {
    const float top = at(y0, x0) + fx * (at(y0, x1) - at(y0, x0));
    const float bottom = at(y1, x0) + fx * (at(y1, x1) - at(y1, x0));
    return top + fy * (bottom - top);
  }
};

/// source = (a·u + b·v + x, c·u + d·v + y), from the centre of an image of width × height pixels.
struct AffineMap {
  int width, height;
  float a = 1, b = 0, c = 0, d = 1, x = 0, y = 0;

  /// The map that kMoveDraws numbers in [−1, 1) give.
  SIGNFLIP_HOST_DEVICE AffineMap(const Augmentation& ranges, int image_width, int image_height,
                                 const float* draws)
      : width(image_width), height(image_height) {
    x = ranges.shift * draws[0] * static_cast<float>(width);
    y = ranges.shift * draws[1] * static_cast<float>(height);
    if (ranges.whole_pixels) {
      x = std::round(x);
      y = std::round(y);
    }
    constexpr float kPi = 3.14159265358979F;
    const float angle = ranges.rotation * draws[2] * kPi / 180.0F;
    const float size = 1.0F / (1.0F + ranges.scale * draws[3]);
    const float cosine = std::cos(angle) * size, sine = std::sin(angle) * size;
    a = d = cosine;
    b = -sine;
    c = sine;
  }

  /// What becomes the pixel in this row and column; the border is repeated.
  SIGNFLIP_HOST_DEVICE Interpolation source(int row, int column) const {
    const auto right = static_cast<float>(width - 1), bottom = static_cast<float>(height - 1);
    const float middle_x = 0.5F * right, middle_y = 0.5F * bottom;
    const float u = static_cast<float>(column) - middle_x, v = static_cast<float>(row) - middle_y;
    const float from_x = smaller(larger(a * u + b * v + x + middle_x, 0.0F), right);
    const float from_y = smaller(larger(c * u + d * v + y + middle_y, 0.0F), bottom);
    const int x0 = static_cast<int>(from_x), y0 = static_cast<int>(from_y);
    return {x0,
            y0,
            x0 + 1 < width ? x0 + 1 : width - 1,
            y0 + 1 < height ? y0 + 1 : height - 1,
            from_x - static_cast<float>(x0),
            from_y - static_cast<float>(y0)};
  }
};

/// pixel·gain + offset, cut to [0,1].
struct Lighting {
  float gain = 1, offset = 0;

  /// What two numbers in [−1, 1) give, for contrast and brightness, in an image of this mean.
  SIGNFLIP_HOST_DEVICE Lighting(const Augmentation& ranges, float mean, const float* draws) {
    const float contrast = 1.0F + ranges.contrast * draws[0];
    const float light = std::pow(1.0F + ranges.brightness, draws[1]);
    gain = light * contrast;
    offset = light * mean * (1.0F - contrast);
  }
  SIGNFLIP_HOST_DEVICE float of(float pixel) const {
    return smaller(larger(gain * pixel + offset, 0.0F), 1.0F);
  }
};

/// The square that Cutout takes from an image (DeVries and Taylor 2017): its centre is any pixel,
/// and what lies outside is cut off. It is filled with the image's mean.
struct Hole {
  int top, left, bottom, right;  ///< bottom and right are the first outside

  /// What two numbers in [−1, 1) give.
  SIGNFLIP_HOST_DEVICE Hole(const Augmentation& ranges, int width, int height, const float* draws) {
    const int smaller_side = width < height ? width : height;
    const int side = static_cast<int>(std::round(ranges.cutout * static_cast<float>(smaller_side)));
    top = start(draws[0], height) - side / 2;
    left = start(draws[1], width) - side / 2;
    bottom = top + side;
    right = left + side;
  }
  SIGNFLIP_HOST_DEVICE bool holds(int row, int column) const {
    return row >= top && row < bottom && column >= left && column < right;
  }

 private:
  /// One of the pixels of a side.
  SIGNFLIP_HOST_DEVICE static int start(float draw, int length) {
    const int at = static_cast<int>(0.5F * (draw + 1.0F) * static_cast<float>(length));
    return at < length ? at : length - 1;
  }
};

}  // namespace signflip
